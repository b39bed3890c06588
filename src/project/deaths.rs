//! What the last projector died of: deaths are counted against the event in hand, and at the third it is given up.

use std::slice;

use chrono::Utc;

use super::{Settings, zones};
use crate::db::events::{self, Settlement};
use crate::db::projector_lock::{InHand, ProjectorLock};
use crate::db::types::{EventState, Timestamp};
use crate::db::{Result, Tx};
use crate::metrics::Tally;

/// Deaths of the process that an event may be in hand at.
pub(super) const DEATHS: i32 = 3;

/// What a projector finds, and does, once.
#[derive(Default)]
pub(super) struct State {
    /// What is settled and not committed yet.
    pub tally: Tally,
    /// Whether what [`Self::begin`] sets is committed.
    pub has_begun: bool,
    /// Found again, this tells of no death: an error left it, or it was counted.
    pub known: InHand,
}

impl State {
    /// Looks at what the last projector left in hand, and sets the accounts' time zones; true where a death was counted.
    pub(super) fn begin(&mut self, tx: &mut Tx<'_>, lock: &ProjectorLock, settings: &Settings) -> Result<bool> {
        let left = lock.in_hand(tx)?;
        let died = left != 0 && left != self.known;
        if died {
            after_death(tx, left, &mut self.tally)?;
            // Counted once, whoever looks next.
            lock.mark(tx, 0)?;
        }
        self.known = 0;
        if !self.has_begun {
            zones::configure(tx, settings)?;
        }
        Ok(died)
    }
}

/// Counts a death against the event that was in hand alone.
fn after_death(tx: &mut Tx<'_>, left: InHand, tally: &mut Tally) -> Result<()> {
    if left > 0 {
        tracing::warn!(event.id = left, "the projector died in a batch that began with this event");
        return Ok(());
    }
    let Some(attempts) = events::add_attempt(tx, -left)? else { return Ok(()) };
    tracing::warn!(event.id = -left, attempts, "the projector died with this event in hand");
    if attempts >= DEATHS {
        fail(tx, -left, &format!("the process died {DEATHS} times with this event in hand"), tally)?;
    }
    Ok(())
}

/// Makes an event a dead letter without looking into it again.
pub(super) fn fail(tx: &mut Tx<'_>, id: i64, reason: &str, tally: &mut Tally) -> Result<()> {
    let Some(event) = events::find(tx, id)? else { return Ok(()) };
    tracing::error!(event.id = id, reason, "an event was given up; see `events show {id}`");
    let new = Tally::new_of([&event]);
    let settlement = Settlement {
        id,
        account_id: event.account_id,
        format: event.format,
        kind: event.kind,
        type_name: event.type_name,
        action: event.action,
        entity_key: event.entity_key,
        state: EventState::Failed,
        attempts: event.attempts,
        error: Some(reason.to_owned()),
        processed_at: Some(Timestamp(Utc::now())),
    };
    events::settle(tx, slice::from_ref(&settlement))?;
    tally.add(&new, &[settlement]);
    Ok(())
}
