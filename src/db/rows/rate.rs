//! Rates, and the items and categories they apply to.

use chrono::NaiveDate;
use diesel::prelude::*;
use diesel::sql_types::BigInt;

use crate::db::lookup::lookup;
use crate::db::row::row;
use crate::db::schema::{rate_categories, rate_items};
use crate::db::types::{Amount, Json, Timestamp};
use crate::db::upsert::upsert;
use crate::db::{Result, Tx, on};

row! {
    /// An event or discount.
    Rate in rates, key (account_id, rate_id), on conflict Newer {
        account_id: i32,
        rate_id: i64,
        name: Option<String>,
        rate_type: Option<String>,
        start_on: Option<NaiveDate>,
        end_on: Option<NaiveDate>,
        span: Option<bool>,
        price_src: Option<String>,
        dynamic_rate: Option<Amount>,
        dynamic_type: Option<String>,
        status_id: Option<String>,
        repeat_id: Option<String>,
        enabled: Option<bool>,
        rule_set_id: Option<i64>,
        vouchers: Option<i32>,
        details: Option<Json>,
        repeat_days: Option<Json>,
        all_items: bool,
        extra: Option<Json>,
        first_event_id: i64,
        last_event_id: i64,
        updated_at: Timestamp,
        deleted_at: Option<Timestamp>,
    }
}

row! {
    /// An item that a rate applies to.
    RateItem in rate_items, key (account_id, rate_id, item_id), on conflict Keep {
        account_id: i32,
        rate_id: i64,
        item_id: i64,
    }
}

row! {
    /// A category that a rate applies to.
    RateCategory in rate_categories, key (account_id, rate_id, category_id), on conflict Keep {
        account_id: i32,
        rate_id: i64,
        category_id: i64,
    }
}

impl Rate {
    /// The stored rows of these ids.
    pub fn load(tx: &mut Tx<'_>, account_id: i32, ids: &[i64]) -> Result<Vec<Self>> {
        Ok(lookup!(tx, Self, account_id, BigInt, ids)?)
    }

    /// Writes the rows, unless newer ones are stored.
    pub fn upsert(tx: &mut Tx<'_>, rows: &[Self]) -> Result<()> {
        upsert!(tx, Self, rows)?;
        Ok(())
    }
}

impl RateItem {
    /// The items of these rates.
    pub fn load(tx: &mut Tx<'_>, account_id: i32, rate_ids: &[i64]) -> Result<Vec<Self>> {
        Ok(lookup!(tx, Self, account_id, BigInt, rate_ids)?)
    }

    /// Makes these the rate's items, and no others.
    pub fn replace(tx: &mut Tx<'_>, account_id: i32, rate_id: i64, rows: &[Self]) -> Result<()> {
        let stored = || rate_items::table.filter(rate_items::account_id.eq(account_id));
        let stored = || stored().filter(rate_items::rate_id.eq(rate_id));
        on!(&mut *tx, |connection| diesel::delete(stored()).execute(connection))?;
        upsert!(tx, Self, rows)?;
        Ok(())
    }
}

impl RateCategory {
    /// The categories of these rates.
    pub fn load(tx: &mut Tx<'_>, account_id: i32, rate_ids: &[i64]) -> Result<Vec<Self>> {
        Ok(lookup!(tx, Self, account_id, BigInt, rate_ids)?)
    }

    /// Makes these the rate's categories, and no others.
    pub fn replace(tx: &mut Tx<'_>, account_id: i32, rate_id: i64, rows: &[Self]) -> Result<()> {
        let stored = || rate_categories::table.filter(rate_categories::account_id.eq(account_id));
        let stored = || stored().filter(rate_categories::rate_id.eq(rate_id));
        on!(&mut *tx, |connection| diesel::delete(stored()).execute(connection))?;
        upsert!(tx, Self, rows)?;
        Ok(())
    }
}
