//! What `forget` changed, for those who follow the changes. No key of a person's is among it.

use std::collections::BTreeMap;

use crate::db::rows::{Action, Change, Kind};
use crate::db::{Result, Tx, changes};

pub(super) struct Noted {
    account_id: i32,
    found: BTreeMap<(Kind, String), Action>,
}

impl Noted {
    pub(super) fn new(account_id: i32) -> Self {
        Self { account_id, found: BTreeMap::new() }
    }

    pub(super) fn insert(&mut self, kind: Kind, key: &str) {
        self.found.insert((kind, key.to_owned()), Action::Insert);
    }

    pub(super) fn update(&mut self, kind: Kind, key: &str) {
        self.found.entry((kind, key.to_owned())).or_insert(Action::Update);
    }

    /// Rows that are not what they were; each new one has the place of an old one, and some old ones are left alone.
    pub(super) fn different<R: PartialEq>(&mut self, kind: Kind, old: &[R], new: &[R], key: impl Fn(&R) -> &String) {
        for row in new.iter().filter(|row| !old.contains(row)) {
            self.update(kind, key(row));
        }
    }

    /// Numbers and stores what was found.
    pub(super) fn store(self, tx: &mut Tx<'_>) -> Result<()> {
        let change = |((kind, key), action)| Change::new(self.account_id, kind, key, None, action);
        changes::append(tx, &mut self.found.into_iter().map(change).collect::<Vec<_>>())
    }
}
