//! What a projector has in hand, and where it looks for more.

use std::time::{Duration, Instant};

use super::ahead::{Ahead, BYTES};
use super::pace::BATCH;
use super::reading::Reading;
use crate::db::projector_lock::{InHand, ProjectorLock};
use crate::db::{Result, Tx, events};

/// How long an event below those in hand may wait: one that was committed late, or is to be projected again.
const LOOK: Duration = Duration::from_millis(200);

#[derive(Default)]
pub(super) struct Hand {
    /// The mark of what is in hand in this step, and how many events.
    pub(super) marked: Option<(InHand, usize)>,
    /// What was read while the last batch was written.
    pub(super) ahead: Ahead,
    /// The last event of a batch as large as they get, and when somebody last looked below it.
    passed: Option<(i64, Instant)>,
}

impl Hand {
    /// Takes the next events in hand, and reads them.
    ///
    /// PostgreSQL's index of what is pending holds what was settled until it is cleaned up, and a look from the start
    /// goes through all of that: so not each time, while there is more than one batch can have.
    pub(super) fn claim(
        &mut self,
        tx: &mut Tx<'_>,
        lock: &ProjectorLock,
        limit: usize,
    ) -> Result<Option<Vec<Reading>>> {
        let ahead = std::mem::take(&mut self.ahead);
        let (mut after, mut looked) = self.passed.take().unwrap_or((0, Instant::now()));
        if looked.elapsed() > LOOK {
            (after, looked) = (0, Instant::now());
        }
        let mut events = events::pending(tx, after, limit, BYTES)?;
        if events.len() < limit && after > 0 {
            events = events::pending(tx, 0, limit, BYTES)?;
        }
        let (Some(first), Some(last)) = (events.first(), events.last()) else { return Ok(None) };
        let passed = (last.id, looked);
        let mark = if events.len() == 1 { -first.id } else { first.id };
        self.marked = Some((mark, events.len()));
        lock.mark(tx, mark)?;
        let readings = ahead.read(tx, events)?;
        self.passed = Some(passed).filter(|_| readings.len() >= BATCH);
        Ok(Some(readings))
    }

    /// The step did not end well, or not at all: what was in hand may still be pending, and what was read ahead no
    /// longer be so.
    pub(super) fn open(&mut self) {
        (self.passed, self.ahead) = (None, Ahead::default());
    }
}
