//! What is done with a batch: it is written and settled.

use super::Zones;
use super::batch::{self, Projected};
use super::parts::Parts;
use super::reading::Reading;
use crate::db::changes;
use crate::db::events;
use crate::db::projector_lock::ProjectorLock;
use crate::db::{Result, Tx};
use crate::fault;
use crate::metrics::Tally;
use crate::privacy::Privacy;

/// What the mirror is told about accounts.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The account of bodies that name no host.
    pub default_host: String,
    /// The accounts' time zones.
    pub zones: Zones,
    /// What opens and masks bodies that could not be read when they came.
    pub privacy: Privacy,
}

/// What a step found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// So many events were settled.
    Done(usize),
    /// Nothing waits.
    Empty,
    /// Another projector is at work, or a rebuild pauses this one.
    Busy,
    /// The last projector died with events in hand; they are tried one by one from now on.
    Died,
}

/// Folds what was read over what is stored, and settles it.
pub(super) fn write(
    tx: &mut Tx<'_>,
    lock: &ProjectorLock,
    readings: Vec<Reading>,
    settings: &Settings,
    tally: &mut Tally,
    parts: Option<&mut Parts>,
) -> Result<Outcome> {
    let new = Tally::new_of(readings.iter().map(|reading| &reading.event));
    let Projected { settlements, changes } = batch::project(tx, readings, settings, lock.is_live(), parts)?;
    if let Some(mut changes) = changes {
        changes::append(tx, &mut changes)?;
    }
    fault::point("project_before_settle");
    events::settle(tx, &settlements)?;
    tally.add(&new, &settlements);
    lock.mark(tx, 0)?;
    fault::point("project_before_commit");
    Ok(Outcome::Done(settlements.len()))
}
