//! Which of the bookings of a batch say something else now.

use super::{Bookings, Key};
use crate::db::rows::{BookingHistory, Change, Kind};
use crate::db::{Result, Tx};
use crate::project::rows::action;

impl Bookings {
    /// What changed; of what was told anew, by what is stored: call it before that is overwritten.
    pub(in crate::project) fn changes(&self, tx: &mut Tx<'_>) -> Result<Vec<Change>> {
        let applied = self.rows.applied().iter().filter(|(key, _)| !self.retold.contains(key));
        let mut changes: Vec<_> = applied.map(|(key, event_id)| self.change(key, *event_id)).collect();
        for key in &self.retold {
            let (stored, told) = (self.rows.stored(key), self.rows.written(key));
            let last = told.or(stored).map(|whole| whole.booking.last_event_id);
            if let Some(last) = last
                && (told != stored || self.has_other_steps(tx, key)?)
            {
                changes.push(self.change(key, last));
            }
        }
        changes.extend(self.customers.changes());
        Ok(changes)
    }

    fn change(&self, key: &Key, event_id: i64) -> Change {
        // What was told anew and is not written any more is gone.
        let whole = if self.retold.contains(key) { self.rows.written(key) } else { self.rows.get(key) };
        let is_deleted = whole.is_none_or(|whole| whole.booking.deleted_at.is_some());
        let action = action(self.rows.stored(key).is_some(), is_deleted);
        Change::new(key.0, Kind::Booking, key.1.clone(), Some(event_id), action)
    }

    fn has_other_steps(&self, tx: &mut Tx<'_>, (account_id, code): &Key) -> Result<bool> {
        let steps = self.history.iter().filter(|step| (step.account_id, &step.booking_code) == (*account_id, code));
        Ok(!BookingHistory::of(tx, *account_id, code)?.iter().eq(steps))
    }
}
