//! `/api/v1/changes`: what changed, in the order of commits, a page at a time.

use std::collections::HashMap;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, IntoResponses, ToSchema};

use super::parameters::{Asked, Id, Limit, Query};
use super::problem::{Body, Problem, Unavailable, Wrong};
use super::{answer, ask, stream};
use crate::app::AppState;
use crate::db::Tx;
use crate::db::changes::KEPT;
use crate::db::rows::{Account, Action, Change, Kind};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Parameters {
    /// The last number that you have; where it is left out, the answer says only where the list ends.
    after: Option<Id>,
    /// How many at most.
    limit: Option<Limit>,
}

/// A change: read the object of this kind and key again.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Entry {
    /// Its number.
    pub(super) seq: i64,
    /// The account's host.
    account: String,
    kind: Kind,
    /// As `changes.key`.
    key: String,
    /// The last delivery that made it so; null where a command did.
    event_id: Option<i64>,
    action: Action,
}

/// Changes after a number.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Changes {
    pub(super) data: Vec<Entry>,
    /// The number to go on after.
    pub(super) last: i64,
    /// Where to ask for what follows; now, or later.
    next: String,
}

/// What follows this number was dropped, or the number is not known: read everything again, then go on from the end of the
/// list.
#[derive(Debug, IntoResponses)]
#[response(status = 410, content_type = "application/problem+json")]
pub(super) struct Gone(Body);

/// What is read at once.
pub(super) enum Read {
    /// Changes, and the number to go on after.
    Some(Vec<Entry>, i64),
    /// None are known after this number; the last one there is.
    Gone(i64),
}

/// What changed
///
/// In the order of commits, without gaps: whoever has read up to a number has missed nothing. With
/// `Accept: text/event-stream` it is `/api/v1/changes/stream`.
#[utoipa::path(
    get,
    operation_id = "list_changes",
    path = "/changes",
    tag = "changes",
    params(Parameters),
    responses((status = 200, description = "As of now", body = Changes), (status = 304, description = "As you have it"), Wrong, Gone, Unavailable)
)]
pub(super) async fn list(
    State(app): State<AppState>,
    headers: HeaderMap,
    asked: Asked,
    end: stream::End,
    Query(parameters): Query<Parameters>,
) -> Result<Response, Problem> {
    let after = parameters.after.map(|Id(after)| after);
    if stream::is_wanted(&headers) {
        return stream::open(app, &headers, after, end).await;
    }
    let Limit(limit) = parameters.limit.unwrap_or_default();
    Ok(match read(&app, after, limit).await? {
        Read::Some(data, last) => {
            let next = asked.with("after", &last.to_string());
            answer::json(&headers, &Changes { data, last, next })
        }
        Read::Gone(last) => gone(after.unwrap_or_default(), last),
    })
}

/// 410, and what to do.
pub(super) fn gone(after: i64, last: i64) -> Response {
    let reason = if after > last {
        format!("after: the list ends at {last}: this is an older copy of the mirror")
    } else {
        format!("after: the last {KEPT} changes are kept, and what follows {after} is older")
    };
    let detail = format!("{reason}; read everything again, then go on after {last}");
    let Gone(body) = Gone(Body::new(StatusCode::GONE, detail, Some("after")));
    body.into_response()
}

/// Reads what follows a number; without one, nothing but where the list ends.
pub(super) async fn read(app: &AppState, after: Option<i64>, limit: i64) -> Result<Read, Problem> {
    ask::by_key(app, move |tx| {
        let Some(after) = after else { return Ok(Read::Some(Vec::new(), Change::last(tx)?)) };
        let rows = Change::after(tx, after, limit)?;
        let last = match (rows.first(), rows.last()) {
            // Numbers have no gaps: what is missing was dropped.
            (Some(first), Some(last)) if first.seq == after + 1 => last.seq,
            (None, None) => after,
            _ => return Ok(Read::Gone(Change::last(tx)?)),
        };
        if rows.is_empty() {
            let end = Change::last(tx)?;
            return Ok(if end == after { Read::Some(Vec::new(), after) } else { Read::Gone(end) });
        }
        Ok(Read::Some(entries(tx, rows)?, last))
    })
    .await
}

fn entries(tx: &mut Tx<'_>, rows: Vec<Change>) -> Result<Vec<Entry>, Problem> {
    let hosts: HashMap<_, _> =
        Account::all(tx)?.into_iter().map(|account| (account.account_id, account.host)).collect();
    let entry = |row: Change| {
        let account = hosts.get(&row.account_id).cloned().unwrap_or_default();
        Entry { seq: row.seq, account, kind: row.kind, key: row.key, event_id: row.event_id, action: row.action }
    };
    Ok(rows.into_iter().map(entry).collect())
}
