//! Which row is which line of a booking: one to one, the most alike first. Lines that nothing tells apart are compared as
//! they come, so that equal sets of rows and lines are equal whatever their order.

use std::collections::{BTreeMap, VecDeque};

use super::{END, Item, QUANTITY, START, TAX, TOTAL, Values};

/// In what both are alike, the surest first; in the end all of one key are.
const ROUNDS: [&[usize]; 7] = [
    &[START, END, QUANTITY, TOTAL, TAX],
    &[START, END, QUANTITY],
    &[QUANTITY, TOTAL, TAX],
    &[START, END],
    &[TOTAL],
    &[QUANTITY],
    &[],
];

/// A row and a line, or one that is alone.
pub(super) type Match<'i> = (Option<&'i Item>, Option<&'i Item>);

/// Matches rows and lines of one booking, by their keys.
pub(super) fn matches<'i>(rows: &'i [Item], lines: &'i [Item]) -> Vec<Match<'i>> {
    let mut left: (Vec<&Item>, Vec<&Item>) = (rows.iter().collect(), lines.iter().collect());
    left.0.sort_by_key(|item| (&item.key, item.values));
    left.1.sort_by_key(|item| (&item.key, item.values));
    let mut found = Vec::new();
    for round in ROUNDS {
        let key = |item: &'i Item| {
            let is_asked = |field: usize| round.contains(&field);
            let values: Values = std::array::from_fn(|field| item.values[field].filter(|_| is_asked(field)));
            (item.key.as_str(), values)
        };
        let mut waiting: BTreeMap<_, VecDeque<&Item>> = BTreeMap::new();
        for line in left.1 {
            waiting.entry(key(line)).or_default().push_back(line);
        }
        left.0.retain(|row| {
            let line = waiting.get_mut(&key(row)).and_then(VecDeque::pop_front);
            found.extend(line.map(|line| (Some(*row), Some(line))));
            line.is_none()
        });
        left.1 = waiting.into_values().flatten().collect();
    }
    found.extend(left.0.into_iter().map(|row| (Some(row), None)));
    found.extend(left.1.into_iter().map(|line| (None, Some(line))));
    found.sort_by_key(|(row, line)| row.or(*line).map(|item| (&item.key, item.values)));
    found
}

#[cfg(test)]
mod tests;
