//! The order of receipt: an id for each event, given before anything is stored.

use chrono::{DateTime, Utc};

/// Gives ids: microseconds since 1970, strictly increasing, never below the highest that is stored.
#[derive(Debug)]
pub struct Ids {
    last: i64,
}

impl Ids {
    /// Ids above this one.
    pub fn above(highest: i64) -> Self {
        Self { last: highest }
    }

    /// Never gives an id up to this one again.
    pub fn rise_above(&mut self, highest: i64) {
        self.last = self.last.max(highest);
    }

    /// The id of what was received now.
    pub fn next(&mut self, now: DateTime<Utc>) -> i64 {
        // A clock that was set back, or two arrivals in one microsecond, must not turn the order around.
        self.last = now.timestamp_micros().max(self.last + 1);
        self.last
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_only_rise() {
        let at = |micros| DateTime::from_timestamp_micros(micros).expect("in range");
        let mut ids = Ids::above(1_000);
        assert_eq!(ids.next(at(5_000)), 5_000);
        assert_eq!(ids.next(at(5_000)), 5_001);
        assert_eq!(ids.next(at(10)), 5_002);
        ids.rise_above(7_000);
        ids.rise_above(6_000);
        assert_eq!(ids.next(at(5_000)), 7_001);
        assert_eq!(Ids::above(9_000).next(at(5_000)), 9_001);
    }
}
