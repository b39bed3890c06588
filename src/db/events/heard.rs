//! When deliveries came, by account. Ids are microseconds since 1970: a span of time is a range of the primary key.

use diesel::prelude::*;
use diesel::sql_types::BigInt;

use crate::db::schema::webhook_events;
use crate::db::{Result, Tx, on};

#[derive(QueryableByName)]
struct Minute {
    #[diesel(sql_type = BigInt)]
    minute: i64,
    #[diesel(sql_type = BigInt)]
    deliveries: i64,
}

/// The last delivery of an account.
pub fn last_of_account(tx: &mut Tx<'_>, account_id: i32) -> Result<Option<i64>> {
    let heard = || webhook_events::table.filter(webhook_events::source.eq("webhook"));
    let heard = || heard().filter(webhook_events::account_id.eq(account_id));
    let query = || heard().order(webhook_events::id.desc()).select(webhook_events::id);
    Ok(on!(tx, |connection| query().first(connection).optional())?)
}

/// The last delivery after this one whose account is not known.
pub fn last_of_no_account(tx: &mut Tx<'_>, after: i64) -> Result<Option<i64>> {
    let heard = || webhook_events::table.filter(webhook_events::source.eq("webhook"));
    let heard = || heard().filter(webhook_events::account_id.is_null()).filter(webhook_events::id.gt(after));
    let query = || heard().order(webhook_events::id.desc()).select(webhook_events::id);
    Ok(on!(tx, |connection| query().first(connection).optional())?)
}

/// The minutes since 1970 in which an account had deliveries, with how many, among these ids.
pub fn minutes_of_account(tx: &mut Tx<'_>, account_id: i32, first: i64, last: i64) -> Result<Vec<(i64, i64)>> {
    let query = format!(
        "SELECT id / 60000000 AS minute, count(*) AS deliveries FROM webhook_events \
         WHERE id BETWEEN {first} AND {last} AND source = 'webhook' AND account_id = {account_id} GROUP BY 1"
    );
    let minutes: Vec<Minute> = on!(tx, |connection| diesel::sql_query(&query).load(connection))?;
    Ok(minutes.into_iter().map(|minute| (minute.minute, minute.deliveries)).collect())
}
