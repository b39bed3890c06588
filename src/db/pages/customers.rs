//! Customers by key.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};

use super::{Found, SCAN, anywhere, filter, on_boxed};
use crate::db::rows::Customer;
use crate::db::schema::customers as c;
use crate::db::types::Timestamp;
use crate::db::{Result, Tx};

/// Which customers.
#[derive(Debug, Clone, Default)]
pub struct CustomerFilter {
    /// In any case.
    pub email: Option<String>,
    /// Changed at this time or later.
    pub updated_since: Option<Timestamp>,
    /// Name, address or telephone number have it somewhere; in any case.
    pub text: Option<String>,
}

/// Those after a key: one more than `limit` where there are as many.
pub fn customers(
    tx: &mut Tx<'_>,
    account_id: i32,
    filter: &CustomerFilter,
    after: Option<&str>,
    limit: i64,
) -> Result<Found<Customer, String>> {
    let CustomerFilter { email, updated_since, text } = filter;
    let looks_through = email.is_some() || updated_since.is_some() || text.is_some();
    let last = if looks_through { last(tx, account_id, after)? } else { None };
    let rows = on_boxed!(tx, |connection, Backend| {
        let mut query = c::table.filter(c::account_id.eq(account_id)).into_boxed::<Backend>();
        filter!(query,
            after => |after| c::customer_key.gt(after),
            &last => |last| c::customer_key.le(last),
            email => |email| sql::<Bool>("lower(email) = ").bind::<Text, _>(email.to_lowercase()),
            *updated_since => |at| c::updated_at.ge(at),
            text => |text| sql::<Bool>("(lower(name) LIKE ").bind::<Text, _>(anywhere(text))
                .sql(" ESCAPE '\\' OR lower(email) LIKE ").bind::<Text, _>(anywhere(text))
                .sql(" ESCAPE '\\' OR phone LIKE ").bind::<Text, _>(anywhere(text)).sql(" ESCAPE '\\')"),
        );
        query.order(c::customer_key).limit(limit + 1).load(connection)?
    });
    Ok((rows, last))
}

/// The last key of those that are looked through; `None` where these are all.
fn last(tx: &mut Tx<'_>, account_id: i32, after: Option<&str>) -> Result<Option<String>> {
    Ok(on_boxed!(tx, |connection, Backend| {
        let mut query = c::table.filter(c::account_id.eq(account_id)).select(c::customer_key).into_boxed::<Backend>();
        filter!(query, after => |after| c::customer_key.gt(after));
        query.order(c::customer_key).offset(SCAN - 1).limit(1).first(connection).optional()?
    }))
}
