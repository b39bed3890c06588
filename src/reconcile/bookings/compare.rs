//! One booking of the report beside the mirror's.

use chrono::NaiveDate;

use super::AMOUNTS;
use super::group::Booked;
use super::items::{Items, Mirrored};
use super::layout::{Layout, amounts_of};
use crate::db::in_order::OrderedBooking;
use crate::reconcile::Error;
use crate::reconcile::columns::Column;
use crate::reconcile::comparing::Comparing;
use crate::reconcile::difference::{Difference, Subject};
use crate::reconcile::selection::Basis;

/// Unknown labels that are mentioned; a file may have any number.
const LABELS: usize = 20;

/// Compares what is there of both, unless neither is within the range and statuses that were asked for.
pub(super) fn pair(
    comparing: &mut Comparing<'_>,
    (layout, items): (&Layout, &mut Items),
    booked: Option<&Booked>,
    mirrored: Option<Mirrored<'_>>,
) -> Result<(), Error> {
    let mirror = mirrored.map(|(booking, _)| booking);
    let days = (booked.and_then(|booked| day_of(comparing, booked)), mirror.and_then(|row| day_in(comparing, row)));
    // Without a day on either side there is nothing to add up by day.
    let is_dated = comparing.columns.contains(&basis(comparing));
    let on = [days.0.or(days.1), days.1.or(days.0)].map(|day| day.filter(|_| is_dated));
    let in_range = (
        booked.is_some() && comparing.selection.has_day(days.0),
        mirror.is_some() && comparing.selection.has_day(days.1),
    );
    let codes = booked.map(|booked| codes(comparing, booked)).unwrap_or_default();
    let of_booked: Vec<&str> = codes.iter().flatten().map(String::as_str).collect();
    let of_mirror: Vec<&str> = mirror.and_then(|row| row.status_id.as_deref()).into_iter().collect();
    let is_asked = comparing.has_status(&of_booked) || comparing.has_status(&of_mirror);
    if !(in_range.0 || in_range.1) || !is_asked {
        return Ok(());
    }
    let total = booked.and_then(|booked| layout.amounts(booked, 0)).unwrap_or_default().first().copied();
    let has_total = comparing.columns.iter().any(|column| matches!(column, Column::Amount | Column::Total));
    if in_range.0 && has_total {
        comparing.totals.add_report(on[0], total.unwrap_or_default());
    }
    if let Some(row) = mirror {
        comparing.totals.currencies.extend(row.currency_id.clone());
        if in_range.1 && has_total {
            comparing.totals.add_mirror(on[1], amounts_of(row)[0].unwrap_or_default());
        }
    }
    let code = booked.map(|booked| &booked.code).or(mirror.map(|row| &row.code)).cloned().unwrap_or_default();
    let about = (Subject::Booking, code.as_str());
    if let Some(booked) = booked.filter(|booked| !booked.duplicates.is_empty()) {
        let rows = booked.duplicates.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        let (lines, rows) = (format!("{} lines", booked.rows), format!("again in row {rows}"));
        comparing.find(Difference::Duplicate, about, Some("row"), Some(lines), Some(rows))?;
    }
    match (booked, mirrored) {
        (Some(booked), Some(mirrored)) => {
            let (mirror, [start, end]) = (mirrored.0, items.of_booking(booked, mirrored));
            comparing.pairs += 1;
            status(comparing, booked, mirror, &codes)?;
            amounts(comparing, layout, booked, mirror)?;
            comparing.moment(about, "created_at", mirror.created_at, &booked.created)?;
            comparing.moment(about, "start_at", mirror.start_at, &start)?;
            comparing.moment(about, "end_at", mirror.end_at, &end)?;
            customer(comparing, booked, mirror)?;
            items.compare(comparing, booked, mirrored)
        }
        (Some(_), None) => {
            let total = total.map(|total| comparing.money(total));
            comparing.find(Difference::MissingInMirror, about, None, None, total)
        }
        (None, _) => {
            let total = mirror.and_then(|row| amounts_of(row)[0]).map(|total| comparing.money(total));
            comparing.find(Difference::MissingInReport, about, None, total, None)
        }
    }
}

