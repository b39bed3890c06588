//! What was found out of a report's columns, in words, and which of them nothing tells.

use super::{COLUMNS, Layout, Mode};
use crate::reconcile::bookings::AMOUNTS;
use crate::reconcile::columns::Column;
use crate::reconcile::load::Report;

impl Layout {
    /// The headings of columns that nothing tells how to read.
    pub(in crate::reconcile::bookings) fn open(&self, report: &Report) -> Vec<String> {
        let each = self.each(report).filter(|(_, mode, _)| *mode == Mode::Unknown);
        each.map(|(heading, ..)| heading.to_owned()).collect()
    }

    /// Columns of the report in which it matters how they are read: the heading, how, and why.
    fn each<'a>(&'a self, report: &'a Report) -> impl Iterator<Item = (&'a str, Mode, &'static str)> {
        let headings = &report.headings;
        let column = |index: usize| match AMOUNTS[index].0 {
            Column::Amount if !headings.has(Column::Amount) => Column::Total,
            column => column,
        };
        (0..COLUMNS).filter(move |index| self.matters[*index] && headings.has(column(*index))).map(move |index| {
            let (mode, why) = self.columns[index];
            (headings.own(column(index)), mode, why)
        })
    }

    /// What was assumed, in words.
    pub(in crate::reconcile::bookings) fn said(&self, report: &Report) -> Vec<String> {
        let say = |(heading, mode, why): (&str, Mode, &str)| match mode {
            Mode::Split => format!("`{heading}` is added up over the rows of a booking: {why}"),
            Mode::Repeated => format!("`{heading}` stands on each row of a booking and counts once: {why}"),
            Mode::Unknown => format!(
                "`{heading}` is not compared for bookings of several rows, unless it is zero: nothing tells whether it is split or repeated"
            ),
        };
        self.each(report).map(say).collect()
    }
}
