//! Which silences were told already. Pure: what was seen comes in, what has changed goes out.

use std::collections::BTreeSet;

use chrono::{DateTime, Duration, SecondsFormat, Utc};

use super::IMPROBABLE;
use super::rates::Expected;
use crate::metrics::Metrics;

/// How long an account has been silent.
#[derive(Debug, Clone, PartialEq)]
pub struct Silence {
    /// The account.
    pub host: String,
    /// When its last delivery was received.
    pub last: DateTime<Utc>,
    /// How long ago that was.
    pub silent: Duration,
    /// What would usually have come since; `None` while that is still being learned.
    pub expected: Option<Expected>,
}

/// What is to be told.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// An account has been silent for improbably long.
    Began(Silence),
    /// It is no longer; `last` is the delivery that ended it.
    Ended(Silence),
}

/// Which accounts are known to be silent.
#[derive(Debug, Default)]
pub struct Alarm(BTreeSet<String>);

impl Silence {
    /// Whether it is longer than chance explains.
    pub fn is_improbable(&self) -> bool {
        self.expected.is_some_and(|expected| expected.probability_of_none() < IMPROBABLE)
    }

    /// The minute of the last delivery.
    pub fn minute(&self) -> String {
        let minute = self.last.timestamp().div_euclid(60) * 60;
        DateTime::from_timestamp(minute, 0).unwrap_or_default().to_rfc3339_opts(SecondsFormat::Secs, true)
    }
}

impl Alarm {
    /// Takes what was seen now of all accounts, and says what is to be told.
    pub fn take(&mut self, seen: Vec<Silence>, metrics: &Metrics) -> Vec<Change> {
        let (improbable, heard): (Vec<_>, Vec<_>) = seen.into_iter().partition(Silence::is_improbable);
        let longest = improbable.iter().map(|silence| silence.last).min();
        let last = heard.iter().map(|silence| silence.last).max();
        metrics.silent(longest.or(last), improbable.len());
        let ended = heard.into_iter().filter(|silence| self.0.remove(&silence.host)).map(Change::Ended);
        let ended: Vec<_> = ended.collect();
        let began = improbable.into_iter().filter(|silence| self.0.insert(silence.host.clone())).map(Change::Began);
        began.chain(ended).collect()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
mod tests;
