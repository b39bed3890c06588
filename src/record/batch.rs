//! Deliveries that are stored together.

use std::sync::Arc;

use parking_lot::Mutex;

use crate::budget::Share;
use crate::db::rows::{Event, EventBody};
use crate::db::{Result, Session};
use crate::fault;
use crate::ids::Ids;

/// Deliveries in the order of their ids, each with its body at the same place.
#[derive(Debug, Clone, Default)]
pub(super) struct Batch {
    pub(super) events: Vec<Event>,
    pub(super) bodies: Vec<EventBody>,
    /// The memory they take, held until no insert works on them any more.
    pub(super) shares: Arc<Vec<Share>>,
}

impl Batch {
    pub(super) fn ids(&self) -> Vec<i64> {
        self.events.iter().map(|event| event.id).collect()
    }

    /// Gives new ids to those whose id another receiver has; returns the changes, old and new.
    pub(super) fn renumber(&mut self, taken: &[i64], ids: &Mutex<Ids>) -> Vec<(i64, i64)> {
        let mut changes = Vec::new();
        for (event, body) in self.events.iter_mut().zip(&mut self.bodies) {
            if taken.contains(&event.id) {
                let new = ids.lock().next(event.received_at.0);
                changes.push((event.id, new));
                (event.id, body.event_id) = (new, new);
            }
        }
        changes
    }

    /// Inserts all of it in one transaction, or nothing where another receiver has some of the ids: these are returned.
    ///
    /// An id that this receiver has stored already, in a commit whose answer was lost, is left as it is. So an insert
    /// may be repeated; but only under ids that no insert reported as taken.
    pub(super) fn insert(&self, session: &mut Session) -> Result<Vec<i64>> {
        let mut taken = Vec::new();
        let result = session.transaction(|tx| {
            let stored = Event::insert(tx, &self.events)?;
            let own = |id: &i64, receiver: &String| {
                self.events.iter().any(|event| event.id == *id && event.receiver == *receiver)
            };
            taken = stored.into_iter().filter(|(id, receiver)| !own(id, receiver)).map(|(id, _)| id).collect();
            if !taken.is_empty() {
                return Err(diesel::result::Error::RollbackTransaction.into());
            }
            EventBody::insert(tx, &self.bodies)?;
            fault::point("record_before_commit");
            Ok(())
        });
        if taken.is_empty() { result.map(|()| taken) } else { Ok(taken) }
    }
}
