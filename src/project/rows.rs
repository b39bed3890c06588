//! Rows of one table during a batch: as stored, and as changed; and the rule for full snapshots.

use std::collections::BTreeMap;

use super::origin::Origin;
use crate::db::types::{EventState, Timestamp};

/// The rows a batch touches.
pub(super) struct Rows<K, R> {
    stored: BTreeMap<K, R>,
    changed: BTreeMap<K, R>,
}

impl<K: Ord + Clone, R> Rows<K, R> {
    pub(super) fn new(stored: impl IntoIterator<Item = (K, R)>) -> Self {
        Self { stored: stored.into_iter().collect(), changed: BTreeMap::new() }
    }

    /// The row as it stands at this point of the batch.
    pub(super) fn get(&self, key: &K) -> Option<&R> {
        self.changed.get(key).or_else(|| self.stored.get(key))
    }

    /// The row as the database has it.
    pub(super) fn stored(&self, key: &K) -> Option<&R> {
        self.stored.get(key)
    }

    pub(super) fn put(&mut self, key: K, row: R) {
        self.changed.insert(key, row);
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
}

/// Folds a snapshot over what stands: the decision, and the row to write.
pub(super) fn fold<R: Snapshot>(before: Option<&R>, mut new: R, origin: &Origin) -> (EventState, Option<R>) {
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
