//! What no index tells is looked through in parts: none is missed where one part ends and the next begins.

use serde_json::Value;

use crate::read_api::get;
use crate::support::{Backend, TestApp, on_both, payload};

/// More than two parts.
const ROWS: usize = 21_000;
/// First and last, and where the first part ends.
const RARE: [usize; 5] = [1, 9_999, 10_000, 10_001, ROWS];

/// A mirror of so many bookings, payments, customers and events, few of which are rare.
fn fill(app: &TestApp) {
    let numbers = match app.backend {
        Backend::Sqlite => format!(
            "(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {ROWS}) SELECT i FROM n) q"
        ),
        Backend::Postgres => format!("(SELECT i FROM generate_series(1, {ROWS}) i) q"),
    };
    let rare = RARE.map(|number| number.to_string()).join(", ");
    let rare = format!("CASE WHEN i IN ({rare}) THEN 'RARE' ELSE 'PAID' END");
    // All codes have six digits.
    let (name, at) = ("'K' || (100000 + i)", "'2026-07-01 00:00:00.000000+00:00'");
    let at = if app.backend == Backend::Postgres { format!("TIMESTAMPTZ {at}") } else { at.to_owned() };
    for insert in [
        format!(
            "bookings (account_id, code, status_id, customer_name, content_hash, first_event_id, last_event_id, updated_at) SELECT 1, {name}, {rare}, {rare}, '', i, i, {at}"
        ),
        format!(
            "booking_items (account_id, booking_code, line_id, item_id, last_event_id) SELECT 1, {name}, '1', CASE {rare} WHEN 'RARE' THEN 7 ELSE 8 END, i"
        ),
        format!(
            "customers (account_id, customer_key, name, field_events, first_event_id, last_event_id, updated_at) SELECT 1, {name}, {rare}, '{{}}', i, i, {at}"
        ),
        // Two rows of each id, which no part may divide.
        format!(
            "transactions (account_id, transaction_id, gateway_id, status_id, first_event_id, last_event_id, updated_at) SELECT 1, 'K' || (100000 + (i + 1) / 2), CAST(i AS TEXT), {rare}, i, i, {at}"
        ),
        format!(
            "webhook_events (id, receiver, source, received_at, account_id, kind, entity_key, state, attempts) SELECT i, 'r', 'webhook', {at}, 1, CASE {rare} WHEN 'RARE' THEN 'rate' ELSE 'item' END, 'x', 'applied', 1"
        ),
    ] {
        app.execute(&format!("INSERT INTO {insert} FROM {numbers}"));
    }
}

/// All that a list finds, and how many pages it took.
async fn walk(app: &TestApp, path: &str) -> (Vec<Value>, usize) {
    let (mut next, mut found, mut pages) = (Some(format!("/api/v1/{path}")), Vec::new(), 0);
    while let Some(path) = next {
        let page = get(app, &path).await;
        found.extend(page["data"].as_array().unwrap().iter().cloned());
        next = page["next"].as_str().map(str::to_owned);
        pages += 1;
    }
    (found, pages)
}

on_both! {
    async fn a_rare_row_is_found_wherever_it_is(app: TestApp) {
        // Makes the account.
        app.apply([payload("item.json")]).await;
        fill(&app);
        for (path, key) in [
            ("bookings?status=RARE", "first_event_id"),
            ("bookings?status=RARE&limit=1", "first_event_id"),
            ("bookings?item=7", "first_event_id"),
            ("bookings?q=rare", "first_event_id"),
            ("customers?q=rare", "first_event_id"),
            ("transactions?status=RARE", "first_event_id"),
            ("transactions?status=RARE&limit=2", "first_event_id"),
            ("events?kind=rate", "id"),
        ] {
            let (found, pages) = walk(&app, path).await;
            let mut numbers: Vec<_> = found.iter().map(|row| usize::try_from(row[key].as_i64().unwrap()).unwrap()).collect();
            numbers.sort_unstable();
            assert_eq!(numbers, RARE, "{path}");
            assert!((2..=8).contains(&pages), "{path}: {pages} pages");
        }
        let (all, pages) = walk(&app, "bookings?limit=500").await;
        assert_eq!((all.len(), pages), (ROWS, ROWS / 500));
        let first = get(&app, "/api/v1/bookings?status=NONE").await;
        assert!(first["data"].as_array().unwrap().is_empty() && first["next"].is_string());
    }
}
