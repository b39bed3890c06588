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
