//! `reconcile`: rows of sums are left out, and what is counted is printed as a count.

use serde_json::{Value, json};

use crate::reconciling::{found, mirror, on_each, reconcile};
use crate::support::exports::{bookings, export, locales, notification};
use crate::support::{Backend, payload};

async fn rows_of_sums_are_left_out_whatever_their_width(backend: Backend) {
    let truth = bookings(6);
    let (app, folder) = mirror(backend, truth.iter().map(notification)).await;
    let (_, locale, _) = locales().remove(2);
    let report = String::from_utf8(export("bookings", &locale, ("bookings", &truth))).unwrap();
    let wide = format!("Total{}9\r\n", "\t".repeat(40));
    for row in ["Total\r\n", "Total\t\t\t\t\t99.00\r\n", "\t\tGrand total:\t99.00\r\n", "Sum\t1\t2\t3\r\n", &wide] {
        let output = reconcile(&app, &folder, format!("{report}{row}").as_bytes(), &[]);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(0), "{row:?}: {said}");
        assert!(said.contains("1 rows are sums, or tell of nobody, and were left out"), "{row:?}: {said}");
    }
    let output = reconcile(&app, &folder, format!("{report}Totally\t9\r\n").as_bytes(), &[]);
    assert!(output.status.code() == Some(2) && String::from_utf8_lossy(&output.stderr).contains("has 2 cells"));
}

async fn a_code_may_come_first(backend: Backend) {
    let (app, folder) = mirror(backend, [payload("booking.json")]).await;
    let report = "Booking ID,Amount\nQZRT-120526,126.00\nTotal,126.00\n";
    let output = reconcile(&app, &folder, report.as_bytes(), &[]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
}

async fn counts_are_whole_numbers(backend: Backend) {
    let mut truth = bookings(6);
    for booking in &mut truth {
        booking["created"] = json!(1_781_000_000);
    }
    let (app, folder) = mirror(backend, truth.iter().map(notification)).await;
    app.execute("UPDATE bookings SET status_id = 'PAID'");
    let page = folder.path().join("page.html");
    let days = "Date,Bookings,Qty\n2026-06-09,99.00,77\n";
    let ask = |more: &[&str]| reconcile(&app, &folder, days.as_bytes(), more);
    let output = ask(&["--json", "--html", page.to_str().unwrap()]);
    let lines = String::from_utf8(output.stdout.clone()).unwrap();
    let values: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let values: Vec<_> = values.iter().map(|line| ["field", "mirror", "report"].map(|name| &line[name])).collect();
    let lines: i64 =
        truth.iter().map(|booking| i64::try_from(booking["lines"].as_array().unwrap().len()).unwrap()).sum();
    let (bookings, quantity) = (json!("6"), json!(lines.to_string()));
    assert_eq!(
        values,
        [[&json!("bookings"), &bookings, &json!("99")], [&json!("quantity"), &quantity, &json!("77")]],
        "{output:?}"
    );
    let page = std::fs::read_to_string(&page).unwrap();
    assert!(page.contains(">6</td>") && page.contains(">99</td>") && !page.contains("99.00"), "{page}");
    let csv = String::from_utf8(ask(&["--csv"]).stdout).unwrap();
    assert!(csv.contains(",bookings,6,99\n"), "{csv}");
    let table = String::from_utf8(ask(&[]).stdout).unwrap();
    assert!(table.contains(" 99") && !table.contains("99.00"), "{table}");

    let customers = "Customer ID,Bookings,Total\nCU1-000-001,9.00,0.00\n";
    let found = found(&reconcile(&app, &folder, customers.as_bytes(), &["--json"]));
    assert!(found.iter().any(|line| line == "amount CU1-000-001 bookings 1 9"), "{found:?}");
}

on_each! {
    rows_of_sums_are_left_out_whatever_their_width
    a_code_may_come_first
    counts_are_whole_numbers
}
