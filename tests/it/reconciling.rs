//! `reconcile`: reports written by another program in several locales, with planted differences: exactly those are found.

use std::path::PathBuf;
use std::process::Output;

use checkfront_mirror::config::Options;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::rebuild_command::run;
use crate::support::exports::{ZONE, bookings, export, locales, notification, payment, payments};
use crate::support::{Backend, TestApp};

/// A mirror of the truth, and where reports go.
pub(crate) async fn mirror(backend: Backend, bodies: impl IntoIterator<Item = Vec<u8>>) -> (TestApp, TempDir) {
    let options = Options { account_timezone: Some(ZONE.to_owned()), ..Options::default() };
    let app = TestApp::start_with(backend, options, &[]).await;
    app.apply(bodies).await;
    (app, tempfile::tempdir().unwrap())
}

/// Runs the command on a report of these bytes.
pub(crate) fn reconcile(app: &TestApp, folder: &TempDir, report: &[u8], more: &[&str]) -> Output {
    let path: PathBuf = folder.path().join("report.csv");
    std::fs::write(&path, report).unwrap();
    let arguments = [&["reconcile", "--report", path.to_str().unwrap()], more].concat();
    run(app, &arguments)
}

/// What was found, days apart, as `difference code field mirror report`.
pub(crate) fn found(output: &Output) -> Vec<String> {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    let findings = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let findings = findings.inspect(|finding| {
        let names: Vec<_> = finding.as_object().unwrap().keys().cloned().collect();
        assert_eq!(names.len(), 6);
        assert!(
            ["difference", "kind", "code", "field", "mirror", "report"]
                .iter()
                .all(|name| names.iter().any(|own| own == name))
        );
    });
    let word = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let mut found: Vec<_> = findings
        .filter(|finding| finding["kind"] != "day")
        .map(|finding| ["difference", "code", "field", "mirror", "report"].map(|name| word(&finding[name])).join(" "))
        .collect();
    found.sort();
    found
}

fn assert_equal(output: &Output, what: &str) {
    assert!(output.status.code() == Some(0) && output.stdout.is_empty(), "{what}: {output:?}");
    assert!(String::from_utf8_lossy(&output.stderr).ends_with("Equal.\n"), "{what}: {output:?}");
}

async fn booking_index(backend: Backend) {
    let truth = bookings(40);
    let (app, folder) = mirror(backend, truth.iter().map(notification)).await;
    app.execute("UPDATE statuses SET label = 'Angezahlt' WHERE status_id = 'PART'");
    for (name, mut locale, more) in locales() {
        locale["labels"]["PART"] = json!("angezahlt");
        let more = [more, &["--json"]].concat();
        let equal = export("bookings", &locale, ("bookings", &truth));
        assert_equal(&reconcile(&app, &folder, &equal, &more), name);

        let mut told = truth.clone();
        told[1]["status"] = json!("STOP");
        let total = told[2]["lines"][0]["total"].as_i64().unwrap();
        told[2]["lines"][0]["total"] = json!(total + 1);
        told[4]["start"] = json!(told[4]["start"].as_i64().unwrap() + 86_400);
        told[5]["email"] = json!("other@example.com");
        told[6]["paid"] = json!(told[6]["paid"].as_i64().unwrap() + 1);
        told.push(told[7].clone());
        let missing = told.remove(9);
        told.push(json!({"code": "ZZZZ-999999", "status": "PAID", "created": 1_782_000_000, "start": 1_782_000_000, "end": 1_782_000_000,
            "name": "x", "email": "", "customer": "", "paid": 100, "lines": [{"sku": "x", "total": 1_234_500, "tax": 0}]}));
        let output = reconcile(&app, &folder, &export("bookings", &locale, ("bookings", &told)), &more);
        assert_eq!(output.status.code(), Some(3), "{name}: {output:?}");
        let found = found(&output);
        let said = |part: &str| found.iter().filter(|line| line.starts_with(part)).count();
        for (part, count) in [
            ("status ABCD-000002 status_id HOLD STOP", 1),
            ("amount ABCD-000003 total", 1),
            ("amount ABCD-000003 due", 1),
            ("amount ABCD-000003 sub_total", 1),
            ("date ABCD-000005 start_at", 1),
            ("missing_in_mirror ABCD-000006 customer_email guest6@example.com other@example.com", 1),
            ("amount ABCD-000007 paid_total", 1),
            ("amount ABCD-000007 due", 1),
            ("duplicate ABCD-000008 row", 1),
            ("missing_in_report ABCD-000010 -", 1),
            ("missing_in_mirror ZZZZ-999999 - - 12345.00", 1),
        ] {
            assert_eq!(said(part), count, "{name}: {part} in {found:#?}");
        }
        assert_eq!(found.len(), 11, "{name}: {found:#?}");
        assert_eq!(missing["code"], "ABCD-000010");
    }
    let runs = "SELECT CAST(count(*) AS text) AS v FROM sync_runs WHERE kind = 'reconcile' AND state = 'ok' AND account_id = 1 AND finished_at IS NOT NULL";
    assert_eq!(app.text(runs), "12");
}

