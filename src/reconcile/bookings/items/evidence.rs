//! Whether a column tells of each item or of the whole booking, and which lines have rows: nobody says, so the file and
//! the mirror together have to tell.

use std::collections::HashMap;

use super::fits::Fits;
use super::{Beside, FIELDS, Item, Key, Mirrored, QUANTITY, Reading, TAX, TOTAL, Value};
use crate::reconcile::bookings::group::Booked;
use crate::reconcile::bookings::layout::Layout;
use crate::reconcile::comparing::{CENTS, Comparing};
use crate::reconcile::load::Report;

/// From how many bookings on most have to agree: of fewer, each may be the one that differs.
const ENOUGH: u64 = 4;

/// How a column is to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tells {
    /// Of the item of each row.
    Item,
    /// Of the booking, on each row.
    Booking,
    /// Nothing tells; it is not compared item by item.
    Nothing,
    /// It agrees with too few lines to mean what they mean.
    Other,
}

/// What the bookings of both sides tell of a column.
#[derive(Debug, Clone, Copy, Default)]
struct Column {
    seen: u64,
    /// Agrees with the lines, with the booking, with both.
    agrees: [u64; 3],
    /// How often rows differ from each other.
    differing: u64,
    /// How often it matters.
    matters: u64,
}

/// What bookings tell, if all of their lines have rows, or those alone that belong to no other.
#[derive(Debug, Default)]
struct Lines {
    /// Of all bookings.
    all: Fits,
    /// Of those alone in which both sides have keys.
    keyed: Fits,
    columns: [Column; FIELDS.len()],
    /// How often all have names, and how often the same.
    names: [u64; 2],
}

/// What both sides tell of a report's rows.
#[derive(Debug)]
pub(in crate::reconcile::bookings) struct Evidence {
    reading: Reading,
    lines: [Lines; 2],
}

/// How rows are held against lines.
#[derive(Debug)]
pub(in crate::reconcile::bookings) struct Items {
    pub(super) reading: Reading,
    /// Only lines that belong to no other have rows.
    pub(super) top_only: bool,
    /// Whether both sides mean the same items.
    pub(super) is_told: bool,
    pub(super) tells: [Tells; FIELDS.len()],
    /// Whether it matters how a column is read.
    pub(super) matters: [bool; FIELDS.len()],
    /// Whether names are compared.
    pub(super) names: bool,
    /// Bookings whose lines do not make their total.
    pub(super) apart: u64,
}

impl Evidence {
    pub(in crate::reconcile::bookings) fn new(
        comparing: &Comparing<'_>,
        report: &Report,
        names: HashMap<i64, String>,
    ) -> Self {
        let (zone, scale, key) = (comparing.zone, comparing.decimals.max(CENTS), Key::of(&report.headings));
        Self { reading: Reading { zone, scale, key, names }, lines: [Lines::default(), Lines::default()] }
    }

    /// Learns from a booking that both sides have.
    pub(in crate::reconcile::bookings) fn see(&mut self, booked: &Booked, mirror: Mirrored<'_>) {
        for (lines, top_only) in self.lines.iter_mut().zip([false, true]) {
            lines.see(&self.reading.beside(booked, mirror, top_only));
        }
    }

    pub(in crate::reconcile::bookings) fn decide(self, layout: &Layout) -> Items {
        let top_only = self.lines[1].all.fits > self.lines[0].all.fits;
        let lines = &self.lines[usize::from(top_only)];
        let is_told = match self.reading.key {
            Key::Sku => [lines.all, lines.keyed].iter().all(|of| of.seen < ENOUGH || of.are_most()),
            // Names may be written in another way; who renames an item renames it everywhere.
            Key::Name => lines.all.fits > 0 && lines.all.are_most() && lines.keyed.are_most(),
            Key::Nothing => true,
        };
        let names = self.reading.key == Key::Sku && lines.names[1] > 0 && lines.names[1] * 2 >= lines.names[0];
        // An amount that does not add up over rows is the booking's, which is said already.
        let is_split = |field: usize| match field {
            TOTAL => layout.is_split(0),
            TAX => layout.is_split(4),
            _ => true,
        };
        let tells = |field: usize| if is_split(field) { lines.columns[field].tells(field) } else { Tells::Booking };
        let matters =
            |field: usize| is_split(field) && lines.columns[field].differing + lines.columns[field].matters > 0;
        let (tells, matters) = (std::array::from_fn(tells), std::array::from_fn(matters));
        Items { reading: self.reading, top_only, is_told, tells, matters, names, apart: 0 }
    }
}

impl Lines {
    fn see(&mut self, beside: &Beside) {
        let sorted = |items: &[Item], of: fn(&Item) -> String| {
            let mut all: Vec<_> = items.iter().map(of).collect();
            all.sort_unstable();
            all
        };
        let both = |of| sorted(&beside.rows, of) == sorted(&beside.lines, of);
        let fits = beside.fits();
        self.all.add(fits);
        if [&beside.rows, &beside.lines].iter().all(|side| side.iter().any(|item| !item.key.is_empty())) {
            self.keyed.add(fits);
        }
        if beside.rows.iter().chain(&beside.lines).all(|item| !item.name.is_empty()) {
            self.names[0] += 1;
            self.names[1] += u64::from(both(|item| item.name.to_lowercase()));
        }
        if beside.rows.len() != beside.lines.len() {
            return;
        }
        for (field, column) in self.columns.iter_mut().enumerate() {
            let Some(whole) = &beside.whole[field] else { continue };
            let [rows, lines] = [&beside.rows, &beside.lines].map(|items| {
                let mut values: Vec<Option<Value>> = items.iter().map(|item| item.values[field]).collect();
                values.sort_unstable();
                values
            });
            column.seen += 1;
            match (rows == lines, rows == *whole) {
                (true, true) => column.agrees[2] += 1,
                (own, of_booking) => {
                    column.agrees[0] += u64::from(own);
                    column.agrees[1] += u64::from(of_booking);
                }
            }
            column.differing += u64::from(rows.first() != rows.last());
            column.matters += u64::from(lines != *whole);
        }
    }
}

impl Column {
    /// What agrees with the mirror more often; else what is documented, or what rows that differ tell.
    fn tells(&self, field: usize) -> Tells {
        let [item, booking, both] = self.agrees;
        let is_item = item > booking || (item == booking && (self.differing > 0 || field >= QUANTITY));
        match (is_item, booking > item) {
            (true, _) if self.seen >= ENOUGH && (item + both) * 2 < self.seen => Tells::Other,
            (true, _) => Tells::Item,
            (_, true) => Tells::Booking,
            _ => Tells::Nothing,
        }
    }
}
