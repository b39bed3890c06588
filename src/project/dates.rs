//! Follows a change of an account's time zone: local dates are told again, in small steps that survive a crash.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use chrono_tz::Tz;

use super::zones;
use crate::db::rows::{Account, Action, Booking, BookingHistory, BookingItem, Change, Kind, Transaction};
use crate::db::types::Timestamp;
use crate::db::{Result, Tx, changes};

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

/// Does one step where one is due; false where all dates are told. What it changes is listed unless it is a shadow's.
pub(super) fn follow(tx: &mut Tx<'_>, is_live: bool) -> Result<bool> {
    let Some(mut account) = due(tx)? else { return Ok(false) };
    let zone = zones::parse(&account.timezone).unwrap_or(Tz::UTC);
    let cursor = account.dates_cursor.clone().unwrap_or_else(|| BOOKINGS.to_owned());
    let mut changed = Vec::new();
    account.dates_cursor = if let Some(after) = cursor.strip_prefix(HISTORY) {
        history(tx, &account, after, zone, &mut changed)?.map(|last| format!("{HISTORY}{last}"))
    } else if let Some(after) = cursor.strip_prefix(TRANSACTIONS) {
        let last = transactions(tx, &account, after, zone, &mut changed)?;
        Some(last.map_or_else(|| HISTORY.to_owned(), |last| format!("{TRANSACTIONS}{last}")))
    } else {
        let after = cursor.strip_prefix(BOOKINGS).unwrap_or_default();
        let last = bookings(tx, &account, after, zone, &mut changed)?;
        Some(last.map_or_else(|| TRANSACTIONS.to_owned(), |last| format!("{BOOKINGS}{last}")))
    };
    if account.dates_cursor.is_none() {
        account.dates_timezone.clone_from(&account.timezone);
        tracing::info!(account.id = account.account_id, account.timezone, "local dates follow the time zone");
    }
    if is_live {
        changes::append(tx, &mut changed)?;
    }
    account.set_timezone(tx)?;
    Ok(true)
}

fn due(tx: &mut Tx<'_>) -> Result<Option<Account>> {
    Ok(Account::all(tx)?.into_iter().find(|account| account.timezone != account.dates_timezone))
}

fn bookings(
    tx: &mut Tx<'_>,
    account: &Account,
    after: &str,
    zone: Tz,
    noted: &mut Vec<Change>,
) -> Result<Option<String>> {
    let stored = Booking::page(tx, account.account_id, after, STEP)?;
    let mut rows = stored.clone();
    let codes: Vec<_> = rows.iter().map(|row| row.code.clone()).collect();
    for row in &mut rows {
        row.created_on = day(row.created_at, zone);
        row.start_on = day(row.start_at, zone);
        row.end_on = day(row.end_at, zone);
    }
    let stored_lines = BookingItem::load(tx, account.account_id, &codes)?;
    let mut lines = stored_lines.clone();
    for line in &mut lines {
        line.start_on = day(line.start_at, zone);
        line.end_on = day(line.end_at, zone);
    }
    Booking::upsert(tx, &rows)?;
    BookingItem::upsert(tx, &lines)?;
    let changed = rows.iter().zip(&stored).filter(|(new, old)| new != old).map(|(new, _)| &new.code);
    let of_lines = lines.iter().zip(&stored_lines).filter(|(new, old)| new != old).map(|(new, _)| &new.booking_code);
    noted.extend(note(account, Kind::Booking, changed.chain(of_lines)));
    Ok(codes.into_iter().next_back())
}

fn transactions(
    tx: &mut Tx<'_>,
    account: &Account,
    after: &str,
    zone: Tz,
    noted: &mut Vec<Change>,
) -> Result<Option<String>> {
    let stored = Transaction::page(tx, account.account_id, after, STEP)?;
    let mut rows = stored.clone();
    for row in &mut rows {
        row.transacted_on = day(row.transacted_at, zone);
    }
    Transaction::upsert(tx, &rows)?;
    let changed = rows.iter().zip(&stored).filter(|(new, old)| new != old).map(|(new, _)| &new.transaction_id);
    noted.extend(note(account, Kind::Transaction, changed));
    Ok(rows.into_iter().map(|row| row.transaction_id).max())
}

fn history(
    tx: &mut Tx<'_>,
    account: &Account,
    after: &str,
    zone: Tz,
    noted: &mut Vec<Change>,
) -> Result<Option<String>> {
    let rows = Booking::page(tx, account.account_id, after, STEP)?;
    let codes: Vec<_> = rows.into_iter().map(|row| row.code).collect();
    let mut changed = BTreeSet::new();
    for step in BookingHistory::load(tx, account.account_id, &codes)? {
        let day = zones::day(step.recorded_at, zone);
        if step.recorded_on != Some(day) {
            step.set_day(tx, day)?;
            changed.insert(step.booking_code);
        }
    }
    noted.extend(note(account, Kind::Booking, &changed));
    Ok(codes.into_iter().next_back())
}

/// Each once, in the order of their keys: no delivery made them.
fn note<'k>(account: &Account, kind: Kind, keys: impl IntoIterator<Item = &'k String>) -> Vec<Change> {
    let keys: BTreeSet<_> = keys.into_iter().collect();
    let change = |key: &String| Change::new(account.account_id, kind, key.clone(), None, Action::Update);
    keys.into_iter().map(change).collect()
}

fn day(at: Option<Timestamp>, zone: Tz) -> Option<NaiveDate> {
    at.map(|at| zones::day(at, zone))
}
