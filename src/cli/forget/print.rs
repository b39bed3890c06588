//! What goes, or would go, as a table or as JSON.

use serde_json::json;

use super::Args;
use crate::cli::output;
use crate::forget::{Erased, FoundBooking, Person};

pub(super) fn list(args: &Args, people: &[Person]) -> anyhow::Result<()> {
    let bookings = people.iter().flat_map(|person| person.bookings.values().flatten());
    if args.json {
        return Ok(bookings.map(serde_json::to_string).try_for_each(|line| output::print(&line?))?);
    }
    let rows: Vec<_> = bookings.map(row).collect();
    if !rows.is_empty() {
        output::print(
            &output::table(&["ACCOUNT", "BOOKING", "CUSTOMER", "STATUS", "START", "TOTAL"], rows).to_string(),
        )?;
    }
    Ok(())
}

fn row(booking: &FoundBooking) -> Vec<String> {
    vec![
        booking.account.clone(),
        booking.code.clone(),
        booking.customer_key.clone().unwrap_or_default(),
        booking.status_id.clone().unwrap_or_default(),
        booking.start_on.map(|day| day.to_string()).unwrap_or_default(),
        booking.total.map(|total| total.0.to_string()).unwrap_or_default(),
    ]
}

pub(super) fn summary(args: &Args, total: &Erased) -> String {
    let Erased { bookings, customers, bodies } = total;
    if args.json {
        return json!({ "bookings": bookings, "customers": customers, "bodies": bodies, "dry_run": args.dry_run })
            .to_string();
    }
    if *total == Erased::default() {
        return "nothing is known of this person".to_owned();
    }
    let would = if args.dry_run { "would be " } else { "" };
    format!("{would}erased: {customers} customers, from {bookings} bookings and {bodies} raw bodies")
}
