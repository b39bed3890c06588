//! Moves a spool over that no server holds: for commands that have to see every delivery there is.

use std::sync::Arc;

use parking_lot::Mutex;

use super::batch::Batch;
use crate::config::Config;
use crate::db::rows::{Event, mirror_id};
use crate::db::{Database, Error, Result};
use crate::ids::Ids;
use crate::spool::{Binding, Spool, waiting};

/// Deliveries moved in one transaction, at most.
const PAGE: i64 = 500;
/// The same in bytes of their bodies.
const BYTES: usize = 8 << 20;

/// What became of the spool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Drained {
    /// So many deliveries were moved; nothing is left in it.
    Moved(usize),
    /// A server has it, and is still to move so many.
    Held(i64),
}

/// Moves what is in the spool into the database. Blocks.
pub fn drain(config: &Config, database: &Database) -> Result<Drained> {
    if !config.spool_path.exists() {
        return Ok(Drained::Moved(0));
    }
    let mut session = database.session();
    let (highest, mirror_id) = session.transaction(|tx| Ok((Event::highest_id(tx)?, mirror_id(tx)?)))?;
    let claim = Binding { mirror_id: Some(mirror_id), place: config.database_url.place() };
    let mut spool = match Spool::open(&config.spool_path, &claim) {
        Ok(spool) => spool,
        Err(Error::InUse(_)) => return Ok(Drained::Held(waiting(&config.spool_path)?)),
        Err(error) => return Err(error),
    };
    let ids = Mutex::new(Ids::above(highest.max(spool.level().highest_id)));
    let mut moved = 0;
    loop {
        let (events, bodies) = spool.page(0, PAGE, BYTES)?;
        if events.is_empty() {
            return Ok(Drained::Moved(moved));
        }
        let mut batch = Batch { events, bodies, shares: Arc::default() };
        loop {
            let taken = batch.insert(&mut session)?;
            if taken.is_empty() {
                break;
            }
            // In the spool first, so that a repetition after a crash is seen as one.
            spool.renumber(&batch.renumber(&taken, &ids))?;
        }
        spool.remove(&batch.ids())?;
        moved += batch.events.len();
    }
}
