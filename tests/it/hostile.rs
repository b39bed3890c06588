//! Hostile bodies: recorded, answered 200, and of no effect on what comes beside them.

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use crate::support::{TestApp, on_both, payload};

fn hostile() -> Vec<Vec<u8>> {
    let deep = |open: &str, close: &str| (open.repeat(50_000) + &close.repeat(50_000)).into_bytes();
    let entities = "<!DOCTYPE x [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\"><!ENTITY c SYSTEM \"file:///etc/passwd\">]>";
    vec![
        deep("[", "]"),
        deep("{\"a\":", "}"),
        deep("<a>", "</a>"),
        format!("a{}=1", "[b]".repeat(50_000)).into_bytes(),
        format!("a{}=1", "[".repeat(50_000)).into_bytes(),
        "a[]=1&".repeat(100_000).into_bytes(),
        format!("{entities}<n host=\"evil.example\"><booking booking_id=\"1\"><code>EVIL-1</code><status>&b;&c;</status></booking></n>").into_bytes(),
        br#"{"@attributes":{"host":"evil.example"},"booking":{"code":"EVIL-2","order":{"total":1e400000000,"sub_total":"1e400000000"}}}"#.to_vec(),
        format!(r#"{{"@attributes":{{"host":"evil.example"}},"booking":{{"code":"EVIL-3","order":{{"total":{}}}}}}}"#, "9".repeat(100_000)).into_bytes(),
        br#"{"@attributes":{"host":"evil.example"},"booking":{"code":"EVIL-4\u0000","status":"A\ud800B","tid":"\u0000","fields":{"\u0000":"\udc00"}}}"#.to_vec(),
        b"{\"@attributes\":{\"host\":\"evil.example\"},\"booking\":{\"code\":\"EVIL-5\",\"tid\":\"\xff\xfe\"}}".to_vec(),
        br#"{"@attributes":{"host":"evil.example"},"booking":{"code":"EVIL-6","code":"EVIL-7","staff_id":"99999999999999999999"}}"#.to_vec(),
        format!(r#"{{"host":"evil.example","type":"item","item":{{"item_id":"1","stock":"99999999999","meta":"{{\"n\":1e999,\"z\":\"\\u0000\"}}","rules":"{}"}}}}"#, "[".repeat(500)).into_bytes(),
        format!(r#"{{"@attributes":{{"host":"{}"}},"booking":{{"code":"EVIL-8"}}}}"#, "h".repeat(5_000)).into_bytes(),
        format!(r#"{{"@attributes":{{"host":"evil.example"}},"booking":{{"code":"EVIL-9","customer":{{"email":"{}"}}}}}}"#, "e".repeat(5_000)).into_bytes(),
        format!(r#"{{"@attributes":{{"host":"evil.example"}},"booking":{{"code":"EVIL-10","order":{{"items":{{"item":[{}]}}}}}}}}"#, vec![r#"{"line_id":"1","x":1}"#; 30_000].join(",")).into_bytes(),
        b"host=evil.example&type=rate&rate[rate_id]=1&rate[start_date]=99999999&rate[name]=%00%ff".to_vec(),
    ]
}

on_both! {
    async fn hostile_bodies_hurt_nobody(app: TestApp) {
        for body in hostile() {
            assert_eq!(app.post(body, "application/json").await.status(), 200);
            app.deliver(payload("booking.json")).await;
        }
        app.project();
        assert_eq!(app.text("SELECT CAST(count(*) AS text) AS v FROM bookings WHERE code = 'QZRT-120526' AND status_id = 'PART'"), "1");
        let text = |code: &str, column: &str| app.text(&format!("SELECT {column} AS v FROM bookings WHERE code = '{code}'"));
        assert_eq!(text("EVIL-1", "status_id"), "&b;&c;", "entities are not expanded");
        assert_eq!(text("EVIL-2", "CAST(total AS text)"), "");
        assert_eq!(text("EVIL-4\u{fffd}", "status_id"), "A\u{fffd}B");
        let error = app.text("SELECT error AS v FROM webhook_events WHERE entity_key LIKE 'EVIL-4%'");
        assert!(error.contains("NUL characters were replaced") && error.contains("surrogate"), "{error}");
        assert_eq!(text("EVIL-5", "tid"), "\u{fffd}\u{fffd}");
        assert_eq!(text("EVIL-7", "coalesce(CAST(staff_id AS text), 'none')"), "none", "of two equal keys the last counts");
        assert_eq!(app.text("SELECT coalesce(CAST(stock AS text), 'none') AS v FROM items"), "none");
        assert_eq!(app.text("SELECT name AS v FROM rates"), "\u{fffd}\u{fffd}");
    }

    async fn mutated_bodies_hurt_nobody(app: TestApp) {
        let mut random = StdRng::seed_from_u64(3);
        let names = ["booking.json", "booking.xml", "booking.txt", "item.json", "item.xml", "rate.txt", "event.xml", "transaction.json"];
        for _ in 0..400 {
            let mut body = payload(names[random.random_range(0..names.len())]);
            for _ in 0..random.random_range(1..8) {
                let at = random.random_range(0..body.len());
                match random.random_range(0..4) {
                    0 => body[at] = random.random(),
                    1 => body.truncate(at.max(1)),
                    2 => drop(body.splice(at..at, *b"\\u0000<]]>[&")),
                    _ => {
                        let end = (at + 40).min(body.len());
                        let piece = body[at..end].to_vec();
                        body.extend(piece);
                    }
                }
            }
            assert_eq!(app.post(body, "application/xml").await.status(), 200);
        }
        app.deliver(payload("booking.json")).await;
        app.project();
        assert_eq!(app.text("SELECT CAST(total AS text) AS v FROM bookings JOIN accounts USING (account_id) WHERE code = 'QZRT-120526' AND host = 'harbour-tours.checkfront.example'").trim_end_matches(".00"), "126");
        assert_eq!(app.text("SELECT CAST(count(*) AS text) AS v FROM webhook_events WHERE error LIKE '%a bug%'"), "0");
    }
}
