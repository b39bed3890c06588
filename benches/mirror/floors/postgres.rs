//! What PostgreSQL itself can do: the rows of a mirror, copied again over one connection in batches of 500 bookings, each
//! on disk before the next. `COPY` is the fastest way in, and guards nothing.

use std::collections::BTreeMap;
use std::io::BufRead;
use std::time::Instant;

use anyhow::Context;
use checkfront_mirror::db::schema::{
    booking_history, booking_items, booking_taxes, bookings, customers, webhook_bodies, webhook_events,
};
use checkfront_mirror::db::{migrate, row::Row, rows};
use diesel::pg::CopyFormat;
use diesel::prelude::*;

use crate::cluster::Cluster;
use crate::place::{Backend, Place};

/// Bookings in a transaction.
const BATCH: usize = 500;

/// The rows of an event, as lines of `COPY`, by table.
type Event = [Vec<String>; 7];

/// Each table with its place, its row type, and the column that names the event.
macro_rules! tables {
    ($each:ident) => {
        $each!(0, webhook_events, Event, "id");
        $each!(1, webhook_bodies, EventBody, "event_id");
        $each!(2, bookings, Booking, "last_event_id");
        $each!(3, booking_items, BookingItem, "last_event_id");
        $each!(4, booking_taxes, BookingTax, "last_event_id");
        $each!(5, booking_history, BookingHistory, "event_id");
        $each!(6, customers, Customer, "last_event_id");
    };
}

/// Copies the rows of a mirror into a fresh database; returns how many bookings a second that made.
pub(crate) fn bookings_per_second(mirror: &Place<'_>, cluster: &Cluster) -> anyhow::Result<f64> {
    let mut events: BTreeMap<i64, Event> = BTreeMap::new();
    macro_rules! read {
        ($index:literal, $table:ident, $row:ident, $event:literal) => {
            let column = rows::$row::COLUMNS.iter().position(|column| *column == $event).context("no such column")?;
            // What a connection copied out, it does not get to the end of.
            let mut from = PgConnection::establish(&mirror.url)?;
            for line in diesel::copy_to($table::table).with_format(CopyFormat::Text).load_raw(&mut from)?.lines() {
                let line = line?;
                let id = line.split('\t').nth(column).context("a short line")?.parse()?;
                events.entry(id).or_default()[$index].push(line);
            }
        };
    }
    tables!(read);
    let place = Place::new(Backend::Postgres, cluster)?;
    migrate::run(&mut place.database.session())?;
    let mut to = PgConnection::establish(&place.url)?;
    let events: Vec<_> = events.into_values().collect();
    let began = Instant::now();
    for batch in events.chunks(BATCH) {
        to.transaction(|connection| {
            macro_rules! write {
                ($index:literal, $table:ident, $row:ident, $event:literal) => {
                    diesel::copy_from($table::table)
                        .from_raw_data($table::table, |copy| {
                            for line in batch.iter().flat_map(|event| &event[$index]) {
                                std::io::Write::write_all(copy, format!("{line}\n").as_bytes())
                                    .map_err(|error| diesel::result::Error::SerializationError(Box::new(error)))?;
                            }
                            QueryResult::Ok(())
                        })
                        .with_format(CopyFormat::Text)
                        .execute(connection)?;
                };
            }
            tables!(write);
            QueryResult::Ok(())
        })?;
    }
    Ok(events.len() as f64 / began.elapsed().as_secs_f64())
}
