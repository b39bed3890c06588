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

/// Tells that a batch is in hand: where it is a full one, what is pending after it is read from now on.
pub(super) type Begin<'b> = &'b mut dyn FnMut(&[Reading]);

impl Ahead {
    /// Does a step's work, and reads ahead from the moment it tells to. What was read is waited for only once the work
    /// is done, so that no transaction is kept open for it.
    pub(super) fn beside<T>(reader: &mut Session, limit: usize, work: impl FnOnce(Begin<'_>) -> T) -> (T, Self) {
        thread::scope(|scope| {
            let (mut reader, mut thread) = (Some(reader), None);
            let done = work(&mut |batch| {
                let full = batch.len() >= limit.max(FEW);
                let Some(after) = batch.last().filter(|_| full).map(|last| last.event.id) else { return };
                let Some(reader) = reader.take() else { return };
                let read = move || reader.read(|tx| Self::after(tx, after, limit)).unwrap_or_default();
                // What cannot be read now is read when it is claimed.
                thread = thread::Builder::new().name("reader".to_owned()).spawn_scoped(scope, read).ok();
            });
            (done, thread.and_then(|thread| thread.join().ok()).unwrap_or_default())
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

#[cfg(test)]
mod tests {
    use chrono::Utc;
    use serde_json::json;

    use super::*;
    use crate::db::rows::EventBody;
    use crate::db::statement::execute;
    use crate::db::types::{Json, Timestamp};
    use crate::db::{Database, DatabaseUrl, migrate};

    #[test]
    fn a_full_batch_has_the_next_one_read() {
        let folder = tempfile::tempdir().expect("a folder");
        let database = Database::open(&DatabaseUrl::Sqlite(folder.path().join("mirror.db"))).expect("a file");
        let mut session = database.session();
        migrate::run(&mut session).expect("migrated");
        let ids = 1..=150;
        let events: Vec<_> = ids.clone().map(|id| Event::pending(id, "test", Timestamp(Utc::now()))).collect();
        let bodies = ids.map(|event_id| EventBody { event_id, headers: Json(json!({})), body: b"{}".to_vec() });
        let bodies: Vec<_> = bodies.collect();
        let stored = session.transaction(|tx| Event::insert(tx, &events).and_then(|_| EventBody::insert(tx, &bodies)));
        stored.expect("stored");
        let mut claimed = |limit| {
            let events = database.read(|tx| events::pending(tx, 0, limit, BYTES)).expect("events");
            let batch = database.read(|tx| Ahead::default().read(tx, events)).expect("readings");
            Ahead::beside(&mut session, limit, |begin| begin(&batch)).1
        };
        let ahead = claimed(100);
        assert_eq!((ahead.0.len(), ahead.0.contains_key(&101)), (50, true));
        // A small one, or one that is not full, has none.
        assert_eq!((claimed(10).0.len(), claimed(200).0.len()), (0, 0));
        // What was read is not read again, where the event is still what it was.
        let mut events = database.read(|tx| events::pending(tx, 100, 50, BYTES)).expect("events");
        events[7].attempts = 1;
        let dropped = database.session().transaction(|tx| execute(tx, "DELETE FROM webhook_bodies"));
        dropped.expect("dropped");
        let readings = database.read(|tx| ahead.read(tx, events)).expect("readings");
        assert_eq!((readings.len(), readings.iter().any(|reading| reading.event.id == 108)), (49, false));
    }
}
