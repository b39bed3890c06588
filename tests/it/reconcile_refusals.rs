//! What `reconcile` does not understand, and refuses to guess: it says where, and what would be right.

use crate::rebuild_command::run;
use crate::reconciling::{mirror, on_each, reconcile};
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
        (row("A-1,2026-01-02,1108.84x,Paid"), &["row 2, `Amount`, `1108.84x`: is not an amount", "such as $, EUR"]),
        (row("A-1,2026-01-02,abc1108.84def,Paid"), &["row 2, `Amount`, `abc1108.84def`: is not an amount"]),
        (row("A-1,2026-01-02,5,Paid\nA-2,2026-01-02,5,\"Paid"), &["row 3: has a quotation mark that is never closed"]),
        (row("A-1,2026-01-02,\"5,Paid\nA-2,2026-01-02,5,Paid"), &["row 2: has a quotation mark that is never closed"]),
        (b"\"Booking ID,Created,Amount,Status\n".to_vec(), &["row 1: has a quotation mark that is never closed"]),
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
        assert!(said.len() < 1_500 && said.matches("report.csv").count() == 1, "{said}");
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
        (&["--from", "2062-01-01"], "nothing was compared: none of its 1 rows"),
        (
            &["--html", folder.path().join("report.csv").to_str().unwrap()],
            "--html names the report itself, or a file of the mirror's",
        ),
        (&["--account", "other.example"], "--account may be harbour-tours.checkfront.example"),
    ] {
        let output = reconcile(&app, &folder, &report, arguments);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.code() == Some(2) && said.contains(part), "{part}: {said}");
    }
    // A day on which nothing was sold, as both sides say, was compared.
    let quiet = b"Date,Bookings,Total\n2026-01-15,0,0.00\n";
    let output = reconcile(&app, &folder, quiet, &["--from", "2026-01-15", "--to", "2026-01-15"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    for path in ["/nowhere.csv", folder.path().to_str().unwrap()] {
        let output = run(&app, &["reconcile", "--report", path]);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.code() == Some(2) && said.matches(path).count() == 1, "{said}");
    }
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

on_each! {
    what_cannot_be_understood_is_refused
    what_is_told_decides
}
