//! Follows a change of an account's time zone: local dates are told again, in small steps that survive a crash.

use chrono::NaiveDate;
use chrono_tz::Tz;

use super::zones;
use crate::db::rows::{Account, Booking, BookingHistory, BookingItem, Transaction};
use crate::db::types::Timestamp;
use crate::db::{Result, Tx};

/// Bookings, or transaction ids, in one step.
const STEP: i64 = 200;

/// The cursor's three parts: bookings by code, transactions by id, then bookings by code again for their history.
const BOOKINGS: &str = "booking:";
const TRANSACTIONS: &str = "transaction:";
const HISTORY: &str = "history:";

/// Whether an account's dates are still told in an older time zone.
pub(super) fn is_due(tx: &mut Tx<'_>) -> Result<bool> {
    Ok(due(tx)?.is_some())
}

/// Does one step where one is due; false where all dates are told.
pub(super) fn follow(tx: &mut Tx<'_>) -> Result<bool> {
    let Some(mut account) = due(tx)? else { return Ok(false) };
    let zone = zones::parse(&account.timezone).unwrap_or(Tz::UTC);
    let cursor = account.dates_cursor.clone().unwrap_or_else(|| BOOKINGS.to_owned());
    account.dates_cursor = if let Some(after) = cursor.strip_prefix(HISTORY) {
        history(tx, &account, after, zone)?.map(|last| format!("{HISTORY}{last}"))
    } else if let Some(after) = cursor.strip_prefix(TRANSACTIONS) {
        let last = transactions(tx, &account, after, zone)?;
        Some(last.map_or_else(|| HISTORY.to_owned(), |last| format!("{TRANSACTIONS}{last}")))
    } else {
        let after = cursor.strip_prefix(BOOKINGS).unwrap_or_default();
        let last = bookings(tx, &account, after, zone)?;
        Some(last.map_or_else(|| TRANSACTIONS.to_owned(), |last| format!("{BOOKINGS}{last}")))
    };
    if account.dates_cursor.is_none() {
        account.dates_timezone.clone_from(&account.timezone);
        tracing::info!(account.id = account.account_id, account.timezone, "local dates follow the time zone");
    }
    account.set_timezone(tx)?;
    Ok(true)
}

fn due(tx: &mut Tx<'_>) -> Result<Option<Account>> {
    Ok(Account::all(tx)?.into_iter().find(|account| account.timezone != account.dates_timezone))
}

fn bookings(tx: &mut Tx<'_>, account: &Account, after: &str, zone: Tz) -> Result<Option<String>> {
    let mut rows = Booking::page(tx, account.account_id, after, STEP)?;
    let codes: Vec<_> = rows.iter().map(|row| row.code.clone()).collect();
    for row in &mut rows {
        row.created_on = day(row.created_at, zone);
        row.start_on = day(row.start_at, zone);
        row.end_on = day(row.end_at, zone);
    }
    let mut lines = BookingItem::load(tx, account.account_id, &codes)?;
    for line in &mut lines {
        line.start_on = day(line.start_at, zone);
        line.end_on = day(line.end_at, zone);
    }
    Booking::upsert(tx, &rows)?;
    BookingItem::upsert(tx, &lines)?;
    Ok(codes.into_iter().next_back())
}

fn transactions(tx: &mut Tx<'_>, account: &Account, after: &str, zone: Tz) -> Result<Option<String>> {
    let mut rows = Transaction::page(tx, account.account_id, after, STEP)?;
    for row in &mut rows {
        row.transacted_on = day(row.transacted_at, zone);
    }
    Transaction::upsert(tx, &rows)?;
    Ok(rows.into_iter().map(|row| row.transaction_id).max())
}

fn history(tx: &mut Tx<'_>, account: &Account, after: &str, zone: Tz) -> Result<Option<String>> {
    let rows = Booking::page(tx, account.account_id, after, STEP)?;
    let codes: Vec<_> = rows.into_iter().map(|row| row.code).collect();
    for step in BookingHistory::load(tx, account.account_id, &codes)? {
        let day = zones::day(step.recorded_at, zone);
        if step.recorded_on != Some(day) {
            step.set_day(tx, day)?;
        }
    }
    Ok(codes.into_iter().next_back())
}

fn day(at: Option<Timestamp>, zone: Tz) -> Option<NaiveDate> {
    at.map(|at| zones::day(at, zone))
}
