//! Reads the next events on a thread of its own while a batch is written.

mod reader;

pub(super) use reader::Reader;

use std::collections::HashMap;

use super::Settings;
use super::accounts::Accounts;
use super::fresh::Fresh;
use super::reading::{Reading, read_body};
use crate::db::events::{self, Waiting};
use crate::db::rows::Event;
use crate::db::{Result, Tx};

/// Bytes of the bodies of a batch: what is read at once, and held in memory.
pub(super) const BYTES: usize = 8 << 20;
/// For fewer events a thread costs more than it saves.
const FEW: usize = 64;

/// Events that were read already. Only what is still just as it was when it is claimed is of use.
#[derive(Default)]
pub(super) struct Ahead(HashMap<i64, Reading>);

/// Tells that a batch is in hand: where it is a full one, what is pending after it is read from now on.
pub(super) type Begin<'b> = &'b mut dyn FnMut(&[Reading]);

impl Ahead {
    /// Does a step's work, and has the next events read from the moment it tells to. What was read is waited for only once
    /// the work is done, so that no transaction is kept open for it.
    pub(super) fn beside<T>(reader: &mut Reader, limit: usize, work: impl FnOnce(Begin<'_>) -> T) -> (T, Self) {
        let mut asked = false;
        let done = work(&mut |batch| {
            let full = batch.len() >= limit.max(FEW);
            let Some(after) = batch.last().filter(|_| full && !asked).map(|last| last.event.id) else { return };
            asked = reader.ask(after, limit);
        });
        (done, if asked { reader.answer() } else { Self::default() })
    }

    /// Reads them, and tells what each makes of a booking that is not stored, while its account stays as it is.
    fn after(tx: &mut Tx<'_>, after: i64, limit: usize, settings: &Settings) -> Result<Self> {
        let events = events::pending(tx, after, limit, BYTES)?;
        let mut readings = Self::default().read(tx, events)?;
        let accounts = Accounts::load(tx, &settings.default_host, &settings.zones)?;
        for reading in &mut readings {
            if let Some(origin) = accounts.known_origin(reading) {
                Fresh::tell(reading, origin);
            }
        }
        Ok(Self(readings.into_iter().map(|reading| (reading.event.id, reading)).collect()))
    }

    /// Hands over the next events above an id, where as many were read as may be claimed, and all are as they were read.
    pub(super) fn next(&mut self, tx: &mut Tx<'_>, after: i64, limit: usize) -> Result<Option<Vec<Reading>>> {
        if self.0.len() < limit {
            return Ok(None);
        }
        let waiting = events::waiting(tx, after, limit)?;
        let is_read = |one: &Waiting| self.0.get(&one.id).is_some_and(|reading| one.is(&reading.event));
        if waiting.len() < limit || !waiting.iter().all(is_read) {
            return Ok(None);
        }
        Ok(Some(waiting.iter().filter_map(|one| self.0.remove(&one.id)).collect()))
    }

    /// Reads these events, but for those that were.
    pub(super) fn read(mut self, tx: &mut Tx<'_>, events: Vec<Event>) -> Result<Vec<Reading>> {
        let (mut readings, mut missing) = (Vec::with_capacity(events.len()), Vec::new());
        for event in events {
            match self.0.remove(&event.id).filter(|reading| reading.event == event) {
                Some(reading) => readings.push(reading),
                None => missing.push(event),
            }
        }
        if !missing.is_empty() {
            readings.extend(events::with_bodies(tx, missing)?.into_iter().map(|(event, body)| read_body(event, &body)));
            readings.sort_unstable_by_key(|reading| reading.event.id);
        }
        Ok(readings)
    }
}

#[cfg(test)]
mod tests;
