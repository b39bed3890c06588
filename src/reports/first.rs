//! The first rows, for pages: a long range of days has them no later than a short one, and many customers no later than few.

use chrono::Days;
use rust_decimal::Decimal;

use super::{Report, Selection};
use crate::db::catalogue::Column;
use crate::db::cell::Cell;
use crate::db::statement::texts;
use crate::db::{Error, Result, Tx};

/// Days after the first that are looked through with it; each time these have too few rows, so many times as many are.
const DAYS: u64 = 1;
const MORE: u64 = 4;
/// The same of views whose days no index finds: each look reads all of their rows, so few looks are sooner done.
const UNINDEXED: [(&str, u64); 2] = [("balances_due", 30), ("booking_fields", 30)];
/// Where an index tells how high the highest rows of a view were when they were counted: on SQLite, and on PostgreSQL.
const COUNTED: [(&str, [&str; 2]); 1] = [(
    "customer_value",
    [
        "SELECT CAST(total / 1000000.0 AS TEXT) AS v FROM customer_sales ORDER BY total / 1000000.0 DESC LIMIT 1 OFFSET ",
        "SELECT CAST(total AS TEXT) AS v FROM customer_sales ORDER BY total DESC LIMIT 1 OFFSET ",
    ],
)];

impl Report {
    /// The rows that are selected, where these have a limit. They are sorted by day, so the first days are looked through
    /// first: to sort all days' rows takes as long as there are rows.
    pub fn first_rows(&self, tx: &mut Tx<'_>, selection: &Selection, columns: &[Column]) -> Result<Vec<Vec<Cell>>> {
        let wanted = selection.limit.and_then(|limit| usize::try_from(limit).ok());
        if let (Some(column), Some(wanted)) = (selection.highest, wanted) {
            return self.highest_rows(tx, selection, columns, column, wanted);
        }
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

    /// Only as high ones are read as twice as many were when they were counted. If these are enough, no other is among the
    /// highest, whatever changed since.
    fn highest_rows(
        &self,
        tx: &mut Tx<'_>,
        selection: &Selection,
        columns: &[Column],
        column: &str,
        wanted: usize,
    ) -> Result<Vec<Vec<Cell>>> {
        if let Some((_, queries)) = COUNTED.iter().find(|(name, _)| *name == self.name) {
            let query = queries[usize::from(matches!(tx, Tx::Postgres(_)))];
            let counted = texts(tx, &format!("{query}{}", wanted.saturating_mul(2)))?;
            if let Some(least) = counted.first().and_then(|amount| amount.parse::<Decimal>().ok()) {
                let mut part = selection.clone();
                part.at_least(column, least);
                let rows = self.rows(tx, &part, columns)?;
                if rows.len() >= wanted {
                    return Ok(rows);
                }
            }
        }
        self.rows(tx, selection, columns)
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
