//! `explain`: what came, what it changed, where each value comes from, and what is doubtful.

use checkfront_mirror::db::events;
use checkfront_mirror::retention;
use chrono::Utc;
use serde_json::Value;
use tokio::task::block_in_place;

use crate::rebuild_command::{run, said};
use crate::support::{TestApp, dump, on_both, payload};

pub(crate) const CODE: &str = "QZRT-120526";

/// The sample booking with some of its texts replaced.
pub(crate) fn booking(changes: &[(&str, &str)]) -> Vec<u8> {
    let mut body = String::from_utf8(payload("booking.json")).unwrap();
    for (old, new) in changes {
        assert!(body.contains(old), "{old}");
        body = body.replace(old, new);
    }
    body.into_bytes()
}

fn with_status(status: &str) -> Vec<u8> {
    booking(&[("\"status\": \"PART\",\n        \"code\"", &format!("\"status\": \"{status}\",\n        \"code\""))])
}

pub(crate) fn explained(app: &TestApp, arguments: &[&str]) -> Value {
    let printed = said(&run(app, &[&["explain", "--json"], arguments].concat()));
    assert_eq!(printed.lines().count(), 1, "{printed}");
    serde_json::from_str(&printed).unwrap()
}

pub(crate) fn kinds(explained: &Value) -> Vec<&str> {
    explained["doubts"].as_array().unwrap().iter().map(|doubt| doubt["kind"].as_str().unwrap()).collect()
}

/// The source of a column, of the booking or of a part.
fn source<'e>(columns: &'e Value, name: &str) -> &'e Value {
    columns
        .as_array()
        .unwrap()
        .iter()
        .find(|source| source["column"] == name)
        .unwrap_or_else(|| panic!("{name}: {columns}"))
}

fn ids(app: &TestApp) -> Vec<i64> {
    let ids = app.texts("SELECT CAST(id AS text) AS v FROM webhook_events ORDER BY id");
    ids.into_iter().flatten().map(|id| id.parse().unwrap()).collect()
}

