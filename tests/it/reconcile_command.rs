//! `reconcile` as it is typed: what it finds out, selects, prints and writes.

use serde_json::{Value, json};

use crate::reconciling::{found, mirror, on_each, reconcile};
use crate::support::exports::{bookings, export, locales, notification};
use crate::support::{Backend, payload};

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
    assert!(said.contains("the mirror's sum is 126.00, the report's 126.01, the difference 0.01\nDifferent: 1 value of bookings missing in the mirror"), "{said}");
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

on_each! {
    layouts_are_detected
    ranges_look_both_ways
    what_is_printed_and_written
    the_documents_example_is_what_it_prints
}
