//! Sales by day: the report's sums beside those of the mirror's bookings whose status is a sale.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::columns::Column;
use super::comparing::{Comparing, of};
use super::difference::{Difference, Subject};
use super::load::Report;
use super::selection::Basis;
use super::{Error, Step};
use crate::db::Tx;
use crate::db::in_order::{self, BookedLine, OrderedBooking};
use crate::db::types::Timestamp;

/// What a day's row may tell, and its name.
const FIGURES: [(Column, &str); 6] = [
    (Column::Bookings, "bookings"),
    (Column::Total, "total"),
    (Column::SubTotal, "sub_total"),
    (Column::Taxes, "tax_total"),
    (Column::Paid, "paid_total"),
    (Column::Quantity, "quantity"),
];
const TOTAL: usize = 1;
const QUANTITY: usize = 5;

/// The mirror's figures of a day, in the order of [`FIGURES`].
type Figures = [Decimal; FIGURES.len()];
/// What a row of the report says; none in blank cells.
type Written = (u64, [Option<Decimal>; FIGURES.len()]);

/// Compares the whole report; returns what was assumed.
pub(super) fn compare(
    tx: &mut Tx<'_>,
    account_id: i32,
    report: &mut Report,
    comparing: &mut Comparing<'_>,
    step: Step<'_>,
) -> Result<Vec<String>, Error> {
    step("comparing", 0, 0);
    let mut sold: BTreeMap<NaiveDate, Figures> = BTreeMap::new();
    in_order::bookings(tx, account_id, |row: OrderedBooking| -> Result<(), Error> {
        let times = [row.created_at, row.start_at, row.end_at];
        let Some(day) = sold_on(comparing, row.status_id.as_deref(), times) else { return Ok(()) };
        let [total, sub_total, tax_total, paid_total] =
            [row.total, row.sub_total, row.tax_total, row.paid_total].map(of);
        let figures = [Some(Decimal::ONE), total, sub_total, tax_total, paid_total, None];
        for (sum, figure) in sold.entry(day).or_default().iter_mut().zip(figures) {
            *sum += figure.unwrap_or_default();
        }
        comparing.totals.currencies.extend(row.currency_id);
        Ok(())
    })?;
    if has(report, Column::Quantity) {
        in_order::lines(tx, account_id, |line: BookedLine| -> Result<(), Error> {
            let times = [line.created_at, line.start_at, line.end_at];
            if let Some(day) = sold_on(comparing, line.status_id.as_deref(), times) {
                sold.entry(day).or_default()[QUANTITY] += Decimal::from(line.qty.unwrap_or_default());
            }
            Ok(())
        })?;
    }
    let mut listed = listed(report, comparing)?;
    let columns = FIGURES.map(|(column, _)| has(report, column));
    for day in sold.keys().chain(listed.keys()).copied().collect::<std::collections::BTreeSet<_>>() {
        one(comparing, day, sold.remove(&day), listed.remove(&day), columns)?;
    }
    let by = match comparing.selection.basis() {
        Basis::Created => "made on",
        Basis::Start => "that begin on",
        Basis::End => "that end on",
    };
    Ok(vec![format!(
        "a day's sums are those of the bookings {by} it whose status is a sale; --by and --status change that"
    )])
}

/// The local day that a booking of this status counts on; none where it is no sale, or not asked for.
fn sold_on(
    comparing: &Comparing<'_>,
    status: Option<&str>,
    [created, start, end]: [Option<Timestamp>; 3],
) -> Option<NaiveDate> {
    let is_asked = comparing.has_status(status.as_slice()) && comparing.statuses.is_sale(status);
    let day = comparing.day(match comparing.selection.basis() {
        Basis::Created => created,
        Basis::Start => start,
        Basis::End => end,
    });
    day.filter(|day| is_asked && comparing.selection.has_day(Some(*day)))
}

/// The report's days within the range, each once.
fn listed(report: &mut Report, comparing: &mut Comparing<'_>) -> Result<BTreeMap<NaiveDate, Written>, Error> {
    let amount =
        if has(report, Column::Total) && report.headings.has(Column::Total) { Column::Total } else { Column::Amount };
    let (reader, rows) = report.rows()?;
    let mut listed: BTreeMap<NaiveDate, Written> = BTreeMap::new();
    for row in rows {
        let (_, row) = row?;
        let Some(day) = reader.moment(&row, Column::Date).map(|moment| moment.day) else { continue };
        if !comparing.selection.has_day(Some(day)) {
            continue;
        }
        let figures = FIGURES.map(|(column, _)| if column == Column::Total { amount } else { column });
        let figures = figures.map(|column| reader.amount(&row, column));
        if let Some((first, _)) = listed.get(&day) {
            let rows = format!("rows {}, {}", first.min(&row.number), first.max(&row.number));
            comparing.find(Difference::Duplicate, (Subject::Day, &day.to_string()), Some("row"), None, Some(rows))?;
            continue;
        }
        listed.insert(day, (row.number, figures));
    }
    Ok(listed)
}

/// The report may call its totals amounts.
fn has(report: &Report, column: Column) -> bool {
    report.headings.has(column) || (column == Column::Total && report.headings.has(Column::Amount))
}

fn one(
    comparing: &mut Comparing<'_>,
    day: NaiveDate,
    sold: Option<Figures>,
    written: Option<Written>,
    columns: [bool; FIGURES.len()],
) -> Result<(), Error> {
    let code = day.to_string();
    let about = (Subject::Day, code.as_str());
    if let Some(figures) = &sold {
        comparing.totals.add_mirror(Some(day), figures[TOTAL]);
    }
    if let Some((_, figures)) = &written {
        comparing.totals.add_report(Some(day), figures[TOTAL].unwrap_or_default());
    }
    let is_nothing = written.as_ref().is_none_or(|(_, figures)| figures.iter().flatten().all(Decimal::is_zero));
    match (sold, written) {
        (Some(figures), Some((_, written))) => {
            comparing.pairs += 1;
            for (place, (column, field)) in FIGURES.iter().enumerate().filter(|(place, _)| columns[*place]) {
                let (mirror, report) = (Some(figures[place]), written[place].as_slice());
                match column {
                    Column::Bookings | Column::Quantity => comparing.count(about, field, mirror, report)?,
                    _ => comparing.amount(about, field, mirror, report)?,
                }
            }
            Ok(())
        }
        (Some(figures), None) => {
            let total = comparing.money(figures[TOTAL]);
            comparing.find(Difference::MissingInReport, about, None, Some(total), None)
        }
        (None, Some((_, written))) if !is_nothing => {
            let total = comparing.money(written[TOTAL].unwrap_or_default());
            comparing.find(Difference::MissingInMirror, about, None, None, Some(total))
        }
        // A day without sales, which may be listed or not: both sides say so.
        (None, _) => {
            comparing.pairs += 1;
            Ok(())
        }
    }
}
