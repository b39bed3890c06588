//! What an account has sent, as its stored deliveries tell it.

use chrono::{DateTime, Duration, Utc};
use chrono_tz::Tz;

use super::rates::{Rates, WEEKS};
use super::{Silence, Usual};
use crate::db::events;
use crate::db::rows::Account;
use crate::db::{Result, Tx};
use crate::project::parse_zone;

/// What is usual of each account, from the eight weeks before its last delivery: a long silence is not taken for usual.
/// An account with less than two weeks is left out.
pub fn learn(tx: &mut Tx<'_>) -> Result<Usual> {
    let mut usual = Usual::new();
    for account in Account::all(tx)? {
        let Some(last) = events::last_of_account(tx, account.account_id)? else { continue };
        let end = time(last) + Duration::microseconds(1);
        let weeks = i64::try_from(WEEKS).unwrap_or(i64::MAX);
        let begin = (end - Duration::weeks(weeks)).timestamp_micros();
        let minutes = events::minutes_of_account(tx, account.account_id, begin, last)?;
        let heard = minutes.into_iter().filter_map(|(minute, deliveries)| {
            let minute = DateTime::from_timestamp(minute.checked_mul(60)?, 0)?;
            Some((minute, u32::try_from(deliveries).unwrap_or(u32::MAX)))
        });
        let zone = parse_zone(&account.timezone).unwrap_or(Tz::UTC);
        let rates = Rates::learn(zone, end, &heard.collect::<Vec<_>>());
        usual.extend(rates.map(|rates| (account.host, rates)));
    }
    Ok(usual)
}

/// How long each account has been silent, and what would usually have come meanwhile. A delivery whose account is not
/// known, since it waits or cannot be read, counts for each.
pub fn silences(tx: &mut Tx<'_>, usual: &Usual, now: DateTime<Utc>) -> Result<Vec<Silence>> {
    let mut silences = Vec::new();
    for account in Account::all(tx)? {
        let Some(known) = events::last_of_account(tx, account.account_id)? else { continue };
        let last = time(events::last_of_no_account(tx, known)?.unwrap_or(known));
        let expected = usual.get(&account.host).map(|rates| rates.expected(last, now));
        silences.push(Silence { host: account.host, last, silent: (now - last).max(Duration::zero()), expected });
    }
    Ok(silences)
}

/// An event's id is the time of its receipt.
fn time(id: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(id).unwrap_or_default()
}
