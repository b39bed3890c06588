//! Bookings, as they stand now.

use std::borrow::Borrow;

use chrono::NaiveDate;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Integer, Text};

use crate::db::copy::copy;
use crate::db::lookup::lookup;
use crate::db::row::row;
use crate::db::schema::bookings;
use crate::db::types::{Amount, Json, Timestamp};
use crate::db::upsert::upsert;
use crate::db::{Result, Tx, on};

row! {
    /// A booking, as its last delivery left it.
    Booking in bookings, key (account_id, code), on conflict Newer {
        account_id: i32,
        code: String,
        booking_id: Option<i64>,
        status_id: Option<String>,
        customer_key: Option<String>,
        customer_name: Option<String>,
        customer_email: Option<String>,
        customer_phone: Option<String>,
        created_at: Option<Timestamp>,
        start_at: Option<Timestamp>,
        end_at: Option<Timestamp>,
        created_on: Option<NaiveDate>,
        start_on: Option<NaiveDate>,
        end_on: Option<NaiveDate>,
        staff_id: Option<i64>,
        source_ip: Option<String>,
        tid: Option<String>,
        currency_id: Option<String>,
        sub_total: Option<Amount>,
        tax_total: Option<Amount>,
        paid_total: Option<Amount>,
        discount: Option<Amount>,
        total: Option<Amount>,
        fields: Option<Json>,
        meta: Option<Json>,
        extra: Option<Json>,
        content_hash: String,
        provider: Option<String>,
        partner_id: Option<i64>,
        checked_in_at: Option<Timestamp>,
        checked_out_at: Option<Timestamp>,
        tax_inc_total: Option<Amount>,
        first_event_id: i64,
        last_event_id: i64,
        updated_at: Timestamp,
        deleted_at: Option<Timestamp>,
    }
}

impl Booking {
    /// The stored rows of these codes.
    pub fn load(tx: &mut Tx<'_>, account_id: i32, codes: &[String]) -> Result<Vec<Self>> {
        Ok(lookup!(tx, Self, account_id, Text, codes)?)
    }

    /// A page of an account's bookings, by code.
    pub fn page(tx: &mut Tx<'_>, account_id: i32, after: &str, limit: i64) -> Result<Vec<Self>> {
        let query = || bookings::table.filter(bookings::account_id.eq(account_id)).filter(bookings::code.gt(after));
        let query = || query().order(bookings::code).limit(limit);
        Ok(on!(tx, |connection| query().load(connection))?)
    }

    /// How many bookings each of these customers has.
    pub fn count_by_customer(tx: &mut Tx<'_>, account_id: i32, keys: &[String]) -> Result<Vec<(String, i64)>> {
        #[derive(QueryableByName)]
        struct Count {
            #[diesel(sql_type = Text)]
            customer_key: String,
            #[diesel(sql_type = BigInt)]
            bookings: i64,
        }
        // One search for each, whatever the planner believes: see `db::lookup`.
        const COUNT: &str =
            "(SELECT count(*) FROM bookings WHERE customer_key = k.value AND account_id = $1) AS bookings";
        let counts: Vec<Count> = match tx {
            Tx::Postgres(connection) => {
                diesel::sql_query(format!("SELECT k.value AS customer_key, {COUNT} FROM unnest($2) AS k(value)"))
                    .bind::<Integer, _>(account_id)
                    .bind::<Array<Text>, _>(keys)
                    .load(&mut **connection)?
            }
            Tx::Sqlite(connection) => {
                diesel::sql_query(format!("SELECT k.value AS customer_key, {COUNT} FROM json_each($2) AS k"))
                    .bind::<Integer, _>(account_id)
                    .bind::<Text, _>(serde_json::Value::from(keys).to_string())
                    .load(&mut **connection)?
            }
        };
        Ok(counts.into_iter().map(|count| (count.customer_key, count.bookings)).collect())
    }

    /// Removes a row that is told anew.
    pub fn delete(tx: &mut Tx<'_>, account_id: i32, code: &str) -> Result<()> {
        on!(tx, |connection| diesel::delete(bookings::table.find((account_id, code))).execute(connection))?;
        Ok(())
    }

    /// Writes the rows, unless newer ones are stored.
    pub fn upsert(tx: &mut Tx<'_>, rows: &[impl Borrow<Self>]) -> Result<()> {
        upsert!(tx, Self, rows)?;
        Ok(())
    }

    /// Adds the rows of bookings that were not stored when this transaction looked.
    pub(crate) fn add(tx: &mut Tx<'_>, rows: &[impl Borrow<Self>]) -> Result<()> {
        copy!(tx, Self, rows)
    }
}
