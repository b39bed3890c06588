//! Reads the next events on a thread of its own while a batch is written.

use std::collections::HashMap;
use std::thread;

use super::reading::{Reading, read};
use crate::db::rows::Event;
use crate::db::{Result, Session, Tx, events};

/// Bytes of the bodies of a batch: what is read at once, and held in memory.
pub(super) const BYTES: usize = 8 << 20;
/// For fewer events a thread costs more than it saves.
const FEW: usize = 64;

/// Events that were read already. Only what is still just as it was when it is claimed is of use.
#[derive(Default)]
pub(super) struct Ahead(HashMap<i64, Reading>);

impl Ahead {
    /// Does the work of a batch, and where that was a full one, reads what is pending after it meanwhile.
    pub(super) fn beside<T>(
        reader: &mut Session,
        limit: usize,
        batch: Vec<Reading>,
        work: impl FnOnce(Vec<Reading>) -> T,
    ) -> (T, Self) {
        let full = batch.len() >= limit.max(FEW);
        let Some(after) = batch.last().filter(|_| full).map(|last| last.event.id) else {
            return (work(batch), Self::default());
        };
        thread::scope(|scope| {
            // What fails here is read when it is claimed.
            let ahead = scope.spawn(|| reader.read(|tx| Self::after(tx, after, limit)).unwrap_or_default());
            (work(batch), ahead.join().unwrap_or_default())
        })
    }

    fn after(tx: &mut Tx<'_>, after: i64, limit: usize) -> Result<Self> {
        let events = events::pending(tx, after, limit, BYTES)?;
        let readings = Self::default().read(tx, events)?;
        Ok(Self(readings.into_iter().map(|reading| (reading.event.id, reading)).collect()))
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
            readings.extend(events::with_bodies(tx, missing)?.into_iter().map(read));
            readings.sort_unstable_by_key(|reading| reading.event.id);
        }
        Ok(readings)
    }
}
