//! Bookings acknowledged, and mirrored, a second, closed loop; and what else can be said of the mirror that is left.

use std::time::Instant;

use crate::bench::Bench;
use crate::place::{Backend, Place};
use crate::server::Server;
use crate::{cost, floors, load, truth};

/// Connections that send as soon as they have their answers.
const CONNECTIONS: usize = 64;
/// Bookings before the clock starts: plans, caches and files of a fresh database.
const WARM_UP: u32 = 2_000;

pub(crate) fn floors(bench: &mut Bench<'_>) -> anyhow::Result<()> {
    let answers = floors::axum::post_bookings(bench.bookings, CONNECTIONS)?;
    bench.report.add("acknowledged/s", "axum alone", answers.rate());
    let Some(python) = bench.python.clone() else { return Ok(()) };
    for (name, connects) in [("Flask", false), ("Flask, connecting each time", true)] {
        let place = Place::new(Backend::Postgres, bench.cluster)?;
        let answers = floors::flask::post(&place, &python, connects, bench.bookings / 10, CONNECTIONS)?;
        bench.report.add("mirrored/s", name, answers.rate());
        bench.report.add("p99 of 64 connections, ms", name, answers.milliseconds(0.99));
    }
    Ok(())
}

/// Returns the place, with its mirror.
pub(crate) fn measure<'c>(bench: &mut Bench<'c>, backend: Backend) -> anyhow::Result<Place<'c>> {
    let place = Place::new(backend, bench.cluster)?;
    let server = Server::mirror(&place.url, place.folder.path())?;
    load::post(server.address, 0..WARM_UP, CONNECTIONS, None)?;
    place.until_projected()?;
    let (bookings, cpu) = (bench.bookings, server.cpu()?);
    let answers = load::post(server.address, WARM_UP..WARM_UP + bookings, CONNECTIONS, None)?;
    let mirrored = place.until_projected()? - answers.began;
    let name = backend.name();
    bench.report.add("acknowledged/s", name, answers.rate());
    bench.report.add("p99 of 64 connections, ms", name, answers.milliseconds(0.99));
    bench.report.add("mirrored/s", name, f64::from(bookings) / mirrored.as_secs_f64());
    let cpu = server.cpu()? - cpu;
    bench.report.add("service's processor time a booking, µs", name, cpu / f64::from(bookings) * 1e6);
    bench.report.add("memory at full load, MiB", name, server.memory()?.1);
    cost::memory(bench, backend, &place, &server)?;
    server.stop()?;
    truth::check(&place, 0..WARM_UP + bookings)?;
    if backend == Backend::Sqlite {
        bench.report.add("mirrored/s", "SQLite alone", floors::sqlite::bookings_per_second(&place.file())?);
    } else {
        bench.report.add(
            "mirrored/s",
            "PostgreSQL alone",
            floors::postgres::bookings_per_second(&place, bench.cluster)?,
        );
    }
    Ok(place)
}

/// Projects the log of a mirror anew, beside it, and mends what is wrong in it.
pub(crate) fn rebuild(bench: &mut Bench<'_>, backend: Backend, place: &Place<'_>) -> anyhow::Result<()> {
    place.execute("UPDATE bookings SET total = total + 1 WHERE code < 'B'")?;
    place.execute("DELETE FROM booking_items WHERE line_id = '2' AND booking_code < 'B'")?;
    let mut command = crate::server::mirror();
    command.args(["rebuild", "--yes", "--database-url", &place.url]);
    command.env("SPOOL_PATH", place.folder.path().join("spool.db")).current_dir(place.folder.path());
    let began = Instant::now();
    let output = command.output()?;
    anyhow::ensure!(output.status.success(), "rebuild: {}", String::from_utf8_lossy(&output.stderr));
    let events = WARM_UP + bench.bookings;
    bench.report.add("rebuilt/s", backend.name(), f64::from(events) / began.elapsed().as_secs_f64());
    truth::check(place, 0..events)
}
