//! What the recorder tells the projector: that something was stored, and how busy it is.

use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};

/// Deliveries stored in one commit that tell of senders who wait for their answers.
const FLOOD: usize = 16;
/// How long after the last of them deliveries still count as coming.
const RECENT: Duration = Duration::from_millis(100);

/// Wakes the projector.
#[derive(Clone, Default)]
pub struct Wake(Arc<(Mutex<Told>, Condvar)>);

#[derive(Default)]
struct Told {
    signalled: bool,
    /// When deliveries were last stored, and how many at once.
    stored: Option<(Instant, usize)>,
}

/// How fast deliveries come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Traffic {
    /// None does.
    Quiet,
    /// Some do.
    Steady,
    /// More than are stored at once.
    Flood,
}

impl Wake {
    /// There is something to look at.
    pub fn signal(&self) {
        self.0.0.lock().signalled = true;
        self.0.1.notify_one();
    }

    /// So many deliveries were stored in one commit.
    pub fn stored(&self, count: usize) {
        self.0.0.lock().stored = Some((Instant::now(), count));
        self.signal();
    }

    /// Waits for a signal, or the time-out; false where none came. One that came before counts.
    pub(super) fn wait(&self, timeout: Duration) -> bool {
        let mut told = self.0.0.lock();
        if !told.signalled {
            self.0.1.wait_for(&mut told, timeout);
        }
        std::mem::take(&mut told.signalled)
    }

    /// Whether a signal waits to be heard.
    pub(super) fn is_signalled(&self) -> bool {
        self.0.0.lock().signalled
    }

    pub(super) fn traffic(&self) -> Traffic {
        match self.0.0.lock().stored {
            Some((at, count)) if at.elapsed() < RECENT => {
                if count >= FLOOD {
                    Traffic::Flood
                } else {
                    Traffic::Steady
                }
            }
            _ => Traffic::Quiet,
        }
    }

    /// How long nothing was stored; without end where nothing was since the start.
    pub(super) fn silence(&self) -> Duration {
        self.0.0.lock().stored.map_or(Duration::MAX, |(at, _)| at.elapsed())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn traffic_is_what_was_last_stored() {
        let wake = Wake::default();
        assert_eq!((wake.traffic(), wake.silence()), (Traffic::Quiet, Duration::MAX));
        wake.stored(1);
        assert_eq!(wake.traffic(), Traffic::Steady);
        wake.stored(FLOOD);
        assert_eq!(wake.traffic(), Traffic::Flood);
        wake.0.0.lock().stored = Instant::now().checked_sub(RECENT).map(|at| (at, FLOOD));
        assert_eq!(wake.traffic(), Traffic::Quiet);
        assert!(wake.silence() >= RECENT && wake.silence() < Duration::MAX);
    }
}
