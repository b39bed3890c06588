//! When what views add up is counted: between deliveries, in steps so short that none of them waits for long. Views are
//! right without it, only slower, so what fails is tried again.

use std::time::{Duration, Instant};

use super::wake::{Traffic, Wake};
use crate::db::{Database, Session, figures};

/// How long a step may take while deliveries come.
const SHORT: Duration = Duration::from_millis(5);
/// While none do: of the time since the last, one part in so many, at least and at most so long.
const PART: u32 = 20;
const LONG: Duration = Duration::from_millis(25);
const LONGEST: Duration = Duration::from_millis(250);
/// While deliveries come, counting rests so many times as long as it took.
const REST: u32 = 3;
/// Bookings in a step, at least and at most.
const LEAST: u32 = 8;
const MOST: u32 = 4_096;
/// Events of a flood projected without a pause after which counting no longer waits for one: views would become slow.
const BEHIND: usize = 100_000;
/// How long it waits for one while fewer come.
const PATIENCE: Duration = Duration::from_millis(250);

/// Counts on a connection of its own.
pub(super) struct Counter {
    session: Session,
    /// Whether something may be listed.
    listed: bool,
    /// Whether the last step failed.
    failed: bool,
    /// Events projected since there was a pause.
    since_pause: usize,
    /// Whether deliveries wait for a step.
    one_writer: bool,
    each: Each,
    /// When it last did something, and when it may go on.
    counted: Instant,
    rested: Instant,
}

/// What a booking took in the last step.
struct Each(Duration);

impl Counter {
    pub(super) fn new(session: Session) -> Self {
        Self {
            one_writer: matches!(session.database(), Database::Sqlite(_)),
            session,
            listed: true,
            failed: false,
            since_pause: 0,
            each: Each(SHORT / LEAST),
            counted: Instant::now(),
            rested: Instant::now(),
        }
    }

    /// A batch of so many events was projected, and more may wait.
    pub(super) fn projected(&mut self, events: usize, traffic: Traffic) {
        self.listed = true;
        self.since_pause = self.since_pause.saturating_add(events);
        let is_due = match traffic {
            Traffic::Flood => self.since_pause >= BEHIND,
            Traffic::Steady | Traffic::Quiet => self.counted.elapsed() >= PATIENCE,
        };
        if is_due && self.rested <= Instant::now() {
            self.step(match traffic {
                // The projector alone waits for it, and is behind anyway.
                Traffic::Flood if !self.one_writer => LONGEST,
                Traffic::Flood | Traffic::Steady => SHORT,
                Traffic::Quiet => LONG,
            });
        }
    }

    /// All is projected, for now: counts until a delivery comes. Returns how long to wait for one before it goes on.
    pub(super) fn between(&mut self, wake: &Wake, poll: Duration) -> Duration {
        while self.listed && !wake.is_signalled() {
            self.since_pause = 0;
            let traffic = wake.traffic();
            let rest = self.rested.saturating_duration_since(Instant::now());
            if traffic != Traffic::Quiet && !rest.is_zero() {
                return rest.min(poll);
            }
            self.step(if traffic == Traffic::Quiet { after(wake.silence()) } else { SHORT });
        }
        poll
    }

    /// Nothing came for a while; somebody else may have written all the same.
    pub(super) fn look_again(&mut self) {
        self.listed = true;
    }

    fn step(&mut self, wanted: Duration) {
        let began = Instant::now();
        match figures::count_some(&mut self.session, self.each.within(wanted)) {
            Ok(counted) => {
                (self.listed, self.failed) = (counted > 0, false);
                self.each.took(began.elapsed(), counted);
            }
            Err(error) => {
                if !std::mem::replace(&mut self.failed, true) {
                    tracing::warn!(%error, "what views add up cannot be counted now: they are right, but slow");
                }
                self.listed = false;
            }
        }
        let took = began.elapsed();
        self.counted = Instant::now();
        self.rested = self.counted + took * REST;
    }
}

/// How long a step may take after such a silence: the next delivery is the less likely to come meanwhile.
fn after(silence: Duration) -> Duration {
    (silence / PART).clamp(LONG, LONGEST)
}

impl Each {
    /// Bookings in a step of this time: also of the first short one after long ones.
    fn within(&self, wanted: Duration) -> u32 {
        let bookings = wanted.as_nanos() / self.0.as_nanos().max(1);
        u32::try_from(bookings).unwrap_or(MOST).clamp(LEAST, MOST)
    }

    fn took(&mut self, time: Duration, bookings: usize) {
        if let Ok(bookings @ 1..) = u32::try_from(bookings) {
            self.0 = time / bookings;
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
mod tests {
    use super::*;
    use crate::db::statement::{execute, number};
    use crate::db::{DatabaseUrl, migrate};

    #[test]
    fn a_flood_is_let_be_for_a_while() {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::open(&DatabaseUrl::Sqlite(folder.path().join("mirror.db"))).unwrap();
        let mut session = database.session();
        migrate::run(&mut session).unwrap();
        let listed = "INSERT INTO uncounted (account_id, booking_code) VALUES (1, 'ABCD-010626')";
        session.transaction(|tx| execute(tx, listed)).unwrap();
        let left = || database.read(|tx| number(tx, "SELECT count(*) AS v FROM uncounted")).unwrap();
        let mut counter = Counter::new(database.session());
        counter.projected(BEHIND - 1, Traffic::Flood);
        assert_eq!(left(), 1);
        counter.projected(1, Traffic::Flood);
        assert_eq!(left(), 0);
        // Fewer at a time are not let be for so long.
        session.transaction(|tx| execute(tx, listed)).unwrap();
        let mut counter = Counter::new(database.session());
        counter.projected(1, Traffic::Steady);
        assert_eq!(left(), 1);
        counter.counted -= PATIENCE;
        counter.projected(1, Traffic::Steady);
        assert_eq!(left(), 0);
    }

    #[test]
    fn the_longer_nothing_comes_the_longer_is_a_step() {
        assert_eq!(after(Duration::ZERO), LONG);
        assert_eq!(after(Duration::from_secs(2)), Duration::from_millis(100));
        assert_eq!(after(Duration::MAX), LONGEST);
    }

    #[test]
    fn a_step_is_as_long_as_deliveries_may_wait() {
        let mut each = Each(SHORT / LEAST);
        each.took(Duration::from_millis(200), 2_000);
        assert_eq!([LONGEST, LONG, SHORT].map(|wanted| each.within(wanted)), [2_500, 250, 50]);
        // A step that found nothing tells nothing.
        each.took(Duration::from_secs(1), 0);
        assert_eq!(each.within(SHORT), 50);
        each.took(Duration::from_nanos(1), 1);
        assert_eq!(each.within(LONG), MOST);
        each.took(Duration::from_secs(1), 1);
        assert_eq!(each.within(LONG), LEAST);
    }
}
