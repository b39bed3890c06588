//! `/api/v1/items`

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;
use utoipa::IntoParams;

use super::parameters::{Asked, At, Id, Limit, Query};
use super::problem::{NotFound, Problem, Unavailable, Wrong};
use super::{Page, answer, ask, page};
use crate::app::AppState;
use crate::db::pages::{ItemFilter, items};
use crate::db::rows::Item;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Parameters {
    /// The host of an account; to be said where there are several.
    account: Option<String>,
    /// `items.category_id`
    category: Option<Id>,
    /// `A` active, `U` not
    status: Option<String>,
    /// `items.sku`
    sku: Option<String>,
    /// Changed at this time or later. To follow what changes, `/api/v1/changes` is better.
    updated_since: Option<At>,
    /// From `next`.
    cursor: Option<String>,
    /// How many at most.
    limit: Option<Limit>,
}

/// Items
///
/// By id; those deleted in Checkfront too, with `deleted_at`.
#[utoipa::path(
    get,
    operation_id = "list_items",
    path = "/items",
    tag = "items",
    params(Parameters),
    responses((status = 200, description = "As of now", body = Page<Item>), (status = 304, description = "As you have it"), Wrong, NotFound, Unavailable)
)]
pub(super) async fn list(
    State(app): State<AppState>,
    headers: HeaderMap,
    asked: Asked,
    Query(parameters): Query<Parameters>,
) -> Result<Response, Problem> {
    let Parameters { account: host, category, status, sku, updated_since, cursor, limit } = parameters;
    let after: Option<i64> = page::key(cursor.as_deref())?;
    let Limit(limit) = limit.unwrap_or_default();
    let filter = ItemFilter {
        category_id: category.map(|Id(id)| id),
        status_id: status,
        sku,
        updated_since: updated_since.map(|At(at)| at),
    };
    let (rows, end) = ask::by_key(&app, move |tx| {
        let Some(account) = ask::account(tx, host.as_deref())? else { return Ok(page::nothing()) };
        let (rows, last) = items(tx, account.account_id, &filter, after, limit)?;
        Ok(page::cut(rows, limit, last, |row: &Item| row.item_id))
    })
    .await?;
    Ok(answer::json(&headers, &Page::new(rows, &end, &asked)))
}
