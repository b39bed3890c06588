//! `/api/v1/bookings`, and one of them with all that belongs to it.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::parameters::{Asked, At, Day, Id, Limit, Query};
use super::problem::{NotFound, Problem, Unavailable, Wrong};
use super::{Page, answer, ask, page};
use crate::app::AppState;
use crate::db::pages::{BookingFilter, Days, bookings};
use crate::db::rows::{Booking, BookingHistory, BookingItem, BookingTax, Transaction};
use crate::db::types::Timestamp;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Parameters {
    /// The host of an account; to be said where there are several.
    account: Option<String>,
    /// `bookings.status_id`
    status: Option<String>,
    /// `bookings.customer_key`
    customer: Option<String>,
    /// The `item_id` of one of its lines.
    item: Option<Id>,
    /// Made on this day or later.
    created_from: Option<Day>,
    /// Made on this day or earlier.
    created_to: Option<Day>,
    /// Begins on this day or later.
    start_from: Option<Day>,
    /// Begins on this day or earlier.
    start_to: Option<Day>,
    /// Ends on this day or later.
    end_from: Option<Day>,
    /// Ends on this day or earlier.
    end_to: Option<Day>,
    /// Changed at this time or later. To follow what changes, `/api/v1/changes` is better.
    updated_since: Option<At>,
    /// The code begins with it, or the customer's name or address have it somewhere; in any case.
    q: Option<String>,
    /// From `next`.
    cursor: Option<String>,
    /// How many at most.
    limit: Option<Limit>,
}

/// A booking with all that belongs to it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct WholeBooking {
    #[serde(flatten)]
    booking: Booking,
    /// Its lines.
    items: Vec<BookingItem>,
    /// Its taxes and fees.
    taxes: Vec<BookingTax>,
    /// Its payments and refunds, by time.
    transactions: Vec<Transaction>,
    /// Its steps, the oldest first.
    history: Vec<BookingHistory>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct One {
    /// The host of an account; to be said where there are several.
    pub(super) account: Option<String>,
}

impl Parameters {
    fn filter(self) -> BookingFilter {
        let day = |day: Option<Day>| day.map(|Day(day)| day);
        BookingFilter {
            status_id: self.status,
            customer_key: self.customer,
            item_id: self.item.map(|Id(id)| id),
            created_on: Days { from: day(self.created_from), to: day(self.created_to) },
            start_on: Days { from: day(self.start_from), to: day(self.start_to) },
            end_on: Days { from: day(self.end_from), to: day(self.end_to) },
            updated_since: self.updated_since.map(|At(at)| at),
            text: self.q,
        }
    }
}

/// Bookings
///
/// By code; those deleted in Checkfront too, with `deleted_at`.
#[utoipa::path(
    get,
    operation_id = "list_bookings",
    path = "/bookings",
    tag = "bookings",
    params(Parameters),
    responses((status = 200, description = "As of now", body = Page<Booking>), (status = 304, description = "As you have it"), Wrong, NotFound, Unavailable)
)]
pub(super) async fn list(
    State(app): State<AppState>,
    headers: HeaderMap,
    asked: Asked,
    Query(mut parameters): Query<Parameters>,
) -> Result<Response, Problem> {
    let after: Option<String> = page::key(parameters.cursor.as_deref())?;
    let Limit(limit) = parameters.limit.unwrap_or_default();
    let host = parameters.account.take();
    let filter = parameters.filter();
    let (rows, end) = ask::by_key(&app, move |tx| {
        let Some(account) = ask::account(tx, host.as_deref())? else { return Ok(page::nothing()) };
        let (rows, last) = bookings(tx, account.account_id, &filter, after.as_deref(), limit)?;
        Ok(page::cut(rows, limit, last, |row: &Booking| row.code.clone()))
    })
    .await?;
    Ok(answer::json(&headers, &Page::new(rows, &end, &asked)))
}

/// One booking
///
/// With its lines, taxes, payments and history.
#[utoipa::path(
    get,
    operation_id = "get_booking",
    path = "/bookings/{code}",
    tag = "bookings",
    params(("code" = String, Path, description = "`bookings.code`, percent-encoded"), One),
    responses((status = 200, description = "As of now", body = WholeBooking), (status = 304, description = "As you have it"), Wrong, NotFound, Unavailable)
)]
pub(super) async fn one(
    State(app): State<AppState>,
    headers: HeaderMap,
    code: Result<Path<String>, PathRejection>,
    Query(One { account: host }): Query<One>,
) -> Result<Response, Problem> {
    let code = page::named(code)?;
    let unknown = format!("there is no booking {code}");
    let whole = ask::by_key(&app, move |tx| {
        let Some(account) = ask::account(tx, host.as_deref())? else { return Ok(None) };
        let (id, codes) = (account.account_id, [code]);
        let Some(booking) = Booking::load(tx, id, &codes)?.pop() else { return Ok(None) };
        let mut items = BookingItem::load(tx, id, &codes)?;
        items.sort_unstable_by(|one, other| one.line_id.cmp(&other.line_id));
        let mut taxes = BookingTax::load(tx, id, &codes)?;
        taxes.sort_unstable_by_key(|tax| tax.position);
        let mut transactions = Transaction::of_bookings(tx, id, &codes)?;
        transactions.sort_unstable_by(|one, other| when(one).cmp(&when(other)));
        Ok(Some(WholeBooking { booking, items, taxes, transactions, history: BookingHistory::of(tx, id, &codes[0])? }))
    })
    .await?;
    Ok(answer::json(&headers, &whole.ok_or_else(|| Problem::not_found(unknown))?))
}

fn when(row: &Transaction) -> (Option<Timestamp>, i64, &str, &str, &str) {
    (row.transacted_at, row.first_event_id, &row.transaction_id, &row.gateway_id, &row.status_id)
}
