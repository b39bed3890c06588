//! `forget`: the person is gone from every table and body, the figures stay, and so it remains.

use checkfront_mirror::config::Secret;
use checkfront_mirror::db::events;
use checkfront_mirror::forget::{Erased, Who, erase, mark, search};
use checkfront_mirror::privacy::Keys;
use serde_json::Value;
use tokio::task::block_in_place;

use crate::support::{
    Backend, Blocked, Server, TestApp, assert_nowhere, client, dump, everything, exe, on_both, open, payload, read_sql,
};

const KEY: &str = "0123456789abcdef0123456789abcdef";
/// What tells of Zoë in the payloads.
const ZOE: [&str; 10] = [
    "zoe@example.com",
    "O’Hara",
    "Söhne",
    "HT4-112-908",
    "555-0123",
    "12 Quay",
    "V8W 1T3",
    "198.51.100.23",
    "Window seat",
    "vegan",
];

fn keys() -> Keys {
    Keys::derive(&Secret::new(KEY))
}

/// As the command does it, with the projector of this process.
fn forget(app: &TestApp, who: &Who) -> Erased {
    app.project();
    let mut total = Erased::default();
    block_in_place(|| {
        let find = || search(&app.database, who, None, &keys()).unwrap();
        for person in find() {
            mark(&app.database, &person, &keys()).unwrap();
        }
        for person in find() {
            mark(&app.database, &person, &keys()).unwrap();
            total += erase(&app.database, &person, &keys(), |_| ()).unwrap();
        }
    });
    app.project();
    total
}

fn by_email(email: &str) -> Who {
    Who::Email(email.to_owned())
}

fn replay_all(app: &TestApp) {
    let ids = app.texts("SELECT CAST(id AS text) AS v FROM webhook_events");
    let ids: Vec<i64> = ids.into_iter().flatten().map(|id| id.parse().unwrap()).collect();
    block_in_place(|| app.database.session().transaction(|tx| events::set_pending(tx, &ids))).unwrap();
    app.project();
}

fn edited(name: &str, edits: &[(&str, &str)]) -> Vec<u8> {
    let text = String::from_utf8(payload(name)).unwrap();
    edits
        .iter()
        .fold(text, |text, (from, to)| {
            assert!(text.contains(from), "{name} has no {from}");
            text.replace(from, to)
        })
        .into_bytes()
}

/// Zoë's booking in all formats, changing on the way; her payments; dead letters; and what is not hers.
async fn a_story(app: &TestApp) {
    let moved = edited("booking.json", &[("1 (250) 555-0123", "1 (250) 555-0199"), ("\"PART\"", "\"PAID\"")]);
    let bodies = [
        payload("booking.json"),
        payload("booking.txt"),
        moved,
        edited("booking.xml", &[("<total>126.00</total>", "<total>146.00</total>")]),
        payload("booking.txt"),
        payload("transaction.json"),
        payload("transaction.xml"),
        payload("transaction.txt"),
        payload("event.json"),
        payload("item.json"),
        payload("rate.json"),
        br#"{"type":"newsletter","host":"harbour-tours.checkfront.example","newsletter":{"to":"ZOE@example.com","n":"1"}}"#.to_vec(),
        br#"{"cut": "zoe\u0040example.com"#.to_vec(),
        "<cut><name>Zoë O’Hara".into(),
        br#"{"cut": "nobody"#.to_vec(),
    ];
    app.apply(bodies).await;
}

const FIGURES: &str = "SELECT code || ' ' || status_id || ' ' || CAST(ROUND(total, 2) AS text) || ' ' || CAST(ROUND(paid_total, 2) AS text) \
    || ' ' || CAST(start_at AS text) || ' ' || CAST(staff_id AS text) || ' ' || currency_id AS v FROM bookings ORDER BY code";
