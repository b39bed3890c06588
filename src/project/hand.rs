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
        let mut ahead = std::mem::take(&mut self.ahead);
        let (mut after, mut looked) = self.passed.take().unwrap_or((0, Instant::now()));
        if looked.elapsed() > LOOK {
            (after, looked) = (0, Instant::now());
        }
        if let Some(readings) = ahead.next(tx, after, limit)? {
            self.take(tx, lock, readings.iter().map(|reading| reading.event.id))?;
            self.passed = passed(&readings, looked);
            return Ok(Some(readings));
        }
        let mut events = events::pending(tx, after, limit, BYTES)?;
        if events.len() < limit && after > 0 {
            events = events::pending(tx, 0, limit, BYTES)?;
        }
        if events.is_empty() {
            return Ok(None);
        }
        self.take(tx, lock, events.iter().map(|event| event.id))?;
        let readings = ahead.read(tx, events)?;
        self.passed = passed(&readings, looked);
        Ok(Some(readings))
    }

    /// Marks these events, before anything is done with them.
    fn take(&mut self, tx: &mut Tx<'_>, lock: &ProjectorLock, ids: impl ExactSizeIterator<Item = i64>) -> Result<()> {
        let count = ids.len();
        let Some(first) = ids.min() else { return Ok(()) };
        let mark = if count == 1 { -first } else { first };
        self.marked = Some((mark, count));
        lock.mark(tx, mark)
    }

    /// The step did not end well, or not at all: what was in hand may still be pending, and what was read ahead no
    /// longer be so.
    pub(super) fn open(&mut self) {
        (self.passed, self.ahead) = (None, Ahead::default());
    }
}

/// Where to look on from, after a batch as large as they get.
fn passed(readings: &[Reading], looked: Instant) -> Option<(i64, Instant)> {
    let last = readings.last().filter(|_| readings.len() >= BATCH)?;
    Some((last.event.id, looked))
}
