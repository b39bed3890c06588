//! Which row is which line of a booking: one to one, the most alike first. What has no key may be an item of any: so equal
//! sets of rows and lines are equal whatever their order, and whichever names either side lacks.

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

const ROWS: usize = 0;
const LINES: usize = 1;

/// Who may find each other.
#[derive(Debug, Clone, Copy)]
enum Pass {
    /// Equal keys.
    Same,
    /// One without a key, and one of this side that the other side has too few of.
    Spare(usize),
    /// One without a key, and any other of this side.
    Any(usize),
    /// Two without a key.
    Neither,
}

const OPEN: [Pass; 5] = [Pass::Spare(ROWS), Pass::Spare(LINES), Pass::Any(ROWS), Pass::Any(LINES), Pass::Neither];

/// Rows and lines that have no partner yet.
struct Left<'i> {
    sides: [Vec<&'i Item>; 2],
    /// By key, how many more there are than on the other side.
    more: [BTreeMap<&'i str, i64>; 2],
    found: Vec<Match<'i>>,
}

/// Matches rows and lines of one booking. What agrees in everything but a key that is not known is matched before what has
/// the key alone in common.
pub(super) fn matches<'i>(rows: &'i [Item], lines: &'i [Item]) -> Vec<Match<'i>> {
    let mut left = Left::new(rows, lines);
    for rounds in [&ROUNDS[..1], &ROUNDS[1..]] {
        for round in rounds {
            left.pass(round, Pass::Same);
        }
        for round in rounds {
            for pass in OPEN {
                left.pass(round, pass);
            }
        }
    }
    let Left { sides: [rows, lines], mut found, .. } = left;
    found.extend(rows.into_iter().map(|row| (Some(row), None)));
    found.extend(lines.into_iter().map(|line| (None, Some(line))));
    found.sort_by_key(|(row, line)| row.or(*line).map(|item| (&item.key, item.values)));
    found
}

impl<'i> Left<'i> {
    fn new(rows: &'i [Item], lines: &'i [Item]) -> Self {
        let sides = [rows, lines].map(|side| {
            let mut side: Vec<_> = side.iter().collect();
            side.sort_by_key(|item| (&item.key, item.values));
            side
        });
        let mut more = [BTreeMap::new(), BTreeMap::new()];
        for (side, sign) in [(ROWS, 1), (LINES, -1)] {
            for item in &sides[side] {
                *more[ROWS].entry(item.key.as_str()).or_default() += sign;
                *more[LINES].entry(item.key.as_str()).or_default() -= sign;
            }
        }
        Self { sides, more, found: Vec::new() }
    }

    /// Finds those of one side partners among the other's.
    fn pass(&mut self, round: &[usize], pass: Pass) {
        if self.sides.iter().any(Vec::is_empty) {
            return;
        }
        let one = if let Pass::Spare(side) | Pass::Any(side) = pass { side } else { ROWS };
        let other = 1 - one;
        let is_same = matches!(pass, Pass::Same);
        let asked = |item: &'i Item| -> Values {
            std::array::from_fn(|field| item.values[field].filter(|_| round.contains(&field)))
        };
        let alike = |item: &'i Item| (if is_same { item.key.as_str() } else { "" }, asked(item));
        let (asked_for, mut rest): (Vec<&Item>, Vec<&Item>) =
            std::mem::take(&mut self.sides[other]).into_iter().partition(|item| item.key.is_empty() != is_same);
        let mut waiting: BTreeMap<_, VecDeque<&Item>> = BTreeMap::new();
        for item in asked_for {
            waiting.entry(alike(item)).or_default().push_back(item);
        }
        let Self { sides, more, found } = self;
        sides[one].retain(|item| {
            let takes_part = match pass {
                Pass::Same | Pass::Any(_) => !item.key.is_empty(),
                Pass::Spare(_) => {
                    !item.key.is_empty() && more[one].get(item.key.as_str()).is_some_and(|more| *more > 0)
                }
                Pass::Neither => item.key.is_empty(),
            };
            let queue = if takes_part { waiting.get_mut(&alike(item)) } else { None };
            let Some(partner) = queue.and_then(VecDeque::pop_front) else { return true };
            if !is_same {
                *more[one].entry(item.key.as_str()).or_default() -= 1;
                *more[other].entry(item.key.as_str()).or_default() += 1;
            }
            found.push(if one == ROWS { (Some(*item), Some(partner)) } else { (Some(partner), Some(*item)) });
            false
        });
        rest.extend(waiting.into_values().flatten());
        rest.sort_by_key(|item| (&item.key, item.values));
        sides[other] = rest;
    }
}

#[cfg(test)]
mod tests;
