//! When what views add up is counted: in quiet moments, and where too much is left. Views are right without it, only
//! slower, so what fails is tried again.

use std::time::{Duration, Instant};

use super::wake::Wake;
use crate::db::{Result, Session, Tx, figures};

/// While deliveries come, it is looked so often whether they are few enough to count between them.
const LOOK: Duration = Duration::from_secs(2);
/// More events than these in that time leave no moment for it.
const FEW: usize = 200;
/// Events after which it is looked whether too much is uncounted.
const MANY: usize = 5_000;

/// Counts on a connection of its own.
pub(super) struct Counter {
    session: Session,
    since_look: usize,
    since_count: usize,
    looked: Instant,
}

impl Counter {
    pub(super) fn new(session: Session) -> Self {
        Self { session, since_look: 0, since_count: 0, looked: Instant::now() }
    }

    /// A batch of so many events was projected.
    pub(super) fn projected(&mut self, events: usize) {
        self.since_look += events;
        self.since_count += events;
        if self.since_count >= MANY {
            self.since_count = 0;
            self.count(figures::is_overdue);
        }
    }

    /// All is projected, for now.
    pub(super) fn caught_up(&mut self) {
        if self.looked.elapsed() >= LOOK {
            if self.since_look <= FEW {
                self.count(|_| Ok(true));
            }
            (self.since_look, self.looked) = (0, Instant::now());
        }
    }

    /// Nothing came for a while: until something does.
    pub(super) fn quiet(&mut self, wake: &Wake) {
        while self.count(|_| Ok(true)) > 0 && !wake.is_signalled() {}
    }

    fn count(&mut self, is_due: impl FnOnce(&mut Tx<'_>) -> Result<bool>) -> usize {
        let due = self.session.read(is_due);
        let result = due.and_then(|due| if due { figures::count_some(&mut self.session) } else { Ok(0) });
        result.unwrap_or_else(|error| {
            tracing::debug!(%error, "what views add up is not counted now");
            0
        })
    }
}
