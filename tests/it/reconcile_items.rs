//! `reconcile`: what the rows of a Booking Index say of items, with planted differences: exactly those are found.

use serde_json::{Value, json};

use crate::reconciling::{found, mirror, on_each, reconcile};
use crate::support::Backend;
use crate::support::exports::{bookings, export, locales, notification};

/// Bookings whose items have dates and quantities of their own.
pub(crate) fn truth(count: i64) -> Vec<Value> {
    let mut truth = bookings(count);
    for (n, booking) in (1_i64..).zip(&mut truth) {
        let start = booking["start"].as_i64().unwrap();
        let last = start + 90_000 * (i64::try_from(booking["lines"].as_array().unwrap().len()).unwrap() - 1);
        booking["end"] = json!(last + 7_200);
        for (i, line) in (0_i64..).zip(booking["lines"].as_array_mut().unwrap()) {
            // A day and an hour later each, so that both days and hours differ.
            let at = start + i * 90_000;
            for (name, value) in [("start", at), ("end", at + 7_200), ("qty", 1 + (n + i) % 4)] {
                line[name] = json!(value);
            }
        }
    }
    truth
}

pub(crate) fn add(line: &mut Value, name: &str, more: i64) {
    line[name] = json!(line[name].as_i64().unwrap() + more);
}

async fn planted_differences_of_items_are_found(backend: Backend) {
    let truth = truth(24);
    let (app, folder) = mirror(backend, truth.iter().map(notification)).await;
    for (name, locale, more) in locales() {
        let more = [more, &["--json"]].concat();
        let mut told = truth.clone();
        for booking in &mut told {
            booking["lines"].as_array_mut().unwrap().reverse();
        }
        let output = reconcile(&app, &folder, &export("bookings", &locale, ("bookings", &told)), &more);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.code() == Some(0) && output.stdout.is_empty(), "{name}: {output:?}");
        assert!(said.contains("`Start date` is each item's own") && said.ends_with("Equal.\n"), "{name}: {said}");

        let mut told = truth.clone();
        add(&mut told[1]["lines"][1], "start", 86_400);
        add(&mut told[4]["lines"][2], "qty", 1);
        add(&mut told[7]["lines"][0], "total", 500);
        add(&mut told[7]["lines"][2], "total", -500);
        told[10]["lines"][2]["sku"] = json!("canoe");
        told[16]["lines"].as_array_mut().unwrap().remove(1);
        told[19]["lines"].as_array_mut().unwrap().reverse();
        add(&mut told[22]["lines"][0], "start", -86_400);
        add(&mut told[23]["lines"][0], "qty", 2);
        let output = reconcile(&app, &folder, &export("bookings", &locale, ("bookings", &told)), &more);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let found = found(&output);
        let fields: Vec<_> = found.iter().map(|line| line.split(' ').take(3).collect::<Vec<_>>().join(" ")).collect();
        assert_eq!(
            fields,
            [
                "amount ABCD-000005 items.tour-1.qty",
                "amount ABCD-000008 items.tour-0.total",
                "amount ABCD-000008 items.tour-1.total",
                "amount ABCD-000017 due",
                "amount ABCD-000017 sub_total",
                "amount ABCD-000017 tax_total",
                "amount ABCD-000017 total",
                "amount ABCD-000024 items.tour-0.qty",
                "date ABCD-000002 items.tour-0.start_at",
                "date ABCD-000023 items.tour-0.start_at",
                "date ABCD-000023 start_at",
                "missing_in_mirror ABCD-000011 items.canoe",
                "missing_in_report ABCD-000011 items.tour-1",
                "missing_in_report ABCD-000017 items.tour-0",
            ],
            "{name}: {found:#?}"
        );
        assert_eq!(found[0], "amount ABCD-000005 items.tour-1.qty 4 5", "{name}");
        assert_eq!(found[1], "amount ABCD-000008 items.tour-0.total 247.80 252.80", "{name}");
        assert!(said.contains("Different: 1 value of bookings missing in the mirror, "), "{name}: {said}");
        assert!(said.contains("2 values of bookings missing in the report"), "{name}: {said}");
    }
}

