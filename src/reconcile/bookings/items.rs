//! The items of a booking: rows of the report beside lines of the mirror, as far as a report tells of items and not of
//! whole bookings.

mod compare;
mod evidence;
mod fits;
mod matching;
mod words;

use std::collections::HashMap;

use chrono_tz::Tz;
use rust_decimal::{Decimal, RoundingStrategy};

use super::group::Booked;
use crate::db::in_order::{OrderedBooking, OrderedLine};
use crate::db::types::Timestamp;
use crate::reconcile::columns::Column;
use crate::reconcile::comparing::of;
use crate::reconcile::dates::Moment;
use crate::reconcile::headings::Headings;

pub(super) use evidence::{Evidence, Items};

/// A booking of the mirror, and its lines.
pub(super) type Mirrored<'m> = (&'m OrderedBooking, &'m [OrderedLine]);

/// What rows may say of items: the report's column, and the line's in the mirror.
const FIELDS: [(Column, &str); 5] = [
    (Column::Start, "start_at"),
    (Column::End, "end_at"),
    (Column::Quantity, "qty"),
    (Column::Amount, "total"),
    (Column::Taxes, "tax_total"),
];
const START: usize = 0;
const END: usize = 1;
const QUANTITY: usize = 2;
const TOTAL: usize = 3;
const TAX: usize = 4;

/// What a cell or a column of a line holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Value {
    At(Moment),
    Number(Decimal),
}

/// By [`FIELDS`].
type Values = [Option<Value>; FIELDS.len()];

/// An item on either side.
#[derive(Debug, Clone, Default)]
struct Item {
    /// What items are told apart by; empty where nothing does, so that it may be an item of any key.
    key: String,
    /// The same as it is written; where that is empty, what else is known of it.
    label: String,
    name: String,
    values: Values,
}

/// By what items are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Key {
    Sku,
    Name,
    Nothing,
}

/// What both sides are read with.
#[derive(Debug)]
struct Reading {
    zone: Tz,
    /// Decimals to which amounts are compared.
    scale: u32,
    key: Key,
    /// The items' names by their ids.
    names: HashMap<i64, String>,
}

/// The items of a booking on both sides.
#[derive(Debug)]
struct Beside {
    rows: Vec<Item>,
    lines: Vec<Item>,
    /// What the rows hold, sorted, where a column is of the whole booking; none where the column says nothing that can be compared.
    whole: [Option<Vec<Option<Value>>>; FIELDS.len()],
    /// Whether its lines do not make its total, so that nobody knows what a row's amount has of the rest.
    is_apart: bool,
}

impl Key {
    fn of(headings: &Headings) -> Self {
        match (headings.has(Column::Sku), headings.has(Column::Item)) {
            (true, _) => Self::Sku,
            (_, true) => Self::Name,
            _ => Self::Nothing,
        }
    }

    /// An item on the side of either, without values.
    fn item(self, sku: &str, name: &str) -> Item {
        let [key, other] = match self {
            Self::Sku => [sku, name],
            Self::Name => [name, sku],
            Self::Nothing => ["", ""],
        };
        let [label, other] = [key, other].map(|text| text.split_whitespace().collect::<Vec<_>>().join(" "));
        let key = label.to_lowercase();
        let label = if key.is_empty() { other } else { label };
        Item { key, label, name: name.to_owned(), values: Values::default() }
    }
}

impl Reading {
    /// Puts a booking's rows beside its lines, or beside those alone that belong to no other line.
    fn beside(&self, booked: &Booked, (mirror, lines): Mirrored<'_>, top_only: bool) -> Beside {
        let lines: Vec<_> = lines.iter().filter(|line| !top_only || line.parent_line_id.is_none()).collect();
        let mut beside = Beside {
            rows: booked.items.iter().map(|row| self.key.item(&row.sku, &row.name)).collect(),
            lines: lines.iter().map(|line| self.line(line)).collect(),
            whole: Default::default(),
            is_apart: false,
        };
        let starts = (booked.items.iter().map(|row| row.start), lines.iter().map(|line| line.start_at));
        self.dates(&mut beside, START, starts, mirror.start_at);
        let ends = (booked.items.iter().map(|row| row.end), lines.iter().map(|line| line.end_at));
        self.dates(&mut beside, END, ends, mirror.end_at);
        Self::quantities(&mut beside, booked, &lines);
        self.amounts(&mut beside, booked, mirror, &lines);
        beside
    }

