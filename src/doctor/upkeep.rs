//! Upkeep: old bodies, and long work that failed.

use chrono::{DateTime, Duration, Utc};
use diesel::dsl::min;
use diesel::prelude::*;

use super::{Check, Finding, Severity, time};
use crate::config::Config;
use crate::db::rows::SyncRun;
use crate::db::schema::webhook_bodies;
use crate::db::{Result, Tx, events, on};
use crate::retention::horizon;

/// Bodies older than this are mentioned where nothing drops them.
const OLD: Duration = Duration::days(365);
/// A server drops old bodies each hour.
const LATE: Duration = Duration::days(1);
/// Work that takes longer has ended with its process.
const LONG: Duration = Duration::days(1);

pub(super) fn retention(tx: &mut Tx<'_>, config: &Config, now: DateTime<Utc>) -> Result<Vec<Finding>> {
    if let Some(days) = config.retention_days {
        let late = events::count_prunable(tx, (horizon(now, days) - LATE).timestamp_micros())?;
        if late == 0 {
            return Ok(Vec::new());
        }
        let seen = format!("{late} bodies are older than RETENTION_DAYS={days}");
        let mend = format!(
            "set RETENTION_DAYS for the server too, or once: checkfront-mirror prune --older-than {days} --yes"
        );
        return Ok(vec![Finding::new(Check::Retention, Severity::Warning, seen, mend)]);
    }
    let query = || webhook_bodies::table.select(min(webhook_bodies::event_id));
    let oldest: Option<i64> = on!(tx, |connection| query().first(connection))?;
    let oldest = oldest.and_then(DateTime::from_timestamp_micros).filter(|oldest| now - *oldest > OLD);
    let finding = |oldest| {
        let seen = format!("raw bodies are kept for ever, with people in them; the oldest is of {}", time(oldest));
        Finding::new(Check::Retention, Severity::Info, seen, "set RETENTION_DAYS to how many days they are needed")
    };
    Ok(oldest.map(finding).into_iter().collect())
}

pub(super) fn runs(tx: &mut Tx<'_>, now: DateTime<Utc>) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    for run in SyncRun::latest(tx)? {
        let again = match run.kind.as_str() {
            "rebuild" => "checkfront-mirror rebuild --yes".to_owned(),
            "replay" => "the same `checkfront-mirror replay`".to_owned(),
            kind => format!("checkfront-mirror {kind}"),
        };
        let (seen, mend) = match run.state.as_str() {
            "failed" => {
                let error = run.error.unwrap_or_else(|| "unknown".to_owned());
                (
                    format!("the last {} failed at {}: {error}", run.kind, time(run.started_at.0)),
                    format!("run again: {again}"),
                )
            }
            "running" if now - run.started_at.0 > LONG => (
                format!("a {} began at {} and has not ended", run.kind, time(run.started_at.0)),
                format!("where no process is at it any more, run again: {again}"),
            ),
            _ => continue,
        };
        findings.push(Finding::new(Check::Runs, Severity::Warning, seen, mend));
    }
    Ok(findings)
}
