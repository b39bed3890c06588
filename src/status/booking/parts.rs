//! The parts of a booking's page: doubts, steps, payments, and where values come from.

use maud::{Markup, html};

use crate::explain::{Delivery, Doubt, How, Payment, Source};
use crate::status::delivery::changes_table;
use crate::status::text::{amount, moment, name, state, value};
use crate::status::viewer::Viewer;

pub(super) fn doubts(doubts: &[Doubt], viewer: &Viewer) -> Markup {
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

pub(super) fn step(delivery: &Delivery, viewer: &Viewer) -> Markup {
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

pub(super) fn payments(payments: &[Payment], viewer: &Viewer) -> Markup {
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

pub(super) fn sources(of: &str, sources: &[Source], viewer: &Viewer) -> Markup {
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
                        th scope="row" { (name(&source.column)) }
                        td.value { (viewer.column(&source.column, &value(&source.value))) }
                        td { @if let (Some(id), Some(at)) = (source.event_id, source.received_at) { a href=(format!("/deliveries/{id}")) { (moment(at)) } } }
                        td { (how(source.how)) }
                    } } }
                }
            }
        }
    }
}
