//! One batch on either database: claimed, written and settled, in one transaction.

use super::ahead::Begin;
use super::step::write;
use super::{Outcome, Projector, dates};
use crate::db::projector_lock::ProjectorLock;
use crate::db::rows::erasures;
use crate::db::{Database, Result, Tx};

impl Projector {
    /// All in one transaction, whose lock keeps the others out.
    pub(super) fn step_postgres(&mut self, lock: &ProjectorLock, limit: usize, begin: Begin<'_>) -> Result<Outcome> {
        let Self { session, settings, state, hand, parts, .. } = self;
        let committed = session.transaction(|tx| {
            if !lock.enter(tx)? {
                return Ok(None);
            }
            if state.begin(tx, lock, settings)? {
                return Ok(Some(Ok(Outcome::Died)));
            }
            let Some(readings) = hand.claim(tx, lock, limit)? else {
                let told = dates::follow(tx, lock.is_live())?;
                return Ok(Some(Ok(if told { Outcome::Done(0) } else { Outcome::Empty })));
            };
            begin(&readings);
            let done = tx.undone_by_errors(|tx| write(tx, lock, readings, settings, &mut state.tally, parts.as_mut()));
            if done.is_err() {
                // Before the lock is free: another projector would take the mark for a death.
                lock.mark(tx, 0)?;
            }
            Ok(Some(done))
        });
        state.has_begun |= matches!(committed, Ok(Some(_)));
        let outcome = committed.and_then(|done| done.unwrap_or(Ok(Outcome::Busy)));
        if let Some(parts) = parts
            && let Err(error) = parts.end(outcome.is_ok())
            && outcome.is_ok()
        {
            // No event is at fault, and none is pending any more: the shadow is of no use.
            hand.marked = None;
            return Err(error);
        }
        outcome
    }

    /// Reads and parses before it takes the one writer: the recorder waits for no body to be understood.
    pub(super) fn step_sqlite(
        &mut self,
        database: &Database,
        lock: &ProjectorLock,
        limit: usize,
        begin: Begin<'_>,
    ) -> Result<Outcome> {
        let Self { session, settings, state, hand, .. } = self;
        // Nobody else marks while the file is locked: one look is enough.
        if !state.has_begun {
            let died = session.transaction(|tx| state.begin(tx, lock, settings))?;
            state.has_begun = true;
            if died {
                return Ok(Outcome::Died);
            }
        }
        let claim = |tx: &mut Tx<'_>| Ok((erasures(tx)?, hand.claim(tx, lock, limit)?));
        let (erased, Some(readings)) = database.read(claim)? else {
            let due = database.read(dates::is_due)?;
            if !due {
                return Ok(Outcome::Empty);
            }
            return session.transaction(|tx| dates::follow(tx, lock.is_live())).map(|_| Outcome::Done(0));
        };
        begin(&readings);
        let done = session.transaction(|tx| {
            if erasures(tx)? != erased {
                // A person was forgotten meanwhile: what was read may still name them.
                lock.mark(tx, 0)?;
                return Ok(Outcome::Done(0));
            }
            write(tx, lock, readings, settings, &mut state.tally, None)
        });
        if done.is_err() {
            // The next process would take the mark for a death; this one knows it anyway.
            let _ = database.read(|tx| lock.mark(tx, 0));
        }
        done
    }
}
