//! Pending events to rows, in batches: claim, parse, fold, upsert, settle, all in one transaction.
//!
//! Live deliveries, retries and replays all come this way. A crash repeats a batch and never half-applies it.

mod accounts;
mod batch;
mod booking;
mod bookings;
mod changes;
mod customers;
mod dates;
mod items;
mod rates;
mod reading;
mod rows;
mod transactions;
mod worker;
mod zones;

pub use reading::{Reading, read};
pub use worker::{Wake, Worker};
pub use zones::Zones;

use chrono::Utc;

use crate::db::events::{self, Settlement};
use crate::db::projector_lock::{InHand, ProjectorLock};
use crate::db::types::{EventState, Timestamp};
use crate::db::{Database, Error, Result, Session, Tx};

/// Events in a batch.
const BATCH: usize = 500;
/// Events in a batch while the recorder waits for SQLite's one writer.
const SHORT_BATCH: usize = 50;
/// Deaths of the process that an event may be in hand at.
const DEATHS: i32 = 3;

/// What the mirror is told about accounts.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The account of bodies that name no host.
    pub default_host: String,
    /// The accounts' time zones.
    pub zones: Zones,
}

/// What a step found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// So many events were settled.
    Done(usize),
    /// Nothing waits.
    Empty,
    /// Another projector is at work.
    Busy,
}

/// The one who turns events into rows; one works at a time.
pub struct Projector {
    session: Session,
    settings: Settings,
    lock: Option<ProjectorLock>,
    batch: usize,
    /// Events still to be done one by one, after a batch failed or a process died of one.
    alone: usize,
    /// What this projector marked last: found again, it tells of no death.
    marked: InHand,
    zones_are_set: bool,
}

impl Projector {
    /// A projector on this database.
    pub fn new(database: &Database, settings: Settings) -> Self {
        Self {
            session: database.session(),
            settings,
            lock: None,
            batch: BATCH,
            alone: 0,
            marked: 0,
            zones_are_set: false,
        }
    }

    /// Sets how many events a batch may have.
    #[must_use]
    pub fn with_batch(self, batch: usize) -> Self {
        Self { batch: batch.max(1), ..self }
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
        let outcome = self.step_locked(&lock);
        self.lock = Some(lock);
        outcome
    }

    /// Projects until nothing waits, and says how many events were settled.
    pub fn drain(&mut self) -> Result<usize> {
        let mut settled = 0;
        while let Outcome::Done(count) = self.step()? {
            settled += count;
        }
        Ok(settled)
    }

    fn step_locked(&mut self, lock: &ProjectorLock) -> Result<Outcome> {
        let limit = match self.alone {
            0 if self.session.database().is_awaited() => self.batch.min(SHORT_BATCH),
            0 => self.batch,
            _ => 1,
        };
        let Self { session, settings, marked, alone, zones_are_set, .. } = self;
        let mut in_hand = None;
        let result = session.transaction(|tx| {
            if !lock.enter(tx)? {
                return Ok(Outcome::Busy);
            }
            let left = lock.in_hand(tx)?;
            if left != 0 && left != *marked && after_death(tx, left)? > 0 {
                // Whatever it died of is still there: one by one, so that it is known.
                *alone = BATCH;
                *marked = left;
                return Ok(Outcome::Done(0));
            }
            if !*zones_are_set {
                zones::configure(tx, settings)?;
            }
            let deliveries = events::claim(tx, limit)?;
            let Some((first, _)) = deliveries.first() else {
                return if dates::follow(tx)? { Ok(Outcome::Done(0)) } else { Ok(Outcome::Empty) };
            };
            let (first, count) = (first.id, deliveries.len());
            let mark = if count == 1 { -first } else { first };
            in_hand = Some((mark, count));
            lock.mark(tx, mark)?;
            let settlements = batch::project(tx, deliveries, settings)?;
            events::settle(tx, &settlements)?;
            lock.mark(tx, 0)?;
            Ok(Outcome::Done(settlements.len()))
        });
        match &result {
            Ok(outcome) => {
                *zones_are_set |= *outcome != Outcome::Busy;
                *alone = alone.saturating_sub(1);
            }
            Err(_) => *marked = in_hand.map_or(*marked, |(mark, _)| mark),
        }
        match (result, in_hand) {
            (Err(error), Some((mark, count))) if !error.is_outage() => self.at_fault(lock, mark, count, &error),
            (result, _) => result,
        }
    }

    /// A batch failed, and not for the database's sake: try its events one by one; one alone, that fails again, is given up.
    fn at_fault(&mut self, lock: &ProjectorLock, mark: InHand, count: usize, error: &Error) -> Result<Outcome> {
        if count > 1 {
            tracing::warn!(events = count, %error, "a batch failed; its events are tried one by one");
            self.alone = count;
            return Ok(Outcome::Done(0));
        }
        let reason = error.to_string();
        self.session.transaction(|tx| {
            if !lock.enter(tx)? {
                return Ok(Outcome::Busy);
            }
            let attempts = events::add_attempt(tx, -mark)?;
            if attempts.is_some_and(|attempts| attempts >= DEATHS) {
                fail(tx, -mark, &reason)?;
            }
            Ok(Outcome::Done(attempts.map_or(0, |_| 1)))
        })
    }
}

/// Counts a death against the event that was in hand alone; returns how many events are suspected.
fn after_death(tx: &mut Tx<'_>, left: InHand) -> Result<usize> {
    if left > 0 {
        tracing::warn!(event.id = left, "the projector died in a batch; its events are tried one by one");
        return Ok(BATCH);
    }
    let Some(attempts) = events::add_attempt(tx, -left)? else { return Ok(0) };
    tracing::warn!(event.id = -left, attempts, "the projector died with this event in hand");
    if attempts >= DEATHS {
        fail(tx, -left, &format!("the process died {DEATHS} times with this event in hand"))?;
    }
    Ok(1)
}

/// Makes an event a dead letter without looking into it again.
fn fail(tx: &mut Tx<'_>, id: i64, reason: &str) -> Result<()> {
    let Some(event) = events::find(tx, id)? else { return Ok(()) };
    tracing::error!(event.id = id, reason, "an event was given up; see `events show {id}`");
    let settlement = Settlement {
        id,
        account_id: event.account_id,
        format: event.format,
        kind: event.kind,
        type_name: event.type_name,
        action: event.action,
        entity_key: event.entity_key,
        state: EventState::Failed,
        prior_state: None,
        attempts: event.attempts,
        error: Some(reason.to_owned()),
        processed_at: Some(Timestamp(Utc::now())),
    };
    events::settle(tx, &[settlement])
}
