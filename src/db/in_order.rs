//! An account's rows in the byte order of their keys, one at a time, whatever order the database prefers: so that two
//! sides can be merged in one pass, and memory does not grow with the mirror.

use diesel::connection::DefaultLoadingMode;
use diesel::dsl::sql;
use diesel::pg::PgRowByRowLoadingMode;
use diesel::prelude::*;
use diesel::sql_types::{Nullable, Text};

use super::Tx;
use super::schema::{booking_items, bookings, customers, transactions};
use super::types::{Amount, Timestamp};

/// A booking that was not deleted, as far as reports tell of it.
#[derive(Debug, Clone, Queryable)]
#[allow(missing_docs, reason = "docs/TABLES.md describes every column")]
pub struct OrderedBooking {
    pub code: String,
    pub status_id: Option<String>,
    pub customer_key: Option<String>,
    pub customer_email: Option<String>,
    pub created_at: Option<Timestamp>,
    pub start_at: Option<Timestamp>,
    pub end_at: Option<Timestamp>,
    pub currency_id: Option<String>,
    pub sub_total: Option<Amount>,
    pub tax_total: Option<Amount>,
    pub paid_total: Option<Amount>,
    pub total: Option<Amount>,
}

/// A line of a booking that was not deleted, with what tells the booking's day.
#[derive(Debug, Clone, Queryable)]
#[allow(missing_docs, reason = "docs/TABLES.md describes every column")]
pub struct BookedLine {
    pub status_id: Option<String>,
    pub created_at: Option<Timestamp>,
    pub start_at: Option<Timestamp>,
    pub end_at: Option<Timestamp>,
    pub qty: Option<i32>,
}

/// A payment or refund that was not deleted.
#[derive(Debug, Clone, Queryable)]
#[allow(missing_docs, reason = "docs/TABLES.md describes every column")]
pub struct OrderedTransaction {
    pub booking_code: Option<String>,
    pub transaction_id: String,
    pub status_id: String,
    pub transacted_at: Option<Timestamp>,
    pub amount: Option<Amount>,
}

/// A customer.
#[derive(Debug, Clone, Queryable)]
#[allow(missing_docs, reason = "docs/TABLES.md describes every column")]
pub struct OrderedCustomer {
    pub customer_key: String,
    pub name: Option<String>,
    pub email: Option<String>,
    pub phone: Option<String>,
    pub address: Option<String>,
    pub city: Option<String>,
    pub region: Option<String>,
    pub country: Option<String>,
    pub postal_zip: Option<String>,
}

/// Runs a query in the order of a column's bytes. A macro, since the query's type can be inferred but not named.
macro_rules! each {
    ($tx:expr, $row:ty, $each:expr, $column:expr, $bytes:literal: $type:ty, $query:expr) => {{
        match $tx {
            Tx::Postgres(connection) => {
                let query = $query.order(sql::<$type>(concat!($bytes, " COLLATE \"C\"")));
                for row in query.load_iter::<$row, PgRowByRowLoadingMode>(&mut **connection)? {
                    $each(row?)?;
                }
            }
            // SQLite compares bytes unless it is told otherwise.
            Tx::Sqlite(connection) => {
                for row in $query.order($column).load_iter::<$row, DefaultLoadingMode>(&mut **connection)? {
                    $each(row?)?;
                }
            }
        }
        Ok(())
    }};
}

mod booked;

pub use booked::{OrderedLine, booked};

/// Bookings by code.
pub fn bookings<E: From<diesel::result::Error>>(
    tx: &mut Tx<'_>,
    account_id: i32,
    mut each: impl FnMut(OrderedBooking) -> Result<(), E>,
) -> Result<(), E> {
    use bookings as b;
    each!(
        tx,
        OrderedBooking,
        each,
        b::code,
        "code": Text,
        b::table.filter(b::account_id.eq(account_id)).filter(b::deleted_at.is_null()).select((
            b::code,
            b::status_id,
            b::customer_key,
            b::customer_email,
            b::created_at,
            b::start_at,
            b::end_at,
            b::currency_id,
            b::sub_total,
            b::tax_total,
            b::paid_total,
            b::total,
        ))
    )
}

/// Lines of bookings, in no order; status and times are the booking's.
pub fn lines<E: From<diesel::result::Error>>(
    tx: &mut Tx<'_>,
    account_id: i32,
    mut each: impl FnMut(BookedLine) -> Result<(), E>,
) -> Result<(), E> {
    use {booking_items as l, bookings as b};
    let query = || {
        l::table
            .inner_join(b::table.on(b::account_id.eq(l::account_id).and(b::code.eq(l::booking_code))))
            .filter(b::account_id.eq(account_id))
            .filter(b::deleted_at.is_null())
            .select((b::status_id, b::created_at, b::start_at, b::end_at, l::qty))
    };
    match tx {
        Tx::Postgres(connection) => {
            for row in query().load_iter::<BookedLine, PgRowByRowLoadingMode>(&mut **connection)? {
                each(row?)?;
            }
        }
        Tx::Sqlite(connection) => {
            for row in query().load_iter::<BookedLine, DefaultLoadingMode>(&mut **connection)? {
                each(row?)?;
            }
        }
    }
    Ok(())
}

/// Bookings by customer; those of none are left out.
pub fn bookings_of_customers<E: From<diesel::result::Error>>(
    tx: &mut Tx<'_>,
    account_id: i32,
    mut each: impl FnMut((Option<String>, Option<String>, Option<Amount>)) -> Result<(), E>,
) -> Result<(), E> {
    use bookings as b;
    type Row = (Option<String>, Option<String>, Option<Amount>);
    each!(
        tx,
        Row,
        each,
        b::customer_key,
        "customer_key": Nullable<Text>,
        b::table
            .filter(b::account_id.eq(account_id))
            .filter(b::deleted_at.is_null())
            .filter(b::customer_key.is_not_null())
            .select((b::customer_key, b::status_id, b::total))
    )
}

/// Transactions by their bookings' codes; those without one come first or last, as the database likes.
pub fn transactions<E: From<diesel::result::Error>>(
    tx: &mut Tx<'_>,
    account_id: i32,
    mut each: impl FnMut(OrderedTransaction) -> Result<(), E>,
) -> Result<(), E> {
    use transactions as t;
    each!(
        tx,
        OrderedTransaction,
        each,
        t::booking_code,
        "booking_code": Nullable<Text>,
        t::table.filter(t::account_id.eq(account_id)).filter(t::deleted_at.is_null()).select((
            t::booking_code,
            t::transaction_id,
            t::status_id,
            t::transacted_at,
            t::amount,
        ))
    )
}

/// Customers by key.
pub fn customers<E: From<diesel::result::Error>>(
    tx: &mut Tx<'_>,
    account_id: i32,
    mut each: impl FnMut(OrderedCustomer) -> Result<(), E>,
) -> Result<(), E> {
    use customers as c;
    each!(
        tx,
        OrderedCustomer,
        each,
        c::customer_key,
        "customer_key": Text,
        c::table.filter(c::account_id.eq(account_id)).select((
            c::customer_key,
            c::name,
            c::email,
            c::phone,
            c::address,
            c::city,
            c::region,
            c::country,
            c::postal_zip,
        ))
    )
}
