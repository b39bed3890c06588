//! Drops raw bodies that are old: never of an event still to be projected, or of a dead letter; the events stay.

use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::db::{Database, Result, events};

/// Bodies in one transaction: short, since on SQLite the recorder waits meanwhile.
const STEP: i64 = 500;
/// Between two rounds of a server.
const PERIOD: Duration = Duration::from_hours(1);

/// Bodies of events received before this are old.
pub fn horizon(now: DateTime<Utc>, days: u32) -> DateTime<Utc> {
    now - chrono::Duration::days(days.into())
}

/// How many bodies received before `horizon` could be dropped.
pub fn count(database: &Database, horizon: DateTime<Utc>) -> Result<i64> {
    database.read(|tx| events::count_prunable(tx, horizon.timestamp_micros()))
}

/// Drops them, in small steps, and returns how many. `dropped` is told after each step, and says whether to go on.
pub fn prune(database: &Database, horizon: DateTime<Utc>, mut dropped: impl FnMut(usize) -> bool) -> Result<usize> {
    let mut session = database.session();
    // An event's id is the time of its receipt: old bodies are one end of the primary key, and nothing is searched.
    let before = horizon.timestamp_micros();
    let (mut after, mut total) = (0, 0);
    loop {
        let (count, last) = session.transaction(|tx| events::prune(tx, after, before, STEP))?;
        total += count;
        let Some(last) = last else { return Ok(total) };
        after = last;
        if !dropped(total) {
            return Ok(total);
        }
    }
}

/// Keeps to `RETENTION_DAYS` while a server runs.
pub async fn keep_to(database: Database, days: u32, shutdown: CancellationToken) {
    loop {
        let (database, stop) = (database.clone(), shutdown.clone());
        let round = move || prune(&database, horizon(Utc::now(), days), |_| !stop.is_cancelled());
        match tokio::task::spawn_blocking(round).await {
            Ok(Ok(0)) | Err(_) => {}
            Ok(Ok(bodies)) => tracing::info!(bodies, days, "old bodies were dropped"),
            Ok(Err(error)) => tracing::warn!(%error, "old bodies could not be dropped now; trying again in an hour"),
        }
        if shutdown.run_until_cancelled(sleep(PERIOD)).await.is_none() {
            return;
        }
    }
}
