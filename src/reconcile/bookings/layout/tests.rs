//! Layouts are told apart by all rows.

use proptest::prelude::*;

use super::*;

/// A booking of these amounts by row, written in one of 32 ways.
fn booked(lines: &[(i64, i64)], paid: &[i64], way: usize) -> Booked {
    let sum = |cents: &dyn Fn(usize) -> i64| (0..lines.len()).map(cents).sum::<i64>();
    let parts: [&dyn Fn(usize) -> i64; COLUMNS] = [
        &|row| lines[row].0,
        &|row| paid[row],
        &|row| lines[row].0 - paid[row],
        &|row| lines[row].0 - lines[row].1,
        &|row| lines[row].1,
    ];
    let mut column = 0;
    let amounts = parts.map(|part| {
        let is_split = way >> column & 1 == 0;
        column += 1;
        let cents = |row| if is_split { part(row) } else { sum(part) };
        (0..lines.len()).map(|row| Some(Decimal::new(cents(row), 2))).collect()
    });
    Booked { rows: lines.len(), amounts, ..Booked::default() }
}

proptest! {
    #[test]
    fn every_way_to_write_amounts_is_found_out(
        bookings in prop::collection::vec(prop::collection::vec((2_000..90_000_i64, 1..900_i64, 1..1_000_i64), 2..5), 8..20),
        way in 0..32_usize,
        odd in 0..3_usize,
    ) {
        let mut evidence = Evidence::default();
        for (number, lines) in bookings.iter().enumerate() {
            let (amounts, paid): (Vec<_>, Vec<_>) = lines.iter().map(|(amount, tax, paid)| ((*amount, *tax), *paid)).unzip();
            let mut booked = booked(&amounts, &paid, way);
            if number < odd {
                // A difference that the report has in itself.
                booked.amounts[number][0] = Some(Decimal::ONE_THOUSAND);
            }
            evidence.see(&booked);
        }
        let layout = evidence.decide();
        let is_open = |(matters, (_, why)): (&bool, &(Mode, &str))| *matters && (why.is_empty() || *why == DOCUMENTED);
        let needs_mirror = layout.matters.iter().zip(&layout.columns).any(is_open);
        // Where all columns are repeated, they add up as well when all are split.
        prop_assert_eq!(needs_mirror, way == 31);
        prop_assume!(way < 31);
        let modes = layout.columns.map(|(mode, _)| mode);
        prop_assert_eq!(modes, std::array::from_fn(|column| BOTH[way >> column & 1]));
    }
}
