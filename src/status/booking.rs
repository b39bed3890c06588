//! `/bookings/{code}`: a booking as it stands, how it came to be so, and what is doubtful about it.

mod parts;

use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use parts::{doubts, payments, sources, step};
use serde::Deserialize;

use super::deliveries::booking_path;
use super::fault::Fault;
use super::layout::{missing, page};
use super::text::{moment, value};
use super::viewer::Viewer;
use crate::app::AppState;
use crate::db::Database;
use crate::explain::{self, Explanation, Found, Part};

#[derive(Debug, Default, Deserialize)]
pub(super) struct Asked {
    /// The host, where several accounts have this code.
    account: Option<String>,
}

pub(super) async fn show(
    State(app): State<AppState>,
    viewer: Viewer,
    code: Result<Path<String>, PathRejection>,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Response, Fault> {
    // What is no text is no code, and neither has PostgreSQL a text with NUL in it, nor SQLite one after it.
    let Some(code) = code.ok().map(|Path(code)| code).filter(|code| !code.contains('\0')) else {
        return Ok(missing(&viewer, &html! { p { "There is no such booking." } }));
    };
    let account = asked.ok().and_then(|Query(asked)| asked.account);
    let (wanted, default, keys) = (code.clone(), app.shown.default_host.clone(), app.privacy.keys.clone());
    let explained =
        move |database: &Database| explain::explain(database, &wanted, account.as_deref(), &default, keys.as_ref());
    let found = app.reader.run(explained).await?;
    Ok(match found {
        Found::One(explained) => {
            let title = format!("Booking {}", explained.code);
            page(&viewer, &title, &booking(&explained, &viewer)).into_response()
        }
        Found::Several(hosts) => {
            let content = html! {
                h1 { "Booking " (code) }
                p { "Several accounts have a booking of this code:" }
                ul { @for host in &hosts { li { a href=(format!("{}?account={host}", booking_path(&code))) { (host) } } } }
            };
            page(&viewer, "Several bookings", &content).into_response()
        }
        Found::Nothing(alike) => missing(
            &viewer,
            &html! {
                p { "There is no booking " (code) "." }
                @if !alike.is_empty() {
                    p { "These codes are like it:" }
                    ul { @for code in &alike { li { a href=(booking_path(code)) { (code) } } } }
                }
            },
        ),
        Found::NoAccount(hosts) => {
            missing(&viewer, &html! { p { "There is no such account; there are " (hosts.join(", ")) "." } })
        }
    })
}

fn booking(explained: &Explanation, viewer: &Viewer) -> Markup {
    let column = |name: &str| {
        let found = explained.columns.iter().find(|source| source.column == name).map(|source| value(&source.value));
        found.unwrap_or_else(|| "–".to_owned())
    };
    html! {
        h1 { "Booking " (explained.code) }
        p.lead {
            @if explained.has_row {
                strong { (column("status_id")) } " · " (column("total")) " " (column("currency_id")) ", paid " (column("paid_total"))
                " · " (column("start_on")) " to " (column("end_on"))
                " · " (viewer.personal(&column("customer_name")))
            } @else { "No delivery of it is in the tables." }
            @if let Some(at) = explained.deleted_at { " Deleted " (moment(at)) "." }
            @if let Some(at) = explained.forgotten_at { " Its person was forgotten " (moment(at)) "." }
        }
        (doubts(&explained.doubts, viewer))
        section aria-labelledby="timeline" {
            h2 #timeline { "How it came to be so" }
            ol.timeline { @for delivery in &explained.deliveries { (step(delivery, viewer)) } }
        }
        (payments(&explained.transactions, viewer))
        section aria-labelledby="values" {
            h2 #values { "Where each value comes from" }
            (sources("Booking", &explained.columns, viewer))
            @for (kind, parts) in [("Line", &explained.lines), ("Tax", &explained.taxes)] {
                @for Part { id, columns } in parts { (sources(&format!("{kind} {id}"), columns, viewer)) }
            }
            @if let Some(customer) = &explained.customer { (sources("Customer", &customer.columns, viewer)) }
        }
    }
}
