//! What a batch is made of: events claimed and read, then written and settled.

use super::batch;
use super::reading::{Reading, read};
use super::{Outcome, Settings};
use crate::db::events;
use crate::db::projector_lock::{InHand, ProjectorLock};
use crate::db::{Result, Tx};
use crate::fault;

/// Bytes of their bodies: what is read at once, and held in memory.
const BATCH_BYTES: usize = 8 << 20;

/// Takes the next events in hand, and reads them.
pub(super) fn claim(
    tx: &mut Tx<'_>,
    lock: &ProjectorLock,
    limit: usize,
    in_hand: &mut Option<(InHand, usize)>,
) -> Result<Option<Vec<Reading>>> {
    let deliveries = events::claim(tx, limit, BATCH_BYTES)?;
    let Some((first, _)) = deliveries.first() else { return Ok(None) };
    let mark = if deliveries.len() == 1 { -first.id } else { first.id };
    *in_hand = Some((mark, deliveries.len()));
    lock.mark(tx, mark)?;
    Ok(Some(deliveries.into_iter().map(read).collect()))
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
