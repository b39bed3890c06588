//! Rows that stand twice in a report. Two equal rows may be two equal items of a booking: the mirror's lines tell.

use std::collections::{BTreeMap, HashMap};

use crate::db::Tx;
use crate::db::rows::BookingItem;
use crate::reconcile::Error;
use crate::reconcile::columns::Column;
use crate::reconcile::load::{Reader, Report, Row};

/// Bookings whose lines are read at once.
const PAGE: usize = 500;

/// The lines of those bookings that have equal rows in the report: SKU to how many.
#[derive(Debug, Default)]
pub(super) struct Duplicates(HashMap<String, Vec<(String, usize)>>);

impl Duplicates {
    /// Finds bookings with equal rows, and reads their lines in the mirror.
    pub(super) fn find(tx: &mut Tx<'_>, account_id: i32, report: &mut Report) -> Result<Self, Error> {
        let mut found = Self::default();
        let mut codes: Vec<String> = Vec::new();
        let none = Self::default();
        let mut groups = super::Groups::of(report, &none)?;
        while let Some((code, rows)) = groups.next_rows()? {
            if rows.len() > 1 && by_hash(&rows).values().any(|equal| equal.len() > 1) {
                codes.push(code);
            }
            if codes.len() == PAGE {
                found.read(tx, account_id, &std::mem::take(&mut codes))?;
            }
        }
        found.read(tx, account_id, &codes)?;
        Ok(found)
    }

    fn read(&mut self, tx: &mut Tx<'_>, account_id: i32, codes: &[String]) -> Result<(), Error> {
        for line in BookingItem::load(tx, account_id, codes)? {
            let lines = self.0.entry(line.booking_code).or_default();
            let sku = line.sku.unwrap_or_default();
            match lines.iter_mut().find(|(known, _)| *known == sku) {
                Some((_, count)) => *count += 1,
                None => lines.push((sku, 1)),
            }
        }
        Ok(())
    }

    /// Parts a booking's rows from those that stand there once too often, of which the numbers are given.
    pub(super) fn take(&self, code: &str, rows: Vec<Row>, reader: &Reader<'_>) -> (Vec<Row>, Vec<u64>) {
        let Some(lines) = self.0.get(code) else { return (rows, Vec::new()) };
        let all: usize = lines.iter().map(|(_, count)| count).sum();
        if rows.len() <= all {
            return (rows, Vec::new());
        }
        let mut surplus = Vec::new();
        let mut by_sku: BTreeMap<&str, (usize, Vec<u64>)> = BTreeMap::new();
        for equal in by_hash(&rows).into_values() {
            let (count, again) = by_sku.entry(reader.text(equal[0], Column::Sku)).or_default();
            *count += equal.len();
            again.extend(equal.iter().skip(1).map(|row| row.number));
        }
        // No more than the mirror lacks; what has lines of its own SKU tells most.
        let mut left = rows.len() - all;
        let of_sku =
            |sku: &str| lines.iter().find(|(known, _)| known == sku && !sku.is_empty()).map(|(_, count)| *count);
        let (told, untold): (Vec<_>, Vec<_>) = by_sku.into_iter().partition(|(sku, _)| of_sku(sku).is_some());
        for (sku, (count, mut again)) in told.into_iter().chain(untold) {
            let real = of_sku(sku).unwrap_or(if sku.is_empty() { all } else { count - again.len() });
            // Whoever stands there again stands further down.
            again.sort_unstable_by_key(|number| std::cmp::Reverse(*number));
            again.truncate(count.saturating_sub(real).min(left));
            left -= again.len();
            surplus.extend(again);
        }
        surplus.sort_unstable();
        let (surplus_rows, rows): (Vec<_>, Vec<_>) =
            rows.into_iter().partition(|row| surplus.binary_search(&row.number).is_ok());
        (rows, surplus_rows.iter().map(|row| row.number).collect())
    }
}

fn by_hash(rows: &[Row]) -> BTreeMap<&str, Vec<&Row>> {
    let mut equal: BTreeMap<&str, Vec<&Row>> = BTreeMap::new();
    for row in rows {
        equal.entry(&row.hash).or_default().push(row);
    }
    equal
}
