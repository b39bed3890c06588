//! Rows find their lines, whatever their order.

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
    fn whichever_keys_are_left_out_equal_sets_are_equal(
        items in prop::collection::vec((0..3_u8, prop::array::uniform5(0..2_u8), any::<[bool; 2]>()), 0..12),
        turn in 0..12_usize,
    ) {
        let side = |side: usize| items.iter().map(move |(key, values, left_out)| {
            let item = item((*key, *values));
            if left_out[side] { Item { key: String::new(), ..item } } else { item }
        });
        let (rows, mut lines) = (side(0).collect::<Vec<_>>(), side(1).collect::<Vec<_>>());
        let turn = turn % lines.len().max(1);
        lines.rotate_left(turn);
        for (row, line) in matches(&rows, &lines) {
            let (row, line) = (row.expect("a row"), line.expect("a line"));
            prop_assert_eq!(row.values, line.values);
            prop_assert!(row.key == line.key || row.key.is_empty() || line.key.is_empty());
        }
    }

    #[test]
    fn what_was_planted_beside_left_out_keys_is_found_exactly(
        items in prop::collection::vec((0..3_u8, prop::array::uniform5(0..2_u8)), 1..9),
        left_out in 0..3_u8,
        planted in 0..9_usize,
        what in 0..3_u8,
    ) {
        let mut rows: Vec<_> = items.iter().copied().map(item).collect();
        let mut lines = rows.clone();
        lines.iter_mut().filter(|line| line.key == left_out.to_string()).for_each(|line| line.key.clear());
        let planted = planted % rows.len();
        match what {
            0 => rows[planted].values[QUANTITY] = Some(Value::Number(Decimal::from(9))),
            1 => rows.push(item((2, [8; 5]))),
            _ => drop(rows.remove(planted)),
        }
        let found = matches(&rows, &lines);
        let differing = found.iter().map(|pair| match pair {
            (Some(row), Some(line)) => row.values.iter().zip(line.values).filter(|(row, line)| *row != line).count(),
            _ => 1,
        });
        prop_assert_eq!(differing.sum::<usize>(), 1, "{:?}", found);
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