async fn transactions(backend: Backend) {
    let truth = payments(&bookings(12));
    let (app, folder) = mirror(backend, truth.iter().map(payment)).await;
    for (name, locale, more) in locales() {
        let more = [more, &["--json"]].concat();
        let equal = export("transactions", &locale, ("payments", &truth));
        assert_equal(&reconcile(&app, &folder, &equal, &more), name);

        let mut told = truth.clone();
        told[2]["cents"] = json!(1_250_024);
        told[5]["at"] = json!(told[5]["at"].as_i64().unwrap() + 5 * 86_400);
        told[11]["event"] = json!("PAID");
        told.push(told[16].clone());
        let gone = told.remove(20);
        told.push(json!({"code": "ZZZZ-999999", "number": 1, "id": "new", "event": "PAID", "cents": 700, "at": 1_782_000_000}));
        let output = reconcile(&app, &folder, &export("transactions", &locale, ("payments", &told)), &more);
        let found = found(&output);
        for part in [
            "amount ABCD-000001 amount 12500.25 12500.24",
            "date ABCD-000002 transacted_at",
            "status ABCD-000003 status_id REFUND PAID",
            "duplicate ABCD-000005 transaction_id - ABCD-000005-1 in rows",
            "missing_in_report ABCD-000006 - PAID 50.00",
            "missing_in_mirror ZZZZ-999999 - - PAID 7.00",
        ] {
            assert_eq!(found.iter().filter(|line| line.starts_with(part)).count(), 1, "{name}: {part} in {found:#?}");
        }
        assert_eq!((found.len(), output.status.code()), (6, Some(3)), "{name}: {found:#?}");
        assert_eq!(gone["code"], "ABCD-000006");
    }
}