const LINES: &str = "SELECT booking_code || line_id || sku || CAST(qty AS text) || CAST(ROUND(total, 2) AS text) AS v FROM booking_items ORDER BY 1";
const MONEY: &str = "SELECT transaction_id || gateway_id || status_id || booking_code || CAST(ROUND(amount, 2) AS text) AS v FROM transactions ORDER BY 1";
const TAXES: &str = "SELECT booking_code || name || CAST(ROUND(amount, 2) AS text) AS v FROM booking_taxes ORDER BY 1";
const STEPS: &str = "SELECT status_id || CAST(ROUND(total, 2) AS text) AS v FROM booking_history ORDER BY event_id";

fn figures(app: &TestApp) -> Vec<Vec<Option<String>>> {
    [FIGURES, LINES, MONEY, TAXES, STEPS].iter().map(|query| app.texts(query)).collect()
}

on_both! {
    async fn the_person_is_nowhere_and_the_figures_stay(app: TestApp) {
        a_story(&app).await;
        let before = figures(&app);
        assert!(before.iter().all(|rows| !rows.is_empty()));
        assert!(everything(&app).iter().any(|line| line.contains("vegan")), "the test looks where the person is");
        let erased = forget(&app, &by_email(" zoe@EXAMPLE.com"));
        assert_eq!((erased.bookings, erased.customers), (1, 1));
        assert_nowhere(&app, &ZOE);
        assert_eq!(figures(&app), before);
        let key = app.text("SELECT customer_key AS v FROM bookings WHERE code = 'QZRT-120526'");
        assert!(key.starts_with("forgotten:") && key.len() == 42, "{key}");
        assert_eq!(app.text(&format!("SELECT CAST(count(*) AS text) AS v FROM customers WHERE customer_key = '{key}'")), "1");
        assert_eq!(app.text("SELECT name AS v FROM customers WHERE customer_key NOT LIKE 'forgotten:%'"), "Max Muster");
        // Bodies keep their formats.
        let formats = "SELECT format || ' ' || CAST(count(*) AS text) AS v FROM webhook_events WHERE kind = 'booking' GROUP BY format ORDER BY format";
        assert_eq!(app.texts(formats).into_iter().flatten().collect::<Vec<_>>(), ["form 2", "json 3", "xml 1"]);
        // The dead letter of somebody else stays as it is.
        assert!(everything(&app).iter().any(|line| line.ends_with("{\"cut\": \"nobody")));
        if app.backend == Backend::Sqlite {
            assert!(block_in_place(|| app.database.checkpoint()).unwrap());
            for ending in ["", "-wal"] {
                let bytes = std::fs::read(app.file() + ending).unwrap_or_default();
                for text in ["zoe@example.com", "Zoe@Example.com", "HT4-112-908", "vegan"] {
                    assert!(!bytes.windows(text.len()).any(|part| part == text.as_bytes()), "{text} is in the file{ending}");
                }
            }
        }
    }

    async fn replay_keeps_the_rows_as_they_are(app: TestApp) {
        a_story(&app).await;
        forget(&app, &by_email("zoe@example.com"));
        let forgotten = dump(&app.database);
        replay_all(&app);
        assert_eq!(dump(&app.database), forgotten);
        assert_eq!(forget(&app, &by_email("zoe@example.com")), Erased::default(), "nothing is left to be found");
        assert_eq!(dump(&app.database), forgotten);
    }

    async fn a_log_told_from_the_beginning_gives_the_same_rows(app: TestApp) {
        a_story(&app).await;
        forget(&app, &by_email("zoe@example.com"));
        let forgotten = dump(&app.database);
        for table in ["bookings", "booking_items", "booking_taxes", "booking_history", "customers", "transactions", "items", "rates", "rate_items", "rate_categories"] {
            app.execute(&format!("DELETE FROM {table}"));
        }
        app.execute("UPDATE webhook_events SET state = 'pending', prior_state = NULL, attempts = 0");
        app.project();
        let told = dump(&app.database);
        for (table, rows) in &forgotten {
            // A customer's time of change is that of the first delivery, once the log is all there is.
            let strip = |rows: &[String]| rows.iter().map(|row| without(row, &["updated_at", "state"])).collect::<Vec<_>>();
            assert_eq!(strip(&told[table]), strip(rows), "{table}");
        }
    }

    async fn what_comes_later_of_the_booking_is_told_without_the_person(app: TestApp) {
        app.apply([payload("booking.json")]).await;
        forget(&app, &Who::Code("HT4-112-908".to_owned()));
        let key = app.text("SELECT customer_key AS v FROM bookings");
        app.apply([
            edited("booking.json", &[("\"PART\"", "\"PAID\"")]),
            edited("booking.xml", &[("<total>126.00</total>", "<total>146.00</total>")]),
            edited("booking.txt", &[("status%5D=PART", "status%5D=STOP")]),
            payload("transaction.json"),
        ]).await;
        assert_nowhere(&app, &ZOE);
        assert_eq!(app.states(), "applied 5");
        assert_eq!(app.text("SELECT customer_key || status_id AS v FROM bookings"), format!("{key}STOP"));
        assert_eq!(app.text("SELECT booking_code AS v FROM transactions WHERE payer IS NULL AND payment_mask IS NULL"), "QZRT-120526");
        let before = dump(&app.database);
        replay_all(&app);
        assert_eq!(dump(&app.database), before);
        // The same state once more is no change.
        app.apply([edited("booking.txt", &[("status%5D=PART", "status%5D=STOP")])]).await;
        assert_eq!(app.states(), "applied 5, unchanged 1");
        assert_nowhere(&app, &ZOE);
    }

    async fn a_new_booking_of_the_same_person_is_kept_until_it_is_forgotten_too(app: TestApp) {
        app.apply([payload("booking.json")]).await;
        forget(&app, &by_email("zoe@example.com"));
        let new = || edited("booking.json", &[("QZRT-120526", "QZRT-200526"), ("\"4711\"", "\"4712\"")]);
        app.apply([new()]).await;
        let names = "SELECT coalesce(customer_name, '-') AS v FROM bookings ORDER BY code";
        assert_eq!(app.texts(names).into_iter().flatten().collect::<Vec<_>>(), ["-", "Zoë O’Hara & Söhne"]);
        assert_eq!(app.text("SELECT email AS v FROM customers WHERE customer_key = 'HT4-112-908'"), "Zoe@Example.com");
        replay_all(&app);
        assert_eq!(app.texts(names).into_iter().flatten().collect::<Vec<_>>(), ["-", "Zoë O’Hara & Söhne"]);
        assert_eq!(forget(&app, &by_email("zoe@example.com")).bookings, 1);
        assert_nowhere(&app, &ZOE);
        assert_eq!(app.text("SELECT CAST(count(DISTINCT customer_key) AS text) AS v FROM bookings"), "1", "one customer, as before");
    }

    async fn address_and_code_lead_to_each_other(app: TestApp) {
        let host = r#""@attributes":{"host":"a.example"}"#;
        let booking = |code: &str, customer: &str| format!(r#"{{{host},"booking":{{"code":"{code}","status":"PAID","customer":{{{customer}}},"order":{{"total":"5.00"}}}}}}"#);
        app.apply([
            booking("ONE-1", r#""name":"Ann Berger","email":"ann@example.org""#),
            booking("TWO-2", r#""code":"AAA-1","name":"Ann Berger","email":"Ann@example.org""#),
            booking("THREE-3", r#""code":"AAA-1","name":"Ann Berger","email":"ann.berger@example.org""#),
            booking("FOUR-4", r#""name":"A. Berger","email":"ann.berger@example.org""#),
            // Another customer, whose note names Ann; and a namesake.
            r#"{"@attributes":{"host":"a.example"},"booking":{"code":"FIVE-5","status":"PAID","customer":{"code":"BBB-2","name":"Bob Stone"},"meta":{"note":"together with ann@example.org","seat":"7"}}}"#.to_owned(),
            booking("SIX-6", r#""code":"CCC-3","name":"Ann Berger","email":"other@example.net""#),
        ]).await;
        for who in [by_email("ann@example.org"), Who::Code("AAA-1".to_owned())] {
            let people = block_in_place(|| search(&app.database, &who, Some("A.example"), &keys())).unwrap();
            let codes: Vec<_> = people[0].bookings.keys().map(String::as_str).collect();
            assert_eq!(codes, ["FOUR-4", "ONE-1", "THREE-3", "TWO-2"], "{who:?}");
            assert!(block_in_place(|| search(&app.database, &who, Some("b.example"), &keys())).unwrap().is_empty());
        }
        forget(&app, &Who::Code("AAA-1".to_owned()));
        assert_nowhere(&app, &["ann@example.org", "ann.berger@", "AAA-1", "A. Berger"]);
        let others = "SELECT customer_name || ' ' || coalesce(CAST(meta AS text), '') AS v FROM bookings WHERE customer_name IS NOT NULL ORDER BY code";
        let others = app.texts(others).into_iter().flatten().map(|line| line.replace(' ', "")).collect::<Vec<_>>();
        assert_eq!(others, [r#"BobStone{"seat":"7"}"#, "AnnBerger"], "others stay, but for the value that named her");
    }

    async fn a_booking_that_changed_hands_and_one_without_bodies_are_reached(app: TestApp) {
        app.apply([
            payload("booking.json"),
            edited("booking.json", &[("HT4-112-908", "HT4-555-000"), ("Zoe@Example.com", "new@example.net"), ("Zo\\u00eb O\\u2019Hara & S\\u00f6hne", "New Owner"), ("12 Quay <Rear>", "1 Road"), ("V8W 1T3", "V8X 9X9"), ("vegan", "none"), ("1 (250) 555-0123", "1 (250) 555-9999")]),
        ]).await;
        // The raw log is gone: only rows are left to strip.
        app.execute("DELETE FROM webhook_bodies");
        app.deliver(b"{".to_vec()).await;
        forget(&app, &by_email("zoe@example.com"));
        assert_nowhere(&app, &["zoe@example.com", "O’Hara", "HT4-112-908", "555-0123"]);
        assert_eq!(app.text("SELECT CAST(ROUND(total, 2) AS text) AS v FROM bookings WHERE customer_key LIKE 'forgotten:%'").trim_end_matches(".00").trim_end_matches(".0"), "126");
        app.apply([payload("booking.json")]).await;
        assert_nowhere(&app, &ZOE);
    }

    async fn what_waits_while_the_person_is_forgotten_is_stripped_when_it_is_projected(app: TestApp) {
        app.apply([payload("booking.json")]).await;
        app.deliver(edited("booking.json", &[("\"PART\"", "\"PAID\"")])).await;
        block_in_place(|| {
            for person in search(&app.database, &by_email("zoe@example.com"), None, &keys()).unwrap() {
                mark(&app.database, &person, &keys()).unwrap();
                erase(&app.database, &person, &keys(), |_| ()).unwrap();
            }
        });
        app.project();
        assert_nowhere(&app, &ZOE);
        assert_eq!(app.text("SELECT status_id AS v FROM bookings"), "PAID");
    }

    async fn the_command_asks_first_lists_and_erases(app: TestApp) {
        a_story(&app).await;
        let url = app.config.database_url.clone();
        let url = match &url { checkfront_mirror::db::DatabaseUrl::Postgres(url) => url.clone(), checkfront_mirror::db::DatabaseUrl::Sqlite(path) => format!("sqlite://{}", path.display()) };
        let run = |arguments: &[&str], key: &str| {
            let mut command = exe();
            if !key.is_empty() {
                command.env("PRIVACY_KEY", key);
            }
            let output = command.arg("forget").args(arguments).args(["--database-url", &url]).output().unwrap();
            (output.status.code(), String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
        };
        let before = everything(&app);
        let (code, _, said) = run(&["--email", "zoe@example.com"], KEY);
        assert!(code == Some(2) && said.contains("--yes") && said.contains("--dry-run"), "{said}");
        let (code, _, said) = run(&["--email", "zoe@example.com", "--yes"], "");
        assert!(code == Some(2) && said.contains("PRIVACY_KEY: is not set"), "{said}");
        assert_eq!(run(&["--yes"], KEY).0, Some(2));
        assert_eq!(run(&["--email", "zoe", "--yes"], KEY).0, Some(2));
        let (code, out, _) = run(&["--email", "zoe@example.com", "--dry-run"], KEY);
        assert!(code == Some(0) && out.contains("QZRT-120526") && out.contains("would be erased: 1 customers, from 1 bookings and 11 raw bodies"), "{out}");
        assert_eq!(run(&["--code", "nobody-1", "--dry-run"], KEY).1, "nothing is known of this person\n");
        assert_eq!(everything(&app), before, "looking changes nothing");
        let (code, out, said) = run(&["--email", "zoe@example.com", "--yes", "--json"], KEY);
        assert_eq!(code, Some(0), "{said}");
        let lines: Vec<Value> = out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines[0]["code"], "QZRT-120526");
        assert_eq!(lines[1], serde_json::json!({"bookings": 1, "customers": 1, "bodies": 11, "dry_run": false}));
        assert!(!said.contains("zoe"), "logs name nobody: {said}");
        assert_nowhere(&app, &ZOE);
    }
}

/// Deliveries that a server took while its database was locked out, and left in the spool when it was killed.
async fn left_in_the_spool(backend: Backend) {
    let folder = tempfile::tempdir().unwrap();
    let url = block_in_place(|| backend.new_url(&folder));
    let spool = folder.path().join("left.db");
    let mut command = exe();
    command.env("SPOOL_PATH", &spool).args(["--bind", "127.0.0.1:0", "--database-url", &url]);
    let server = Server::spawn(&mut command);
    let blocked = block_in_place(|| Blocked::new(&url));
    let post = |body: Vec<u8>| client().post(format!("{}/webhook", server.url)).body(body).send();
    for body in [payload("booking.json"), payload("transaction.xml"), br#"{"cut": "zoe@example.com"#.to_vec()] {
        assert_eq!(post(body).await.unwrap().status(), 200);
    }
    server.kill();
    drop(blocked);
    let holds = |text: &str| {
        ["", "-wal"].iter().any(|ending| {
            let bytes = std::fs::read(format!("{}{ending}", spool.display())).unwrap_or_default();
            bytes.windows(text.len()).any(|part| part == text.as_bytes())
        })
    };
    assert!(holds("Zoe@Example.com"), "the spool is where the deliveries are");
    let mut forget = exe();
    forget.env("SPOOL_PATH", &spool).env("PRIVACY_KEY", KEY);
    forget.args(["forget", "--email", "zoe@example.com", "--yes", "--database-url", &url]);
    let output = block_in_place(|| forget.output()).unwrap();
    assert!(output.status.success(), "{output:?}");
    assert!(!holds("Zoe@Example.com") && !holds("zoe@example.com"), "and it is gone from there");
    let database = open(&url);
    let read = |query: &str| block_in_place(|| read_sql(&database, query)).into_iter().flatten().collect::<Vec<_>>();
    assert_eq!(
        read("SELECT code AS v FROM bookings WHERE customer_key LIKE 'forgotten:%' AND customer_name IS NULL"),
        ["QZRT-120526"]
    );
    assert_eq!(read("SELECT booking_code AS v FROM transactions WHERE payer IS NULL"), ["QZRT-120526"]);
    assert_eq!(read("SELECT CAST(count(*) AS text) AS v FROM webhook_bodies"), ["3"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_killed_server_left_in_its_spool_is_erased_too() {
    left_in_the_spool(Backend::Sqlite).await;
    left_in_the_spool(Backend::Postgres).await;
}

fn without(row: &str, names: &[&str]) -> String {
    let mut row: Value = serde_json::from_str(row).unwrap();
    row.as_object_mut().unwrap().retain(|name, _| !names.contains(&name.as_str()));
    row.to_string()
}
