//! What the overview says of deliveries, read from the log.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::BigInt;

use crate::db::events::{self, Selection};
use crate::db::rows::{Event, Run, SyncRun};
use crate::db::schema::webhook_events;
use crate::db::types::Timestamp;
use crate::db::{Result, Tx, migrate, on};

/// Microseconds of a minute: event ids are microseconds.
const MINUTE: i64 = 60_000_000;
/// Minutes that are counted: two days.
pub(super) const MINUTES: i64 = 48 * 60;
/// Deliveries by which freshness is told.
const SAMPLE: i64 = 1_000;
/// Deliveries that are listed.
const LATEST: i64 = 10;

/// Deliveries of a minute, by its number since 1970.
pub(super) type Minutes = BTreeMap<i64, i64>;

/// What the log says.
pub(super) struct Figures {
    /// The newest deliveries.
    pub(super) latest: Vec<Event>,
    pub(super) pending: i64,
    pub(super) oldest_pending: Option<Timestamp>,
    pub(super) failed: i64,
    pub(super) minutes: Minutes,
    /// From receipt to rows, in milliseconds, lowest first, of the last deliveries.
    pub(super) fresh: Vec<f64>,
    /// The last reconciliation.
    pub(super) reconciled: Option<Run>,
    /// Whether the tables are of this version.
    pub(super) migration: String,
}

impl Figures {
    /// Reads them. Minutes before `known_until` are taken from `known`, and not read again.
    pub(super) fn read(tx: &mut Tx<'_>, now: DateTime<Utc>, known: Minutes, known_until: i64) -> Result<Self> {
        let first = minute(now) - MINUTES + 1;
        let mut minutes = known;
        minutes.retain(|minute, _| (first..known_until).contains(minute));
        minutes.extend(count(tx, first.max(known_until))?);
        Ok(Self {
            latest: Selection::default().newest(tx, LATEST)?,
            pending: events::count_pending(tx)?,
            oldest_pending: events::oldest_pending(tx)?,
            failed: events::count_failed(tx)?,
            minutes,
            fresh: fresh(tx)?,
            reconciled: SyncRun::latest(tx)?.into_iter().find(|run| run.kind == "reconcile"),
            migration: standing(tx)?,
        })
    }

    /// Deliveries of the last `count` spans of so many minutes, oldest first, each with the minute it begins with.
    pub(super) fn spans(&self, now: DateTime<Utc>, count: i64, length: i64) -> Vec<(i64, i64)> {
        let last = minute(now).div_euclid(length);
        let span = |span: i64| {
            let range = span * length..(span + 1) * length;
            (range.start, self.minutes.range(range).map(|(_, count)| count).sum())
        };
        (last - count + 1..=last).map(span).collect()
    }

    /// The freshness that so many of a hundred deliveries had at least.
    pub(super) fn percentile(&self, percent: usize) -> Option<f64> {
        let last = self.fresh.len().checked_sub(1)?;
        self.fresh.get((last * percent).div_ceil(100)).copied()
    }
}

/// The minute of a moment.
pub(super) fn minute(at: DateTime<Utc>) -> i64 {
    at.timestamp().div_euclid(60)
}

fn standing(tx: &mut Tx<'_>) -> Result<String> {
    let standing = migrate::standing(tx)?;
    Ok(match (standing.missing.len(), standing.newer.len()) {
        (0, 0) => "of this version".to_owned(),
        (0, _) => "of a newer version".to_owned(),
        (missing, _) => format!("{missing} migrations behind"),
    })
}

fn count(tx: &mut Tx<'_>, from: i64) -> Result<Vec<(i64, i64)>> {
    #[derive(QueryableByName)]
    struct Counted {
        #[diesel(sql_type = BigInt)]
        minute: i64,
        #[diesel(sql_type = BigInt)]
        count: i64,
    }
    let query = format!(
        "SELECT id / {MINUTE} AS minute, count(*) AS count FROM webhook_events WHERE id >= {} GROUP BY 1",
        from * MINUTE
    );
    let query = || diesel::sql_query(&query);
    let counted: Vec<Counted> = on!(tx, |connection| query().load(connection))?;
    Ok(counted.into_iter().map(|counted| (counted.minute, counted.count)).collect())
}

/// Those that were projected again are left out: they were in the tables before.
fn fresh(tx: &mut Tx<'_>) -> Result<Vec<f64>> {
    let columns = (webhook_events::received_at, webhook_events::processed_at, webhook_events::prior_state.is_null());
    let query = || webhook_events::table.order(webhook_events::id.desc()).limit(SAMPLE).select(columns);
    let rows: Vec<(Timestamp, Option<Timestamp>, bool)> = on!(tx, |connection| query().load(connection))?;
    let once = rows
        .into_iter()
        .filter_map(|(received, processed, is_first)| processed.filter(|_| is_first).map(|at| (received, at)));
    #[allow(clippy::cast_precision_loss, reason = "microseconds of a delay stay far below 2^52")]
    let milliseconds = |(received, at): (Timestamp, Timestamp)| {
        (at.0 - received.0).num_microseconds().unwrap_or(0).max(0) as f64 / 1_000.0
    };
    let mut fresh: Vec<f64> = once.map(milliseconds).collect();
    fresh.sort_unstable_by(f64::total_cmp);
    Ok(fresh)
}

#[cfg(test)]
mod tests;
