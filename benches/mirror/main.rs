//! Measures the service beside what else there is, in one run: see `docs/PERFORMANCE.md`.
#![allow(clippy::cast_precision_loss, reason = "figures of a benchmark stay far below 2^52")]
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "figures go to stdout, progress to stderr")]

mod bench;
mod bodies;
mod chart;
#[allow(dead_code, clippy::unwrap_used, reason = "it is the tests', which need more of it")]
#[path = "../../tests/it/support/cluster.rs"]
mod cluster;
mod cost;
mod floors;
mod latency;
mod load;
mod place;
mod report;
mod scale;
mod server;
mod throughput;
mod truth;

use std::path::{Path, PathBuf};

use bench::Bench;
use clap::Parser;
use cluster::Cluster;
use place::Backend;
use report::Report;

/// A server as docs/OPERATIONS.md has an operator set it up. Commits are on disk, as is the default.
const SETTINGS: &str = "-c shared_buffers=6GB -c max_wal_size=16GB -c checkpoint_timeout=30min -c wal_compression=lz4 \
    -c max_connections=100";

/// Measures throughput, latency, freshness, rebuilds and cost on both databases, beside their floors
#[derive(Parser)]
struct Args {
    /// How often everything is measured
    #[arg(long, default_value_t = 3)]
    rounds: u32,
    /// Bookings of a closed loop
    #[arg(long, default_value_t = 20_000)]
    bookings: u32,
    /// Measure this database alone
    #[arg(long, value_enum)]
    backend: Option<Backend>,
    /// A Python with Flask, gunicorn and psycopg2, to measure a receiver written by hand
    #[arg(long)]
    python: Option<PathBuf>,
    /// Measure beside so many bookings, such as 5000000, and nothing else
    #[arg(long)]
    scale: Option<u32>,
    /// Watch the memory for so many minutes of a steady load, and nothing else
    #[arg(long)]
    soak: Option<u32>,
    #[arg(long, hide = true)]
    serve_axum: bool,
    /// Given by `cargo bench`
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    if args.serve_axum {
        return floors::axum::serve();
    }
    let cluster = Cluster::start_with(SETTINGS);
    let report = Report::default();
    let mut bench = Bench { cluster: &cluster, bookings: args.bookings, python: args.python, report };
    let backends = Backend::ALL.into_iter().filter(|backend| args.backend.is_none_or(|only| only == *backend));
    let results = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/results");
    if args.scale.is_some() || args.soak.is_some() {
        for backend in backends {
            if let Some(bookings) = args.scale {
                scale::measure(&mut bench, backend, bookings)?;
            }
            if let Some(minutes) = args.soak {
                cost::soak(&mut bench, backend, minutes)?;
            }
        }
        return bench.report.finish(&results.join("long"));
    }
    for _ in 0..args.rounds {
        throughput::floors(&mut bench)?;
        for backend in backends.clone() {
            let place = throughput::measure(&mut bench, backend)?;
            throughput::rebuild(&mut bench, backend, &place)?;
            cost::measure(&mut bench, backend, &place)?;
            latency::answers(&mut bench, backend)?;
            latency::freshness(&mut bench, backend)?;
        }
    }
    bench.report.finish(&results)
}
