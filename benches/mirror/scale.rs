//! The same beside many times the rows: how much what is written, and what is looked up, slows down.

use std::time::{Duration, Instant};

use checkfront_mirror::db::events::{self, Selection};
use checkfront_mirror::db::row::Row;
use checkfront_mirror::db::rows::{self, Booking as Stored, BookingItem, Customer};
use checkfront_mirror::db::{Database, Result, Tx};

use crate::bench::Bench;
use crate::bodies::Booking;
use crate::load;
use crate::place::{Backend, Place};
use crate::server::Server;

/// Bookings of the small mirror, which is multiplied.
const SMALL: u32 = 50_000;
/// Bookings that are measured.
const MORE: u32 = 20_000;
/// Rows that a query looks up, as a batch does.
const LOOKUPS: u32 = 500;
/// How often a query is asked.
const TIMES: u32 = 20;

pub(crate) fn measure(bench: &mut Bench<'_>, backend: Backend, large: u32) -> anyhow::Result<()> {
    let place = Place::new(backend, bench.cluster)?;
    let server = Server::mirror(&place.url, place.folder.path())?;
    load::post(server.address, 0..SMALL, 64, None)?;
    place.until_projected()?;
    place.settle_down()?;
    beside(bench, backend, &place, &server, SMALL, "small")?;
    server.stop()?;
    let mut bookings = SMALL + MORE;
    for letter in 'a'..='z' {
        // The power of two that comes nearest.
        if bookings > large / 4 * 3 {
            break;
        }
        bookings *= 2;
        eprintln!("{}: {bookings} bookings", backend.name());
        double::<rows::Event>(&place, letter)?;
        double::<Stored>(&place, letter)?;
        double::<BookingItem>(&place, letter)?;
        double::<rows::BookingTax>(&place, letter)?;
        double::<rows::BookingHistory>(&place, letter)?;
        double::<Customer>(&place, letter)?;
    }
    bench.report.add("bookings, large", backend.name(), f64::from(bookings));
    place.settle_down()?;
    let server = Server::mirror(&place.url, place.folder.path())?;
    beside(bench, backend, &place, &server, SMALL + MORE, "large")?;
    server.stop()
}

fn beside(
    bench: &mut Bench<'_>,
    backend: Backend,
    place: &Place<'_>,
    server: &Server,
    from: u32,
    size: &str,
) -> anyhow::Result<()> {
    let answers = load::post(server.address, from..from + MORE, 64, None)?;
    let took = place.until_projected()? - answers.began;
    let sent: Vec<_> = (from..from + MORE).map(|n| Booking(n).code()).collect();
    let mirrored = place.database.read(|tx| Stored::load(tx, 1, &sent))?.len();
    anyhow::ensure!(mirrored == sent.len(), "{mirrored} of {MORE} bookings were mirrored");
    let (name, bookings) = (backend.name(), f64::from(MORE));
    bench.report.add(&format!("mirrored/s, {size}"), name, bookings / took.as_secs_f64());
    let stored = || (0..LOOKUPS).map(|n| Booking(n * (SMALL / LOOKUPS)));
    let codes: Vec<_> = stored().map(Booking::code).collect();
    let customers: Vec<_> = stored().map(Booking::customer_code).collect();
    let of_booking = Selection { booking: codes.first().cloned(), ..Selection::default() };
    let mut add = |query: &str, took: Duration| {
        bench.report.add(&format!("{query}, µs, {size}"), name, took.as_secs_f64() * 1e6);
    };
    let database = &place.database;
    add("500 bookings", time(database, |tx| Stored::load(tx, 1, &codes).map(|rows| rows.len()))?);
    add("their lines", time(database, |tx| BookingItem::load(tx, 1, &codes).map(|rows| rows.len()))?);
    add("their customers", time(database, |tx| Customer::load(tx, 1, &customers).map(|rows| rows.len()))?);
    add("a booking's deliveries", time(database, |tx| of_booking.newest(tx, 100).map(|rows| rows.len()))?);
    add("what is pending", time(database, |tx| events::pending(tx, 0, 500, 1 << 20).map(|rows| rows.len()))?);
    add("how much is pending", time(database, |tx| events::count_pending(tx).map(|_| 0))?);
    add("how much failed", time(database, |tx| events::count_failed(tx).map(|_| 0))?);
    Ok(())
}

/// The median of a query's times.
fn time(database: &Database, query: impl Fn(&mut Tx<'_>) -> Result<usize>) -> Result<Duration> {
    let mut times = Vec::new();
    for _ in 0..TIMES {
        times.push(database.read(|tx| {
            let began = Instant::now();
            query(tx).map(|_| began.elapsed())
        })?);
    }
    times.sort_unstable();
    Ok(times[times.len() / 2])
}

/// Adds a copy of each row, under a code that ends in this letter, and under ids of its own.
fn double<R: Row>(place: &Place<'_>, letter: char) -> anyhow::Result<()> {
    // Ids are microseconds: the copy was received a day earlier, or two, or four.
    let earlier = 86_400_000_000_u64 << (u32::from(letter) - u32::from('a'));
    let values = R::COLUMNS.iter().map(|column| match *column {
        "code" | "booking_code" | "entity_key" | "customer_key" => format!("{column} || '{letter}'"),
        "id" | "event_id" | "first_event_id" | "last_event_id" => format!("{column} - {earlier}"),
        column => column.to_owned(),
    });
    let (values, table) = (values.collect::<Vec<_>>().join(", "), R::TABLE);
    place.execute(&format!("INSERT INTO {table} ({}) SELECT {values} FROM {table}", R::COLUMNS.join(", ")))
}
