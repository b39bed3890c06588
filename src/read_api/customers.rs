//! `/api/v1/customers`

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;
use utoipa::IntoParams;

use super::bookings::One;
use super::parameters::{Asked, At, Limit, Query};
use super::problem::{NotFound, Problem, Unavailable, Wrong};
use super::{Page, answer, ask, page};
use crate::app::AppState;
use crate::db::pages::{CustomerFilter, customers};
use crate::db::rows::Customer;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Parameters {
    /// The host of an account; to be said where there are several.
    account: Option<String>,
    /// The mail address, in any case of its letters.
    email: Option<String>,
    /// Changed at this time or later. To follow what changes, `/api/v1/changes` is better.
    updated_since: Option<At>,
    /// Name, mail address or telephone number have it somewhere; in any case.
    q: Option<String>,
    /// From `next`.
    cursor: Option<String>,
    /// How many at most.
    limit: Option<Limit>,
}

/// Customers
///
/// By key.
#[utoipa::path(
    get,
    operation_id = "list_customers",
    path = "/customers",
    tag = "customers",
    params(Parameters),
    responses((status = 200, description = "As of now", body = Page<Customer>), (status = 304, description = "As you have it"), Wrong, NotFound, Unavailable)
)]
pub(super) async fn list(
    State(app): State<AppState>,
    headers: HeaderMap,
    asked: Asked,
    Query(parameters): Query<Parameters>,
) -> Result<Response, Problem> {
    let Parameters { account: host, email, updated_since, q: text, cursor, limit } = parameters;
    let after: Option<String> = page::key(cursor.as_deref())?;
    let Limit(limit) = limit.unwrap_or_default();
    let filter = CustomerFilter { email, updated_since: updated_since.map(|At(at)| at), text };
    let (rows, end) = ask::by_key(&app, move |tx| {
        let Some(account) = ask::account(tx, host.as_deref())? else { return Ok(page::nothing()) };
        let (rows, last) = customers(tx, account.account_id, &filter, after.as_deref(), limit)?;
        Ok(page::cut(rows, limit, last, |row: &Customer| row.customer_key.clone()))
    })
    .await?;
    Ok(answer::json(&headers, &Page::new(rows, &end, &asked)))
}

/// One customer
///
/// Its bookings are in `/api/v1/bookings?customer=KEY`.
#[utoipa::path(
    get,
    operation_id = "get_customer",
    path = "/customers/{key}",
    tag = "customers",
    params(("key" = String, Path, description = "`customers.customer_key`, percent-encoded"), One),
    responses((status = 200, description = "As of now", body = Customer), (status = 304, description = "As you have it"), Wrong, NotFound, Unavailable)
)]
pub(super) async fn one(
    State(app): State<AppState>,
    headers: HeaderMap,
    key: Result<Path<String>, PathRejection>,
    Query(One { account: host }): Query<One>,
) -> Result<Response, Problem> {
    let key = page::named(key)?;
    let found = ask::by_key(&app, move |tx| {
        let Some(account) = ask::account(tx, host.as_deref())? else { return Ok(None) };
        Ok(Customer::load(tx, account.account_id, &[key])?.pop())
    })
    .await?;
    Ok(answer::json(&headers, &found.ok_or_else(|| Problem::not_found("there is no customer of this key"))?))
}
