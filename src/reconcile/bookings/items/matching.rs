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
mod tests {
    use proptest::prelude::*;
    use rust_decimal::Decimal;

    use super::*;
    use crate::reconcile::bookings::items::Value;

    fn item((key, values): (u8, [u8; 5])) -> Item {
        let values = values.map(|value| Some(Value::Number(Decimal::from(value))));
        Item { key: key.to_string(), values, ..Item::default() }
    }

    proptest! {
        #[test]
        fn equal_sets_are_equal_in_any_order(
            items in prop::collection::vec((0..3_u8, prop::array::uniform5(0..3_u8)), 0..12),
            turn in 0..12_usize,
        ) {
            let rows: Vec<_> = items.into_iter().map(item).collect();
            let mut lines = rows.clone();
            let turn = turn % lines.len().max(1);
            lines.rotate_left(turn);
            for (row, line) in matches(&rows, &lines) {
                let (row, line) = (row.expect("a row"), line.expect("a line"));
                prop_assert_eq!((&row.key, row.values), (&line.key, line.values));
            }
        }

        #[test]
        fn each_is_matched_once(
            rows in prop::collection::vec((0..3_u8, prop::array::uniform5(0..3_u8)), 0..9),
            lines in prop::collection::vec((0..3_u8, prop::array::uniform5(0..3_u8)), 0..9),
        ) {
            let (rows, lines): (Vec<_>, Vec<_>) = (rows.into_iter().map(item).collect(), lines.into_iter().map(item).collect());
            let found = matches(&rows, &lines);
            prop_assert_eq!(found.iter().filter(|(row, _)| row.is_some()).count(), rows.len());
            prop_assert_eq!(found.iter().filter(|(_, line)| line.is_some()).count(), lines.len());
            let of = |items: &[Item], key: &str| items.iter().filter(|item| item.key == key).count();
            let alone = |key: &str| found.iter().filter(|(row, line)| row.is_none() != line.is_none() && row.or(*line).is_some_and(|item| item.key == key)).count();
            for key in ["0", "1", "2"] {
                prop_assert_eq!(alone(key), of(&rows, key).abs_diff(of(&lines, key)));
            }
        }
    }
}
