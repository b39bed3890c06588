//! Which of the bookings of a batch say something else now.

use super::{Bookings, Key};
use crate::db::rows::{BookingHistory, Change, Kind};
use crate::db::{Result, Tx};
use crate::project::rows::action;

impl Bookings {
    /// What changed; of what was told anew, by what is stored: call it before that is overwritten.
    pub(in crate::project) fn changes(&self, tx: &mut Tx<'_>) -> Result<Vec<Change>> {
        let mut events = self.rows.applied().clone();
        for key in &self.retold {
            let stored = self.rows.stored(key).map_or(0, |stored| stored.booking.last_event_id);
            let told = self.rows.written(key).map(|whole| whole.booking.last_event_id);
            if self.rows.written(key) != self.rows.stored(key) || self.has_other_steps(tx, key)? {
                events.insert(key.clone(), told.unwrap_or(stored));
            } else {
                events.remove(key);
            }
        }
        let changes = events.into_iter().map(|(key, event_id)| {
            let is_gone = self.retold.contains(&key) && self.rows.written(&key).is_none();
            let whole = self.rows.get(&key).filter(|_| !is_gone);
            let is_deleted = whole.is_none_or(|whole| whole.booking.deleted_at.is_some());
            let action = action(self.rows.stored(&key).is_some(), is_deleted);
            Change::new(key.0, Kind::Booking, key.1, Some(event_id), action)
        });
        Ok(changes.chain(self.customers.changes()).collect())
    }

    fn has_other_steps(&self, tx: &mut Tx<'_>, (account_id, code): &Key) -> Result<bool> {
        let steps = self.history.iter().filter(|step| (step.account_id, &step.booking_code) == (*account_id, code));
        Ok(!BookingHistory::of(tx, *account_id, code)?.iter().eq(steps))
    }
}
