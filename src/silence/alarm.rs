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

    #[allow(clippy::cast_precision_loss, reason = "seconds of silence stay far below 2^52")]
    fn seconds(&self) -> f64 {
        self.silent.num_seconds() as f64
    }
}

impl Alarm {
    /// Takes what was seen now of all accounts, and says what is to be told.
    pub fn take(&mut self, seen: Vec<Silence>, metrics: &Metrics) -> Vec<Change> {
        let (improbable, heard): (Vec<_>, Vec<_>) = seen.into_iter().partition(Silence::is_improbable);
        let longest = improbable.iter().map(Silence::seconds).reduce(f64::max);
        let last = heard.iter().map(Silence::seconds).reduce(f64::min);
        metrics.silent(longest.or(last).unwrap_or(f64::NAN), improbable.len());
        let ended = heard.into_iter().filter(|silence| self.0.remove(&silence.host)).map(Change::Ended);
        let ended: Vec<_> = ended.collect();
        let began = improbable.into_iter().filter(|silence| self.0.insert(silence.host.clone())).map(Change::Began);
        began.chain(ended).collect()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
mod tests {
    use super::*;

    fn silence(host: &str, minutes: i64, expected: Option<f64>) -> Silence {
        let now: DateTime<Utc> = "2026-06-01T10:00:30Z".parse().unwrap();
        let silent = Duration::minutes(minutes);
        let expected = expected.map(|minutes| Expected { minutes, deliveries: minutes * 2.0 });
        Silence { host: host.to_owned(), last: now - silent, silent, expected }
    }

    #[test]
    fn a_silence_is_told_once_and_once_that_it_ended() {
        let (mut alarm, metrics) = (Alarm::default(), Metrics::default());
        let mut take = |seen: &[Silence]| alarm.take(seen.to_vec(), &metrics);
        let (well, silent) = (silence("b.example", 5, Some(0.5)), silence("a.example", 90, Some(6.92)));
        assert_eq!(take(&[silence("a.example", 80, Some(6.9)), well.clone()]), []);
        assert_eq!(take(&[silent.clone(), well.clone()]), [Change::Began(silent.clone())]);
        assert_eq!(silent.minute(), "2026-06-01T08:30:00Z");
        assert_eq!(take(&[silence("a.example", 95, Some(9.0)), well.clone()]), []);
        let back = silence("a.example", 1, Some(0.1));
        assert_eq!(take(&[back.clone(), well.clone()]), [Change::Ended(back.clone())]);
        assert_eq!(take(&[back, well]), []);
    }

    #[test]
    fn what_is_still_learned_is_never_improbable() {
        let (mut alarm, metrics) = (Alarm::default(), Metrics::default());
        assert_eq!(alarm.take(vec![silence("a.example", 90_000, None)], &metrics), []);
    }
}
