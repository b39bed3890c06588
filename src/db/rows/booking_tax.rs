//! The taxes and fees of bookings.

use std::borrow::Borrow;

use diesel::prelude::*;
use diesel::sql_types::Text;

use crate::db::copy::copy;
use crate::db::lookup::lookup;
use crate::db::row::row;
use crate::db::schema::booking_taxes;
use crate::db::types::Amount;
use crate::db::upsert::upsert;
use crate::db::{Result, Tx, on};

row! {
    /// A tax or fee of a booking, by its place in the list.
    BookingTax in booking_taxes, key (account_id, booking_code, position), on conflict Newer {
        account_id: i32,
        booking_code: String,
        position: i32,
        tax_id: Option<i64>,
        name: Option<String>,
        amount: Option<Amount>,
        last_event_id: i64,
    }
}

impl BookingTax {
    /// The stored taxes of these bookings.
    pub fn load(tx: &mut Tx<'_>, account_id: i32, codes: &[String]) -> Result<Vec<Self>> {
        Ok(lookup!(tx, Self, account_id, Text, codes)?)
    }

    /// Writes the taxes, unless newer ones are stored.
    pub fn upsert(tx: &mut Tx<'_>, rows: &[impl Borrow<Self>]) -> Result<()> {
        upsert!(tx, Self, rows)?;
        Ok(())
    }

    /// Removes taxes past the end of the booking's list.
    pub fn truncate(tx: &mut Tx<'_>, account_id: i32, code: &str, length: i32) -> Result<()> {
        let stored = || booking_taxes::table.filter(booking_taxes::account_id.eq(account_id));
        let stored =
            || stored().filter(booking_taxes::booking_code.eq(code)).filter(booking_taxes::position.gt(length));
        on!(tx, |connection| diesel::delete(stored()).execute(connection))?;
        Ok(())
    }

    /// Adds the taxes of bookings that were not stored when this transaction looked.
    pub(crate) fn add(tx: &mut Tx<'_>, rows: &[impl Borrow<Self>]) -> Result<()> {
        copy!(tx, Self, rows)
    }
}