/// The codes of each label of the booking.
fn codes(comparing: &mut Comparing<'_>, booked: &Booked) -> Vec<Vec<String>> {
    let codes = booked.statuses.iter().map(|label| {
        let codes = comparing.statuses.codes(label);
        if codes.is_empty() && comparing.unknown_labels.len() < LABELS {
            comparing.unknown_labels.insert(label.clone());
        }
        codes.into_iter().map(str::to_owned).collect()
    });
    codes.collect()
}

fn status(
    comparing: &mut Comparing<'_>,
    booked: &Booked,
    mirror: &OrderedBooking,
    codes: &[Vec<String>],
) -> Result<(), Error> {
    let is_so = |codes: &Vec<String>| codes.iter().any(|code| Some(code) == mirror.status_id.as_ref());
    if codes.iter().all(is_so) {
        return Ok(());
    }
    // The code where the label has one, so that both sides speak alike.
    let said = booked
        .statuses
        .iter()
        .zip(codes)
        .map(|(label, codes)| if codes.is_empty() { label.clone() } else { codes.join("/") });
    let said = said.collect::<Vec<_>>().join(", ");
    let about = (Subject::Booking, booked.code.as_str());
    comparing.find(Difference::Status, about, Some("status_id"), mirror.status_id.clone(), Some(said))
}

fn amounts(
    comparing: &mut Comparing<'_>,
    layout: &Layout,
    booked: &Booked,
    mirror: &OrderedBooking,
) -> Result<(), Error> {
    for (column, (amount, (heading, field))) in amounts_of(mirror).into_iter().zip(AMOUNTS).enumerate() {
        let Some(said) = layout.amounts(booked, column) else { continue };
        // Who paid too much owes nothing: some reports say so, others show what is to be paid back.
        let is_settled = field == "due" && amount.is_some_and(|due| due.is_sign_negative());
        let is_there = |known: &Column| *known == heading || (column == 0 && *known == Column::Total);
        if !comparing.columns.iter().any(is_there) || (is_settled && said.iter().all(rust_decimal::Decimal::is_zero)) {
            continue;
        }
        comparing.amount((Subject::Booking, &booked.code), field, amount, &said)?;
    }
    Ok(())
}

fn customer(comparing: &mut Comparing<'_>, booked: &Booked, mirror: &OrderedBooking) -> Result<(), Error> {
    let about = (Subject::Booking, booked.code.as_str());
    let key = mirror.customer_key.as_deref().unwrap_or_default();
    // Of a person who was forgotten nothing is left to compare.
    if key.starts_with("forgotten:") {
        return Ok(());
    }
    comparing.words(about, "customer_email", mirror.customer_email.as_deref().unwrap_or_default(), &booked.email)?;
    let code = if key.starts_with("email:") { "" } else { key };
    comparing.words(about, "customer_code", code, &booked.customer_code)
}

/// The report's column by which days are told.
fn basis(comparing: &Comparing<'_>) -> Column {
    match comparing.selection.basis() {
        Basis::Created => Column::Created,
        Basis::Start => Column::Start,
        Basis::End => Column::End,
    }
}

fn day_of(comparing: &Comparing<'_>, booked: &Booked) -> Option<NaiveDate> {
    let moment = match comparing.selection.basis() {
        Basis::Created => booked.created.first(),
        Basis::Start => booked.start.as_ref(),
        Basis::End => booked.end.as_ref(),
    };
    moment.map(|moment| moment.day)
}

fn day_in(comparing: &Comparing<'_>, row: &OrderedBooking) -> Option<NaiveDate> {
    comparing.day(match comparing.selection.basis() {
        Basis::Created => row.created_at,
        Basis::Start => row.start_at,
        Basis::End => row.end_at,
    })
}
