//! Bookings by code.

use std::collections::BTreeSet;

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};

use super::{Days, FOUND, Found, SCAN, anywhere, escaped, filter, on_boxed};
use crate::db::rows::Booking;
use crate::db::schema::{booking_items as l, bookings as b};
use crate::db::types::Timestamp;
use crate::db::{Result, Tx, on};

/// Which bookings.
#[derive(Debug, Clone, Default)]
#[allow(missing_docs, reason = "named as the columns")]
pub struct BookingFilter {
    pub status_id: Option<String>,
    pub customer_key: Option<String>,
    /// One of the items booked.
    pub item_id: Option<i64>,
    pub created_on: Days,
    pub start_on: Days,
    pub end_on: Days,
    /// Changed at this time or later.
    pub updated_since: Option<Timestamp>,
    /// The code begins with it, or name or address have it somewhere; in any case.
    pub text: Option<String>,
}

/// Those after a code: one more than `limit` where there are as many.
pub fn bookings(
    tx: &mut Tx<'_>,
    account_id: i32,
    filter: &BookingFilter,
    after: Option<&str>,
    limit: i64,
) -> Result<Found<Booking, String>> {
    let mut codes = filter.customer_key.as_ref().map_or(Ok(None), |key| of_customer(tx, account_id, key))?;
    let looks_through = codes.is_none() && filter.is_given();
    let last = if looks_through { last(tx, account_id, after)? } else { None };
    if let Some(item_id) = filter.item_id {
        codes = Some(of_item(tx, account_id, item_id, after, last.as_deref(), codes)?);
    }
    let rows = on_boxed!(tx, |connection, Backend| {
        let mut query = b::table.filter(b::account_id.eq(account_id)).into_boxed::<Backend>();
        filter!(query,
            after => |after| b::code.gt(after),
            &last => |last| b::code.le(last),
            codes => |codes| b::code.eq_any(codes),
            &filter.customer_key => |key| b::customer_key.eq(key),
            &filter.status_id => |status| b::status_id.eq(status),
            filter.created_on.from => |day| b::created_on.ge(day),
            filter.created_on.to => |day| b::created_on.le(day),
            filter.start_on.from => |day| b::start_on.ge(day),
            filter.start_on.to => |day| b::start_on.le(day),
            filter.end_on.from => |day| b::end_on.ge(day),
            filter.end_on.to => |day| b::end_on.le(day),
            filter.updated_since => |at| b::updated_at.ge(at),
            &filter.text => |text| sql::<Bool>("(lower(code) LIKE ").bind::<Text, _>(format!("{}%", escaped(text)))
                .sql(" ESCAPE '\\' OR lower(customer_name) LIKE ").bind::<Text, _>(anywhere(text))
                .sql(" ESCAPE '\\' OR lower(customer_email) LIKE ").bind::<Text, _>(anywhere(text)).sql(" ESCAPE '\\')"),
        );
        query.order(b::code).limit(limit + 1).load(connection)?
    });
    Ok((rows, last))
}

impl BookingFilter {
    fn is_given(&self) -> bool {
        let Self { status_id, customer_key, item_id, created_on, start_on, end_on, updated_since, text } = self;
        status_id.is_some()
            || customer_key.is_some()
            || item_id.is_some()
            || [created_on, start_on, end_on].iter().any(|days| days.is_given())
            || updated_since.is_some()
            || text.is_some()
    }
}

/// The bookings of a customer; `None` where there are too many to list.
fn of_customer(tx: &mut Tx<'_>, account_id: i32, key: &str) -> Result<Option<Vec<String>>> {
    let query = || b::table.filter(b::customer_key.eq(key)).filter(b::account_id.eq(account_id)).select(b::code);
    let codes: Vec<String> = on!(tx, |connection| query().limit(FOUND + 1).load(connection))?;
    Ok(Some(codes).filter(|codes| i64::try_from(codes.len()).is_ok_and(|found| found <= FOUND)))
}

/// The bookings that have an item, between two codes, or among these.
fn of_item(
    tx: &mut Tx<'_>,
    account_id: i32,
    item_id: i64,
    after: Option<&str>,
    last: Option<&str>,
    among: Option<Vec<String>>,
) -> Result<Vec<String>> {
    let codes: Vec<String> = on_boxed!(tx, |connection, Backend| {
        let query = l::table.filter(l::account_id.eq(account_id)).filter(l::item_id.eq(item_id));
        let mut query = query.select(l::booking_code).into_boxed::<Backend>();
        filter!(query,
            after => |after| l::booking_code.gt(after),
            last => |last| l::booking_code.le(last),
            among => |among| l::booking_code.eq_any(among),
        );
        query.load(connection)?
    });
    Ok(codes.into_iter().collect::<BTreeSet<_>>().into_iter().collect())
}

/// The last code of those that are looked through; `None` where these are all.
fn last(tx: &mut Tx<'_>, account_id: i32, after: Option<&str>) -> Result<Option<String>> {
    Ok(on_boxed!(tx, |connection, Backend| {
        let mut query = b::table.filter(b::account_id.eq(account_id)).select(b::code).into_boxed::<Backend>();
        filter!(query, after => |after| b::code.gt(after));
        query.order(b::code).offset(SCAN - 1).limit(1).first(connection).optional()?
    }))
}
