//! `/search`: bookings by code, customers by name or e-mail.

mod find;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use find::{Found, FoundBooking, find};
use maud::{Markup, html};
use serde::Deserialize;

use super::deliveries::booking_path;
use super::fault::Fault;
use super::layout::page;
use super::viewer::Viewer;
use crate::app::AppState;

/// Rows of each kind that are shown.
const ROWS: usize = 20;
/// Fewer letters would find everything, unless they are of a script in which one may be a name.
const SHORTEST: usize = 2;

#[derive(Debug, Default, Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    q: String,
}

pub(super) async fn show(
    State(app): State<AppState>,
    viewer: Viewer,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Response, Fault> {
    let q = asked.map(|Query(asked)| asked.q.trim().chars().take(100).collect::<String>()).unwrap_or_default();
    if q.chars().count() < SHORTEST && q.is_ascii() {
        return Ok(page(&viewer, "Search", &results(&q, None, &viewer)).into_response());
    }
    let wanted = q.clone();
    // No text in the database has NUL in it.
    let found = if q.contains('\0') { Found::default() } else { app.read(move |tx| find(tx, &wanted)).await? };
    if let ([only], []) = (found.0.as_slice(), found.1.as_slice())
        && only.code.eq_ignore_ascii_case(&q)
    {
        return Ok(Redirect::to(&booking_path(&only.code)).into_response());
    }
    Ok(page(&viewer, "Search", &results(&q, Some(&found), &viewer)).into_response())
}

fn results(q: &str, found: Option<&Found>, viewer: &Viewer) -> Markup {
    html! {
        h1 { "Search" }
        p { "Looked for are bookings whose code begins so, and customers whose name or e-mail has these letters anywhere; "
            (ROWS) " of each at most." }
        @match found {
            None => p { "Type at least " (SHORTEST) " letters." },
            Some((bookings, customers)) if bookings.is_empty() && customers.is_empty() => p role="status" { "Nothing is like “" (q) "”." },
            Some((bookings, customers)) => {
                @if !bookings.is_empty() { h2 { "Bookings" } (table("Bookings", bookings, Some(viewer))) }
                @if !customers.is_empty() {
                    h2 { "Customers" }
                    @for (number, (customer, own)) in (1..).zip(customers) {
                        h3 { (viewer.personal(customer.name.as_deref().unwrap_or("without a name"))) " "
                            small { (viewer.personal(customer.email.as_deref().unwrap_or_default())) } }
                        @if own.is_empty() { p { "No bookings." } } @else { (table(&format!("Bookings of customer {number}"), own, None)) }
                    }
                }
            }
        }
    }
}

/// Bookings as a table; whose they are is told to a viewer, where it is not told above.
fn table(name: &str, bookings: &[FoundBooking], viewer: Option<&Viewer>) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label=(format!("{name}, as a table")) {
            table {
                thead { tr { th scope="col" { "Code" } th scope="col" { "Status" } @if viewer.is_some() { th scope="col" { "Customer" } }
                    th scope="col" { "Begins" } th.number scope="col" { "Total" } } }
                tbody { @for booking in bookings { tr {
                    th scope="row" { a href=(booking_path(&booking.code)) { (booking.code) } }
                    td { (booking.status_id.as_deref().unwrap_or_default()) }
                    @if let Some(viewer) = viewer { td { (viewer.personal(booking.customer_name.as_deref().unwrap_or_default())) } }
                    td.time { (booking.start_on.map(|day| day.to_string()).unwrap_or_default()) }
                    td.number { (booking.total.map(|total| super::text::amount(total.0)).unwrap_or_default()) " " (booking.currency_id.as_deref().unwrap_or_default()) }
                } } }
            }
        }
    }
}
