//! What a booking takes on its way, without HTTP: reading each format, and projecting batches into SQLite.
//!
//! `cargo bench --bench micro`

use std::hint::black_box;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::middleware::from_fn_with_state;
use axum::routing::get;
use checkfront_mirror::db::rows::{Event, EventBody};
use checkfront_mirror::db::types::{Json, Timestamp};
use checkfront_mirror::db::{Database, DatabaseUrl, migrate};
use checkfront_mirror::metrics::Metrics;
use checkfront_mirror::privacy::Privacy;
use checkfront_mirror::project::{Projector, Settings, Zones};
use checkfront_mirror::receive::identified;
use checkfront_mirror::traces::Traces;
use checkfront_mirror::{checkfront, parse};
use chrono::Utc;
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use tower_service::Service;

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
        b.iter_batched(|| pending(false), drain, BatchSize::PerIteration);
    });
    let metrics = Metrics::default();
    group.bench_function("new bookings, counted", |b| {
        let counted = || {
            let (folder, projector) = pending(false);
            (folder, projector.counted_by(&metrics))
        };
        b.iter_batched(counted, drain, BatchSize::PerIteration);
    });
    group.bench_function("repeats", |b| {
        b.iter_batched(|| pending(true), drain, BatchSize::PerIteration);
    });
    group.finish();
}

/// What measuring adds to a delivery's way to its answer.
fn observe(c: &mut Criterion) {
    let metrics = Metrics::default();
    let took = [Duration::from_micros(700); 64];
    let mut group = c.benchmark_group("observe");
    group.throughput(Throughput::Elements(64));
    group.bench_function("64 acknowledgements", |b| b.iter(|| metrics.acknowledged(black_box(&took))));
    group.throughput(Throughput::Elements(1));
    // As `serve` logs.
    tracing_subscriber::fmt().with_max_level(tracing::Level::INFO).with_writer(std::io::sink).init();
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let plain = Router::new().route("/", get(async || "ok"));
    let identified = plain.clone().layer(from_fn_with_state(Traces::default(), identified));
    for (name, router) in [("a request", plain), ("a request with an id", identified)] {
        let request = || Request::new(Body::empty());
        let answer = |request| runtime.block_on(Service::<Request>::call(&mut router.clone(), request));
        group.bench_function(name, |b| b.iter_batched(request, answer, BatchSize::SmallInput));
    }
    group.finish();
}

/// A mirror in which a batch of bookings waits; with `again`, each for the second time.
fn pending(again: bool) -> (tempfile::TempDir, Projector) {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
    let database = Database::open(&DatabaseUrl::Sqlite(folder.path().join("mirror.db"))).expect("a file");
    migrate::run(&mut database.session()).expect("migrated");
    let settings =
        Settings { default_host: "default".to_owned(), zones: Zones::default(), privacy: Privacy::default() };
    let projector = Projector::new(&database, settings);
    record(&database, 1);
    if again {
        let (folder, projector) = drain((folder, projector));
        record(&database, i64::from(BATCH) + 1);
        return (folder, projector);
    }
    (folder, projector)
}

fn record(database: &Database, first: i64) {
    let ids = || first..first + i64::from(BATCH);
    let events: Vec<_> = ids().map(|id| Event::pending(id, "bench", Timestamp(Utc::now()))).collect();
    let bodies = ids().zip(0..).map(|(event_id, number)| EventBody {
        event_id,
        headers: Json(serde_json::json!({ "content-type": "application/json" })),
        body: bodies::Booking(number).json(),
    });
    let bodies: Vec<_> = bodies.collect();
    let stored = database.session().transaction(|tx| {
        Event::insert(tx, &events)?;
        EventBody::insert(tx, &bodies)
    });
    stored.expect("stored");
}

/// Hands the mirror back, so that closing it is not measured.
fn drain((folder, mut projector): (tempfile::TempDir, Projector)) -> (tempfile::TempDir, Projector) {
    assert_eq!(projector.drain().expect("projected"), BATCH as usize);
    (folder, projector)
}

criterion_group!(benches, read, project, observe);
criterion_main!(benches);
