//! `/api/v1/freshness`

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use super::bookings::One;
use super::parameters::Query;
use super::problem::{NotFound, Problem, Unavailable, Wrong};
use super::{answer, ask};
use crate::app::AppState;
use crate::db::rows::Freshness;

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Accounts {
    data: Vec<Freshness>,
}

/// How current each account's rows are
///
/// A row of the view `freshness` for each account.
#[utoipa::path(
    get,
    operation_id = "get_freshness",
    path = "/freshness",
    tag = "freshness",
    params(One),
    responses((status = 200, description = "As of now", body = Accounts), (status = 304, description = "As you have it"), Wrong, NotFound, Unavailable)
)]
pub(super) async fn list(
    State(app): State<AppState>,
    headers: HeaderMap,
    Query(One { account: host }): Query<One>,
) -> Result<Response, Problem> {
    let data = ask::at_once(&app, move |tx| {
        let account = host.map(|host| ask::account(tx, Some(&host))).transpose()?.flatten();
        let mut rows = Freshness::all(tx)?;
        rows.retain(|row| account.as_ref().is_none_or(|account| account.account_id == row.account_id));
        Ok(rows)
    })
    .await?;
    Ok(answer::json(&headers, &Accounts { data }))
}
