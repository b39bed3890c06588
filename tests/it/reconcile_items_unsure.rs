//! `reconcile`: where it is not certain that rows tell of items, nothing of items is called a difference.

use serde_json::{Value, json};

use crate::reconcile_items::{add, truth};
use crate::reconciling::{found, mirror, on_each, reconcile};
use crate::support::exports::{export, locales, notification};
use crate::support::{Backend, TestApp};

fn last_run(app: &TestApp) -> (String, Value) {
    let last =
        |column: &str| app.text(&format!("SELECT CAST({column} AS text) AS v FROM sync_runs ORDER BY id DESC LIMIT 1"));
    let counts: Value = serde_json::from_str(&last("counts")).unwrap();
    (last("state"), counts["not_compared"].clone())
}

async fn what_is_repeated_on_each_row_is_the_bookings(backend: Backend) {
    let truth = truth(24);
    let (app, folder) = mirror(backend, truth.iter().map(notification)).await;
    for (name, mut locale, more) in locales() {
        locale["whole"] = json!(true);
        let report = |told: &[Value]| export("bookings", &locale, ("bookings", told));
        let output = reconcile(&app, &folder, &report(&truth), more);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(0), "{name}: {said}");
        for heading in ["Start date", "End date", "Qty"] {
            assert!(said.contains(&format!("`{heading}` is the booking's on each of its rows")), "{name}: {said}");
        }
        let mut told = truth.clone();
        add(&mut told[1], "start", 86_400);
        let found = found(&reconcile(&app, &folder, &report(&told), &[more, &["--json"]].concat()));
        assert!(found.len() == 1 && found[0].starts_with("date ABCD-000002 start_at "), "{name}: {found:?}");
    }
}

async fn what_nothing_tells_is_not_compared(backend: Backend) {
    let booking = truth(2).remove(1);
    let (app, folder) = mirror(backend, [notification(&booking)]).await;
    let (_, mut locale, _) = locales().remove(2);
    locale["whole"] = json!(true);
    // The rows are equal, and are neither what the lines say nor what the booking says.
    let mut told = booking.clone();
    add(&mut told, "start", 3_600);
    let report = export("bookings", &locale, ("bookings", &[told]));
    let output = reconcile(&app, &folder, &report, &["--json"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("`Start date` is not compared item by item: nothing tells"), "{said}");
    let found = found(&output);
    assert!(found.len() == 1 && found[0].starts_with("date ABCD-000002 start_at "), "{found:?}");
    assert_eq!(last_run(&app), ("partial".to_owned(), json!(["Start date"])));
}

async fn what_agrees_with_few_means_something_else(backend: Backend) {
    let truth = truth(24);
    let (app, folder) = mirror(backend, truth.iter().map(notification)).await;
    let (_, locale, _) = locales().remove(2);
    let mut told = truth.clone();
    for booking in &mut told {
        for (number, line) in (1..).zip(booking["lines"].as_array_mut().unwrap()) {
            // Such as hours for each guest, and the name of a form in the place of SKUs.
            add(line, "qty", 7 * number);
        }
    }
    let output = reconcile(&app, &folder, &export("bookings", &locale, ("bookings", &told)), &["--json"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.code() == Some(0), "{output:?}");
    assert!(said.contains("`Qty` is not compared item by item: it agrees with the lines of too few"), "{said}");
    assert_eq!(last_run(&app), ("partial".to_owned(), json!(["Qty"])));
    for booking in &mut told {
        for line in booking["lines"].as_array_mut().unwrap() {
            line["sku"] = json!("group");
        }
    }
    let output = reconcile(&app, &folder, &export("bookings", &locale, ("bookings", &told)), &["--json"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.code() == Some(0) && said.contains("items are not compared: `SKU` agrees"), "{said}");
    assert_eq!(last_run(&app), ("partial".to_owned(), json!(["SKU"])));
}

async fn add_ons_may_have_no_rows_and_totals_no_lines(backend: Backend) {
    let mut truth = truth(24);
    // The last line of each is an add-on of the first, at no price of its own.
    for booking in &mut truth {
        let lines = booking["lines"].as_array_mut().unwrap();
        let mut add_on = lines[0].clone();
        for (name, value) in
            [("sku", json!("lunch")), ("line_id", json!("1.1")), ("total", json!(0)), ("tax", json!(0))]
        {
            add_on[name] = value;
        }
        lines.push(add_on);
    }
    let (app, folder) = mirror(backend, truth.iter().map(notification)).await;
    let (_, locale, _) = locales().remove(2);
    let whole = export("bookings", &locale, ("bookings", &truth));
    assert_eq!(reconcile(&app, &folder, &whole, &[]).status.code(), Some(0));
    let mut told = truth.clone();
    for booking in &mut told {
        booking["lines"].as_array_mut().unwrap().pop();
    }
    let report = export("bookings", &locale, ("bookings", &told));
    let output = reconcile(&app, &folder, &report, &[]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        output.status.code() == Some(0) && said.contains("lines that belong to another line have no row"),
        "{said}"
    );
    // A fee of the booking that no line has: nobody knows on which row it stands.
    app.execute("UPDATE booking_items SET total = total - 1 WHERE booking_code = 'ABCD-000005' AND line_id = '1'");
    let output = reconcile(&app, &folder, &report, &["--json"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(found(&output), [""; 0], "{said}");
    assert!(said.contains("items' amounts are not compared for 1 booking: its lines do not make its total"), "{said}");
}

on_each! {
    what_is_repeated_on_each_row_is_the_bookings
    what_nothing_tells_is_not_compared
    what_agrees_with_few_means_something_else
    add_ons_may_have_no_rows_and_totals_no_lines
}
