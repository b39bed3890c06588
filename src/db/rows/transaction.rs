//! Payments and refunds.

use chrono::NaiveDate;
use diesel::prelude::*;
use diesel::sql_types::Text;

use crate::db::lookup::lookup;
use crate::db::row::row;
use crate::db::schema::transactions;
use crate::db::types::{Amount, Json, Timestamp};
use crate::db::upsert::upsert;
use crate::db::{Result, Tx, on};

row! {
    /// A payment or refund.
    Transaction in transactions, key (account_id, transaction_id, gateway_id, status_id), on conflict Newer {
        account_id: i32,
        transaction_id: String,
        gateway_id: String,
        status_id: String,
        booking_code: Option<String>,
        transacted_at: Option<Timestamp>,
        transacted_on: Option<NaiveDate>,
        amount: Option<Amount>,
        payment_type: Option<String>,
        payment_mask: Option<String>,
        payer: Option<String>,
        action: Option<String>,
        extra: Option<Json>,
        first_event_id: i64,
        last_event_id: i64,
        updated_at: Timestamp,
        deleted_at: Option<Timestamp>,
    }
}

impl Transaction {
    /// The stored rows of these ids, whatever their gateway and status.
    pub fn load(tx: &mut Tx<'_>, account_id: i32, ids: &[String]) -> Result<Vec<Self>> {
        Ok(lookup!(tx, Self, account_id, Text, ids)?)
    }

    /// The payments of these bookings.
    pub fn of_bookings(tx: &mut Tx<'_>, account_id: i32, codes: &[String]) -> Result<Vec<Self>> {
        let query = || transactions::table.filter(transactions::account_id.eq(account_id));
        Ok(on!(tx, |connection| query().filter(transactions::booking_code.eq_any(codes)).load(connection))?)
    }

    /// A page of an account's transactions, by id.
    pub fn page(tx: &mut Tx<'_>, account_id: i32, after: &str, limit: i64) -> Result<Vec<Self>> {
        let ids = || transactions::table.filter(transactions::account_id.eq(account_id));
        let ids = || ids().filter(transactions::transaction_id.gt(after)).select(transactions::transaction_id);
        let ids: Vec<String> = on!(&mut *tx, |connection| ids()
            .distinct()
            .order(transactions::transaction_id)
            .limit(limit)
            .load(connection))?;
        Self::load(tx, account_id, &ids)
    }

    /// Writes the rows, unless newer ones are stored.
    pub fn upsert(tx: &mut Tx<'_>, rows: &[Self]) -> Result<()> {
        upsert!(tx, Self, rows)?;
        Ok(())
    }
}
