//! Makes a mirror many times as large: a copy of each row under another code, counted as the first ones are.

use checkfront_mirror::db::row::Row;
use checkfront_mirror::db::statement::{execute, number};
use checkfront_mirror::db::{Tx, rows};

use crate::place::Place;

/// What was counted of a booking, and of its parts.
const COUNTED: [(&str, &str); 2] = [
    (
        "counted_bookings",
        "account_id, booking_code, status_id, currency_id, customer_key, created_on, start_on, end_on, is_deleted, \
         quantity, sub_total, tax_total, total, paid_total",
    ),
    (
        "counted_parts",
        "account_id, booking_code, part, item_id, category_id, label, status_id, day, quantity, tax_total, total, \
         paid_total",
    ),
];
/// The sums of all of them.
const FIGURES: &str = "kind, account_id, basis, day, item_id, category_id, label, status_id, currency_id, n, quantity, \
    sub_total, tax_total, total, paid_total";

/// Doubles a mirror of so many bookings, all of them counted, until it has about as many as wanted; returns how many.
pub(super) fn to(place: &Place<'_>, bookings: u32, wanted: u32) -> anyhow::Result<u32> {
    let mut session = place.database.session();
    // What is added is counted already: triggers are to list none of it.
    let mut triggers = Vec::new();
    if place.is_file() {
        place.execute("PRAGMA cache_size = -1000000")?;
        triggers = place.texts("SELECT sql AS v FROM sqlite_master WHERE type = 'trigger'")?;
        for drop in place.texts("SELECT 'DROP TRIGGER ' || name AS v FROM sqlite_master WHERE type = 'trigger'")? {
            place.execute(&drop)?;
        }
    }
    let mut bookings = bookings;
    for letter in 'a'..='z' {
        // The power of two that comes nearest.
        if bookings > wanted / 4 * 3 {
            break;
        }
        bookings *= 2;
        eprintln!("{bookings} bookings");
        for statement in doubling(letter) {
            // By itself, so that SQLite's log is never much larger than a table.
            session.transaction(|tx| {
                if let Tx::Postgres(_) = tx {
                    execute(tx, "SET LOCAL session_replication_role = replica")?;
                }
                execute(tx, &statement)
            })?;
        }
    }
    triggers.iter().try_for_each(|trigger| place.execute(trigger))?;
    if place.is_file() {
        place.execute("PRAGMA cache_size = -2000")?;
    }
    let counted = "SELECT CAST(sum(n) AS BIGINT) AS v FROM figures WHERE kind = 'booking' AND basis = 'created'";
    let counted = session.read(|tx| number(tx, counted))?;
    anyhow::ensure!(counted == i64::from(bookings), "{counted} of {bookings} bookings are counted");
    Ok(bookings)
}

/// What adds a copy of each row.
fn doubling(letter: char) -> Vec<String> {
    let mut statements = vec![
        all::<rows::Event>(letter),
        all::<rows::Booking>(letter),
        all::<rows::BookingItem>(letter),
        all::<rows::BookingTax>(letter),
        all::<rows::BookingHistory>(letter),
        all::<rows::Customer>(letter),
    ];
    statements.extend(COUNTED.map(|(table, columns)| copy(table, columns.split(", "), letter)));
    // Sums by customer are those of customers of their own, all others are of twice as many bookings.
    statements.push(copy("figures", FIGURES.split(", "), letter) + " WHERE kind = 'customer'");
    statements.push(
        "UPDATE figures SET n = 2 * n, quantity = 2 * quantity, sub_total = 2 * sub_total, tax_total = 2 * tax_total, \
         total = 2 * total, paid_total = 2 * paid_total WHERE kind <> 'customer'"
            .to_owned(),
    );
    statements
}

fn all<R: Row>(letter: char) -> String {
    copy(R::TABLE, R::COLUMNS.iter().copied(), letter)
}

/// Gives each copy another code, and ids of its own.
fn copy<'c>(table: &str, columns: impl Iterator<Item = &'c str> + Clone, letter: char) -> String {
    let nth = u32::from(letter) - u32::from('a');
    // Ids are microseconds: the copy was received a day earlier, or two, or four.
    let earlier = 86_400_000_000_u64 << nth;
    let values = columns.clone().map(|column| match (table, column) {
        ("customers", "code") => "code".to_owned(),
        (_, "customer_key") | ("figures", "label") => format!("{column} || '{letter}'"),
        (_, "code" | "booking_code" | "entity_key") => scattered(column, nth) + &format!(" || '{letter}'"),
        (_, "id" | "event_id" | "first_event_id" | "last_event_id") => format!("{column} - {earlier}"),
        (_, column) => column.to_owned(),
    });
    let (values, columns) = (values.collect::<Vec<_>>().join(", "), columns.collect::<Vec<_>>().join(", "));
    format!("INSERT INTO {table} ({columns}) SELECT {values} FROM {table}")
}

/// A code whose four letters are in another order. Side by side with the first ones, copies would fill all pages of an
/// index alike; where it grew, some are full and some half full.
fn scattered(code: &str, nth: u32) -> String {
    let letters = if nth.is_multiple_of(2) { [(2, 3), (1, 1), (5, 20)] } else { [(2, 1), (1, 1), (3, 20)] };
    letters.map(|(from, length)| format!("substr({code}, {from}, {length})")).join(" || ")
}
