//! The log: dead letters, deliveries that wait, and deliveries that nobody vouched for.

use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;

use super::configuration::SECRET;
use super::{Allowances, Check, Finding, Severity, deliveries, time};
use crate::config::Config;
use crate::db::schema::webhook_events;
use crate::db::{Result, Tx, events, on};
use crate::dead_letters;

/// Causes that are told.
const CAUSES: usize = 3;
/// How far back senders are looked at.
const DAYS: i64 = 7;

pub(super) fn dead_letters(tx: &mut Tx<'_>) -> Result<Vec<Finding>> {
    let total = events::count_failed(tx)?;
    if total == 0 {
        return Ok(Vec::new());
    }
    let causes = dead_letters::causes(tx)?;
    let told: Vec<_> = causes.iter().take(CAUSES).map(|group| format!("{} x {}", group.count, group.cause)).collect();
    let seen = format!("{} failed: {}", deliveries(total), told.join("; "));
    let mend =
        "checkfront-mirror events list --state failed; once the cause is mended: checkfront-mirror events retry --all";
    Ok(vec![Finding::new(Check::DeadLetters, Severity::Error, seen, mend)])
}

pub(super) fn lag(tx: &mut Tx<'_>, allowances: &Allowances, now: DateTime<Utc>) -> Result<Vec<Finding>> {
    let Some(oldest) = events::oldest_pending(tx)? else { return Ok(Vec::new()) };
    if now - oldest.0 <= Duration::seconds(allowances.lag_seconds.into()) {
        return Ok(Vec::new());
    }
    let waiting = deliveries(events::count_pending(tx)?);
    let seen = format!("{waiting} not in the tables yet, the oldest of {}", time(oldest.0));
    let mend = "start the server, which projects them: checkfront-mirror serve";
    Ok(vec![Finding::new(Check::Lag, Severity::Error, seen, mend)])
}

/// Deliveries of the last days that came from other machines, where senders need not prove who they are.
pub(super) fn unverified(tx: &mut Tx<'_>, config: &Config, now: DateTime<Utc>) -> Result<Vec<Finding>> {
    if config.verifier.is_configured() {
        return Ok(Vec::new());
    }
    let since = (now - Duration::days(DAYS)).timestamp_micros();
    let query = || webhook_events::table.filter(webhook_events::id.gt(since));
    let query = || query().filter(webhook_events::source.eq("webhook"));
    let query = || query().filter(webhook_events::remote_ip.assume_not_null().ne_all(["127.0.0.1", "::1"]));
    let count: i64 = on!(tx, |connection| query().count().get_result(connection))?;
    if count == 0 {
        return Ok(Vec::new());
    }
    let seen = format!("{} of the last {DAYS} days came unverified from other machines", deliveries(count));
    Ok(vec![Finding::new(Check::Verification, Severity::Error, seen, SECRET)])
}
