//! Payments and refunds by id.

use diesel::prelude::*;

use super::{Days, FOUND, Found, SCAN, filter, on_boxed};
use crate::db::rows::Transaction;
use crate::db::schema::transactions as t;
use crate::db::types::Timestamp;
use crate::db::{Result, Tx, on};

/// Which transactions.
#[derive(Debug, Clone, Default)]
#[allow(missing_docs, reason = "named as the columns")]
pub struct TransactionFilter {
    pub transaction_id: Option<String>,
    pub booking_code: Option<String>,
    pub status_id: Option<String>,
    pub transacted_on: Days,
    /// Changed at this time or later.
    pub updated_since: Option<Timestamp>,
}

/// Transaction, gateway, status.
pub type TransactionKey = (String, String, String);

/// Those after a key: one more than `limit` where there are as many.
pub fn transactions(
    tx: &mut Tx<'_>,
    account_id: i32,
    filter: &TransactionFilter,
    after: Option<&TransactionKey>,
    limit: i64,
) -> Result<Found<Transaction, TransactionKey>> {
    let ids = filter.booking_code.as_ref().map_or(Ok(None), |code| of_booking(tx, account_id, code))?;
    let TransactionFilter { transaction_id, booking_code, status_id, transacted_on, updated_since } = filter;
    let looks_through =
        booking_code.is_some() || status_id.is_some() || transacted_on.is_given() || updated_since.is_some();
    let is_bounded = ids.is_some() || transaction_id.is_some();
    let last = if looks_through && !is_bounded { last(tx, account_id, after)? } else { None };
    let rows = on_boxed!(tx, |connection, Backend| {
        let mut query = t::table.filter(t::account_id.eq(account_id)).into_boxed::<Backend>();
        filter!(query,
            // The first of these is for the index, which is of more columns than one.
            after => |(id, _, _)| t::transaction_id.ge(id),
            after => |(id, gateway, status)| t::transaction_id.gt(id)
                .or(t::gateway_id.gt(gateway)).or(t::gateway_id.eq(gateway).and(t::status_id.gt(status))),
            &last => |(id, _, _)| t::transaction_id.le(id),
            ids => |ids| t::transaction_id.eq_any(ids),
            transaction_id => |id| t::transaction_id.eq(id),
            booking_code => |code| t::booking_code.eq(code),
            status_id => |status| t::status_id.eq(status),
            transacted_on.from => |day| t::transacted_on.ge(day),
            transacted_on.to => |day| t::transacted_on.le(day),
            *updated_since => |at| t::updated_at.ge(at),
        );
        let by_key = (t::transaction_id, t::gateway_id, t::status_id);
        query.order(by_key).limit(limit + 1).load(connection)?
    });
    Ok((rows, last))
}

/// The payments of a booking; `None` where there are too many to list.
fn of_booking(tx: &mut Tx<'_>, account_id: i32, code: &str) -> Result<Option<Vec<String>>> {
    let query = || t::table.filter(t::booking_code.eq(code)).filter(t::account_id.eq(account_id));
    let query = || query().select(t::transaction_id).limit(FOUND + 1);
    let ids: Vec<String> = on!(tx, |connection| query().load(connection))?;
    Ok(Some(ids).filter(|ids| i64::try_from(ids.len()).is_ok_and(|found| found <= FOUND)))
}

/// The last key of those that are looked through, with all of its id; `None` where these are all.
fn last(tx: &mut Tx<'_>, account_id: i32, after: Option<&TransactionKey>) -> Result<Option<TransactionKey>> {
    let id: Option<String> = on_boxed!(tx, |connection, Backend| {
        let mut query = t::table.filter(t::account_id.eq(account_id)).select(t::transaction_id).into_boxed::<Backend>();
        filter!(query, after => |(id, _, _)| t::transaction_id.gt(id));
        query.order(t::transaction_id).offset(SCAN - 1).limit(1).first(connection).optional()?
    });
    let Some(id) = id else { return Ok(None) };
    let query = || t::table.filter(t::account_id.eq(account_id)).filter(t::transaction_id.eq(&id));
    let query = || query().select((t::transaction_id, t::gateway_id, t::status_id));
    let query = || query().order((t::gateway_id.desc(), t::status_id.desc()));
    Ok(on!(tx, |connection| query().first(connection).optional())?)
}
