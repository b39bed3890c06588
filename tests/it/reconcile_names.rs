//! `reconcile`: names of items that either side lacks are no differences, and hide none.

use serde_json::{Value, json};

use crate::reconcile_items::{add, truth};
use crate::reconciling::{found, mirror, on_each, reconcile};
use crate::support::exports::{export, locales, notification};
use crate::support::{Backend, TestApp};

const NAMES: [(&str, i64); 3] = [("Kayak", 41), ("Canoe", 42), ("Raft", 43)];

/// Bookings of named items; webhooks tell no names, items' own events do.
fn named(count: i64) -> Vec<Value> {
    let mut truth = truth(count);
    for booking in &mut truth {
        for (line, (name, id)) in booking["lines"].as_array_mut().unwrap().iter_mut().zip(NAMES) {
            (line["name"], line["item_id"]) = (json!(name), json!(id));
        }
    }
    truth
}

/// Tells the mirror the names of these alone.
fn tell(app: &TestApp, known: impl Fn(usize) -> bool) {
    app.execute("DELETE FROM items");
    for (_, (name, id)) in NAMES.into_iter().enumerate().filter(|(place, _)| known(*place)) {
        app.execute(&format!(
            "INSERT INTO items (account_id, item_id, name, first_event_id, last_event_id, updated_at) \
             VALUES (1, {id}, '{name}', 1, 1, '2026-01-01 00:00:00.000000+00:00')"
        ));
    }
}

/// A report without SKUs.
fn without_skus(told: &[Value]) -> Vec<u8> {
    let (_, locale, _) = &locales()[2];
    let text = String::from_utf8(export("bookings", locale, ("bookings", told))).unwrap();
    text.replace("\tSKU\t", "\tAnything\t").into_bytes()
}

async fn whichever_names_are_left_out_equal_books_are_equal(backend: Backend) {
    let truth = named(12);
    let (app, folder) = mirror(backend, truth.iter().map(notification)).await;
    let reports: Vec<_> = [0_u32, 0b001, 0b110, 0b111, 0b1000_1011]
        .into_iter()
        .map(|left_out| {
            let mut told = truth.clone();
            for (n, booking) in told.iter_mut().enumerate() {
                booking["lines"].as_array_mut().unwrap().reverse();
                for line in booking["lines"].as_array_mut().unwrap() {
                    let place = NAMES.iter().position(|(name, _)| line["name"] == *name).unwrap();
                    // The last pattern leaves out another name in each booking.
                    if left_out >> ((place + if left_out > 7 { n } else { 0 }) % 8) & 1 == 1 {
                        line["name"] = json!("");
                    }
                }
            }
            (left_out, without_skus(&told))
        })
        .collect();
    for known in 0..8 {
        tell(&app, |place| known >> place & 1 == 1);
        for (left_out, report) in &reports {
            let output = reconcile(&app, &folder, report, &[]);
            assert_eq!(output.status.code(), Some(0), "{known:b} {left_out:b}: {output:?}");
        }
    }
}

async fn what_is_planted_where_a_name_is_missing_is_found(backend: Backend) {
    let truth = named(24);
    let (app, folder) = mirror(backend, truth.iter().map(notification)).await;
    tell(&app, |place| place > 0);
    let mut told = truth.clone();
    add(&mut told[4]["lines"][0], "qty", 1);
    let mut boat = told[7]["lines"][0].clone();
    add(&mut boat, "start", 1_800);
    boat["name"] = json!("Boat");
    told[7]["lines"].as_array_mut().unwrap().insert(0, boat);
    told[10]["lines"].as_array_mut().unwrap().remove(0);
    add(&mut told[13]["lines"][1], "start", 3_600);
    add(&mut told[16]["lines"][0], "total", 500);
    add(&mut told[16]["lines"][1], "total", -500);
    let output = reconcile(&app, &folder, &without_skus(&told), &["--json"]);
    let found = found(&output);
    let of_items: Vec<_> = found.iter().filter(|line| line.contains(" items")).map(String::as_str).collect();
    assert_eq!(of_items.len(), 6, "{found:#?}");
    for (line, part) in of_items.iter().zip([
        "amount ABCD-000005 items.Kayak.qty ",
        "amount ABCD-000017 items.Canoe.total ",
        "amount ABCD-000017 items.Kayak.total ",
        "date ABCD-000014 items.Canoe.start_at ",
        "missing_in_mirror ABCD-000008 items.Boat - ",
        "missing_in_report ABCD-000011 items.tour-0 ",
    ]) {
        assert!(line.starts_with(part), "{part}: {found:#?}");
    }
    let bookings = found.iter().filter(|line| !line.contains(" items"));
    assert!(bookings.clone().all(|line| line.contains("-000008") || line.contains("-000011")), "{found:#?}");
    assert!(bookings.count() > 2, "{found:#?}");
}

async fn names_in_another_language_tell_nothing(backend: Backend) {
    let mut truth = named(24);
    let (app, folder) = mirror(backend, truth.iter().map(notification)).await;
    // Bookings of a kayak alone, a third of all, have no name in the mirror.
    tell(&app, |place| place > 0);
    for booking in &mut truth {
        for line in booking["lines"].as_array_mut().unwrap() {
            line["name"] = json!(format!("Ein {}", line["name"].as_str().unwrap()));
        }
    }
    let output = reconcile(&app, &folder, &without_skus(&truth), &[]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(said.contains("items are not compared: `Booking` agrees with the lines of too few"), "{said}");
}

on_each! {
    whichever_names_are_left_out_equal_books_are_equal
    what_is_planted_where_a_name_is_missing_is_found
    names_in_another_language_tell_nothing
}
