//! What a batch is made of: events claimed and read, then written and settled.

use super::ahead::{Ahead, BYTES};
use super::batch;
use super::reading::Reading;
use super::{Outcome, Settings};
use crate::db::events;
use crate::db::projector_lock::{InHand, ProjectorLock};
use crate::db::{Result, Tx};
use crate::fault;

/// Takes the next events in hand, and reads them.
pub(super) fn claim(
    tx: &mut Tx<'_>,
    lock: &ProjectorLock,
    limit: usize,
    ahead: Ahead,
    in_hand: &mut Option<(InHand, usize)>,
) -> Result<Option<Vec<Reading>>> {
    let events = events::pending(tx, 0, limit, BYTES)?;
    let Some(first) = events.first() else { return Ok(None) };
    let mark = if events.len() == 1 { -first.id } else { first.id };
    *in_hand = Some((mark, events.len()));
    lock.mark(tx, mark)?;
    ahead.read(tx, events).map(Some)
}

/// Folds what was read over what is stored, and settles it.
pub(super) fn write(
    tx: &mut Tx<'_>,
    lock: &ProjectorLock,
    readings: Vec<Reading>,
    settings: &Settings,
) -> Result<Outcome> {
    let settlements = batch::project(tx, readings, settings)?;
    fault::point("project_before_settle");
    events::settle(tx, &settlements)?;
    lock.mark(tx, 0)?;
    fault::point("project_before_commit");
    Ok(Outcome::Done(settlements.len()))
}
