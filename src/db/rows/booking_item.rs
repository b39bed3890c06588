//! The lines of bookings.

use std::borrow::Borrow;

use chrono::NaiveDate;
use diesel::prelude::*;
use diesel::sql_types::Text;

use crate::db::copy::copy;
use crate::db::lookup::lookup;
use crate::db::row::row;
use crate::db::schema::booking_items;
use crate::db::types::{Amount, Json, Timestamp};
use crate::db::upsert::{BINDS, upsert};
use crate::db::{Result, Tx, on};

row! {
    /// A booked item: a line of a booking.
    BookingItem in booking_items, key (account_id, booking_code, line_id), on conflict Newer {
        account_id: i32,
        booking_code: String,
        line_id: String,
        parent_line_id: Option<String>,
        item_id: Option<i64>,
        category_id: Option<i64>,
        sku: Option<String>,
        name: Option<String>,
        status_id: Option<String>,
        qty: Option<i32>,
        start_at: Option<Timestamp>,
        end_at: Option<Timestamp>,
        start_on: Option<NaiveDate>,
        end_on: Option<NaiveDate>,
        total: Option<Amount>,
        tax_total: Option<Amount>,
        slip: Option<String>,
        package_id: Option<String>,
        params: Option<Json>,
        extra: Option<Json>,
        last_event_id: i64,
    }
}

impl BookingItem {
    /// The stored lines of these bookings.
    pub fn load(tx: &mut Tx<'_>, account_id: i32, codes: &[String]) -> Result<Vec<Self>> {
        Ok(lookup!(tx, Self, account_id, Text, codes)?)
    }

    /// Writes the lines, unless newer ones are stored.
    pub fn upsert(tx: &mut Tx<'_>, rows: &[impl Borrow<Self>]) -> Result<()> {
        upsert!(tx, Self, rows)?;
        Ok(())
    }

    /// Removes all lines of a booking.
    pub fn delete_all(tx: &mut Tx<'_>, account_id: i32, code: &str) -> Result<()> {
        let stored = || booking_items::table.filter(booking_items::account_id.eq(account_id));
        let stored = || stored().filter(booking_items::booking_code.eq(code));
        on!(tx, |connection| diesel::delete(stored()).execute(connection))?;
        Ok(())
    }

    /// Removes lines that the booking no longer has.
    pub fn delete(tx: &mut Tx<'_>, account_id: i32, code: &str, line_ids: &[String]) -> Result<()> {
        for line_ids in line_ids.chunks(BINDS) {
            let stored = || booking_items::table.filter(booking_items::account_id.eq(account_id));
            let stored = || stored().filter(booking_items::booking_code.eq(code));
            let stored = || stored().filter(booking_items::line_id.eq_any(line_ids));
            on!(&mut *tx, |connection| diesel::delete(stored()).execute(connection))?;
        }
        Ok(())
    }

    /// Adds the lines of bookings that were not stored when this transaction looked.
    pub(crate) fn add(tx: &mut Tx<'_>, rows: &[impl Borrow<Self>]) -> Result<()> {
        copy!(tx, Self, rows)
    }
}
