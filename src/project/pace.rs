//! How much is projected at once, and how much rest there is between: senders wait for answers, nobody for rows.

use std::time::Duration;

use super::wake::Traffic;

/// Events in a batch.
pub(super) const BATCH: usize = 500;
/// Events in the smallest batch: below this a commit costs more than the rows.
const LEAST: usize = 8;
/// How long a batch may take while deliveries wait for it.
const SLICE: Duration = Duration::from_millis(4);
/// While more deliveries come than are stored at once, projecting rests so many times as long as it took: senders wait for
/// the one writer.
const REST: u32 = 3;
/// Where they do not, it leaves them some of the processor: of what it took, one part in so many.
const PART: u32 = 2;
/// The longest rest, whatever the batch took.
const LONGEST: Duration = Duration::from_millis(50);

/// Knows what an event takes.
pub(super) struct Pace {
    event: Duration,
    /// Whether deliveries wait for a batch.
    one_writer: bool,
}

impl Pace {
    pub(super) fn new(one_writer: bool) -> Self {
        Self { event: Duration::from_micros(200), one_writer }
    }

    /// Events in the next batch.
    pub(super) fn batch(&self, traffic: Traffic) -> usize {
        if traffic == Traffic::Quiet || !self.one_writer {
            return BATCH;
        }
        let events = SLICE.as_nanos() / self.event.as_nanos().max(1);
        usize::try_from(events).unwrap_or(BATCH).clamp(LEAST, BATCH)
    }

    /// A batch took so long; returns how long to rest.
    pub(super) fn took(&mut self, time: Duration, events: usize, traffic: Traffic) -> Duration {
        if let Ok(events @ 1..) = u32::try_from(events) {
            self.event = (self.event * 7 + time / events) / 8;
        }
        let rest = if self.one_writer { time * REST } else { time / PART };
        if traffic == Traffic::Flood { rest.min(LONGEST) } else { Duration::ZERO }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_are_as_long_as_senders_may_wait() {
        let mut pace = Pace::new(true);
        assert_eq!(pace.batch(Traffic::Quiet), BATCH);
        for _ in 0..100 {
            pace.took(Duration::from_millis(10), 100, Traffic::Steady);
        }
        assert_eq!(pace.batch(Traffic::Steady), 40);
        // Slow events leave no batch empty, fast ones none without end.
        pace.took(Duration::from_secs(10), 1, Traffic::Steady);
        assert_eq!(pace.batch(Traffic::Flood), LEAST);
        for _ in 0..200 {
            pace.took(Duration::from_micros(1), 1, Traffic::Steady);
        }
        assert_eq!(pace.batch(Traffic::Flood), BATCH);
        // A server at the end of a slow line would otherwise get batches that are all round trips.
        let mut pace = Pace::new(false);
        pace.took(Duration::from_secs(10), 1, Traffic::Steady);
        assert_eq!(pace.batch(Traffic::Flood), BATCH);
    }

    #[test]
    fn projecting_rests_only_while_senders_wait() {
        let mut pace = Pace::new(true);
        let time = Duration::from_millis(4);
        assert_eq!(pace.took(time, 40, Traffic::Quiet), Duration::ZERO);
        assert_eq!(pace.took(time, 40, Traffic::Steady), Duration::ZERO);
        assert_eq!(pace.took(time, 40, Traffic::Flood), time * REST);
        assert_eq!(pace.took(Duration::from_secs(9), 40, Traffic::Flood), LONGEST);
        assert_eq!(Pace::new(false).took(time, 40, Traffic::Flood), time / PART);
    }
}
