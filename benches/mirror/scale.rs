//! The same beside many times the rows: how much what is written, and what is looked up, slows down.

mod enlarge;

use std::time::{Duration, Instant};

use checkfront_mirror::db::events::{self, Selection};
use checkfront_mirror::db::rows::{Booking as Stored, BookingItem, Customer};
use checkfront_mirror::db::{Database, Result, Tx};

use crate::bench::Bench;
use crate::bodies::Booking;
use crate::load;
use crate::place::{Backend, Place};
use crate::server::Server;

/// Bookings there are before the first round, which together with those of the warm-up and of the rounds are multiplied.
const FIRST: u32 = 38_000;
/// Bookings before the clock starts: plans and caches.
const WARM_UP: u32 = 2_000;
/// Bookings of a round.
const MORE: u32 = 10_000;
/// The small mirror has 50,000 bookings at the beginning of the middle one.
const ROUNDS: u32 = 3;
/// Rows that a query looks up, as a batch does.
const LOOKUPS: u32 = 500;
/// How often a query is asked.
const TIMES: u32 = 20;

pub(crate) fn measure(bench: &mut Bench<'_>, backend: Backend, large: u32) -> anyhow::Result<()> {
    let place = Place::new(backend, bench.cluster)?;
    let server = Server::mirror(&place.url, place.folder.path())?;
    load::post(server.address, 0..FIRST, 64, None)?;
    place.until_projected()?;
    place.until_counted()?;
    server.stop()?;
    let small = FIRST + WARM_UP + ROUNDS * MORE;
    beside(bench, backend, &place, FIRST, "small")?;
    let bookings = enlarge::to(&place, small, large)?;
    bench.report.add("bookings, large", backend.name(), f64::from(bookings));
    beside(bench, backend, &place, small, "large")
}

/// Sends bookings from this one on, in rounds, to a service that has just started.
fn beside(bench: &mut Bench<'_>, backend: Backend, place: &Place<'_>, mut from: u32, size: &str) -> anyhow::Result<()> {
    place.settle_down()?;
    let server = Server::mirror(&place.url, place.folder.path())?;
    let name = backend.name();
    load::post(server.address, from..from + WARM_UP, 64, None)?;
    from += WARM_UP;
    for _ in 0..ROUNDS {
        place.until_projected()?;
        place.until_counted()?;
        let cpu = server.cpu()?;
        let answers = load::post(server.address, from..from + MORE, 64, None)?;
        let took = place.until_projected()? - answers.began;
        bench.report.add(&format!("mirrored/s, {size}"), name, f64::from(MORE) / took.as_secs_f64());
        let cpu = (server.cpu()? - cpu) / f64::from(MORE) * 1e6;
        bench.report.add(&format!("service's processor time a booking, µs, {size}"), name, cpu);
        let sent: Vec<_> = (from..from + MORE).map(|n| Booking(n).code()).collect();
        let mirrored = place.database.read(|tx| Stored::load(tx, 1, &sent))?.len();
        anyhow::ensure!(mirrored == sent.len(), "{mirrored} of {MORE} bookings were mirrored");
        from += MORE;
    }
    bench.report.add(&format!("memory at full load, MiB, {size}"), name, server.memory()?.1);
    place.until_counted()?;
    queries(bench, backend, &place.database, size)?;
    server.stop()
}

fn queries(bench: &mut Bench<'_>, backend: Backend, database: &Database, size: &str) -> anyhow::Result<()> {
    let stored = || (0..LOOKUPS).map(|n| Booking(n * (FIRST / LOOKUPS)));
    let codes: Vec<_> = stored().map(Booking::code).collect();
    let customers: Vec<_> = stored().map(Booking::customer_code).collect();
    let of_booking = Selection { booking: codes.first().cloned(), ..Selection::default() };
    let mut add = |query: &str, took: Duration| {
        bench.report.add(&format!("{query}, µs, {size}"), backend.name(), took.as_secs_f64() * 1e6);
    };
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
