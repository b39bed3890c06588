//! `reconcile` as it is typed: what it selects, prints and writes, and what it refuses to guess.

use serde_json::{Value, json};

use crate::rebuild_command::run;
use crate::reconciling::{found, mirror, reconcile};
use crate::support::exports::{bookings, export, locales, notification};
use crate::support::{Backend, payload};

const HEADINGS: &str = "Booking ID,Created,Amount,Status\n";

async fn what_cannot_be_understood_is_refused(backend: Backend) {
    let (app, folder) = mirror(backend, [payload("booking.json")]).await;
    let long = format!("Booking ID,Amount\nA-1,\"{}", "x".repeat(10 << 20));
    let crowded = format!("Booking ID,Amount\n{}", "A-1,1\n".repeat(10_001));
    let row = |cells: &str| format!("{HEADINGS}{cells}\n").into_bytes();
    let cases: Vec<(Vec<u8>, &[&str])> = vec![
        (Vec::new(), &["is empty", "as CSV"]),
        (b"\xef\xbb\xbf".to_vec(), &["is empty"]),
        (HEADINGS.into(), &["it has headings and no rows"]),
        (b"\x00\x01\x02\xff\xfe".repeat(99), &["is binary"]),
        (b"PK\x03\x04....".to_vec(), &["Excel workbook", "as CSV"]),
        (long.into_bytes(), &["row 2: is longer than 1 MiB", "quotation mark"]),
        ("x".repeat(10 << 20).into_bytes(), &["row 1: is longer than 1 MiB"]),
        (crowded.into_bytes(), &["row 10002, `Booking ID`", "more than 10000 rows"]),
        (b"Name,Age\nx,3\n".to_vec(), &["row 1: its headings are those of no report", "`Name`, `Age`", "--columns"]),
        (b"Booking ID,Colour\nA-1,red\n".to_vec(), &["`Amount` is missing"]),
        (b"Transaction ID,Amount\nA-1-1,3\n".to_vec(), &["Transactions", "`Event` is missing"]),
        (row("A-1,2026-01-02,5"), &["row 2: has 3 cells, the headings are 4"]),
        (row("A-1,2026-01-02,5,Paid,more"), &["row 2: has 5 cells, the headings are 4"]),
        (row(",2026-01-02,5,Paid"), &["row 2, `Booking ID`: is empty"]),
        (row("A-1,2026-02-30,5,Paid"), &["row 2, `Created`, `2026-02-30`: is not a date", "16/11/2011 07:13 PM"]),
        (row("A-1,2026-01-02,five,Paid"), &["row 2, `Amount`, `five`: is not an amount", "1.234,50"]),
        (
            row("A-1,11/12/16,5,Paid\nA-2,11/12/16,5,Paid"),
            &["row 2, `Created`, `11/12/16`: may be a date", "--date-format"],
        ),
        (row("A-1,16/11/2011,5,Paid\nA-2,11/16/2011,5,Paid"), &["row 3, `Created`", "`16/11/2011` in row 2 is not"]),
        (row("A-1,2026-01-02,\"1,234\",Paid"), &["row 2, `Amount`, `1,234`: may be an amount", "--decimal"]),
        (
            row("A-1,2026-01-02,1.50,Paid\nA-2,2026-01-02,\"1,50\",Paid"),
            &["row 3, `Amount`, `1,50`", "`1.50` in row 2"],
        ),
    ];
    let count = cases.len();
    for (bytes, parts) in cases {
        let output = reconcile(&app, &folder, &bytes, &[]);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{said}");
        assert!(said.starts_with("error: ") && parts.iter().all(|part| said.contains(part)), "{parts:?}: {said}");
        assert!(said.len() < 1_500, "{said}");
    }
    let failed = "SELECT CAST(count(*) AS text) AS v FROM sync_runs WHERE state = 'failed' AND error IS NOT NULL AND finished_at IS NOT NULL";
    assert_eq!(app.text(failed), count.to_string());
    assert_eq!(
        app.text("SELECT CAST(count(*) AS text) AS v FROM sync_runs WHERE error LIKE '%five%'"),
        "0",
        "no cells"
    );

    let report = row("A-1,2026-01-02,5,Paid");
    for (arguments, part) in [
        (&["--columns", "Betrag=Amount"][..], "the file has no heading `Betrag`"),
        (&["--columns", "Amount=Money"], "`Money` is no heading that is known"),
        (&["--columns", "Amount"], "is no pair"),
        (&["--date-format", "soon"], "DD/MM/YYYY"),
        (&["--by", "start", "--from", "2026-01-01"], "the report has no `Start date`"),
        (&["--status", "Nowhere"], "`Nowhere` is no status of the account; it has HOLD (Reserved)"),
        (&["--from", "2026-02-01", "--to", "2026-01-01"], "--from is after --to"),
        (&["--account", "other.example"], "--account may be harbour-tours.checkfront.example"),
    ] {
        let output = reconcile(&app, &folder, &report, arguments);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.code() == Some(2) && said.contains(part), "{part}: {said}");
    }
    assert_eq!(run(&app, &["reconcile", "--report", "/nowhere.csv"]).status.code(), Some(2));
}

