//! The log: dead letters, deliveries that wait, and deliveries that nobody vouched for.

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use super::configuration::SECRET;
use super::{Allowances, Check, Finding, Severity, deliveries, time};
use crate::config::Config;
use crate::db::schema::webhook_events;
use crate::db::{Result, Tx, events, on};

/// Causes that are told.
const CAUSES: usize = 3;
/// What is told of a cause: the rest may quote the body.
const LETTERS: usize = 70;
/// Reasons that are read; the rarest are left out of the causes.
const REASONS: usize = 10_000;
/// How far back senders are looked at.
const DAYS: i64 = 7;

pub(super) fn dead_letters(tx: &mut Tx<'_>) -> Result<Vec<Finding>> {
    #[derive(QueryableByName)]
    struct Reason {
        #[diesel(sql_type = Text)]
        reason: String,
        #[diesel(sql_type = BigInt)]
        count: i64,
    }
    let total = events::count_failed(tx)?;
    if total == 0 {
        return Ok(Vec::new());
    }
    let query = format!(
        "SELECT COALESCE(substr(error, 1, {LETTERS}), 'unknown') AS reason, count(*) AS count FROM webhook_events \
         WHERE state = 'failed' GROUP BY 1 ORDER BY 2 DESC LIMIT {REASONS}"
    );
    let query = || diesel::sql_query(&query);
    let reasons: Vec<Reason> = on!(tx, |connection| query().load(connection))?;
    let mut causes = BTreeMap::<String, i64>::new();
    for Reason { reason, count } in reasons {
        *causes.entry(cause(&reason)).or_default() += count;
    }
    let mut causes: Vec<_> = causes.into_iter().map(|(cause, count)| (count, cause)).collect();
    causes.sort_by_key(|(count, _)| std::cmp::Reverse(*count));
    let told: Vec<_> = causes.iter().take(CAUSES).map(|(count, cause)| format!("{count} x {cause}")).collect();
    let seen = format!("{} failed: {}", deliveries(total), told.join("; "));
    let mend =
        "checkfront-mirror events list --state failed; once the cause is mended: checkfront-mirror events retry --all";
    Ok(vec![Finding::new(Check::DeadLetters, Severity::Error, seen, mend)])
}

/// A reason without numbers, by which reasons that mean the same differ, and without what follows its first part.
fn cause(reason: &str) -> String {
    let first = reason.split("; ").next().unwrap_or_default();
    let mut cause = String::new();
    for letter in first.chars().take(LETTERS) {
        match letter {
            digit if digit.is_ascii_digit() => cause.push_str(if cause.ends_with('N') { "" } else { "N" }),
            letter if letter.is_control() => cause.push(' '),
            letter => cause.push(letter),
        }
    }
    cause
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

#[cfg(test)]
mod tests {
    use super::cause;

    #[test]
    fn causes_that_mean_the_same_are_one() {
        assert_eq!(cause("not valid json: end at byte 17; x"), cause("not valid json: end at byte 2034"));
        assert_ne!(cause("not valid json"), cause("not valid xml"));
        assert!(cause(&"x".repeat(500)).len() <= 70);
    }
}