on_both! {
    async fn each_value_names_the_delivery_it_comes_from(app: TestApp) {
        let dearer = [("\"total\": \"126.00\"", "\"total\": \"136.00\""), ("\"total\": \"21.00\"", "\"total\": \"31.00\"")];
        let fewer = [("\"1.50\"", "\"2.50\"")];
        let fewer: Vec<_> = dearer.into_iter().chain(fewer).collect();
        app.apply([payload("booking.json"), payload("booking.xml"), booking(&dearer), booking(&fewer), payload("transaction.json")]).await;
        let ids = ids(&app);
        let found = explained(&app, &[CODE]);
        assert_eq!(found["account"], "harbour-tours.checkfront.example");
        let deliveries = found["deliveries"].as_array().unwrap();
        let told: Vec<_> = deliveries.iter().map(|one| (one["event_id"].as_i64().unwrap(), one["format"].as_str().unwrap(), one["state"].as_str().unwrap())).collect();
        assert_eq!(told, [(ids[0], "json", "applied"), (ids[1], "xml", "unchanged"), (ids[2], "json", "applied"), (ids[3], "json", "applied"), (ids[4], "json", "applied")]);
        assert_eq!(deliveries[0]["is_first"], true);
        assert_eq!(deliveries[2]["changes"]["total"], serde_json::json!(["126", "136"]));
        assert_eq!(deliveries[2]["changes"]["items.1.3.total"], serde_json::json!(["21", "31"]));
        assert_eq!(deliveries[4]["kind"], "transaction");
        for (column, how, id, value) in [("status_id", "first", ids[0], "PART"), ("total", "changed", ids[2], "136"), ("start_on", "derived", ids[0], "2026-07-07")] {
            let source = source(&found["columns"], column);
            assert_eq!((source["how"].as_str(), source["event_id"].as_i64(), source["value"].as_str()), (Some(how), Some(id), Some(value)), "{column}");
            let received = app.text(&format!("SELECT CAST(received_at AS text) AS v FROM webhook_events WHERE id = {id}"));
            assert_eq!(source["received_at"].as_str().unwrap()[..19].replace('T', " "), received[..19]);
        }
        let line = &found["lines"][1];
        assert_eq!(line["id"], "1.3");
        assert_eq!(source(&line["columns"], "total")["event_id"], ids[2]);
        assert_eq!(source(&line["columns"], "sku")["event_id"], ids[0]);
        assert_eq!(source(&found["taxes"][1]["columns"], "amount")["event_id"], ids[3]);
        let customer = source(&found["customer"]["columns"], "email");
        assert_eq!((customer["value"].as_str(), customer["event_id"].as_i64()), (Some("Zoe@Example.com"), Some(ids[3])), "the last that had it");
        assert_eq!(found["transactions"][0]["events"], serde_json::json!([ids[4]]));
        assert_eq!(found["transactions"][0]["counts"], "40");
        assert_eq!(kinds(&found), Vec::<&str>::new(), "nothing is doubtful: {}", found["doubts"]);
        let text = said(&run(&app, &["explain", CODE]));
        for part in ["total: 126 -> 136", "Zoë O’Hara & Söhne", "NO DOUBTS", "HT778899", ", the first"] {
            assert!(text.contains(part), "{part}: {text}");
        }
    }

    async fn a_line_that_came_and_one_that_went(app: TestApp) {
        let single = String::from_utf8(payload("booking-one-line.json")).unwrap();
        let code: Value = serde_json::from_str(&single).unwrap();
        let single = single.replace(code["booking"]["code"].as_str().unwrap(), CODE);
        app.apply([payload("booking.json"), single.into_bytes(), payload("booking.json")]).await;
        let ids = ids(&app);
        let found = explained(&app, &[CODE]);
        for source in found["lines"][1]["columns"].as_array().unwrap() {
            assert!(source["how"] == "derived" || source["event_id"] == ids[2], "the whole line came back: {source}");
        }
        let doubt = found["doubts"].as_array().unwrap().iter().find(|doubt| doubt["kind"] == "older_state").unwrap();
        assert_eq!(doubt["events"], serde_json::json!([ids[0], ids[1], ids[2]]));
        assert!(kinds(&found).iter().all(|kind| *kind != "unexplained"), "{}", found["doubts"]);
    }

    async fn an_exact_return_is_told_and_a_repeat_is_not(app: TestApp) {
        app.apply([with_status("HOLD"), with_status("HOLD"), with_status("PAID")]).await;
        assert!(!kinds(&explained(&app, &[CODE])).contains(&"older_state"));
        app.apply([with_status("HOLD")]).await;
        let ids = ids(&app);
        // From the history alone, too, when the bodies are gone.
        for pruned in [false, true] {
            if pruned {
                assert_eq!(block_in_place(|| retention::prune(&app.database, Utc::now(), |_| true)).unwrap(), 4);
            }
            let found = explained(&app, &[CODE]);
            let returns: Vec<_> = found["doubts"].as_array().unwrap().iter().filter(|doubt| doubt["kind"] == "older_state").collect();
            assert_eq!(returns.len(), 1, "{}", found["doubts"]);
            assert_eq!(returns[0]["events"], serde_json::json!([ids[0], ids[2], ids[3]]));
            assert_eq!(kinds(&found).contains(&"pruned"), pruned);
            assert_eq!(source(&found["columns"], "status_id")["event_id"], ids[3]);
            assert_eq!(found["deliveries"][0]["has_body"], !pruned);
        }
    }

    async fn oddities_of_deliveries_are_told(app: TestApp) {
        let twice = booking(&[("\"line_id\": \"1.3\"", "\"line_id\": \"1\"")]);
        let unknown = booking(&[("\"staff_id\": \"7\"", "\"staff_id\": \"7\", \"channel\": \"kiosk\", \"token\": \"s3cret-token\"")]);
        app.apply([twice, unknown]).await;
        app.deliver(format!("{{\"booking\": {{\"code\": \"{CODE}\", ")).await;
        app.project();
        app.deliver(with_status("PAID")).await;
        // Codes within longer ones, and other bookings, are not meant.
        app.deliver(format!("{{\"code\": \"{CODE}1\", ")).await;
        app.deliver(payload("booking-one-line.json")).await;
        let ids = ids(&app);
        let found = explained(&app, &[CODE]);
        assert_eq!(kinds(&found), ["payments", "failed", "pending", "line_twice", "unknown_fields"], "{}", found["doubts"]);
        let doubts = found["doubts"].as_array().unwrap();
        assert_eq!(doubts[1]["events"], serde_json::json!([ids[2]]));
        assert_eq!(doubts[1]["command"], format!("events show {}", ids[2]));
        assert_eq!(doubts[2]["events"], serde_json::json!([ids[3]]));
        assert_eq!(doubts[3]["events"], serde_json::json!([ids[0]]));
        assert!(doubts[4]["says"].as_str().unwrap().contains("channel"));
        assert!(!found.to_string().contains("s3cret-token"));
        app.project();
    }

    async fn a_booking_of_dead_letters_alone_is_explained(app: TestApp) {
        app.apply([b"{\"booking\": {\"code\": \"XYZA-010126\", ".to_vec()]).await;
        let found = explained(&app, &["XYZA-010126"]);
        assert_eq!((found["has_row"].as_bool(), found["account"].is_null()), (Some(false), true));
        assert_eq!(kinds(&found), ["failed"]);
        assert!(found["deliveries"][0]["error"].as_str().unwrap().contains("not valid json"));
        assert!(said(&run(&app, &["explain", "XYZA-010126"])).contains("no row"));
    }

    async fn an_edit_by_hand_is_found(app: TestApp) {
        app.apply([payload("booking.json"), with_status("PAID"), payload("transaction.json")]).await;
        app.execute("UPDATE bookings SET tid = 'edited', status_id = 'STOP'");
        let found = explained(&app, &[CODE]);
        assert_eq!(kinds(&found), ["unexplained"]);
        assert_eq!(source(&found["columns"], "tid")["how"], "unknown");
        assert_eq!(source(&found["columns"], "status_id")["event_id"], Value::Null);
        assert_eq!(source(&found["columns"], "total")["how"], "first");
        // Without the bodies the history still tells of the column that it names.
        assert_eq!(block_in_place(|| retention::prune(&app.database, Utc::now(), |_| true)).unwrap(), 3);
        let says = explained(&app, &[CODE])["doubts"].as_array().unwrap().iter().find(|doubt| doubt["kind"] == "unexplained").unwrap()["says"].to_string();
        assert!(says.contains("status_id"), "{says}");
    }

    async fn a_broken_history_is_told_from_the_log(app: TestApp) {
        app.apply([payload("booking.json"), with_status("PAID"), payload("transaction.json")]).await;
        let ids = ids(&app);
        app.execute("UPDATE booking_history SET changes = '{\"status_id\": [\"PART\", \"WAIT\"]}' WHERE event_id IN (SELECT max(event_id) FROM booking_history)");
        let found = explained(&app, &[CODE]);
        assert_eq!(source(&found["columns"], "status_id")["event_id"], ids[1]);
        assert_eq!(kinds(&found), Vec::<&str>::new());
    }

    async fn several_accounts_and_unknown_codes_say_what_to_type(app: TestApp) {
        let other = String::from_utf8(payload("booking.json")).unwrap().replace("harbour-tours.", "other.");
        app.apply([payload("booking.json")]).await;
        assert_eq!(explained(&app, &[CODE])["account"], "harbour-tours.checkfront.example");
        app.apply([other.into_bytes()]).await;
        let ambiguous = run(&app, &["explain", CODE]);
        assert_eq!(ambiguous.status.code(), Some(2));
        let error = String::from_utf8_lossy(&ambiguous.stderr).into_owned();
        assert!(error.contains("--account HOST") && error.contains("other.checkfront.example"), "{error}");
        assert_eq!(explained(&app, &[CODE, "--account", "OTHER.checkfront.example"])["deliveries"].as_array().unwrap().len(), 1);
        // Its neighbours are alike, too; what only is in other letters comes first.
        let neighbours = (1..=9).map(|n| String::from_utf8(payload("booking-one-line.json")).unwrap().replace("LMNO-130526", &format!("FALS-00000{n}")));
        app.apply(neighbours).await;
        let lower = run(&app, &["explain", "fals-000009"]);
        assert!(String::from_utf8_lossy(&lower.stderr).contains("did you mean FALS-000009"), "{lower:?}");
        let before = dump(&app.database);
        let nobody = run(&app, &["explain", CODE, "--account", "nobody.example"]);
        assert_eq!(nobody.status.code(), Some(2));
        for (typed, wanted) in [("QZRT-120527", "did you mean QZRT-120526?"), ("qzrt-120526", "did you mean QZRT-120526?"), ("NOPE-999999", "`events list --kind booking`"), ("", "`events list")] {
            let unknown = run(&app, &["explain", typed]);
            assert_eq!(unknown.status.code(), Some(1));
            assert!(String::from_utf8_lossy(&unknown.stderr).contains(wanted), "{unknown:?}");
        }
        assert_eq!(dump(&app.database), before, "nothing is written");
        assert_eq!(block_in_place(|| app.database.read(events::count_pending)).unwrap(), 0);
    }
}

#[test]
fn no_file_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("none.db");
    let url = format!("sqlite://{}", path.display());
    let output = crate::support::exe().args(["explain", CODE, "--database-url", &url]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("none.db"), "{output:?}");
    assert!(!path.exists());
}