async fn what_is_told_decides(backend: Backend) {
    let (app, folder) = mirror(backend, [payload("booking.json")]).await;
    app.execute("UPDATE bookings SET created_at = '2016-12-11 20:00:00.000000+00:00', total = 1234");
    let report = format!("{HEADINGS}QZRT-120526,11/12/16,\"1,234\",Deposit\n");
    for (format, mark, code) in
        [("DD/MM/YY", "point", 0), ("%d/%m/%y", "point", 0), ("MM/DD/YY", "point", 3), ("DD/MM/YY", "comma", 3)]
    {
        let output = reconcile(&app, &folder, report.as_bytes(), &["--date-format", format, "--decimal", mark]);
        assert_eq!(output.status.code(), Some(code), "{format} {mark}: {output:?}");
    }
}

async fn layouts_are_detected(backend: Backend) {
    // Its lines are 105.00 and 21.00, of 126.00; 40.00 are paid and 86.00 due; 6.00 are taxes.
    let (app, folder) = mirror(backend, [payload("booking.json")]).await;
    for (rows, note) in [
        (
            "105.00,40.00,86.00,120.00,6.00\nQZRT-120526,21.00,40.00,86.00,120.00,6.00",
            "`Amount Paid` stands on each row",
        ),
        ("105.00,33.33,71.67,100.00,5.00\nQZRT-120526,21.00,6.67,14.33,20.00,1.00", "`Amount Paid` is added up"),
        ("105.00,40.00,86.00,100.00,5.00\nQZRT-120526,21.00,0.00,0.00,20.00,1.00", "`Taxes` is added up"),
        ("126.00,40.00,86.00,120.00,6.00\nQZRT-120526,126.00,40.00,86.00,120.00,6.00", "`Amount` stands on each row"),
    ] {
        let report = format!("Booking ID,Amount,Amount Paid,Amount Due,Sub-total,Taxes\nQZRT-120526,{rows}\n");
        let output = reconcile(&app, &folder, report.as_bytes(), &[]);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.code() == Some(0) && said.contains(note), "{note}: {said}");
    }
    let bare = "Booking ID,Created,Status,Date,Bookings\nQZRT-120526,2026-05-11,Deposit,soon,x\nQZRT-120526,2026-05-11,deposit,?,y\n";
    assert_eq!(
        reconcile(&app, &folder, bare.as_bytes(), &[]).status.code(),
        Some(0),
        "no amounts, no sums; form fields hold anything"
    );
    // Two equal lines are no duplicate, and what a report does not have is not compared.
    app.execute("UPDATE booking_items SET sku = 'sail', total = 63");
    let report = "Booking ID,SKU,Amount\nQZRT-120526,sail,63.00\nQZRT-120526,sail,63.00\n";
    assert_eq!(reconcile(&app, &folder, report.as_bytes(), &[]).status.code(), Some(0));
    let thrice = format!("{report}QZRT-120526,sail,63.00\n");
    let output = reconcile(&app, &folder, thrice.as_bytes(), &["--json"]);
    assert_eq!(found(&output), ["duplicate QZRT-120526 row 2 lines again in row 4"]);
}

