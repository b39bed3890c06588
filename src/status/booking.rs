//! `/bookings/{code}`: a booking as it stands, how it came to be so, and what is doubtful about it.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use serde::Deserialize;

use super::deliveries::booking_path;
use super::delivery::changes_table;
use super::layout::{Fault, missing, page};
use super::text::{amount, moment, state, value};
use super::viewer::Viewer;
use crate::app::AppState;
use crate::db::Database;
use crate::explain::{self, Delivery, Doubt, Explanation, Found, How, Part, Payment, Source};

#[derive(Debug, Default, Deserialize)]
pub(super) struct Asked {
    /// The host, where several accounts have this code.
    account: Option<String>,
}

pub(super) async fn show(
    State(app): State<AppState>,
    viewer: Viewer,
    Path(code): Path<String>,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Response, Fault> {
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

fn doubts(doubts: &[Doubt], viewer: &Viewer) -> Markup {
    html! {
        @if !doubts.is_empty() {
            section.doubts aria-labelledby="doubts" {
                h2 #doubts { "What somebody should look at" }
                ul {
                    @for doubt in doubts {
                        li {
                            @if viewer.hides { (doubt.says.split(':').next().unwrap_or_default()) } @else { (doubt.says) }
                            @for id in &doubt.events { " " a href=(format!("/deliveries/{id}")) { "delivery " (id) } }
                            @if let Some(command) = &doubt.command { br; code { "checkfront-mirror " (command) } }
                        }
                    }
                }
            }
        }
    }
}

fn step(delivery: &Delivery, viewer: &Viewer) -> Markup {
    html! {
        li {
            p {
                a href=(format!("/deliveries/{}", delivery.event_id)) { (moment(delivery.received_at)) } " "
                (state(delivery.state)) " " (delivery.kind)
                @if let Some(action) = &delivery.action { " " (action) }
                @if delivery.is_first { ", the first" }
            }
            @if let (false, Some(error)) = (viewer.hides, &delivery.error) { p.because { (error) } }
            @if !delivery.changes.is_empty() { (changes_table(&delivery.changes, viewer)) }
        }
    }
}

fn payments(payments: &[Payment], viewer: &Viewer) -> Markup {
    html! {
        section aria-labelledby="payments" {
            h2 #payments { "Payments" }
            @if payments.is_empty() { p { "None has come." } } @else {
                div.scroll tabindex="0" role="region" aria-label="Payments, as a table" {
                    table {
                        thead { tr { th scope="col" { "At" } th scope="col" { "Payment" } th scope="col" { "Gateway" } th scope="col" { "Status" }
                            th.number scope="col" { "Amount" } th.number scope="col" { "Counts" } th scope="col" { "By" } } }
                        tbody { @for payment in payments {
                            @let row = &payment.row;
                            tr {
                                td { @if let Some(at) = row.transacted_at { (moment(at)) } }
                                th scope="row" { (row.transaction_id) } td { (row.gateway_id) }
                                td { (row.status_id) @if row.deleted_at.is_some() { ", deleted" } }
                                td.number { (row.amount.map(|sum| amount(sum.0)).unwrap_or_default()) }
                                td.number { (amount(payment.counts.0)) }
                                td { (viewer.personal(row.payer.as_deref().unwrap_or_default())) }
                            }
                        } }
                    }
                }
            }
        }
    }
}

fn sources(of: &str, sources: &[Source], viewer: &Viewer) -> Markup {
    let how = |how: How| match how {
        How::First => "first told so",
        How::Changed => "changed",
        How::Last => "last told so",
        How::Derived => "follows from it",
        How::Unknown => "unknown",
    };
    html! {
        details open[of == "Booking"] {
            summary { (of) }
            div.scroll tabindex="0" role="region" aria-label=(format!("{of}, as a table")) {
                table {
                    thead { tr { th scope="col" { "Column" } th scope="col" { "Value" } th scope="col" { "Since" } th scope="col" { "How" } } }
                    tbody { @for source in sources { tr {
                        th scope="row" { code { (source.column) } }
                        td.value { (viewer.column(&source.column, &value(&source.value))) }
                        td { @if let (Some(id), Some(at)) = (source.event_id, source.received_at) { a href=(format!("/deliveries/{id}")) { (moment(at)) } } }
                        td { (how(source.how)) }
                    } } }
                }
            }
        }
    }
}
