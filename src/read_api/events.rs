//! `/api/v1/events`: deliveries, and what was decided on each; no raw bodies.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::parameters::{Asked, At, Limit, Query};
use super::problem::{NotFound, Problem, Unavailable, Wrong};
use super::{Page, answer, ask, page};
use crate::app::AppState;
use crate::db::events::{body_size, find};
use crate::db::pages::{EventFilter, events};
use crate::db::rows::Event;
use crate::db::types::EventState;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Parameters {
    /// The host of an account; all where it is left out, and those of no known account.
    account: Option<String>,
    /// What was decided.
    #[param(inline)]
    state: Option<EventState>,
    /// What it is about.
    #[param(inline)]
    kind: Option<Kind>,
    /// `webhook_events.entity_key`: a booking's code, a transaction's, item's or rate's id.
    key: Option<String>,
    /// Received at this time or later.
    from: Option<At>,
    /// Received before this time.
    to: Option<At>,
    /// From `next`.
    cursor: Option<String>,
    /// How many at most.
    limit: Option<Limit>,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Booking,
    Transaction,
    Item,
    Rate,
    Unknown,
}

/// A delivery, and what is known of its body.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct WholeEvent {
    #[serde(flatten)]
    event: Event,
    /// How long the stored body is, in bytes; null where it was dropped.
    body_bytes: Option<i64>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(super) struct Nothing {}

/// Deliveries
///
/// The newest first, with what was decided on each.
#[utoipa::path(
    get,
    operation_id = "list_events",
    path = "/events",
    tag = "events",
    params(Parameters),
    responses((status = 200, description = "As of now", body = Page<Event>), (status = 304, description = "As you have it"), Wrong, NotFound, Unavailable)
)]
pub(super) async fn list(
    State(app): State<AppState>,
    headers: HeaderMap,
    asked: Asked,
    Query(parameters): Query<Parameters>,
) -> Result<Response, Problem> {
    let Parameters { account: host, state, kind, key, from, to, cursor, limit } = parameters;
    let below: Option<i64> = page::key(cursor.as_deref())?;
    let Limit(limit) = limit.unwrap_or_default();
    let micros = |at: Option<At>| at.map(|At(at)| at.0.timestamp_micros());
    let (rows, end) = ask::by_key(&app, move |tx| {
        let account = host.map(|host| ask::account(tx, Some(&host))).transpose()?.flatten();
        let filter = EventFilter {
            account_id: account.map(|account| account.account_id),
            state,
            kind: kind.and_then(|kind| Some(serde_json::to_value(kind).ok()?.as_str()?.to_owned())),
            entity_key: key,
            from: micros(from),
            to: micros(to),
        };
        let (rows, last) = events(tx, &filter, below, limit)?;
        Ok(page::cut(rows, limit, last, |row: &Event| row.id))
    })
    .await?;
    Ok(answer::json(&headers, &Page::new(rows, &end, &asked)))
}

/// One delivery
///
/// What came with it is shown by `checkfront-mirror events show`, not here.
#[utoipa::path(
    get,
    operation_id = "get_event",
    path = "/events/{id}",
    tag = "events",
    params(("id" = i64, Path, description = "`webhook_events.id`")),
    responses((status = 200, description = "As of now", body = WholeEvent), (status = 304, description = "As you have it"), Wrong, NotFound, Unavailable)
)]
pub(super) async fn one(
    State(app): State<AppState>,
    headers: HeaderMap,
    id: Result<Path<String>, PathRejection>,
    Query(Nothing {}): Query<Nothing>,
) -> Result<Response, Problem> {
    let unknown = || Problem::not_found("there is no event of this id");
    let id: i64 = page::named(id)?.parse().map_err(|_| unknown())?;
    let found = ask::by_key(&app, move |tx| {
        let Some(event) = find(tx, id)? else { return Ok(None) };
        Ok(Some(WholeEvent { event, body_bytes: body_size(tx, id)? }))
    })
    .await?;
    Ok(answer::json(&headers, &found.ok_or_else(unknown)?))
}
