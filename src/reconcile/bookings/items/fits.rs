//! Whether the rows and lines of a booking may be the same items, by their keys: one without a key may be an item of any.

use std::collections::BTreeMap;

use super::Beside;

/// How many bookings were seen, and in how many both sides may have the same items.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Fits {
    pub(super) seen: u64,
    pub(super) fits: u64,
}

impl Fits {
    pub(super) fn add(&mut self, fits: bool) {
        self.seen += 1;
        self.fits += u64::from(fits);
    }

    pub(super) fn are_most(self) -> bool {
        self.fits * 2 >= self.seen
    }
}

impl Beside {
    /// Whether both sides may have the same items.
    pub(super) fn fits(&self) -> bool {
        let mut of_key: BTreeMap<&str, [usize; 2]> = BTreeMap::new();
        for (side, items) in [&self.rows, &self.lines].into_iter().enumerate() {
            for item in items {
                of_key.entry(&item.key).or_default()[side] += 1;
            }
        }
        let without_key = of_key.remove("").unwrap_or_default();
        let more = |one: usize| of_key.values().map(|count| count[one].saturating_sub(count[1 - one])).sum::<usize>();
        self.rows.len() == self.lines.len() && more(0) <= without_key[1] && more(1) <= without_key[0]
    }
}
