//! Reading whole tables without holding them.

use crate::db::rows::{Booking, Customer};
use crate::db::{Database, Result};

/// Rows read at once.
const PAGE: i64 = 500;

/// All customers of an account, a page at a time.
pub(super) fn each_customer(database: &Database, account_id: i32, mut look: impl FnMut(&Customer)) -> Result<()> {
    let mut after = String::new();
    loop {
        let page = database.read(|tx| Customer::page(tx, account_id, &after, PAGE))?;
        let Some(last) = page.last() else { return Ok(()) };
        after.clone_from(&last.customer_key);
        page.iter().for_each(&mut look);
    }
}

/// All bookings of an account, a page at a time: they may be too many to hold.
pub(super) fn each_booking(database: &Database, account_id: i32, mut look: impl FnMut(&Booking)) -> Result<()> {
    let mut after = String::new();
    loop {
        let page = database.read(|tx| Booking::page(tx, account_id, &after, PAGE))?;
        let Some(last) = page.last() else { return Ok(()) };
        after.clone_from(&last.code);
        page.iter().for_each(&mut look);
    }
}
