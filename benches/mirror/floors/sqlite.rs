//! What SQLite itself can do: the rows of a mirror, written again by prepared statements in batches of 500 bookings,
//! each on disk before the next, with the settings that the service has.

use std::collections::HashMap;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Context;
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

/// Bookings in a transaction.
const BATCH: usize = 500;

/// The tables, and the column that names the event, or the booking, that each row belongs to.
const TABLES: [(&str, &str); 7] = [
    ("webhook_events", "id"),
    ("webhook_bodies", "event_id"),
    ("bookings", "last_event_id"),
    ("booking_items", "last_event_id"),
    ("booking_taxes", "last_event_id"),
    ("booking_history", "event_id"),
    ("customers", "last_event_id"),
];

/// Writes the rows of the mirror in this file into a new file beside it; returns how many bookings a second that made.
pub(crate) fn bookings_per_second(mirror: &Path) -> anyhow::Result<f64> {
    let copy = mirror.with_extension("floor");
    let from = Connection::open(mirror)?;
    let to = Connection::open(&copy)?;
    to.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -16384; PRAGMA wal_autocheckpoint = 4000;")?;
    for statement in rows(&from, "SELECT sql FROM sqlite_master WHERE sql NOT NULL AND name NOT LIKE 'sqlite_%'")? {
        let Some(Value::Text(statement)) = statement.first() else { continue };
        to.execute_batch(statement)?;
    }
    let mut of_event: HashMap<i64, Vec<(usize, Vec<Value>)>> = HashMap::new();
    for (index, (table, event)) in TABLES.iter().enumerate() {
        for mut row in rows(&from, &format!("SELECT {event}, * FROM {table}"))? {
            let Value::Integer(id) = row.remove(0) else { continue };
            of_event.entry(id).or_default().push((index, row));
        }
    }
    let mut events: Vec<_> = of_event.into_iter().collect();
    events.sort_unstable_by_key(|(id, _)| *id);
    let took = write(&to, &events)?;
    drop(to);
    for suffix in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{suffix}", copy.display()));
    }
    Ok(events.len() as f64 / took.as_secs_f64())
}

type Event = (i64, Vec<(usize, Vec<Value>)>);

fn write(to: &Connection, events: &[Event]) -> anyhow::Result<Duration> {
    let mut insert = Vec::new();
    for (index, (table, _)) in TABLES.iter().enumerate() {
        let row = events.iter().flat_map(|(_, rows)| rows).find(|(of, _)| *of == index).context("a table is empty")?;
        let binds = vec!["?"; row.1.len()].join(", ");
        insert.push(to.prepare(&format!("INSERT INTO {table} VALUES ({binds})"))?);
    }
    let began = Instant::now();
    for batch in events.chunks(BATCH) {
        to.execute_batch("BEGIN IMMEDIATE")?;
        for (table, row) in batch.iter().flat_map(|(_, rows)| rows) {
            insert[*table].execute(params_from_iter(row))?;
        }
        to.execute_batch("COMMIT")?;
    }
    Ok(began.elapsed())
}

fn rows(connection: &Connection, query: &str) -> anyhow::Result<Vec<Vec<Value>>> {
    let mut statement = connection.prepare(query)?;
    let columns = statement.column_count();
    let rows = statement.query_map([], |row| (0..columns).map(|index| row.get(index)).collect())?;
    Ok(rows.collect::<Result<_, _>>()?)
}
