//! Whether an amount stands on each row of a booking, or is split among its rows: nobody says, so the file has to tell.

mod words;

use rust_decimal::Decimal;

use super::AMOUNTS;
use super::group::Booked;
use crate::db::in_order::OrderedBooking;
use crate::reconcile::comparing::of;

/// How a column is to be read where a booking has several rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// The rows add up.
    Split,
    /// Each row has all of it.
    Repeated,
    /// Nothing tells; bookings of several rows are not compared in it.
    Unknown,
}

const BOTH: [Mode; 2] = [Mode::Split, Mode::Repeated];
const COLUMNS: usize = AMOUNTS.len();
/// Columns whose sums have to agree: what was paid and what is due make the total; so do sub-total and taxes.
const SUMS: [[usize; 3]; 2] = [[0, 1, 2], [0, 3, 4]];

/// How each column of [`AMOUNTS`] is read, and why.
#[derive(Debug, Clone)]
pub(super) struct Layout {
    columns: [(Mode, &'static str); COLUMNS],
    /// Whether any booking reads differently when the column is read otherwise.
    matters: [bool; COLUMNS],
}

/// What bookings of several rows tell.
#[derive(Debug, Default)]
pub(super) struct Evidence {
    matters: [bool; COLUMNS],
    /// For each of [`SUMS`] and each way to read its three columns, how many bookings add up.
    sums: [[u64; 8]; 2],
    /// How often rows differ.
    differing: [u64; COLUMNS],
    /// How often they are equal, and not zero.
    equal: [u64; COLUMNS],
    /// How often they are equal though the amounts of the rows differ.
    flat: [u64; COLUMNS],
    /// How often the mirror agrees, by mode.
    mirror: [[u64; 2]; COLUMNS],
}

/// The amount of a booking when its rows are read so; none where they are blank, or contradict each other.
fn read(rows: &[Option<Decimal>], mode: Mode) -> Option<Decimal> {
    let mut written = rows.iter().flatten();
    match mode {
        Mode::Split => (rows.iter().any(Option::is_some)).then(|| written.sum()),
        Mode::Repeated => {
            let first = written.next()?;
            written.all(|amount| amount == first).then_some(*first)
        }
        Mode::Unknown => read(rows, Mode::Split).filter(|sum| read(rows, Mode::Repeated) == Some(*sum)),
    }
}

impl Evidence {
    /// Learns from a booking of the report.
    pub(super) fn see(&mut self, booked: &Booked) {
        if booked.rows < 2 {
            return;
        }
        for (sums, columns) in self.sums.iter_mut().zip(SUMS) {
            let values = columns.map(|column| BOTH.map(|mode| read(&booked.amounts[column], mode)));
            for (way, count) in sums.iter_mut().enumerate() {
                let [whole, one, other] = [0, 1, 2].map(|place| values[place][way >> place & 1]);
                let adds_up = whole.zip(one).zip(other).is_some_and(|((whole, one), other)| whole == one + other);
                *count += u64::from(adds_up);
            }
        }
        let differ = |column: usize| booked.amounts[column].windows(2).any(|pair| pair[0] != pair[1]);
        for column in 0..COLUMNS {
            let [split, repeated] = BOTH.map(|mode| read(&booked.amounts[column], mode));
            self.matters[column] |= split != repeated;
            let is_zero = booked.amounts[column].iter().flatten().all(Decimal::is_zero);
            self.differing[column] += u64::from(differ(column));
            self.equal[column] += u64::from(!differ(column) && !is_zero);
            self.flat[column] += u64::from(!differ(column) && differ(0) && !is_zero);
        }
    }

    /// Learns from the mirror's version of a booking.
    pub(super) fn compare(&mut self, booked: &Booked, mirror: &OrderedBooking) {
        if booked.rows < 2 {
            return;
        }
        for (column, mirror) in amounts_of(mirror).into_iter().enumerate() {
            let [split, repeated] = BOTH.map(|mode| read(&booked.amounts[column], mode));
            if mirror.is_some() && split != repeated {
                self.mirror[column][0] += u64::from(split == mirror);
                self.mirror[column][1] += u64::from(repeated == mirror);
            }
        }
    }

    /// Decides column by column: what adds up most often, then how rows differ, then the mirror.
    pub(super) fn decide(&self) -> Layout {
        let score = |way: usize| self.sums[0][way & 7] + self.sums[1][way & 1 | (way >> 3 & 3) << 1];
        let most = (0..32).map(score).max().unwrap_or_default();
        let mut ways: Vec<usize> = (0..32).filter(|way| score(*way) == most).collect();
        let columns = std::array::from_fn(|column| {
            let is = |way: &usize| BOTH[way >> column & 1];
            let (mode, why) = match ways.first().map(is) {
                Some(mode) if most > 0 && ways.iter().all(|way| is(way) == mode) => (mode, ADDS_UP),
                _ => self.by_itself(column),
            };
            if mode != Mode::Unknown {
                ways.retain(|way| is(way) == mode);
            }
            (mode, why)
        });
        Layout { columns, matters: self.matters }
    }

    fn by_itself(&self, column: usize) -> (Mode, &'static str) {
        let [split, repeated] = self.mirror[column];
        if self.differing[column] > self.equal[column] {
            (Mode::Split, "its rows differ")
        } else if self.flat[column] > self.differing[column] {
            (Mode::Repeated, "it is the same on all rows of a booking though their amounts differ")
        } else if split != repeated {
            (BOTH[usize::from(repeated > split)], "so it agrees with the mirror more often; the file does not tell")
        } else if column == 0 {
            (Mode::Split, DOCUMENTED)
        } else {
            (Mode::Unknown, "")
        }
    }
}

const ADDS_UP: &str = "so the columns of most bookings add up";
const DOCUMENTED: &str = "as Checkfront documents it; nothing in the file tells";

/// The mirror's amounts in the order of [`AMOUNTS`].
pub(super) fn amounts_of(mirror: &OrderedBooking) -> [Option<Decimal>; COLUMNS] {
    let (total, paid) = (of(mirror.total), of(mirror.paid_total));
    let due = total.map(|total| total - paid.unwrap_or_default());
    [total, paid, due, of(mirror.sub_total), of(mirror.tax_total)]
}

impl Layout {
    /// Whether the rows of a column add up.
    pub(super) fn is_split(&self, column: usize) -> bool {
        self.columns[column].0 == Mode::Split
    }

    /// What a booking's rows say of a column: nothing, one amount, or several that contradict each other; none where
    /// it cannot be told.
    pub(super) fn amounts(&self, booked: &Booked, column: usize) -> Option<Vec<Decimal>> {
        let rows = &booked.amounts[column];
        if rows.iter().all(Option::is_none) {
            return Some(Vec::new());
        }
        let mode = if rows.len() == 1 { Mode::Split } else { self.columns[column].0 };
        match read(rows, mode) {
            Some(amount) => Some(vec![amount]),
            None if mode == Mode::Repeated => {
                let mut each: Vec<_> = rows.iter().flatten().copied().collect();
                each.dedup();
                Some(each)
            }
            None => None,
        }
    }
}

#[cfg(test)]
mod tests;