async fn lines_that_nothing_tells_apart_are_compared_as_they_come(backend: Backend) {
    let mut booking = truth(2).remove(1);
    for line in booking["lines"].as_array_mut().unwrap() {
        line["sku"] = json!("tour");
    }
    let (app, folder) = mirror(backend, [notification(&booking)]).await;
    let (_, locale, _) = &locales()[2];
    let mut told = booking.clone();
    told["lines"].as_array_mut().unwrap().swap(0, 2);
    let ask = |told: &Value, more: &[&str]| {
        let report = export("bookings", locale, ("bookings", std::slice::from_ref(told)));
        // Without SKUs as well.
        let text = String::from_utf8(report).unwrap();
        [text.clone(), text.replace("\tSKU\t", "\tAnything\t").replacen("Booking\t", "What\t", 1)]
            .map(|text| reconcile(&app, &folder, text.as_bytes(), more))
    };
    for output in ask(&told, &[]) {
        assert_eq!(output.status.code(), Some(0), "{output:?}");
    }
    // What one has and the other has not is no exchange: three in all, but not of the same days.
    add(&mut told["lines"][1], "qty", 1);
    add(&mut told["lines"][2], "qty", -1);
    let [by_sku, by_nothing] = ask(&told, &["--json"]).map(|output| found(&output));
    let expected = |field: &str| [format!("amount ABCD-000002 {field} 3 2"), format!("amount ABCD-000002 {field} 4 5")];
    assert_eq!(by_sku, expected("items.tour.qty"));
    assert_eq!(by_nothing, expected("items.qty"));
}

async fn items_are_told_by_name_where_there_is_no_sku(backend: Backend) {
    let mut truth = truth(12);
    for booking in &mut truth {
        for (line, (name, id)) in
            booking["lines"].as_array_mut().unwrap().iter_mut().zip([("Kayak", 41), ("Canoe", 42), ("Raft", 43)])
        {
            (line["name"], line["item_id"]) = (json!(name), json!(id));
        }
    }
    let (app, folder) = mirror(backend, truth.iter().map(notification)).await;
    let names = "INSERT INTO items (account_id, item_id, name, first_event_id, last_event_id, updated_at) VALUES";
    for (id, name) in [(41, "KAYAK"), (42, "Canoe"), (43, "Raft")] {
        app.execute(&format!("{names} (1, {id}, '{name}', 1, 1, '2026-01-01 00:00:00.000000+00:00')"));
    }
    let (_, locale, _) = &locales()[2];
    let ask = |told: &[Value], sku: &str| {
        let text = String::from_utf8(export("bookings", locale, ("bookings", told))).unwrap();
        found(&reconcile(&app, &folder, text.replace("\tSKU\t", sku).as_bytes(), &["--json"]))
    };
    assert_eq!(ask(&truth, "\tAnything\t"), [""; 0]);
    truth[1]["lines"][1]["name"] = json!("Rowing boat");
    add(&mut truth[4]["lines"][2], "qty", 1);
    let by_name = ask(&truth, "\tAnything\t");
    assert!(by_name[0].starts_with("amount ABCD-000005 items.Raft.qty"), "{by_name:?}");
    assert!(by_name[1].starts_with("missing_in_mirror ABCD-000002 items.Rowing boat"), "{by_name:?}");
    assert!(by_name[2].starts_with("missing_in_report ABCD-000002 items.Canoe"), "{by_name:?}");
    assert_eq!(by_name.len(), 3, "{by_name:?}");
    let by_sku = ask(&truth, "\tSKU\t");
    assert!(by_sku[0].starts_with("amount ABCD-000005 items.tour-1.qty"), "{by_sku:?}");
    assert_eq!(by_sku[1], "missing_in_mirror ABCD-000002 items.tour-0.name Canoe Rowing boat");
    assert_eq!(by_sku.len(), 2, "{by_sku:?}");
}

on_each! {
    planted_differences_of_items_are_found
    lines_that_nothing_tells_apart_are_compared_as_they_come
    items_are_told_by_name_where_there_is_no_sku
}
