//! Bookings with their lines, in the order of their codes.

use diesel::connection::DefaultLoadingMode;
use diesel::dsl::sql;
use diesel::pg::PgRowByRowLoadingMode;
use diesel::prelude::*;
use diesel::sql_types::Text;

use super::OrderedBooking;
use crate::db::Tx;
use crate::db::schema::{booking_items, bookings};
use crate::db::types::{Amount, Timestamp};

/// A line of a booking, as far as reports tell of it.
#[derive(Debug, Clone, Queryable)]
#[allow(missing_docs, reason = "docs/TABLES.md describes every column")]
pub struct OrderedLine {
    pub parent_line_id: Option<String>,
    pub item_id: Option<i64>,
    pub sku: Option<String>,
    pub name: Option<String>,
    pub qty: Option<i32>,
    pub start_at: Option<Timestamp>,
    pub end_at: Option<Timestamp>,
    pub total: Option<Amount>,
    pub tax_total: Option<Amount>,
}

/// Bookings by code, each with its lines in no order.
pub fn booked<E: From<diesel::result::Error>>(
    tx: &mut Tx<'_>,
    account_id: i32,
    mut each: impl FnMut(OrderedBooking, &[OrderedLine]) -> Result<(), E>,
) -> Result<(), E> {
    type Row = (OrderedBooking, Option<OrderedLine>);
    let mut under_way: Option<(OrderedBooking, Vec<OrderedLine>)> = None;
    let mut take = |(booking, line): Row| match &mut under_way {
        Some((known, lines)) if known.code == booking.code => {
            lines.extend(line);
            Ok(())
        }
        other => match other.replace((booking, line.into_iter().collect())) {
            Some((done, lines)) => each(done, &lines),
            None => Ok(()),
        },
    };
    match tx {
        Tx::Postgres(connection) => {
            let query = query(account_id).order(sql::<Text>("bookings.code COLLATE \"C\""));
            for row in query.load_iter::<Row, PgRowByRowLoadingMode>(&mut **connection)? {
                take(row?)?;
            }
        }
        Tx::Sqlite(connection) => {
            for row in
                query(account_id).order(bookings::code).load_iter::<Row, DefaultLoadingMode>(&mut **connection)?
            {
                take(row?)?;
            }
        }
    }
    under_way.map_or(Ok(()), |(last, lines)| each(last, &lines))
}

/// What is selected, in no order.
#[diesel::dsl::auto_type(no_type_alias)]
fn query(account_id: i32) -> _ {
    let of_booking =
        booking_items::account_id.eq(bookings::account_id).and(booking_items::booking_code.eq(bookings::code));
    bookings::table
        .left_join(booking_items::table.on(of_booking))
        .filter(bookings::account_id.eq(account_id))
        .filter(bookings::deleted_at.is_null())
        .select((
            (
                bookings::code,
                bookings::status_id,
                bookings::customer_key,
                bookings::customer_email,
                bookings::created_at,
                bookings::start_at,
                bookings::end_at,
                bookings::currency_id,
                bookings::sub_total,
                bookings::tax_total,
                bookings::paid_total,
                bookings::total,
            ),
            (
                booking_items::parent_line_id,
                booking_items::item_id,
                booking_items::sku,
                booking_items::name,
                booking_items::qty,
                booking_items::start_at,
                booking_items::end_at,
                booking_items::total,
                booking_items::tax_total,
            )
                .nullable(),
        ))
}
