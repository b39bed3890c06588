//! `/api/v1/transactions`

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;
use utoipa::IntoParams;

use super::parameters::{Asked, At, Day, Limit, Query};
use super::problem::{NotFound, Problem, Unavailable, Wrong};
use super::{Page, answer, ask, page};
use crate::app::AppState;
use crate::db::pages::{Days, TransactionFilter, TransactionKey, transactions};
use crate::db::rows::Transaction;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Parameters {
    /// The host of an account; to be said where there are several.
    account: Option<String>,
    /// `transactions.transaction_id`: all rows of it.
    id: Option<String>,
    /// `transactions.booking_code`
    booking: Option<String>,
    /// `PAID` or `REFUND`
    status: Option<String>,
    /// Paid on this day or later.
    from: Option<Day>,
    /// Paid on this day or earlier.
    to: Option<Day>,
    /// Changed at this time or later. To follow what changes, `/api/v1/changes` is better.
    updated_since: Option<At>,
    /// From `next`.
    cursor: Option<String>,
    /// How many at most.
    limit: Option<Limit>,
}

/// Payments and refunds
///
/// By id; those deleted in Checkfront too, with `deleted_at`.
#[utoipa::path(
    get,
    operation_id = "list_transactions",
    path = "/transactions",
    tag = "transactions",
    params(Parameters),
    responses((status = 200, description = "As of now", body = Page<Transaction>), (status = 304, description = "As you have it"), Wrong, NotFound, Unavailable)
)]
pub(super) async fn list(
    State(app): State<AppState>,
    headers: HeaderMap,
    asked: Asked,
    Query(parameters): Query<Parameters>,
) -> Result<Response, Problem> {
    let Parameters { account: host, id, booking, status, from, to, updated_since, cursor, limit } = parameters;
    let after: Option<TransactionKey> = page::key(cursor.as_deref())?;
    let Limit(limit) = limit.unwrap_or_default();
    let filter = TransactionFilter {
        transaction_id: id,
        booking_code: booking,
        status_id: status,
        transacted_on: Days { from: from.map(|Day(day)| day), to: to.map(|Day(day)| day) },
        updated_since: updated_since.map(|At(at)| at),
    };
    let (rows, end) = ask::by_key(&app, move |tx| {
        let Some(account) = ask::account(tx, host.as_deref())? else { return Ok(page::nothing()) };
        let (rows, last) = transactions(tx, account.account_id, &filter, after.as_ref(), limit)?;
        let key = |row: &Transaction| (row.transaction_id.clone(), row.gateway_id.clone(), row.status_id.clone());
        Ok(page::cut(rows, limit, last, key))
    })
    .await?;
    Ok(answer::json(&headers, &Page::new(rows, &end, &asked)))
}
