//! `/deliveries`: what came, newest first, with what was decided.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use chrono::{DateTime, Utc};
use maud::{Markup, html};
use serde::Deserialize;

use super::fault::Fault;
use super::layout::{Page, page};
use super::text::{ago, state};
use super::viewer::Viewer;
use crate::app::AppState;
use crate::db::pages::{EventFilter, events};
use crate::db::rows::Event;
use crate::db::types::EventState;
use crate::dead_letters::cause_of;

/// Deliveries on a page.
const PAGE: i64 = 50;

#[derive(Debug, Default, Deserialize)]
pub(super) struct Asked {
    /// Only those in this state.
    #[serde(default)]
    state: String,
    /// Only those below this id.
    before: Option<i64>,
}

pub(super) async fn show(
    State(app): State<AppState>,
    viewer: Viewer,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Page, Fault> {
    let asked = asked.map(|Query(asked)| asked).unwrap_or_default();
    let wanted = EventState::ALL.into_iter().find(|state| state.as_str() == asked.state);
    let filter = EventFilter { state: wanted, ..EventFilter::default() };
    let (mut found, looked) = app.read(move |tx| events(tx, &filter, asked.before, PAGE)).await?;
    let page_full = usize::try_from(PAGE).unwrap_or_default();
    let older = if found.len() > page_full {
        found.truncate(page_full);
        found.last().map(|event| event.id)
    } else {
        looked
    };
    let query = wanted.map_or_else(String::new, |state| format!("&state={}", state.as_str()));
    let content = html! {
        h1 { "Deliveries" }
        nav.filter aria-label="Decision" {
            ul {
                li { a href="/deliveries" aria-current=[wanted.is_none().then_some("true")] { "All" } }
                @for state in EventState::ALL {
                    li { a href=(format!("/deliveries?state={}", state.as_str()))
                        aria-current=[(wanted == Some(state)).then_some("true")] { (state.as_str()) } }
                }
            }
        }
        @if found.is_empty() && older.is_some() { p { "There are none among the deliveries looked through; older ones may be." } }
        @else if found.is_empty() { p { "There are none." } } @else { (table(&found, &viewer, Utc::now())) }
        @if let Some(id) = older { p { a rel="next" href=(format!("/deliveries?before={id}{query}")) { "Older" } } }
    };
    Ok(page(&viewer, "Deliveries", &content))
}

/// Deliveries as a table.
pub(super) fn table(events: &[Event], viewer: &Viewer, now: DateTime<Utc>) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label="Deliveries, as a table" {
            table {
                thead { tr {
                    th scope="col" { "Received" } th scope="col" { "What" } th scope="col" { "Of" }
                    th scope="col" { "Decision" } th scope="col" { "Because" }
                } }
                tbody { @for event in events { (row(event, viewer, now)) } }
            }
        }
    }
}

fn row(event: &Event, viewer: &Viewer, now: DateTime<Utc>) -> Markup {
    let kind = event.type_name.as_deref().or(event.kind.as_deref()).unwrap_or("not read yet");
    html! {
        tr {
            td { a href=(format!("/deliveries/{}", event.id)) { (ago(event.received_at, now)) } }
            td { (kind) " " (event.action.as_deref().unwrap_or_default()) }
            td { (entity(event)) }
            td { (state(event.state)) }
            td.because { (because(event, viewer)) }
        }
    }
}

/// What it is about: a booking has a page.
pub(super) fn entity(event: &Event) -> Markup {
    let key = event.entity_key.as_deref().unwrap_or_default();
    html! {
        @if event.kind.as_deref() == Some("booking") && !key.is_empty() { a href=(booking_path(key)) { (key) } }
        @else { (key) }
    }
}

/// The path of a booking's page.
pub(super) fn booking_path(code: &str) -> String {
    format!("/bookings/{}", percent_encoding::utf8_percent_encode(code, percent_encoding::NON_ALPHANUMERIC))
}

/// Why it was so decided. A reason may quote the body.
pub(super) fn because(event: &Event, viewer: &Viewer) -> String {
    match &event.error {
        Some(_) if viewer.hides => cause_of(event),
        Some(error) => error.clone(),
        None => String::new(),
    }
}
