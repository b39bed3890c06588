//! The last hour in memory, minute by minute, for whoever shows it without asking the database.

use std::collections::VecDeque;
use std::time::Duration;

use chrono::{DateTime, Utc};

/// Minutes that are kept.
const MINUTES: i64 = 60;
/// Buckets for each doubling: a percentile is told within a tenth.
const PARTS: u32 = 8;
/// From a microsecond to more than an hour.
const BUCKETS: usize = 256;

/// What was answered in one minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Minute {
    /// When it began.
    pub began: DateTime<Utc>,
    /// Deliveries stored and answered.
    pub deliveries: u32,
    /// Half of the acknowledgements took no longer; `None` where there were none.
    pub p50: Option<Duration>,
    /// 99 of 100 took no longer.
    pub p99: Option<Duration>,
}

/// A ring of minutes; a minute without deliveries takes no room.
#[derive(Debug, Default)]
pub struct Recent(VecDeque<(i64, Box<[u32; BUCKETS]>)>);

impl Recent {
    /// Deliveries were answered now, each after so long.
    pub fn add(&mut self, now: DateTime<Utc>, took: &[Duration]) {
        let minute = now.timestamp().div_euclid(60);
        // A clock that was set back counts into the minute that it had reached.
        if self.0.back().is_none_or(|(last, _)| *last < minute) {
            self.0.push_back((minute, Box::new([0; BUCKETS])));
            self.0.retain(|(kept, _)| *kept > minute - MINUTES);
        }
        let Some((_, counts)) = self.0.back_mut() else { return };
        for time in took {
            counts[bucket(*time).min(BUCKETS - 1)] += 1;
        }
    }

    /// All of the last hour's minutes, the one under way last.
    pub fn minutes(&self, now: DateTime<Utc>) -> Vec<Minute> {
        let last = now.timestamp().div_euclid(60);
        let counts = |minute| self.0.iter().find(|(kept, _)| *kept == minute).map(|(_, counts)| &**counts);
        let minutes = (last - MINUTES + 1..=last).map(|minute| {
            let counts = counts(minute);
            Minute {
                began: DateTime::from_timestamp(minute * 60, 0).unwrap_or_default(),
                deliveries: counts.map_or(0, |counts| counts.iter().sum()),
                p50: counts.and_then(|counts| percentile(counts, 50)),
                p99: counts.and_then(|counts| percentile(counts, 99)),
            }
        });
        minutes.collect()
    }
}

/// The logarithm of the microseconds, in eighths of a doubling.
fn bucket(time: Duration) -> usize {
    let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX).max(1);
    let octave = micros.ilog2();
    let within = u64::try_from((u128::from(micros) * u128::from(PARTS)) >> octave).unwrap_or(0) - u64::from(PARTS);
    (octave * PARTS) as usize + usize::try_from(within).unwrap_or(0).min(PARTS as usize - 1)
}

/// The longest time that falls into a bucket.
fn longest(bucket: usize) -> Duration {
    let (octave, within) = (bucket as u64 / u64::from(PARTS), bucket as u64 % u64::from(PARTS));
    Duration::from_micros(((u64::from(PARTS) + within + 1) << octave.min(58)).div_ceil(u64::from(PARTS)))
}

fn percentile(counts: &[u32; BUCKETS], percent: u64) -> Option<Duration> {
    let all: u64 = counts.iter().map(|count| u64::from(*count)).sum();
    let rank = (all * percent).div_ceil(100);
    let mut seen = 0;
    let found = counts.iter().position(|count| {
        seen += u64::from(*count);
        seen >= rank && rank > 0
    });
    found.map(longest)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
mod tests;
