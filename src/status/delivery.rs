//! `/deliveries/{id}`: one delivery, whole: what was decided, what it wrote, its headers and its body.

use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use serde_json::Value;

use super::again::Again;
use super::deliveries::{because, booking_path, entity};
use super::fault::Fault;
use super::layout::{key, missing, page};
use super::text::{moment, name, state, value};
use super::viewer::Viewer;
use crate::app::AppState;
use crate::db::events;
use crate::db::rows::{BookingHistory, Event, EventBody};
use crate::db::types::EventState;
use crate::delivery::{body_of, pretty, rows_of};

/// The longest body that is laid out.
const LONGEST: usize = 512 << 10;

pub(super) async fn show(
    State(app): State<AppState>,
    viewer: Viewer,
    id: Result<Path<String>, PathRejection>,
    again: Result<Query<Again>, QueryRejection>,
) -> Result<Response, Fault> {
    let id = id.map(|Path(id)| id).unwrap_or_default();
    let number = id.parse::<i64>().unwrap_or(-1);
    let found = app
        .read(move |tx| {
            let Some(event) = events::find(tx, number)? else { return Ok(None) };
            let step = match (event.account_id, event.kind.as_deref(), &event.entity_key) {
                (Some(account), Some("booking"), Some(code)) => BookingHistory::of(tx, account, code)?,
                _ => Vec::new(),
            };
            let step = step.into_iter().find(|step| step.event_id == number);
            Ok(Some((EventBody::find(tx, number)?, rows_of(tx, &event)?, step, event)))
        })
        .await?;
    let Some((body, rows, step, event)) = found else {
        return Ok(missing(
            &viewer,
            &html! { p { "There is no delivery " (id) ". " a href="/deliveries" { "All deliveries" } } },
        ));
    };
    let headers = body.as_ref().map_or(Value::Null, |body| body.headers.0.clone());
    let opened = body_of(body, app.privacy.keys.as_ref());
    let content = html! {
        h1 { "Delivery " (event.id) }
        (again.map(|Query(again)| again).unwrap_or_default().told())
        (facts(&event, &viewer))
        (retry(&event, &viewer))
        section aria-labelledby="changed" {
            h2 #changed { "What it changed" }
            @match step.as_ref().and_then(|step| step.changes.0.as_object()).filter(|changes| !changes.is_empty()) {
                Some(changes) => (changes_table(changes, &viewer)),
                None if step.is_some() => p { "It was the first that described this booking." },
                None => p { "Nothing in a booking." },
            }
            // Steps of a history are told above, with what they changed.
            @let rows: Vec<_> = rows.iter().filter(|row| !row.starts_with("booking_history")).collect();
            @if !rows.is_empty() { p { "Rows that still are as it wrote them:" } ul { @for row in rows { li { code { (row) } } } } }
        }
        section aria-labelledby="body" {
            h2 #body { "Body" }
            (shown_body(opened, event.content_type.as_deref(), &viewer))
        }
        section aria-labelledby="headers" {
            h2 #headers { "Headers" }
            @if viewer.hides { p { "Hidden." } } @else if let Some(headers) = headers.as_object() {
                table.facts { tbody { @for (name, text) in headers { tr { th scope="row" { (name) } td { (value(text)) } } } } }
            } @else { p { "They are no longer kept." } }
        }
    };
    Ok(page(&viewer, &format!("Delivery {}", event.id), &content).into_response())
}

fn facts(event: &Event, viewer: &Viewer) -> Markup {
    let text = |text: &Option<String>| text.clone().unwrap_or_else(|| "–".to_owned());
    html! {
        table.facts { tbody {
            tr { th scope="row" { "Decision" } td { (state(event.state)) } }
            @if event.error.is_some() { tr { th scope="row" { "Because" } td { (because(event, viewer)) } } }
            tr { th scope="row" { "Received" } td { (moment(event.received_at)) " by " (event.receiver) } }
            @if let Some(at) = event.processed_at { tr { th scope="row" { "Decided" } td { (moment(at)) } } }
            tr { th scope="row" { "From" } td { (viewer.personal(&text(&event.remote_ip))) } }
            tr { th scope="row" { "What" } td { (text(&event.type_name.clone().or(event.kind.clone()))) " " (event.action.as_deref().unwrap_or_default()) } }
            tr { th scope="row" { "Of" } td { (entity(event)) } }
            tr { th scope="row" { "Format" } td { (text(&event.format)) ", sent as " (text(&event.content_type)) } }
        } }
        @if let (Some("booking"), Some(code)) = (event.kind.as_deref(), &event.entity_key) {
            p { a href=(booking_path(code)) { "The booking as it stands" } }
        }
    }
}

fn retry(event: &Event, viewer: &Viewer) -> Markup {
    html! {
        @if event.state == EventState::Failed {
            form method="post" action=(format!("/deliveries/{}/retry", event.id)) {
                (key(viewer))
                button.action type="submit" { "Try again" }
            }
        }
    }
}

/// `column -> [old, new]`
pub(super) fn changes_table(changes: &serde_json::Map<String, Value>, viewer: &Viewer) -> Markup {
    let side = |pair: &Value, index: usize| pair.get(index).map(value).unwrap_or_default();
    html! {
        table.changes {
            thead { tr { th scope="col" { "Column" } th scope="col" { "Before" } th scope="col" { "After" } } }
            tbody {
                @for (column, pair) in changes {
                    tr {
                        th scope="row" { (name(column)) }
                        td { (viewer.column(column, &side(pair, 0))) }
                        td { (viewer.column(column, &side(pair, 1))) }
                    }
                }
            }
        }
    }
}

fn shown_body(body: Result<Vec<u8>, &str>, content_type: Option<&str>, viewer: &Viewer) -> Markup {
    match body {
        _ if viewer.hides => html! { p { "Hidden." } },
        Err(why) => html! { p { (why) "." } },
        Ok(body) if body.is_empty() => html! { p { "It is empty." } },
        Ok(body) => {
            let cut = body.len() > LONGEST;
            let text =
                if cut { String::from_utf8_lossy(&body[..LONGEST]).into_owned() } else { pretty(&body, content_type) };
            html! {
                @if cut { p { "The first " (LONGEST >> 10) " KiB of " (body.len() >> 10) "; " code { "events show" } " has all of it." } }
                pre tabindex="0" { code { (text) } }
            }
        }
    }
}
