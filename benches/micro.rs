//! What a booking takes on its way, without HTTP: reading each format, and projecting batches into SQLite.
//!
//! `cargo bench --bench micro`

use std::hint::black_box;

use checkfront_mirror::db::rows::{Event, EventBody};
use checkfront_mirror::db::types::{Json, Timestamp};
use checkfront_mirror::db::{Database, DatabaseUrl, migrate};
use checkfront_mirror::privacy::Privacy;
use checkfront_mirror::project::{Projector, Settings, Zones};
use checkfront_mirror::{checkfront, parse};
use chrono::Utc;
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};

#[allow(dead_code, reason = "the load needs more of it")]
#[path = "mirror/bodies.rs"]
mod bodies;

/// Events of a batch.
const BATCH: u32 = 500;

fn read(c: &mut Criterion) {
    let payloads = [
        ("json", &include_bytes!("../tests/payloads/booking.json")[..]),
        ("xml", &include_bytes!("../tests/payloads/booking.xml")[..]),
        ("form", &include_bytes!("../tests/payloads/booking.txt")[..]),
    ];
    let mut group = c.benchmark_group("parse");
    for (format, body) in payloads {
        group.throughput(Throughput::Bytes(body.len() as u64));
        group.bench_function(format, |b| b.iter(|| parse::parse(black_box(body), None)));
    }
    group.finish();
    let tree = || parse::parse(payloads[0].1, None).root.expect("a booking");
    c.bench_function("read a booking", |b| b.iter_batched(tree, checkfront::read, BatchSize::SmallInput));
}

fn project(c: &mut Criterion) {
    let mut group = c.benchmark_group("project");
    group.throughput(Throughput::Elements(u64::from(BATCH))).sample_size(20);
    group.bench_function("new bookings", |b| {
        b.iter_batched(|| pending(1), |(_folder, mut projector)| drain(&mut projector, 1), BatchSize::PerIteration);
    });
    group.bench_function("repeats", |b| {
        b.iter_batched(|| pending(2), |(_folder, mut projector)| drain(&mut projector, 2), BatchSize::PerIteration);
    });
    group.finish();
}

/// A mirror in which each booking's deliveries wait.
fn pending(times: u32) -> (tempfile::TempDir, Projector) {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
    let url = DatabaseUrl::Sqlite(folder.path().join("mirror.db"));
    let database = Database::open(&url).expect("a file");
    let mut session = database.session();
    migrate::run(&mut session).expect("migrated");
    let number = |index: u32| i64::from(index) + 1;
    let events: Vec<_> =
        (0..BATCH * times).map(|index| Event::pending(number(index), "bench", Timestamp(Utc::now()))).collect();
    let bodies = (0..BATCH * times).map(|index| EventBody {
        event_id: number(index),
        headers: Json(serde_json::json!({ "content-type": "application/json" })),
        body: bodies::Booking(index % BATCH).json(),
    });
    let bodies: Vec<_> = bodies.collect();
    let stored = session.transaction(|tx| {
        Event::insert(tx, &events)?;
        EventBody::insert(tx, &bodies)
    });
    stored.expect("stored");
    let settings =
        Settings { default_host: "default".to_owned(), zones: Zones::default(), privacy: Privacy::default() };
    (folder, Projector::new(&database, settings))
}

fn drain(projector: &mut Projector, times: u32) {
    assert_eq!(projector.drain().expect("projected"), (BATCH * times) as usize);
}

criterion_group!(benches, read, project);
criterion_main!(benches);
