//! What differs between a booking's rows and its lines.

use super::evidence::{Items, Tells};
use super::matching::matches;
use super::{Beside, END, FIELDS, Item, Key, Mirrored, QUANTITY, START, TOTAL, Value};
use crate::reconcile::Error;
use crate::reconcile::bookings::group::Booked;
use crate::reconcile::comparing::{About, Comparing, count};
use crate::reconcile::dates::Moment;
use crate::reconcile::difference::{Difference, Subject};

impl Items {
    /// Compares the items of a booking that both sides have.
    pub(in crate::reconcile::bookings) fn compare(
        &mut self,
        comparing: &mut Comparing<'_>,
        booked: &Booked,
        mirror: Mirrored<'_>,
    ) -> Result<(), Error> {
        if !self.is_told {
            return Ok(());
        }
        let mut beside = self.reading.beside(booked, mirror, self.top_only);
        self.apart += u64::from(beside.is_apart && self.tells[TOTAL] == Tells::Item);
        self.leave_out(&mut beside);
        // A report that tells no items apart may have rows for some of them alone.
        if self.reading.key == Key::Nothing && beside.rows.len() != beside.lines.len() {
            return Ok(());
        }
        for (row, line) in matches(&beside.rows, &beside.lines) {
            self.pair(comparing, (Subject::Booking, &booked.code), row, line)?;
        }
        Ok(())
    }

    /// Forgets what is not the item's own, and what was compared with the booking's already.
    fn leave_out(&self, beside: &mut Beside) {
        let is_alone = beside.rows.len() == 1 && beside.lines.len() == 1;
        for field in 0..FIELDS.len() {
            let of_booking = beside.whole[field].as_ref().and_then(|whole| whole.first().copied());
            let is_compared = field != QUANTITY && is_alone && of_booking == Some(beside.lines[0].values[field]);
            // One item has all of the booking's quantity, however it is read.
            let is_own = self.tells[field] == Tells::Item
                || (field == QUANTITY && is_alone && self.tells[field] != Tells::Other);
            if !is_own || is_compared {
                beside.rows.iter_mut().chain(&mut beside.lines).for_each(|item| item.values[field] = None);
            }
        }
    }

    fn pair(
        &self,
        comparing: &mut Comparing<'_>,
        about: About<'_>,
        row: Option<&Item>,
        line: Option<&Item>,
    ) -> Result<(), Error> {
        let field = |item: &Item, name: &str| {
            let parts = ["items", &item.label, name];
            parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(".")
        };
        let (row, line) = match (row, line) {
            (Some(row), Some(line)) => (row, line),
            (Some(row), None) => {
                let amount = said(comparing, TOTAL, row.values[TOTAL]);
                return comparing.find(Difference::MissingInMirror, about, Some(&field(row, "")), None, amount);
            }
            (None, Some(line)) => {
                let amount = said(comparing, TOTAL, line.values[TOTAL]);
                return comparing.find(Difference::MissingInReport, about, Some(&field(line, "")), amount, None);
            }
            (None, None) => return Ok(()),
        };
        let named = if line.key.is_empty() && !row.label.is_empty() { row } else { line };
        // What was matched by dates and amounts alone may be another item of the same.
        if self.names && !line.key.is_empty() && line.key == row.key {
            comparing.words(about, &field(line, "name"), &line.name, &row.name)?;
        }
        for (place, (_, name)) in FIELDS.iter().enumerate() {
            let (mirror, report) = (line.values[place], row.values[place]);
            if mirror != report {
                let difference = if place < QUANTITY { Difference::Date } else { Difference::Amount };
                let (mirror, report) = (said(comparing, place, mirror), said(comparing, place, report));
                comparing.find(difference, about, Some(&field(named, name)), mirror, report)?;
            }
        }
        Ok(())
    }

    /// What the report says of the booking's own first start and last end: nothing where rows tell of items, and those of
    /// the mirror do not make its booking's.
    pub(in crate::reconcile::bookings) fn of_booking(&self, booked: &Booked, mirror: Mirrored<'_>) -> [Vec<Moment>; 2] {
        let beside = self.reading.beside(booked, mirror, self.top_only);
        let each = [(START, booked.start), (END, booked.end)];
        each.map(|(field, extreme)| {
            let values = |items: &[Item]| items.iter().filter_map(|item| item.values[field]).collect::<Vec<_>>();
            let whole = beside.whole[field].as_ref().and_then(|whole| whole.first().copied()).flatten();
            let lines = values(&beside.lines);
            let of_lines = if field == START { lines.iter().min() } else { lines.iter().max() };
            match self.tells[field] {
                Tells::Item if self.is_told && !lines.is_empty() && of_lines.copied() != whole => Vec::new(),
                Tells::Booking => {
                    let mut all: Vec<_> = values(&beside.rows).into_iter().filter_map(at).collect();
                    all.dedup();
                    all
                }
                _ => extreme.into_iter().collect(),
            }
        })
    }
}

fn at(value: Value) -> Option<Moment> {
    match value {
        Value::At(moment) => Some(moment),
        Value::Number(_) => None,
    }
}

fn said(comparing: &Comparing<'_>, field: usize, value: Option<Value>) -> Option<String> {
    value.map(|value| match value {
        Value::At(moment) => moment.to_string(),
        Value::Number(amount) if field >= TOTAL => comparing.money(amount),
        Value::Number(number) => count(number),
    })
}
