//! The first rows of a range of days, for pages: a long range has them no later than a short one.

use chrono::Days;

use super::{Report, Selection};
use crate::db::catalogue::Column;
use crate::db::cell::Cell;
use crate::db::{Error, Result, Tx};

/// Days after the first that are looked through with it; each time these have too few rows, so many times as many are.
const DAYS: u64 = 1;
const MORE: u64 = 4;
/// The same of views whose days no index finds: each look reads all of their rows, so few looks are sooner done.
const UNINDEXED: [(&str, u64); 2] = [("balances_due", 30), ("booking_fields", 30)];

impl Report {
    /// The rows that are selected, where these have a limit. They are sorted by day, so the first days are looked through
    /// first: to sort all days' rows takes as long as there are rows.
    pub fn first_rows(&self, tx: &mut Tx<'_>, selection: &Selection, columns: &[Column]) -> Result<Vec<Vec<Cell>>> {
        let wanted = selection.limit.and_then(|limit| usize::try_from(limit).ok());
        let (Some(from), Some(last), Some(wanted)) = (selection.from, selection.to, wanted) else {
            return self.rows(tx, selection, columns);
        };
        let first = UNINDEXED.iter().find(|(name, _)| *name == self.name).map_or(DAYS, |(_, days)| *days);
        let (mut part, mut days) = (selection.clone(), first);
        loop {
            let to = from.checked_add_days(Days::new(days)).unwrap_or(last).min(last);
            part.to = Some(to);
            let rows = self.rows(tx, &part, columns)?;
            if rows.len() >= wanted || to >= last {
                return Ok(rows);
            }
            days = days.saturating_mul(MORE);
        }
    }

    fn rows(&self, tx: &mut Tx<'_>, selection: &Selection, columns: &[Column]) -> Result<Vec<Vec<Cell>>> {
        let mut rows = Vec::new();
        self.each_row(tx, selection, columns, |cells| {
            rows.push(cells);
            Ok::<_, Error>(())
        })?;
        Ok(rows)
    }
}
