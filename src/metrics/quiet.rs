//! Since when nothing has come: what the last look at the log found, and what was acknowledged since.

use chrono::{DateTime, Utc};

#[derive(Debug, Default)]
pub(super) struct Quiet {
    since: Option<DateTime<Utc>>,
    /// It is the silence of one account, which deliveries of others do not end.
    improbable: bool,
}

impl Quiet {
    /// A look found this.
    pub(super) fn found(&mut self, since: Option<DateTime<Utc>>, improbable: bool) {
        // What came since that look began is newer.
        let heard = self.since.filter(|_| !improbable && !self.improbable);
        *self = Self { since: since.max(heard), improbable };
    }

    /// A delivery came.
    pub(super) fn heard(&mut self, at: DateTime<Utc>) {
        if !self.improbable {
            self.since = self.since.max(Some(at));
        }
    }

    /// For how long; `NaN` while nothing is known.
    pub(super) fn seconds(&self, now: DateTime<Utc>) -> f64 {
        #[allow(clippy::cast_precision_loss, reason = "milliseconds of silence stay far below 2^52")]
        let seconds = |since: DateTime<Utc>| (now - since).num_milliseconds().max(0) as f64 / 1_000.0;
        self.since.map_or(f64::NAN, seconds)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
mod tests {
    use super::*;

    #[test]
    fn a_delivery_ends_it_unless_it_is_anothers() {
        let at = |second: u32| DateTime::from_timestamp(1_800_000_000 + i64::from(second), 0).unwrap();
        let same = |quiet: &Quiet, seconds: f64| assert!((quiet.seconds(at(100)) - seconds).abs() < 1e-9, "{quiet:?}");
        let mut quiet = Quiet::default();
        assert!(quiet.seconds(at(100)).is_nan());
        quiet.found(Some(at(10)), false);
        same(&quiet, 90.0);
        quiet.heard(at(40));
        same(&quiet, 60.0);
        quiet.found(Some(at(10)), false);
        same(&quiet, 60.0);
        quiet.found(Some(at(5)), true);
        quiet.heard(at(99));
        same(&quiet, 95.0);
        quiet.found(Some(at(99)), false);
        same(&quiet, 1.0);
    }
}
