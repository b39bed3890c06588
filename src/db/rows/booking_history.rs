//! What each delivery changed in its booking.

use std::borrow::Borrow;

use chrono::NaiveDate;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Text;

use crate::db::copy::copy;
use crate::db::lookup::lookup;
use crate::db::row::row;
use crate::db::schema::booking_history;
use crate::db::types::{Amount, Json, Timestamp};
use crate::db::upsert::upsert;
use crate::db::{Result, Tx, on};

row! {
    /// A step in a booking's life: the state after it, and what it changed.
    BookingHistory in booking_history, key (account_id, booking_code, event_id), on conflict Keep {
        account_id: i32,
        booking_code: String,
        event_id: i64,
        recorded_at: Timestamp,
        status_id: Option<String>,
        total: Option<Amount>,
        paid_total: Option<Amount>,
        start_at: Option<Timestamp>,
        end_at: Option<Timestamp>,
        changes: Json,
        recorded_on: Option<NaiveDate>,
    }
}

impl BookingHistory {
    /// The history of a booking, oldest first.
    pub fn of(tx: &mut Tx<'_>, account_id: i32, code: &str) -> Result<Vec<Self>> {
        let query = || booking_history::table.filter(booking_history::account_id.eq(account_id));
        let query = || query().filter(booking_history::booking_code.eq(code)).order(booking_history::event_id);
        Ok(on!(tx, |connection| query().load(connection))?)
    }

    /// The steps of these bookings.
    pub fn load(tx: &mut Tx<'_>, account_id: i32, codes: &[String]) -> Result<Vec<Self>> {
        Ok(lookup!(tx, Self, account_id, Text, codes)?)
    }

    /// Tells of a step on which day it was recorded.
    pub fn set_day(&self, tx: &mut Tx<'_>, day: NaiveDate) -> Result<()> {
        let stored = || booking_history::table.find((self.account_id, &self.booking_code, self.event_id));
        let day = booking_history::recorded_on.eq(day);
        on!(tx, |connection| diesel::update(stored()).set(day).execute(connection))?;
        Ok(())
    }

    /// Steps of an account's bookings whose changes hold a text, in any case of its letters.
    pub fn holding(tx: &mut Tx<'_>, account_id: i32, text: &str) -> Result<Vec<Self>> {
        let pattern = text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
        let changes = || sql::<Text>("lower(CAST(changes AS TEXT))");
        let query = || booking_history::table.filter(booking_history::account_id.eq(account_id));
        let query = || query().filter(changes().like(format!("%{pattern}%")).escape('\\'));
        Ok(on!(tx, |connection| query().load(connection))?)
    }

    /// Removes single steps.
    pub fn remove(tx: &mut Tx<'_>, account_id: i32, code: &str, event_ids: &[i64]) -> Result<()> {
        let stored = || booking_history::table.filter(booking_history::account_id.eq(account_id));
        let stored = || stored().filter(booking_history::booking_code.eq(code));
        let stored = || stored().filter(booking_history::event_id.eq_any(event_ids));
        on!(tx, |connection| diesel::delete(stored()).execute(connection))?;
        Ok(())
    }

    /// Adds steps; those that are there stay.
    pub fn insert(tx: &mut Tx<'_>, rows: &[impl Borrow<Self>]) -> Result<()> {
        upsert!(tx, Self, rows)?;
        Ok(())
    }

    /// Forgets a booking's history, to be told again.
    pub fn delete(tx: &mut Tx<'_>, account_id: i32, code: &str) -> Result<()> {
        let stored = || booking_history::table.filter(booking_history::account_id.eq(account_id));
        let stored = || stored().filter(booking_history::booking_code.eq(code));
        on!(tx, |connection| diesel::delete(stored()).execute(connection))?;
        Ok(())
    }

    /// Adds the first steps of bookings that were not stored when this transaction looked.
    pub(crate) fn add(tx: &mut Tx<'_>, rows: &[impl Borrow<Self>]) -> Result<()> {
        copy!(tx, Self, rows)
    }
}
