//! Open loop: how long an answer takes at a steady rate, and then how long until the row can be seen.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use checkfront_mirror::db::rows::Event;
use checkfront_mirror::db::schema::webhook_events;
use checkfront_mirror::db::types::EventState;
use checkfront_mirror::db::{Database, Tx};
use diesel::prelude::*;
use hdrhistogram::Histogram;

use crate::bench::Bench;
use crate::bodies::Booking;
use crate::place::{Backend, Place};
use crate::server::Server;
use crate::{load, truth};

/// Seconds of each load.
const SECONDS: u32 = 10;

/// At 1,000 a second, while the projector works.
pub(crate) fn answers(bench: &mut Bench<'_>, backend: Backend) -> anyhow::Result<()> {
    let place = Place::new(backend, bench.cluster)?;
    let server = Server::mirror(&place.url, place.folder.path())?;
    load::post(server.address, 0..1_000, 64, Some(1_000))?;
    let answers = load::post(server.address, 1_000..1_000 + 1_000 * SECONDS, 64, Some(1_000))?;
    place.until_projected()?;
    for (name, quantile) in [("p50 at 1,000/s, ms", 0.5), ("p99 at 1,000/s, ms", 0.99), ("p99.9 at 1,000/s, ms", 0.999)]
    {
        bench.report.add(name, backend.name(), answers.milliseconds(quantile));
    }
    server.stop()?;
    truth::check(&place, 0..1_000 + 1_000 * SECONDS)
}

/// At 500 a second, from the answer to the row that a reader sees.
pub(crate) fn freshness(bench: &mut Bench<'_>, backend: Backend) -> anyhow::Result<()> {
    let place = Place::new(backend, bench.cluster)?;
    let server = Server::mirror(&place.url, place.folder.path())?;
    load::post(server.address, 0..500, 64, Some(500))?;
    let bookings = 500..500 + 500 * SECONDS;
    let done = AtomicBool::new(false);
    let (answers, seen) = thread::scope(|scope| {
        let seen = scope.spawn(|| watch(&place.database, &done));
        let answers = load::post(server.address, bookings.clone(), 64, Some(500));
        let projected = answers.and_then(|answers| place.until_projected().map(|_| answers));
        done.store(true, Ordering::Relaxed);
        anyhow::Ok((projected?, seen.join().expect("no panic")?))
    })?;
    let mut delay = Histogram::<u64>::new(3)?;
    for (number, answered) in bookings.clone().zip(answers.answered) {
        let seen = seen.get(&Booking(number).code()).expect("every booking was seen");
        delay.record(u64::try_from(seen.saturating_duration_since(answered).as_micros())?)?;
    }
    for (name, quantile) in [("p50 from answer to row, ms", 0.5), ("p99 from answer to row, ms", 0.99)] {
        bench.report.add(name, backend.name(), delay.value_at_quantile(quantile) as f64 / 1e3);
    }
    server.stop()?;
    truth::check(&place, 0..bookings.end)
}

/// When each booking was first seen: an event is settled in the transaction that writes its rows.
fn watch(database: &Database, done: &AtomicBool) -> anyhow::Result<HashMap<String, Instant>> {
    let (mut seen, mut last) = (HashMap::new(), 0);
    loop {
        let is_last_look = done.load(Ordering::Relaxed);
        let settled = || webhook_events::table.filter(webhook_events::state.ne(EventState::Pending));
        let settled = || settled().filter(webhook_events::id.gt(last)).order(webhook_events::id);
        let rows: Vec<Event> = database.read(|tx| {
            Ok(match tx {
                Tx::Postgres(connection) => settled().load(&mut **connection)?,
                Tx::Sqlite(connection) => settled().load(&mut **connection)?,
            })
        })?;
        let now = Instant::now();
        last = rows.last().map_or(last, |event| event.id);
        seen.extend(rows.into_iter().filter_map(|event| Some((event.entity_key?, now))));
        if is_last_look {
            return Ok(seen);
        }
        thread::sleep(Duration::from_millis(1));
    }
}