async fn customers_and_days(backend: Backend) {
    let truth = bookings(30);
    let (app, folder) = mirror(backend, truth.iter().map(notification)).await;
    let total = |b: &Value, name: &str| {
        b["lines"].as_array().unwrap().iter().map(|line| line[name].as_i64().unwrap()).sum::<i64>()
    };
    let is_sale = |b: &Value| b["status"] != "STOP";
    let customers: Vec<_> = truth
        .iter()
        .map(|b| {
            json!({"name": b["name"], "code": b["customer"], "email": b["email"], "phone": "+1 250 555 0100",
            "bookings": i64::from(is_sale(b)), "total": if is_sale(b) { total(b, "total") } else { 0 }})
        })
        .collect();
    let zone = |b: &Value| (b["created"].as_i64().unwrap() - 7 * 3_600).div_euclid(86_400);
    let mut days: Vec<Value> = Vec::new();
    for b in truth.iter().filter(|b| is_sale(b)) {
        let day = json!({"at": b["created"], "day": zone(b), "bookings": 1, "total": total(b, "total"), "tax": total(b, "tax")});
        match days.iter_mut().find(|known| known["day"] == day["day"]) {
            Some(known) => {
                for name in ["bookings", "total", "tax"] {
                    known[name] = json!(known[name].as_i64().unwrap() + day[name].as_i64().unwrap());
                }
            }
            None => days.push(day),
        }
    }
    for (name, locale, more) in locales() {
        let more = [more, &["--json"]].concat();
        assert_equal(&reconcile(&app, &folder, &export("customers", &locale, ("customers", &customers)), &more), name);
        assert_equal(&reconcile(&app, &folder, &export("days", &locale, ("days", &days)), &more), name);

        let mut told = customers.clone();
        told[0]["name"] = json!("Somebody else");
        told[3]["total"] = json!(told[3]["total"].as_i64().unwrap() + 5);
        told[4]["code"] = json!("");
        told.push(told[6].clone());
        told.remove(8);
        told.push(json!({"name": "New", "code": "NEW-1", "email": "", "phone": "", "bookings": 0, "total": 0}));
        let found = found(&reconcile(&app, &folder, &export("customers", &locale, ("customers", &told)), &more));
        let starts: Vec<_> = found.iter().map(|line| line.split(' ').take(3).collect::<Vec<_>>().join(" ")).collect();
        assert_eq!(
            starts,
            [
                "amount CU4-000-004 total",
                "duplicate CU7-000-007 row",
                "missing_in_mirror CU1-000-001 name",
                "missing_in_mirror NEW-1 -",
                "missing_in_report CU0-000-009 -"
            ],
            "{name}: {found:#?}"
        );

        let mut told = days.clone();
        told[0]["total"] = json!(told[0]["total"].as_i64().unwrap() + 1);
        told[2]["bookings"] = json!(9);
        told.remove(3);
        let output = reconcile(&app, &folder, &export("days", &locale, ("days", &told)), &more);
        let text = String::from_utf8(output.stdout).unwrap();
        let fields: Vec<_> = text
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap())
            .map(|line| format!("{} {} {}", line["difference"], line["kind"], line["field"]).replace('"', ""))
            .collect();
        assert_eq!(
            fields,
            ["amount day total", "amount day sub_total", "amount day bookings", "missing_in_report day null"],
            "{name}: {text}"
        );
    }
}

async fn what_was_masked_or_forgotten(backend: Backend) {
    let truth = bookings(3);
    let (app, folder) = mirror(backend, truth.iter().map(notification)).await;
    app.execute("UPDATE bookings SET customer_email = '0123456789abcdef0123456789abcdef' WHERE code = 'ABCD-000001'");
    app.execute("UPDATE bookings SET customer_email = 'gone', customer_key = 'forgotten:1' WHERE code = 'ABCD-000002'");
    app.execute("UPDATE bookings SET customer_email = NULL WHERE code = 'ABCD-000003'");
    let (name, locale, _) = &locales()[0];
    assert_equal(&reconcile(&app, &folder, &export("bookings", locale, ("bookings", &truth)), &[]), name);
    app.execute("UPDATE bookings SET customer_email = 'other@example.com' WHERE code = 'ABCD-000003'");
    let output = reconcile(&app, &folder, &export("bookings", locale, ("bookings", &truth)), &["--json"]);
    assert_eq!(found(&output), ["missing_in_mirror ABCD-000003 customer_email other@example.com guest3@example.com"]);
}

/// Makes two tests of each check: on SQLite and on PostgreSQL.
macro_rules! on_each {
    ($($check:ident)+) => {$(
        mod $check {
            use super::Backend;

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                super::$check(Backend::Sqlite).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                super::$check(Backend::Postgres).await;
            }
        }
    )+};
}
pub(crate) use on_each;

on_each! {
    booking_index
    transactions
    customers_and_days
    what_was_masked_or_forgotten
}
