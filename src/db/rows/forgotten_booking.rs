//! Bookings whose person was forgotten.

use diesel::prelude::*;
use diesel::sql_types::Text;

use crate::db::lookup::lookup;
use crate::db::row::row;
use crate::db::schema::forgotten_bookings;
use crate::db::types::Timestamp;
use crate::db::upsert::upsert;
use crate::db::{Result, Tx, on};

row! {
    /// A booking that is told without its person, for ever.
    ForgottenBooking in forgotten_bookings, key (account_id, code), on conflict Keep {
        account_id: i32,
        code: String,
        customer_key: String,
        forgotten_at: Timestamp,
    }
}

impl ForgottenBooking {
    /// Those among these codes.
    pub fn load(tx: &mut Tx<'_>, account_id: i32, codes: &[String]) -> Result<Vec<Self>> {
        Ok(lookup!(tx, Self, account_id, Text, codes)?)
    }

    /// All of an account.
    pub fn of(tx: &mut Tx<'_>, account_id: i32) -> Result<Vec<Self>> {
        let query = || forgotten_bookings::table.filter(forgotten_bookings::account_id.eq(account_id));
        Ok(on!(tx, |connection| query().load(connection))?)
    }

    /// Adds bookings; those that were forgotten before keep their key.
    pub fn insert(tx: &mut Tx<'_>, rows: &[Self]) -> Result<()> {
        upsert!(tx, Self, rows)?;
        Ok(())
    }
}
