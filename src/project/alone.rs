//! What is done where a batch failed.

use super::deaths::{DEATHS, fail};
use super::{Outcome, Projector};
use crate::db::projector_lock::{InHand, ProjectorLock};
use crate::db::{Database, Error, Result, Tx, events};
use crate::metrics::Tally;

impl Projector {
    /// Takes back the mark of a batch that an error ended, so that the next projector does not take it for a death.
    pub fn rest(&mut self) -> Result<()> {
        let (Some(lock), known) = (&self.lock, self.state.known) else { return Ok(()) };
        let take_back = |tx: &mut Tx<'_>| {
            if lock.enter(tx)? && lock.in_hand(tx)? == known {
                lock.mark(tx, 0)?;
            }
            Ok(())
        };
        match (known, self.session.database().clone()) {
            (0, _) => Ok(()),
            (_, Database::Postgres(_)) => self.session.transaction(take_back),
            // The mark is in a file: no writer has to be waited for.
            (_, sqlite @ Database::Sqlite(_)) => sqlite.read(take_back),
        }
    }

    /// A batch failed, and not for the database's sake: try its events one by one; one alone, that fails again, is given up.
    pub(super) fn at_fault(
        &mut self,
        lock: &ProjectorLock,
        mark: InHand,
        count: usize,
        error: &Error,
    ) -> Result<Outcome> {
        if count > 1 {
            tracing::warn!(events = count, %error, "a batch failed; its events are tried one by one");
            self.alone = count;
            return Ok(Outcome::Done(0));
        }
        let reason = error.to_string();
        // What the batch had settled was rolled back.
        self.state.tally = Tally::default();
        self.session.transaction(|tx| {
            if !lock.enter(tx)? {
                return Ok(Outcome::Busy);
            }
            let attempts = events::add_attempt(tx, -mark)?;
            if attempts.is_some_and(|attempts| attempts >= DEATHS) {
                fail(tx, -mark, &reason, &mut self.state.tally)?;
            }
            Ok(Outcome::Done(attempts.map_or(0, |_| 1)))
        })
    }
}
