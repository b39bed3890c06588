//! Transactions: payments and refunds, matched one to one within each booking.

mod matching;

use std::cmp::Ordering;

use chrono::NaiveDate;

use super::columns::Column;
use super::comparing::{Comparing, of};
use super::dates::Moment;
use super::difference::{Difference, Subject};
use super::load::{Reader, Report, Row};
use super::{Error, Step, Unreadable};
use crate::db::Tx;
use crate::db::in_order::{self, OrderedTransaction};
use matching::matches;
use rust_decimal::Decimal;

/// No booking has so many payments; it bounds the memory that a file can ask for.
const MOST: usize = 10_000;
/// Bookings between two signs of progress.
const STEP: u64 = 1_000;

/// A payment or refund of the report.
#[derive(Debug, Clone)]
pub(super) struct Paid {
    pub(super) row: u64,
    pub(super) id: String,
    pub(super) event: String,
    /// Without a sign: of refunds nobody knows which they have.
    pub(super) amount: Option<Decimal>,
    pub(super) at: Option<Moment>,
    pub(super) provider_id: String,
}

/// `VCYY-311024` of `VCYY-311024-1`.
pub(super) fn booking_code(transaction_id: &str) -> &str {
    match transaction_id.rsplit_once('-') {
        Some((code, number)) if code.contains('-') && number.bytes().all(|byte| byte.is_ascii_digit()) => code,
        _ => transaction_id,
    }
}

/// Compares the whole report.
pub(super) fn compare(
    tx: &mut Tx<'_>,
    account_id: i32,
    report: &mut Report,
    comparing: &mut Comparing<'_>,
    step: Step<'_>,
) -> Result<(), Error> {
    let (reader, mut rows) = report.rows()?;
    let mut next = rows.next().transpose()?;
    let mut stored: Vec<OrderedTransaction> = Vec::new();
    let mut number = 0;
    // What comes before this code in the report has nothing in the mirror.
    let mut settle = |comparing: &mut Comparing<'_>, stored: Vec<OrderedTransaction>| -> Result<(), Error> {
        let code = stored.first().and_then(|row| row.booking_code.clone());
        loop {
            number += 1;
            if number % STEP == 0 {
                step("comparing", number, 0);
            }
            let order = match (&next, &code) {
                (None, _) => Ordering::Greater,
                (Some(_), None) => Ordering::Less,
                (Some((key, _)), Some(code)) => key.cmp(code),
            };
            if order == Ordering::Greater {
                return if let Some(code) = &code { booking(comparing, code, Vec::new(), &stored) } else { Ok(()) };
            }
            let Some((key, first)) = next.take() else { return Ok(()) };
            let mut paid = vec![read(&reader, &first)];
            for row in rows.by_ref() {
                let (other, row) = row?;
                if other != key {
                    next = Some((other, row));
                    break;
                }
                if paid.len() == MOST {
                    let problem =
                        format!("is one of more than {MOST} payments of a booking; is this the transaction's id?");
                    return Err(Unreadable::new(problem)
                        .in_row(row.number)
                        .under(reader.headings.own(Column::TransactionId))
                        .into());
                }
                paid.push(read(&reader, &row));
            }
            if order == Ordering::Equal {
                return booking(comparing, &key, paid, &stored);
            }
            booking(comparing, &key, paid, &[])?;
        }
    };
    in_order::transactions(tx, account_id, |row: OrderedTransaction| {
        if row.booking_code.is_none() {
            return booking(comparing, "", Vec::new(), &[row]);
        }
        if stored.first().is_some_and(|first| first.booking_code != row.booking_code) {
            settle(comparing, std::mem::take(&mut stored))?;
        }
        stored.push(row);
        Ok(())
    })?;
    if !stored.is_empty() {
        settle(comparing, stored)?;
    }
    settle(comparing, Vec::new())
}

fn read(reader: &Reader<'_>, row: &Row) -> Paid {
    let text = |column| reader.text(row, column).to_owned();
    Paid {
        row: row.number,
        id: text(Column::TransactionId),
        event: text(Column::Event).to_uppercase(),
        amount: reader.amount(row, Column::Amount).map(|amount| amount.abs()),
        at: reader.moment(row, Column::Date),
        provider_id: text(Column::ProviderTransaction),
    }
}

