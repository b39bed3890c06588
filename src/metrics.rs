//! What the service counts of itself, and `/metrics`, where Prometheus reads it. Labels come from short lists that are
//! known beforehand, and nothing is said of people.

mod names;
mod quiet;
mod recent;
mod scrape;
mod tally;

use std::fmt;
use std::sync::{Arc, Weak};
use std::time::Duration;

use ::metrics::{Counter, Gauge, Histogram, counter, gauge, histogram, with_local_recorder};
use chrono::{DateTime, Utc};
use metrics_exporter_prometheus::{PrometheusHandle, PrometheusRecorder};
use parking_lot::Mutex;

use quiet::Quiet;
pub use recent::{Minute, Recent};
pub use scrape::metrics;
pub(crate) use tally::Tally;

use crate::db::Error;
use crate::project::Outcome;

/// Between two times that what was measured is put into its buckets, however rarely somebody asks.
const UPKEEP: Duration = Duration::from_secs(5);

/// The counts of one service. Cheap to clone; all clones count together.
#[derive(Clone)]
pub struct Metrics(Arc<Counts>);

struct Counts {
    recorder: PrometheusRecorder,
    handle: PrometheusHandle,
    acknowledgement: Histogram,
    freshness: Histogram,
    record_sizes: Histogram,
    projection_sizes: Histogram,
    projector_step: Gauge,
    recent: Mutex<Recent>,
    quiet: Mutex<Quiet>,
}

impl Default for Metrics {
    fn default() -> Self {
        let recorder = names::recorder();
        let handle = recorder.handle();
        let [acknowledgement, freshness, record_sizes, projection_sizes] = with_local_recorder(&recorder, || {
            names::describe();
            gauge!(names::BUILD_INFO, "version" => env!("CARGO_PKG_VERSION")).set(1.0);
            names::begin();
            let all = [names::ACKNOWLEDGEMENT, names::FRESHNESS, names::RECORD_BATCH, names::PROJECTION_BATCH];
            all.map(|name| histogram!(name))
        });
        let projector_step = with_local_recorder(&recorder, || gauge!(names::PROJECTOR_STEP));
        let counts = Counts {
            recorder,
            handle,
            acknowledgement,
            freshness,
            record_sizes,
            projection_sizes,
            projector_step,
            recent: Mutex::default(),
            quiet: Mutex::default(),
        };
        Self(Arc::new(counts))
    }
}

impl Metrics {
    /// Deliveries were committed together, and their senders answered; each took so long from its last byte.
    pub fn acknowledged(&self, took: &[Duration]) {
        self.0.record_sizes.record(as_f64(took.len()));
        for time in took {
            self.0.acknowledgement.record(*time);
        }
        let now = Utc::now();
        self.0.recent.lock().add(now, took);
        self.0.quiet.lock().heard(now);
    }

    /// The projector tried a step; it is at work where it did one, found none to do, or found another at work.
    pub(crate) fn stepped(&self, step: &crate::db::Result<Outcome>) {
        match step {
            Ok(_) => self.0.projector_step.set(as_seconds(Utc::now())),
            Err(error) => self.database_failed(error),
        }
    }

    /// A delivery was refused with this status.
    pub(crate) fn refused(&self, status: u16) {
        self.counter(|| counter!(names::REFUSED, "status" => status.to_string())).increment(1);
    }

    /// Since when it is silent, and how many accounts are so for improbably long.
    pub(crate) fn silent(&self, since: Option<DateTime<Utc>>, improbable: usize) {
        self.0.quiet.lock().found(since, improbable > 0);
        self.set(names::SILENCE_IMPROBABLE, as_f64(improbable));
    }

    /// The database did not do what it was asked.
    pub(crate) fn database_failed(&self, error: &Error) {
        self.counter(|| counter!(names::DATABASE_ERRORS, "class" => error.class())).increment(1);
    }

    /// The last hour, minute by minute.
    pub fn recent(&self) -> Vec<Minute> {
        self.0.recent.lock().minutes(Utc::now())
    }

    fn counter(&self, register: impl FnOnce() -> Counter) -> Counter {
        with_local_recorder(&self.0.recorder, register)
    }

    /// Sets a gauge without labels.
    pub(crate) fn set(&self, name: &'static str, value: f64) {
        with_local_recorder(&self.0.recorder, || gauge!(name).set(value));
    }

    /// Keeps what was measured from piling up while nobody asks. Ends with the last handle.
    pub(crate) fn keep_up(&self) {
        let counts: Weak<_> = Arc::downgrade(&self.0);
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(UPKEEP).await;
                let Some(counts) = counts.upgrade() else { return };
                counts.handle.run_upkeep();
            }
        });
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Metrics")
    }
}

#[allow(clippy::cast_precision_loss, reason = "counts stay far below 2^52")]
fn as_f64(count: usize) -> f64 {
    count as f64
}

/// Since 1970.
#[allow(clippy::cast_precision_loss, reason = "milliseconds since 1970 stay below 2^52")]
pub(crate) fn as_seconds(at: DateTime<Utc>) -> f64 {
    at.timestamp_millis() as f64 / 1_000.0
}
