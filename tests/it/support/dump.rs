//! All that the mirror says, for comparing two of them.

use std::collections::BTreeMap;

use checkfront_mirror::db::rows::{
    Account, Booking, BookingHistory, BookingItem, BookingTax, Customer, Event, Item, Rate, RateCategory, RateItem,
    Status, Transaction,
};
use checkfront_mirror::db::{Database, Tx, schema};
use diesel::prelude::*;

/// Table to rows, sorted, each as text.
pub(crate) type Dump = BTreeMap<&'static str, Vec<String>>;

macro_rules! tables {
    ($database:expr, $($table:ident: $row:ty),+ $(,)?) => {{
        let mut dump = Dump::new();
        $database.read(|tx| {
            $(
                let rows: Vec<$row> = match tx {
                    Tx::Postgres(connection) => schema::$table::table.load(&mut **connection)?,
                    Tx::Sqlite(connection) => schema::$table::table.load(&mut **connection)?,
                };
                let mut rows: Vec<_> = rows.iter().map(|row| serde_json::to_string(row).unwrap()).collect();
                rows.sort();
                dump.insert(stringify!($table), rows);
            )+
            Ok(())
        }).unwrap();
        dump
    }};
}

/// Every projected row, and what was decided on each event but for when and how often.
pub(crate) fn dump(database: &Database) -> Dump {
    let mut dump = tables!(
        database,
        accounts: Account,
        statuses: Status,
        customers: Customer,
        bookings: Booking,
        booking_items: BookingItem,
        booking_taxes: BookingTax,
        booking_history: BookingHistory,
        transactions: Transaction,
        items: Item,
        rates: Rate,
        rate_items: RateItem,
        rate_categories: RateCategory,
    );
    let events = tables!(database, webhook_events: Event).remove("webhook_events").unwrap();
    let events = events.into_iter().map(|event| {
        let mut event: serde_json::Value = serde_json::from_str(&event).unwrap();
        let columns = event.as_object_mut().unwrap();
        columns.retain(|name, _| !["processed_at", "attempts"].contains(&name.as_str()));
        event.to_string()
    });
    dump.insert("webhook_events", events.collect());
    dump
}

/// What the rows say, without the marks of when and by which event: the same in every mirror of the same deliveries.
pub(crate) fn contents(database: &Database) -> Vec<String> {
    let mut state = dump(database);
    state.remove("webhook_events");
    let rows = state.into_iter().flat_map(|(table, rows)| rows.into_iter().map(move |row| (table, row)));
    let mut rows: Vec<_> = rows
        .map(|(table, row)| {
            let mut row: serde_json::Value = serde_json::from_str(&row).unwrap();
            let marks = ["updated_at", "recorded_at", "first_seen_at", "field_events"];
            let columns = row.as_object_mut().unwrap();
            columns.retain(|name, _| !name.ends_with("event_id") && !marks.contains(&name.as_str()));
            format!("{table} {row}")
        })
        .collect();
    rows.sort();
    rows
}