/// Compares the payments of one booking.
fn booking(
    comparing: &mut Comparing<'_>,
    code: &str,
    paid: Vec<Paid>,
    stored: &[OrderedTransaction],
) -> Result<(), Error> {
    let about = (Subject::Transaction, code);
    let mut once: Vec<Paid> = Vec::new();
    for paid in paid {
        match once.iter().find(|known| known.id == paid.id && paid.id != code) {
            Some(known) => {
                let rows = format!("{} in rows {}, {}", paid.id, known.row, paid.row);
                comparing.find(Difference::Duplicate, about, Some("transaction_id"), None, Some(rows))?;
            }
            None => once.push(paid),
        }
    }
    for (paid, row) in matches(&once, stored, comparing.zone) {
        let (paid, row) = (paid.map(|place| &once[place]), row.map(|place| &stored[place]));
        let days =
            (paid.and_then(|paid| paid.at).map(|at| at.day), row.and_then(|row| comparing.day(row.transacted_at)));
        let has = (
            paid.is_some() && comparing.selection.has_day(days.0),
            row.is_some() && comparing.selection.has_day(days.1),
        );
        if !(has.0 || has.1) {
            continue;
        }
        let is_dated = comparing.columns.contains(&Column::Date);
        let on = [days.0.or(days.1), days.1.or(days.0)].map(|day| day.filter(|_| is_dated));
        sum(comparing, paid.filter(|_| has.0), row.filter(|_| has.1), on);
        match (paid, row) {
            (Some(paid), Some(row)) => {
                comparing.pairs += 1;
                if !paid.event.is_empty() && paid.event != row.status_id.to_uppercase() {
                    let (mirror, report) = (Some(row.status_id.clone()), Some(paid.event.clone()));
                    comparing.find(Difference::Status, about, Some("status_id"), mirror, report)?;
                }
                comparing.amount(about, "amount", of(row.amount).map(|amount| amount.abs()), paid.amount.as_slice())?;
                comparing.moment(about, "transacted_at", row.transacted_at, paid.at.as_slice())?;
            }
            (Some(paid), None) => {
                let said = said(comparing, &paid.event, paid.amount, paid.at, &paid.id);
                comparing.find(Difference::MissingInMirror, about, None, None, Some(said))?;
            }
            (None, Some(row)) => {
                let minute = Moment { day: NaiveDate::default(), time: Some(chrono::NaiveTime::MIN), seconds: false };
                let at = row.transacted_at.map(|at| minute.like(at, comparing.zone));
                let said = said(comparing, &row.status_id, of(row.amount), at, &row.transaction_id);
                comparing.find(Difference::MissingInReport, about, None, Some(said), None)?;
            }
            (None, None) => {}
        }
    }
    Ok(())
}

/// `PAID 40.00 2026-05-12 07:06 HT778899`
fn said(comparing: &Comparing<'_>, event: &str, amount: Option<Decimal>, at: Option<Moment>, id: &str) -> String {
    let amount = amount.map(|amount| comparing.money(amount.abs()));
    let parts = [Some(event.to_owned()), amount, at.map(|at| at.to_string()), Some(id.to_owned())];
    parts.into_iter().flatten().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

/// Refunds count against payments.
fn sum(
    comparing: &mut Comparing<'_>,
    paid: Option<&Paid>,
    row: Option<&OrderedTransaction>,
    [of_report, of_mirror]: [Option<NaiveDate>; 2],
) {
    let signed = |amount: Option<Decimal>, event: &str| {
        let amount = amount.unwrap_or_default().abs();
        if event.eq_ignore_ascii_case("REFUND") { -amount } else { amount }
    };
    if let Some(paid) = paid {
        comparing.totals.add_report(of_report, signed(paid.amount, &paid.event));
    }
    if let Some(row) = row {
        comparing.totals.add_mirror(of_mirror, signed(of(row.amount), &row.status_id));
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_running_number_is_no_part_of_the_code() {
        for (id, code) in [
            ("VCYY-311024-1", "VCYY-311024"),
            ("VCYY-311024-12", "VCYY-311024"),
            ("VCYY-311024", "VCYY-311024"),
            ("4711", "4711"),
            ("A-B-C", "A-B-C"),
            ("", ""),
        ] {
            assert_eq!(super::booking_code(id), code);
        }
    }
}
