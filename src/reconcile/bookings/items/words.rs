//! What was found out of a report's rows, in words, and what is not compared item by item.

use super::evidence::{Items, Tells};
use super::{FIELDS, Key, QUANTITY};
use crate::reconcile::columns::Column;
use crate::reconcile::load::Report;

impl Items {
    /// The headings that nothing tells how to read, or that mean something else.
    pub(in crate::reconcile::bookings) fn open(&self, report: &Report) -> Vec<String> {
        if !self.is_told {
            return vec![self.key(report).to_owned()];
        }
        let is_open = |tells| matches!(tells, Tells::Nothing | Tells::Other);
        self.each(report).filter(|(_, tells)| is_open(*tells)).map(|(heading, _)| heading.to_owned()).collect()
    }

    /// What was assumed, in words.
    pub(in crate::reconcile::bookings) fn said(&self, report: &Report) -> Vec<String> {
        if !self.is_told {
            let key = self.key(report);
            return vec![format!("items are not compared: `{key}` agrees with the lines of too few bookings")];
        }
        let say = |(heading, tells)| match tells {
            Tells::Item => format!("`{heading}` is each item's own: so it agrees with the mirror, or its rows differ"),
            Tells::Booking => {
                format!("`{heading}` is the booking's on each of its rows: so it agrees with the mirror more often")
            }
            Tells::Nothing => format!(
                "`{heading}` is not compared item by item: nothing tells whether it is the item's or the booking's"
            ),
            Tells::Other => {
                format!("`{heading}` is not compared item by item: it agrees with the lines of too few bookings")
            }
        };
        let mut said: Vec<_> = self.each(report).map(say).collect();
        if self.top_only {
            said.push("lines that belong to another line have no row of their own: so more bookings agree".to_owned());
        }
        said
    }

    /// What became clear in comparing.
    pub(in crate::reconcile::bookings) fn said_after(&self) -> Option<String> {
        let of = match self.apart {
            0 => return None,
            1 => "1 booking: its lines do not make its total".to_owned(),
            many => format!("{many} bookings: their lines do not make their totals"),
        };
        Some(format!("items' amounts are not compared for {of}"))
    }

    /// Columns in which it matters how they are read; of quantities and amounts only what is not as documented.
    fn each<'a>(&'a self, report: &'a Report) -> impl Iterator<Item = (&'a str, Tells)> {
        let headings = &report.headings;
        let is_said = |field: usize| match self.tells[field] {
            Tells::Item => field < QUANTITY,
            _ => true,
        };
        let column = |field: usize| match FIELDS[field].0 {
            Column::Amount if !headings.has(Column::Amount) => Column::Total,
            column => column,
        };
        (0..FIELDS.len())
            .filter(move |field| self.matters[*field] && is_said(*field) && headings.has(column(*field)))
            .map(move |field| (headings.own(column(field)), self.tells[field]))
    }

    fn key<'a>(&self, report: &'a Report) -> &'a str {
        report.headings.own(if self.reading.key == Key::Sku { Column::Sku } else { Column::Item })
    }
}
