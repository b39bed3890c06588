//! The rows of one booking, put together.

use rust_decimal::Decimal;

use super::AMOUNTS;
use super::duplicates::Duplicates;
use crate::reconcile::columns::Column;
use crate::reconcile::dates::Moment;
use crate::reconcile::load::{Reader, Report, Row, Rows};
use crate::reconcile::{Error, Unreadable};

/// No booking has so many items; it bounds the memory that a file can ask for.
const MOST: usize = 10_000;

/// A booking of the report.
#[derive(Debug, Default)]
pub(super) struct Booked {
    pub(super) code: String,
    /// Without duplicates.
    pub(super) rows: usize,
    /// Row numbers of duplicates.
    pub(super) duplicates: Vec<u64>,
    /// By the columns of [`AMOUNTS`], then by row.
    pub(super) amounts: [Vec<Option<Decimal>>; AMOUNTS.len()],
    /// Each label once.
    pub(super) statuses: Vec<String>,
    /// Each moment once.
    pub(super) created: Vec<Moment>,
    /// The first start of an item.
    pub(super) start: Option<Moment>,
    /// The last end of an item.
    pub(super) end: Option<Moment>,
    /// What stands on each row.
    pub(super) items: Vec<BookedItem>,
    pub(super) email: String,
    pub(super) customer_code: String,
}

/// What a row says of its item; the amounts stand in [`Booked::amounts`].
#[derive(Debug, Clone, Default)]
pub(super) struct BookedItem {
    pub(super) sku: String,
    pub(super) name: String,
    pub(super) start: Option<Moment>,
    pub(super) end: Option<Moment>,
    /// None where it is blank or no number: a form field may be called so.
    pub(super) qty: Option<Decimal>,
}

/// The bookings of a report, in the order of their codes.
pub(super) struct Groups<'r> {
    reader: Reader<'r>,
    rows: Rows<'r>,
    next: Option<(String, Row)>,
    duplicates: &'r Duplicates,
}

impl<'r> Groups<'r> {
    pub(super) fn of(report: &'r mut Report, duplicates: &'r Duplicates) -> Result<Self, Error> {
        let (reader, mut rows) = report.rows()?;
        let next = rows.next().transpose()?;
        Ok(Self { reader, rows, next, duplicates })
    }

    /// The next booking.
    pub(super) fn next(&mut self) -> Result<Option<Booked>, Error> {
        let Some((code, rows)) = self.next_rows()? else { return Ok(None) };
        let (rows, duplicates) = self.duplicates.take(&code, rows, &self.reader);
        let reader = self.reader;
        let text = |column| rows.iter().map(|row| reader.text(row, column)).find(|text| !text.is_empty());
        let text = |column| text(column).unwrap_or_default().to_owned();
        let item = |row| BookedItem {
            sku: reader.text(row, Column::Sku).to_owned(),
            name: reader.text(row, Column::Item).to_owned(),
            start: reader.moment(row, Column::Start),
            end: reader.moment(row, Column::End),
            qty: reader.amount(row, Column::Quantity),
        };
        let moments = |column| rows.iter().filter_map(move |row| reader.moment(row, column));
        Ok(Some(Booked {
            rows: rows.len(),
            duplicates,
            amounts: AMOUNTS
                .map(|(column, _)| rows.iter().map(|row| reader.amount(row, self.column(column))).collect()),
            statuses: each_once(
                rows.iter().map(|row| reader.text(row, Column::Status).to_owned()).filter(|label| !label.is_empty()),
            ),
            created: each_once(moments(Column::Created)),
            start: moments(Column::Start).min(),
            end: moments(Column::End).max(),
            items: rows.iter().map(item).collect(),
            email: text(Column::Email),
            customer_code: text(Column::CustomerId),
            code,
        }))
    }

    /// The rows of the next booking, as they stand in the file.
    pub(super) fn next_rows(&mut self) -> Result<Option<(String, Vec<Row>)>, Error> {
        let Some((code, first)) = self.next.take() else { return Ok(None) };
        let mut rows = vec![first];
        for next in self.rows.by_ref() {
            let (key, row) = next?;
            if key != code {
                self.next = Some((key, row));
                break;
            }
            if rows.len() == MOST {
                let problem = format!("is of a booking that has more than {MOST} rows; is this the booking's code?");
                return Err(Unreadable::new(problem)
                    .in_row(row.number)
                    .under(self.reader.headings.own(Column::BookingId))
                    .into());
            }
            rows.push(row);
        }
        Ok(Some((code, rows)))
    }

    /// Some exports call the amount `Total`.
    fn column(&self, column: Column) -> Column {
        let is_total = column == Column::Amount && !self.reader.headings.has(Column::Amount);
        if is_total { Column::Total } else { column }
    }
}

fn each_once<T: PartialEq>(values: impl Iterator<Item = T>) -> Vec<T> {
    let mut once = Vec::new();
    for value in values {
        if !once.contains(&value) {
            once.push(value);
        }
    }
    once
}
