//! What is done with a batch: it is written and settled.

use super::batch;
use super::reading::Reading;
use super::{Outcome, Settings};
use crate::db::events;
use crate::db::projector_lock::ProjectorLock;
use crate::db::{Result, Tx};
use crate::fault;

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
