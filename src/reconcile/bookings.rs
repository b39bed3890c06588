//! A Booking Index: one row for each booked item, put together to bookings and compared one by one.

mod compare;
mod duplicates;
mod group;
mod items;
mod layout;

use std::cmp::Ordering;

use super::columns::Column;
use super::comparing::Comparing;
use super::load::Report;
use super::{Error, Step};
use crate::db::Tx;
use crate::db::in_order::{self, OrderedBooking};
use crate::db::rows::Item;
use duplicates::Duplicates;
use group::{Booked, Groups};
use items::Mirrored;
use layout::Evidence;

/// Bookings between two signs of progress.
const STEP: u64 = 1_000;

/// Compares the whole report; returns what was assumed of its layout.
pub(super) fn compare(
    tx: &mut Tx<'_>,
    account_id: i32,
    report: &mut Report,
    comparing: &mut Comparing<'_>,
    step: Step<'_>,
) -> Result<Vec<String>, Error> {
    let duplicates = Duplicates::find(tx, account_id, report)?;
    let mut evidence = Evidence::default();
    let mut groups = Groups::of(report, &duplicates)?;
    while let Some(booked) = groups.next()? {
        evidence.see(&booked);
    }
    drop(groups);
    let mut of_items = items::Evidence::new(comparing, report, Item::names(tx, account_id)?);
    let groups = Groups::of(report, &duplicates)?;
    merge(tx, account_id, groups, &mut |booked, mirror, number| {
        if number % STEP == 0 {
            step("looking", number, 0);
        }
        if let (Some(booked), Some(mirror)) = (booked, mirror) {
            evidence.compare(booked, mirror.0);
            of_items.see(booked, mirror);
        }
        Ok(())
    })?;
    let layout = evidence.decide();
    let mut items = of_items.decide(&layout);
    let mut said = [layout.said(report), items.said(report)].concat();
    comparing.not_compared = [layout.open(report), items.open(report)].concat();
    let groups = Groups::of(report, &duplicates)?;
    merge(tx, account_id, groups, &mut |booked, mirror, number| {
        if number % STEP == 0 {
            step("comparing", number, 0);
        }
        compare::pair(comparing, (&layout, &mut items), booked, mirror)
    })?;
    said.extend(items.said_after());
    Ok(said)
}

type Pair<'p> = dyn FnMut(Option<&Booked>, Option<Mirrored<'_>>, u64) -> Result<(), Error> + 'p;

/// Goes through both sides in the order of codes, once.
fn merge(tx: &mut Tx<'_>, account_id: i32, mut groups: Groups<'_>, pair: &mut Pair<'_>) -> Result<(), Error> {
    let mut booked = groups.next()?;
    let mut number = 0;
    in_order::booked(tx, account_id, |mirror: OrderedBooking, lines| {
        loop {
            number += 1;
            let order = booked.as_ref().map_or(Ordering::Greater, |booked| booked.code.cmp(&mirror.code));
            match order {
                Ordering::Greater => return pair(None, Some((&mirror, lines)), number),
                Ordering::Equal => {
                    pair(booked.as_ref(), Some((&mirror, lines)), number)?;
                    booked = groups.next()?;
                    return Ok(());
                }
                Ordering::Less => {
                    pair(booked.as_ref(), None, number)?;
                    booked = groups.next()?;
                }
            }
        }
    })?;
    while let Some(last) = booked {
        number += 1;
        pair(Some(&last), None, number)?;
        booked = groups.next()?;
    }
    Ok(())
}

/// The amounts of a booking, by their columns in the report and their names in the mirror.
const AMOUNTS: [(Column, &str); 5] = [
    (Column::Amount, "total"),
    (Column::Paid, "paid_total"),
    (Column::Due, "due"),
    (Column::SubTotal, "sub_total"),
    (Column::Taxes, "tax_total"),
];