    fn line(&self, line: &OrderedLine) -> Item {
        let name = line.item_id.and_then(|id| self.names.get(&id)).or(line.name.as_ref());
        self.key.item(line.sku.as_deref().unwrap_or_default(), name.map_or("", String::as_str))
    }

    fn dates(
        &self,
        beside: &mut Beside,
        field: usize,
        (rows, lines): (impl Iterator<Item = Option<Moment>>, impl Iterator<Item = Option<Timestamp>>),
        of_booking: Option<Timestamp>,
    ) {
        let Some(rows) = rows.collect::<Option<Vec<_>>>() else { return };
        let Some(coarsest) = rows.iter().copied().reduce(Moment::no_finer) else { return };
        let like = |at: Timestamp| Value::At(coarsest.like(at, self.zone));
        let rows = rows.into_iter().map(|row| Some(Value::At(row.no_finer(coarsest)))).collect();
        // A line without a date of its own has the booking's.
        let lines = lines.map(|at| at.or(of_booking).map(like)).collect();
        beside.put(field, rows, lines, |count| vec![of_booking.map(like); count]);
    }

    fn quantities(beside: &mut Beside, booked: &Booked, lines: &[&OrderedLine]) {
        let rows = booked.items.iter().map(|row| row.qty).collect::<Option<Vec<_>>>();
        let lines = lines.iter().map(|line| line.qty.map(Decimal::from)).collect::<Option<Vec<_>>>();
        if let (Some(rows), Some(lines)) = (rows, lines) {
            let sum = lines.iter().copied().sum();
            beside.put(QUANTITY, numbers(rows), numbers(lines), |count| numbers(vec![sum; count]));
        }
    }

    fn amounts(&self, beside: &mut Beside, booked: &Booked, mirror: &OrderedBooking, lines: &[&OrderedLine]) {
        let round = |amount: Decimal| amount.round_dp_with_strategy(self.scale, RoundingStrategy::MidpointAwayFromZero);
        let totals = lines.iter().map(|line| of(line.total)).collect::<Option<Vec<_>>>();
        let taxes = Some(lines.iter().map(|line| of(line.tax_total).unwrap_or_default()).collect::<Vec<_>>());
        let each = [(TOTAL, 0, totals, of(mirror.total)), (TAX, 4, taxes, of(mirror.tax_total))];
        for (field, column, lines, whole) in each {
            let rows = &booked.amounts[column];
            if rows.iter().all(Option::is_none) {
                continue;
            }
            let rows: Vec<_> = rows.iter().map(|amount| round(amount.unwrap_or_default())).collect();
            let whole = round(whole.unwrap_or_default());
            match lines.filter(|lines| round(lines.iter().sum()) == whole) {
                // All of it on one row, nothing on the others.
                Some(lines) => beside.put(field, numbers(rows), numbers(lines.into_iter().map(round)), |count| {
                    numbers((0..count).map(|row| if row == 0 { whole } else { Decimal::ZERO }))
                }),
                None => beside.is_apart |= field == TOTAL && booked.rows.max(beside.lines.len()) > 1,
            }
        }
    }
}

impl Beside {
    fn put(
        &mut self,
        field: usize,
        rows: Vec<Option<Value>>,
        lines: Vec<Option<Value>>,
        whole: impl Fn(usize) -> Vec<Option<Value>>,
    ) {
        let mut whole = whole(rows.len());
        whole.sort_unstable();
        self.whole[field] = Some(whole);
        self.rows.iter_mut().zip(rows).for_each(|(item, value)| item.values[field] = value);
        self.lines.iter_mut().zip(lines).for_each(|(item, value)| item.values[field] = value);
    }
}

fn numbers(amounts: impl IntoIterator<Item = Decimal>) -> Vec<Option<Value>> {
    amounts.into_iter().map(|amount| Some(Value::Number(amount))).collect()
}
