//! Holds the tables against what was sent: a rate of rows that are wrong is worth nothing.

use std::ops::Range;

use anyhow::ensure;

use crate::bodies::Booking;
use crate::place::Place;

/// The first bookings, as numbered, are in the tables, exactly, and nothing else is.
pub(crate) fn check(place: &Place<'_>, sent: Range<u32>) -> anyhow::Result<()> {
    let bookings = || sent.clone().map(Booking);
    let cents = |column: &str| format!("CAST(CAST(ROUND({column} * 100) AS BIGINT) AS TEXT)");
    let bookings_are = bookings().map(|booking| {
        let (net, tax) = booking.totals();
        let (code, status, customer) = (booking.code(), booking.status(), booking.customer());
        let total = net + tax;
        format!("{code} {status} guest{customer}@example.com {net} {tax} {total} {}", booking.paid())
    });
    let query = ["sub_total", "tax_total", "total", "paid_total"].map(cents).join(" || ' ' || ");
    let query =
        format!("SELECT code || ' ' || status_id || ' ' || customer_email || ' ' || {query} AS v FROM bookings");
    same(place, &query, bookings_are)?;

    let lines_are = bookings().flat_map(|booking| {
        (1..=booking.lines()).map(move |line| {
            let (net, tax) = booking.price(line);
            let sku = (booking.0 + line) % 40;
            format!("{} {line} tour-{sku} {} {} {tax}", booking.code(), 1 + line % 3, net + tax)
        })
    });
    let query = format!(
        "SELECT booking_code || ' ' || line_id || ' ' || sku || ' ' || CAST(qty AS TEXT) || ' ' || {} || ' ' || {} AS v \
         FROM booking_items",
        cents("total"),
        cents("tax_total")
    );
    same(place, &query, lines_are)?;

    let taxes_are = bookings().map(|booking| format!("{} 1 GST {}", booking.code(), booking.totals().1));
    let query = "SELECT booking_code || ' ' || CAST(position AS TEXT) || ' ' || name || ' ' ||";
    same(place, &format!("{query} {} AS v FROM booking_taxes", cents("amount")), taxes_are)?;

    let steps_are = bookings().map(|booking| format!("{} {}", booking.code(), booking.status()));
    same(place, "SELECT booking_code || ' ' || status_id AS v FROM booking_history", steps_are)?;
    let events_are = bookings().map(|booking| format!("{} applied", booking.code()));
    same(place, "SELECT entity_key || ' ' || state AS v FROM webhook_events", events_are)?;
    let mut customers: Vec<_> = bookings().map(|booking| format!("Guest Nr. {}", booking.customer())).collect();
    customers.dedup();
    same(place, "SELECT name AS v FROM customers", customers.into_iter())
}

fn same(place: &Place<'_>, query: &str, expected: impl Iterator<Item = String>) -> anyhow::Result<()> {
    let (mut found, mut expected) = (place.texts(query)?, expected.collect::<Vec<_>>());
    found.sort_unstable();
    expected.sort_unstable();
    let differs = found.iter().zip(&expected).find(|(found, expected)| found != expected);
    ensure!(differs.is_none(), "{query}: found and expected: {differs:?}");
    ensure!(found.len() == expected.len(), "{query}: {} rows, not {}", found.len(), expected.len());
    Ok(())
}
