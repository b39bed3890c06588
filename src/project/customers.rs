//! Customers: each field as the newest event that had it, whatever order the events come in.

use std::collections::{BTreeSet, HashMap};

use serde_json::{Map, Value};

use super::origin::Origin;
use super::rows::{action, by_account};
use crate::checkfront::Contact;
use crate::db::rows::{Action, Booking, Change, Customer, Kind};
use crate::db::types::Json;
use crate::db::{Result, Tx};

/// Account and customer key.
type Key = (i32, String);

#[derive(Default)]
pub(super) struct Customers {
    stored: HashMap<Key, Customer>,
    current: HashMap<Key, Customer>,
    /// Bookings of each customer that is told by an address alone.
    bookings: HashMap<Key, i64>,
}

impl Customers {
    /// Loads what is stored of these customers, where it has not been.
    pub(super) fn load(&mut self, tx: &mut Tx<'_>, keys: impl IntoIterator<Item = Key>) -> Result<()> {
        let missing: BTreeSet<Key> = keys.into_iter().filter(|key| !self.bookings.contains_key(key)).collect();
        for (account_id, keys) in by_account(missing) {
            for row in Customer::load(tx, account_id, &keys)? {
                let key = (account_id, row.customer_key.clone());
                self.current.insert(key.clone(), row.clone());
                self.stored.insert(key, row);
            }
            let by_address: Vec<_> = keys.iter().filter(|key| is_address(key)).cloned().collect();
            let counts: HashMap<_, _> = if by_address.is_empty() {
                HashMap::new()
            } else {
                Booking::count_by_customer(tx, account_id, &by_address)?.into_iter().collect()
            };
            for key in keys {
                let count = counts.get(&key).copied().unwrap_or(0);
                self.bookings.insert((account_id, key), count);
            }
        }
        Ok(())
    }

    /// Takes in what a booking says of its customer. An empty field says nothing.
    pub(super) fn saw(&mut self, key: Option<&str>, contact: &Contact, origin: &Origin) {
        let Some(key) = key else { return };
        let new = || Customer::nameless(origin.account_id, key, origin.id, origin.at);
        let row = self.current.entry((origin.account_id, key.to_owned())).or_insert_with(new);
        // An address left without bookings was forgotten; what came before its return is not told again.
        if is_address(key) && origin.id < row.first_event_id {
            return;
        }
        let mut changed = false;
        let Json(Value::Object(events)) = &mut row.field_events else { return };
        let mut newer = |name: String| {
            let newer = events.get(&name).and_then(Value::as_i64).is_none_or(|event_id| event_id <= origin.id);
            if newer {
                events.insert(name, origin.id.into());
            }
            newer
        };
        let columns = [
            &mut row.code,
            &mut row.name,
            &mut row.email,
            &mut row.phone,
            &mut row.address,
            &mut row.city,
            &mut row.region,
            &mut row.country,
            &mut row.postal_zip,
        ];
        for (column, (name, value)) in columns.into_iter().zip(contact.columns()) {
            if value.is_some() && newer(name.to_owned()) && column != value {
                column.clone_from(value);
                changed = true;
            }
        }
        for (name, value) in &contact.profile {
            let Json(profile) = row.profile.get_or_insert_with(|| Json(Map::new().into()));
            if newer(format!("profile.{name}")) && profile.get(name) != Some(value) {
                profile[name] = value.clone();
                changed = true;
            }
        }
        row.first_event_id = row.first_event_id.min(origin.id);
        if changed && row.last_event_id <= origin.id {
            row.updated_at = origin.at;
        }
        row.last_event_id = row.last_event_id.max(origin.id);
    }

    /// A booking goes from one customer to another. An address left without bookings goes.
    pub(super) fn moved(&mut self, account_id: i32, from: Option<&str>, to: Option<&str>) {
        if from == to {
            return;
        }
        for (key, by) in from.map(|key| (key, -1)).into_iter().chain(to.map(|key| (key, 1))) {
            let key = (account_id, key.to_owned());
            let count = self.bookings.entry(key.clone()).or_default();
            *count += by;
            if *count <= 0 && is_address(&key.1) {
                self.current.remove(&key);
            }
        }
    }

    /// Drops addresses that a booking had only in passing.
    pub(super) fn drop_unused(&mut self) {
        let bookings = &self.bookings;
        self.current.retain(|key, _| !is_address(&key.1) || bookings.get(key).is_some_and(|&count| count > 0));
    }

    /// What changed: customers that say something else, or are gone.
    pub(super) fn changes(&self) -> impl Iterator<Item = Change> {
        let changed = self.current.iter().filter_map(|(key, row)| {
            let stored = self.stored.get(key);
            stored.is_none_or(|stored| !stored.says_the_same(row)).then(|| {
                let action = action(stored.is_some(), false);
                Change::new(key.0, Kind::Customer, key.1.clone(), Some(row.last_event_id), action)
            })
        });
        let gone = self.stored.iter().filter(|(key, _)| !self.current.contains_key(key));
        changed.chain(gone.map(|(key, row)| {
            Change::new(key.0, Kind::Customer, key.1.clone(), Some(row.last_event_id), Action::Delete)
        }))
    }

    /// As bookings are written.
    pub(super) fn write(&self, tx: &mut Tx<'_>, many: bool) -> Result<()> {
        let (mut new, mut known) = (Vec::new(), Vec::new());
        for (key, row) in &self.current {
            match self.stored.get(key) {
                None if many => new.push(row),
                stored if stored != Some(row) => known.push(row),
                _ => {}
            }
        }
        Customer::upsert(tx, &known)?;
        Customer::add(tx, &new)?;
        let gone = self.stored.keys().filter(|key| !self.current.contains_key(key)).cloned();
        for (account_id, keys) in by_account(gone) {
            Customer::delete(tx, account_id, &keys)?;
        }
        Ok(())
    }
}

fn is_address(key: &str) -> bool {
    key.starts_with("email:")
}
