//! What takes deliveries at the moment: for `/readyz`, and one log line for each change.

use std::time::{Duration, Instant};

use parking_lot::Mutex;

use crate::db::Error;
use crate::metrics::Metrics;
use crate::spool::Level;

/// After a delivery had to be refused, the process counts as not ready for so long.
const REFUSED: Duration = Duration::from_secs(8);

/// Shared by the writers, and by who looks at them.
#[derive(Debug, Default)]
pub struct State {
    known: Mutex<Known>,
    pub(super) metrics: Metrics,
}

#[derive(Debug, Default)]
struct Known {
    database_fault: Option<String>,
    spool_fault: Option<String>,
    spool: Level,
    /// Deliveries moved since the spool came into use.
    moved: i64,
    refused: Option<Instant>,
}

impl State {
    /// Whether the database took what it was last given.
    pub fn database_is_up(&self) -> bool {
        self.known.lock().database_fault.is_none()
    }

    /// What is counted on the way.
    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// How much is in the spool.
    pub fn spool(&self) -> Level {
        self.known.lock().spool
    }

    /// Whether the spool could be used when it was last needed.
    pub fn spool_is_usable(&self) -> bool {
        self.known.lock().spool_fault.is_none()
    }

    /// Whether no delivery had to be refused for a while.
    pub fn is_ready(&self) -> bool {
        self.known.lock().refused.is_none_or(|at| at.elapsed() > REFUSED)
    }

    pub(super) fn database_took(&self) {
        if self.known.lock().database_fault.take().is_some() {
            tracing::info!("the database takes deliveries");
        }
    }

    pub(super) fn database_refused(&self, error: &Error) {
        self.metrics.database_failed(error);
        let error = error.to_string();
        let mut known = self.known.lock();
        if known.database_fault.as_ref() != Some(&error) {
            tracing::error!(%error, "the database takes no deliveries; they go to the spool");
            known.database_fault = Some(error);
        }
    }

    pub(super) fn spool_has(&self, level: Level) {
        let mut known = self.known.lock();
        if known.spool_fault.take().is_some() {
            tracing::info!("the spool is there again");
        }
        known.moved += (known.spool.events - level.events).max(0);
        if level.events == 0 && known.moved > 0 {
            tracing::info!(deliveries = known.moved, "the spool is empty: its deliveries were moved into the database");
            known.moved = 0;
        }
        known.spool = level;
    }

    pub(super) fn spool_refused(&self, error: &Error) {
        let error = error.to_string();
        let mut known = self.known.lock();
        if known.spool_fault.as_ref() != Some(&error) {
            tracing::error!(%error, "the spool cannot be used: while the database is down, deliveries would be refused");
            known.spool_fault = Some(error);
        }
    }

    pub(super) fn refused(&self, deliveries: usize) {
        tracing::error!(deliveries, "deliveries were refused with 503: neither the database nor the spool takes them");
        self.known.lock().refused = Some(Instant::now());
    }
}
