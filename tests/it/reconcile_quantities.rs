//! `reconcile`: the quantity of Sales by day, and reports of which a part cannot be compared.

use serde_json::Value;

use crate::reconciling::{found, mirror, on_each, reconcile};
use crate::support::{Backend, TestApp, payload};

/// Of the last run: its state, and what of the report was not compared.
fn last_run(app: &TestApp) -> (String, Value) {
    let last =
        |column: &str| app.text(&format!("SELECT CAST({column} AS text) AS v FROM sync_runs ORDER BY id DESC LIMIT 1"));
    let counts: Value = serde_json::from_str(&last("counts")).unwrap();
    (last("state"), counts["not_compared"].clone())
}

async fn the_quantity_of_a_day_is_compared(backend: Backend) {
    let (app, folder) = mirror(backend, [payload("booking.json"), payload("booking-one-line.json")]).await;
    app.execute("UPDATE statuses SET is_sale = TRUE");
    let sold = app.texts(
        "SELECT day || ',' || CAST(bookings AS text) || ',' || CAST(quantity AS text) AS v FROM sales_by_day WHERE basis = 'created' ORDER BY day",
    );
    let rows: Vec<String> = sold.into_iter().flatten().collect();
    assert_eq!(rows.len(), 2, "{rows:?}");
    for heading in ["Qty", "Quantity"] {
        let report = format!("Date,Bookings,{heading}\n{}\n", rows.join("\n"));
        let output = reconcile(&app, &folder, report.as_bytes(), &[]);
        assert_eq!(output.status.code(), Some(0), "{report}: {output:?}");
    }
    assert_eq!(last_run(&app), ("ok".to_owned(), serde_json::json!([])));
    let report =
        format!("Date,Qty\n{}\n", rows.iter().map(|row| row.replace(",1,", ",")).collect::<Vec<_>>().join("0\n"));
    let output = reconcile(&app, &folder, report.as_bytes(), &["--json"]);
    let text = String::from_utf8(output.stdout).unwrap();
    let finding: Value = serde_json::from_str(text.trim_end()).expect("one finding");
    let [day, _, quantity] = rows[0].split(',').collect::<Vec<_>>()[..] else { panic!("{rows:?}") };
    for (name, value) in [
        ("difference", "amount"),
        ("kind", "day"),
        ("field", "quantity"),
        ("code", day),
        ("mirror", quantity),
        ("report", &format!("{quantity}0")),
    ] {
        assert_eq!(finding[name], value, "{finding}");
    }
}

async fn what_nothing_tells_how_to_read_makes_the_run_partial(backend: Backend) {
    // 40.00 are paid: neither 30.00 nor 60.00 is that, so the rows may be split or repeated.
    let (app, folder) = mirror(backend, [payload("booking.json")]).await;
    let report =
        "Booking ID,SKU,Status,Amount Paid\nQZRT-120526,sunset-sail,Deposit,30.00\nQZRT-120526,picnic,Deposit,30.00\n";
    let output = reconcile(&app, &folder, report.as_bytes(), &[]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(said.contains("`Amount Paid` is not compared for bookings of several rows"), "{said}");
    assert!(said.ends_with("Equal, as far as it could be compared.\n"), "{said}");
    assert_eq!(last_run(&app), ("partial".to_owned(), serde_json::json!(["Amount Paid"])));
    // What can be compared is.
    let output = reconcile(&app, &folder, report.replace("Deposit", "Paid").as_bytes(), &["--json"]);
    assert_eq!(found(&output), ["status QZRT-120526 status_id PART PAID"]);
    assert_eq!(last_run(&app).0, "partial");
    let page = folder.path().join("page.html");
    reconcile(&app, &folder, report.as_bytes(), &["--html", page.to_str().unwrap()]);
    assert!(std::fs::read_to_string(page).unwrap().contains("Equal, as far as it could be compared."));
}

on_each! {
    the_quantity_of_a_day_is_compared
    what_nothing_tells_how_to_read_makes_the_run_partial
}