async fn ranges_look_both_ways(backend: Backend) {
    let truth = bookings(20);
    let (app, folder) = mirror(backend, truth.iter().map(notification)).await;
    let (_, locale, _) = &locales()[0];
    let half = export("bookings", locale, ("bookings", &truth[..10]));
    let first =
        |n: usize| app.text(&format!("SELECT CAST(created_on AS text) AS v FROM bookings WHERE code = 'ABCD-{n:06}'"));
    let output = reconcile(&app, &folder, &half, &["--json"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains(&format!("the report covers {} to {}, the mirror", first(1), first(10))), "{said}");
    assert_eq!(found(&output).len(), 10, "the future too");
    assert_eq!(
        found(&reconcile(&app, &folder, &half, &["--json", "--from", "2026-06-01", "--to", "2026-06-11"])),
        [""; 0]
    );
    let after = found(&reconcile(&app, &folder, &half, &["--json", "--from", &first(19)]));
    let expected: Vec<_> = (1..=20).filter(|n| first(*n) >= first(19)).collect();
    assert_eq!(after.len(), expected.len(), "{after:?}");
    let stopped = found(&reconcile(&app, &folder, &half, &["--json", "--status", "Cancelled"]));
    assert!(stopped.len() == 2 && stopped.iter().all(|line| line.starts_with("missing_in_report")), "{stopped:?}");
    assert!(
        found(&reconcile(
            &app,
            &folder,
            &half,
            &["--json", "--by", "start", "--from", "2026-01-01", "--to", "2026-02-01"]
        ))
        .is_empty()
    );
    // A booking whose date differs is in the range of one side: its date differs, it is not missing.
    let mut told = truth.clone();
    told[0]["created"] = json!(told[0]["created"].as_i64().unwrap() - 90 * 86_400);
    let report = export("bookings", locale, ("bookings", &told));
    let day = first(1);
    let found = found(&reconcile(&app, &folder, &report, &["--json", "--from", &day, "--to", &day]));
    assert!(found.len() == 1 && found[0].starts_with("date ABCD-000001 created_at"), "{found:?}");
    // What was deleted is not in the mirror.
    app.execute("UPDATE bookings SET deleted_at = updated_at WHERE code = 'ABCD-000003'");
    let found = crate::reconciling::found(&reconcile(&app, &folder, &half, &["--json", "--to", &first(10)]));
    assert!(found.iter().any(|line| line.starts_with("missing_in_mirror ABCD-000003")), "{found:?}");
}

async fn what_is_printed_and_written(backend: Backend) {
    let mut other = serde_json::from_slice::<Value>(&payload("booking.json")).unwrap();
    other["@attributes"]["host"] = json!("b.example");
    let (app, folder) = mirror(backend, [payload("booking.json"), other.to_string().into_bytes()]).await;
    let report = "Booking ID,Created,Amount,Status,Email\nQZRT-120526,2026-05-11,126.01,<b>Odd</b>,=cmd@example.com\n";
    let output = reconcile(&app, &folder, report.as_bytes(), &[]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        output.status.code() == Some(2) && said.contains("one of harbour-tours.checkfront.example, b.example"),
        "{said}"
    );

    let page = folder.path().join("page.html");
    let account = ["--account", "Harbour-Tours.checkfront.example"];
    let more = [&account[..], &["--html", page.to_str().unwrap()]].concat();
    let output = reconcile(&app, &folder, report.as_bytes(), &more);
    let (text, said) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert_eq!(output.status.code(), Some(3), "{said}");
    for part in ["DIFFERENCE", "amount", "126.00", "126.01", "<b>Odd</b>", "DAY", "2026-05-11  126.00  126.01  0.01"] {
        assert!(text.split_whitespace().collect::<Vec<_>>().join("  ").contains(part), "{part}: {text}");
    }
    assert!(said.contains("`<b>Odd</b>` is the label of no status; set it: UPDATE statuses"), "{said}");
    assert!(said.contains("the mirror's sum is 126.00, the report's 126.01, the difference 0.01\nDifferent: 1 booking missing in the mirror"), "{said}");
    let page = std::fs::read_to_string(page).unwrap();
    assert!(page.contains("&lt;b&gt;Odd&lt;/b&gt;") && !page.contains("<b>Odd"), "escaped");
    assert!(page.contains("<svg") && page.contains("@media print") && page.contains("color-scheme:light dark"));
    for remote in ["http:", "https:", "//", "url(", "<script", "src="] {
        assert!(!page.contains(remote), "{remote}");
    }
    let output = reconcile(&app, &folder, report.as_bytes(), &[&account[..], &["--csv"]].concat());
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        text.starts_with(
            "difference,kind,code,field,mirror,report\nstatus,booking,QZRT-120526,status_id,PART,<b>Odd</b>\n"
        ),
        "{text}"
    );
    assert!(
        text.contains("\nmissing_in_mirror,booking,QZRT-120526,customer_email,Zoe@Example.com,'=cmd@example.com\n"),
        "{text}"
    );
    assert!(text.ends_with("\namount,day,2026-05-11,total,126.00,126.01\n"), "{text}");
    let counts: Value = serde_json::from_str(
        &app.text("SELECT CAST(counts AS text) AS v FROM sync_runs WHERE state = 'ok' ORDER BY id DESC LIMIT 1"),
    )
    .unwrap();
    assert!(
        counts["rows"] == 1 && counts["compared"] == 1 && counts["sha256"].as_str().unwrap().len() == 64,
        "{counts}"
    );
    assert_eq!(counts["differences"].as_array().unwrap().len(), 4, "{counts}");
}

async fn the_documents_example_is_what_it_prints(backend: Backend) {
    let (app, folder) = mirror(backend, [payload("booking.json")]).await;
    let document = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/RECONCILE.md")).unwrap();
    let block = |begin: &str| document.rsplit(begin).next().unwrap().split("```").next().unwrap().to_owned();
    let output = reconcile(&app, &folder, block("```csv\n").as_bytes(), &[]);
    let printed = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    let lines = |text: &str| text.lines().map(|line| line.trim_end().to_owned()).collect::<Vec<_>>();
    assert_eq!(lines(&block("$ checkfront-mirror reconcile --report bookings.csv\n")), lines(&printed));
}

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

on_each! {
    what_cannot_be_understood_is_refused
    what_is_told_decides
    layouts_are_detected
    ranges_look_both_ways
    what_is_printed_and_written
    the_documents_example_is_what_it_prints
}
