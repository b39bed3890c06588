//! Pending events to rows, in batches: claim, parse, fold, upsert, settle, all in one transaction.
//!
//! Live deliveries, retries and replays all come this way. A crash repeats a batch and never half-applies it.

mod accounts;
mod ahead;
mod alone;
mod batch;
mod booking;
mod bookings;
mod changes;
mod content;
mod counter;
mod customers;
mod dates;
mod deaths;
mod forgotten;
mod fresh;
mod hand;
mod items;
mod one_batch;
mod origin;
mod pace;
mod parts;
mod rates;
mod reading;
mod rows;
mod sealed;
mod step;
mod story;
mod transactions;
mod wake;
mod worker;
mod zones;

pub(crate) use content::content;
pub use reading::{Reading, read};
pub(crate) use story::{Story, tell};
pub use wake::Wake;
pub use worker::Worker;
pub use zones::{Zones, parse as parse_zone};

use std::mem;

use ahead::{Ahead, Reader};
use deaths::State;
use hand::Hand;
use pace::BATCH;
use parts::Parts;
pub use step::{Outcome, Settings};

use crate::db::projector_lock::ProjectorLock;
use crate::db::{Database, Result, Session};
use crate::fault;
use crate::metrics::Metrics;
use crate::traces::Traces;

/// The one who turns events into rows; one works at a time.
pub struct Projector {
    session: Session,
    settings: Settings,
    lock: Option<ProjectorLock>,
    batch: usize,
    /// Events still to be done one by one, after a batch failed or a process died of one.
    alone: usize,
    hand: Hand,
    reader: Option<Reader>,
    parts: Option<Parts>,
    state: State,
    metrics: Option<Metrics>,
    traces: Traces,
}

impl Projector {
    /// A projector on this database.
    pub fn new(database: &Database, settings: Settings) -> Self {
        Self {
            session: database.session().by_key(),
            settings,
            lock: None,
            batch: BATCH,
            alone: 0,
            hand: Hand::default(),
            reader: None,
            parts: None,
            state: State::default(),
            metrics: None,
            traces: Traces::default(),
        }
    }

    /// A projector that holds its lock already.
    pub fn with_lock(database: &Database, settings: Settings, lock: ProjectorLock) -> Self {
        Self { lock: Some(lock), ..Self::new(database, settings) }
    }

    /// Writes what belongs to new bookings over a connection of its own, where that is of use: of a shadow's projector.
    #[must_use]
    pub(crate) fn in_parts(self) -> Self {
        let database = self.session.database();
        let parts = matches!(database, Database::Postgres(_)).then(|| Parts::new(database));
        Self { parts, ..self }
    }

    /// Counts what it settles.
    #[must_use]
    pub fn counted_by(self, metrics: &Metrics) -> Self {
        Self { metrics: Some(metrics.clone()), ..self }
    }

    /// Says in their traces when deliveries became rows.
    #[must_use]
    pub fn traced_by(self, traces: &Traces) -> Self {
        Self { traces: traces.clone(), ..self }
    }

    /// Whether deliveries wait while a batch is written.
    pub(crate) fn is_one_writer(&self) -> bool {
        matches!(self.session.database(), Database::Sqlite(_))
    }

    /// Sets how many events a batch may have.
    pub fn set_batch(&mut self, batch: usize) -> &mut Self {
        self.batch = batch.max(1);
        self
    }

    /// Projects one batch. Blocks.
    ///
    /// An error is a fault of the database: nothing was changed, try again later. An event at fault is settled as
    /// `failed`, and the others go on.
    pub fn step(&mut self) -> Result<Outcome> {
        let lock = match self.lock.take() {
            Some(lock) => lock,
            None => match ProjectorLock::acquire(self.session.database())? {
                Some(lock) => lock,
                None => return Ok(Outcome::Busy),
            },
        };
        let began = self.traces.now();
        let outcome = match lock.pass() {
            Ok(Some(_pass)) => self.step_locked(&lock),
            Ok(None) => {
                self.hand.open();
                Ok(Outcome::Busy)
            }
            Err(error) => Err(error),
        };
        let tally = mem::take(&mut self.state.tally);
        if outcome.is_ok() {
            self.traces.settled(began, &tally);
            if let Some(metrics) = &self.metrics {
                metrics.settled(&tally);
            }
        }
        if matches!(outcome, Ok(Outcome::Done(_))) {
            fault::point("project_after_commit");
        }
        self.lock = Some(lock);
        outcome
    }

    /// Projects until nothing waits, and says how many events were settled.
    pub fn drain(&mut self) -> Result<usize> {
        let mut settled = 0;
        loop {
            match self.step()? {
                Outcome::Done(count) => settled += count,
                Outcome::Died => {}
                Outcome::Empty | Outcome::Busy => return Ok(settled),
            }
        }
    }

    fn step_locked(&mut self, lock: &ProjectorLock) -> Result<Outcome> {
        let limit = if self.alone > 0 { 1 } else { self.batch };
        self.hand.marked = None;
        let database = self.session.database().clone();
        let mut reader = self.reader.take().unwrap_or_else(|| Reader::new(&database, &self.settings));
        let (result, ahead) = Ahead::beside(&mut reader, limit, |begin| match &database {
            Database::Postgres(_) => self.step_postgres(lock, limit, begin),
            sqlite @ Database::Sqlite(_) => self.step_sqlite(sqlite, lock, limit, begin),
        });
        self.reader = Some(reader);
        match &result {
            Ok(Outcome::Done(_)) => self.hand.ahead = ahead,
            _ => self.hand.open(),
        }
        match (result, self.hand.marked) {
            (Ok(Outcome::Died), _) => {
                // Whatever it died of is still there, in its batch or in what was read ahead: one by one, so that it is
                // known.
                self.alone = BATCH * 2;
                Ok(Outcome::Died)
            }
            (Ok(outcome), _) => {
                self.alone = self.alone.saturating_sub(1);
                Ok(outcome)
            }
            (Err(error), in_hand) => {
                self.state.known = in_hand.map_or(self.state.known, |(mark, _)| mark);
                match in_hand {
                    Some((mark, count)) if !error.is_outage() => self.at_fault(lock, mark, count, &error),
                    _ => Err(error),
                }
            }
        }
    }
}
