//! Rows of one table during a batch: as stored, and as changed; and the rule for full snapshots.

use std::collections::BTreeMap;

use super::origin::Origin;
use crate::db::rows::{Action, Change, Kind};
use crate::db::types::{EventState, Timestamp};

/// The rows a batch touches.
pub(super) struct Rows<K, R> {
    stored: BTreeMap<K, R>,
    changed: BTreeMap<K, R>,
    /// Those that say something else now, and the last event that made them.
    applied: BTreeMap<K, i64>,
}

impl<K: Ord + Clone, R> Rows<K, R> {
    pub(super) fn new(stored: impl IntoIterator<Item = (K, R)>) -> Self {
        Self { stored: stored.into_iter().collect(), changed: BTreeMap::new(), applied: BTreeMap::new() }
    }

    /// The row as it stands at this point of the batch.
    pub(super) fn get(&self, key: &K) -> Option<&R> {
        self.changed.get(key).or_else(|| self.stored.get(key))
    }

    /// The row as the database has it.
    pub(super) fn stored(&self, key: &K) -> Option<&R> {
        self.stored.get(key)
    }

    /// The row that is to be written.
    pub(super) fn written(&self, key: &K) -> Option<&R> {
        self.changed.get(key)
    }

    pub(super) fn put(&mut self, key: K, row: R) {
        self.changed.insert(key, row);
    }

    /// The row says something else since this event.
    pub(super) fn was_applied(&mut self, key: K, event_id: i64) {
        self.applied.insert(key, event_id);
    }

    /// Those that say something else now, and the last event that made them.
    pub(super) fn applied(&self) -> &BTreeMap<K, i64> {
        &self.applied
    }

    /// All rows from this key on, as they stand.
    pub(super) fn from(&self, key: &K) -> impl Iterator<Item = (&K, &R)> {
        let added = self.changed.range(key.clone()..).filter(|(key, _)| !self.stored.contains_key(key));
        let stored = self.stored.range(key.clone()..).map(|(key, row)| (key, self.changed.get(key).unwrap_or(row)));
        stored.chain(added)
    }

    /// What is to be written.
    pub(super) fn changed(&self) -> impl Iterator<Item = (&K, &R)> {
        self.changed.iter()
    }
}

/// A row that each event describes in full.
pub(super) trait Snapshot: Clone + PartialEq {
    /// `first_event_id`, `last_event_id`, `updated_at`, `deleted_at`.
    fn marks(&mut self) -> (&mut i64, &mut i64, &mut Timestamp, &mut Option<Timestamp>);

    /// The last event that described it.
    fn last_event_id(&self) -> i64;

    /// Whether it was deleted in Checkfront.
    fn is_deleted(&self) -> bool;
}

impl<K: Ord + Clone, R: Snapshot> Rows<K, R> {
    /// Folds a snapshot over the row of this key.
    pub(super) fn fold(&mut self, key: K, new: R, origin: &Origin) -> EventState {
        let (state, row) = fold(self.get(&key), new, origin);
        if state == EventState::Applied {
            self.was_applied(key.clone(), origin.id);
        }
        if let Some(row) = row {
            self.put(key, row);
        }
        state
    }

    /// What changed; `name` gives the account and the key that changes are told by.
    pub(super) fn changes(&self, kind: Kind, name: impl Fn(&K) -> (i32, String)) -> impl Iterator<Item = Change> {
        self.applied.iter().map(move |(key, event_id)| {
            let (account_id, name) = name(key);
            let action = action(self.stored.contains_key(key), self.get(key).is_some_and(Snapshot::is_deleted));
            Change::new(account_id, kind, name, Some(*event_id), action)
        })
    }
}

/// What happened to an object, by whether it was there before, and whether it is deleted now.
pub(super) fn action(was_there: bool, is_deleted: bool) -> Action {
    match (was_there, is_deleted) {
        (_, true) => Action::Delete,
        (true, false) => Action::Update,
        (false, false) => Action::Insert,
    }
}

/// Folds a snapshot over what stands: the decision, and the row to write.
fn fold<R: Snapshot>(before: Option<&R>, mut new: R, origin: &Origin) -> (EventState, Option<R>) {
    let Some(before) = before else {
        let (first, last, updated, deleted) = new.marks();
        (*first, *last, *updated, *deleted) = (origin.id, origin.id, origin.at, origin.delete.then_some(origin.at));
        return (EventState::Applied, Some(new));
    };
    if before.last_event_id() > origin.id {
        return (EventState::Superseded, None);
    }
    let mut same = before.clone();
    let (&mut first, last, &mut updated, &mut deleted) = same.marks();
    *last = origin.id;
    // What is deleted keeps its last known columns: the body may hold no more than an id.
    let mut after = if origin.delete { same.clone() } else { new };
    let marks = after.marks();
    (*marks.0, *marks.1, *marks.2) = (first, origin.id, updated);
    *marks.3 = origin.delete.then(|| deleted.unwrap_or(origin.at));
    if after == same {
        return (EventState::Unchanged, Some(same));
    }
    *after.marks().2 = origin.at;
    (EventState::Applied, Some(after))
}

/// Names the four marks of a row type.
macro_rules! snapshot {
    ($row:ty) => {
        impl $crate::project::rows::Snapshot for $row {
            fn marks(&mut self) -> (&mut i64, &mut i64, &mut Timestamp, &mut Option<Timestamp>) {
                (&mut self.first_event_id, &mut self.last_event_id, &mut self.updated_at, &mut self.deleted_at)
            }

            fn last_event_id(&self) -> i64 {
                self.last_event_id
            }

            fn is_deleted(&self) -> bool {
                self.deleted_at.is_some()
            }
        }
    };
}
pub(super) use snapshot;

/// Groups keys by account, for one query each.
pub(super) fn by_account<K>(keys: impl IntoIterator<Item = (i32, K)>) -> BTreeMap<i32, Vec<K>> {
    let mut grouped = BTreeMap::<i32, Vec<K>>::new();
    for (account_id, key) in keys {
        grouped.entry(account_id).or_default().push(key);
    }
    grouped
}

/// JSON that has something in it.
pub(super) fn json(map: serde_json::Map<String, serde_json::Value>) -> Option<crate::db::types::Json> {
    (!map.is_empty()).then(|| crate::db::types::Json(map.into()))
}
