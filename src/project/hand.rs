//! What a projector has in hand, and where it looks for more.

use std::time::{Duration, Instant};

use super::Outcome;
use super::ahead::{Ahead, BYTES};
use super::reading::Reading;
use crate::db::projector_lock::{InHand, ProjectorLock};
use crate::db::{Database, Result, Session, Tx, events};

/// How long an event below those in hand may wait: one that was committed late, or is to be projected again.
const LOOK: Duration = Duration::from_millis(200);

pub(super) struct Hand {
    /// Reads ahead.
    reader: Session,
    /// The mark of what is in hand in this step, and how many events.
    pub(super) marked: Option<(InHand, usize)>,
    ahead: Ahead,
    /// The last event of a full batch, and when somebody last looked below it.
    passed: Option<(i64, Instant)>,
}

impl Hand {
    pub(super) fn new(database: &Database) -> Self {
        Self { reader: database.session().by_key(), marked: None, ahead: Ahead::default(), passed: None }
    }

    /// Takes the next events in hand, and reads them.
    ///
    /// PostgreSQL's index of what is pending holds what was settled until it is cleaned up, and a look from the start
    /// goes through all of that: so not each time, while one full batch follows another.
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
        self.passed = Some((last.id, looked)).filter(|_| events.len() == limit);
        let mark = if events.len() == 1 { -first.id } else { first.id };
        self.marked = Some((mark, events.len()));
        lock.mark(tx, mark)?;
        ahead.read(tx, events).map(Some)
    }

    /// Does the work of a batch, and reads what comes after it meanwhile.
    pub(super) fn work(
        &mut self,
        limit: usize,
        batch: Vec<Reading>,
        work: impl FnOnce(Vec<Reading>) -> Result<Outcome>,
    ) -> Result<Outcome> {
        let outcome;
        (outcome, self.ahead) = Ahead::beside(&mut self.reader, limit, batch, work);
        if outcome.is_err() {
            self.passed = None;
        }
        outcome
    }
}
