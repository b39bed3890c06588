//! A comparison under way: what is compared with what, and what was found so far.

use chrono::NaiveDate;
use chrono_tz::Tz;
use rust_decimal::{Decimal, RoundingStrategy};

use super::columns::{Column, ReportKind};
use super::dates::Moment;
use super::difference::{Counts, Difference, Finding, Subject};
use super::statuses::Statuses;
use super::totals::{Totals, money};
use super::{Error, Selection, Sink};
use crate::db::types::{Amount, Timestamp};

/// Amounts are compared to the cent, or finer where the report is.
pub(super) const CENTS: u32 = 2;

/// A comparison under way.
pub(super) struct Comparing<'a> {
    pub(super) zone: Tz,
    pub(super) decimals: u32,
    pub(super) statuses: &'a Statuses,
    pub(super) selection: &'a Selection,
    /// The codes of `--status`; all where it is empty.
    pub(super) chosen: Vec<String>,
    /// The columns that the report has.
    pub(super) columns: Vec<Column>,
    pub(super) sink: Sink<'a>,
    pub(super) counts: Counts,
    pub(super) totals: Totals,
    /// What was compared on both sides.
    pub(super) pairs: u64,
    /// Labels of the report that no status has.
    pub(super) unknown_labels: std::collections::BTreeSet<String>,
    /// Headings that could not be compared for every booking.
    pub(super) not_compared: Vec<String>,
}

/// What a finding is about: its subject and code.
pub(super) type About<'c> = (Subject, &'c str);

impl Comparing<'_> {
    pub(super) fn find(
        &mut self,
        difference: Difference,
        (kind, code): About<'_>,
        field: Option<&str>,
        mirror: Option<String>,
        report: Option<String>,
    ) -> Result<(), Error> {
        let finding =
            Finding { difference, kind, code: code.to_owned(), field: field.map(str::to_owned), mirror, report };
        self.counts.add(&finding);
        Ok((self.sink)(&finding)?)
    }

    /// An amount as the report would write it.
    pub(super) fn money(&self, amount: Decimal) -> String {
        money(amount, self.decimals)
    }

    /// Compares an amount; a blank cell equals none, and zero.
    pub(super) fn amount(
        &mut self,
        about: About<'_>,
        field: &str,
        mirror: Option<Decimal>,
        report: &[Decimal],
    ) -> Result<(), Error> {
        let decimals = self.decimals;
        self.number((about, field), mirror, report, |amount| money(amount, decimals))
    }

    /// The same of what is counted.
    pub(super) fn count(
        &mut self,
        about: About<'_>,
        field: &str,
        mirror: Option<Decimal>,
        report: &[Decimal],
    ) -> Result<(), Error> {
        self.number((about, field), mirror, report, count)
    }

    fn number(
        &mut self,
        (about, field): (About<'_>, &str),
        mirror: Option<Decimal>,
        report: &[Decimal],
        say: impl Fn(Decimal) -> String,
    ) -> Result<(), Error> {
        let scale = self.decimals.max(CENTS);
        let rounded = |amount: Decimal| amount.round_dp_with_strategy(scale, RoundingStrategy::MidpointAwayFromZero);
        let is_equal = match report {
            [] => mirror.is_none_or(|amount| amount.is_zero()),
            all => all.iter().all(|amount| mirror.map(rounded) == Some(rounded(*amount))),
        };
        if is_equal {
            return Ok(());
        }
        let said = report.iter().copied().map(&say).collect::<Vec<_>>();
        let (mirror, report) = (mirror.map(say), (!said.is_empty()).then(|| said.join(", ")));
        self.find(Difference::Amount, about, Some(field), mirror, report)
    }

    /// Compares an instant at the precision of what is written.
    pub(super) fn moment(
        &mut self,
        about: About<'_>,
        field: &str,
        mirror: Option<Timestamp>,
        report: &[Moment],
    ) -> Result<(), Error> {
        let zone = self.zone;
        let Some(first) = report.first() else { return Ok(()) };
        if report.iter().all(|moment| mirror.is_some_and(|at| moment.is(at, zone))) {
            return Ok(());
        }
        let mirror = mirror.map(|at| first.like(at, zone).to_string());
        let report = report.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        self.find(Difference::Date, about, Some(field), mirror, Some(report))
    }

    /// Compares words, whatever their case and spaces, where both sides have them.
    pub(super) fn words(&mut self, about: About<'_>, field: &str, mirror: &str, report: &str) -> Result<(), Error> {
        if mirror.is_empty() || report.is_empty() || is_hash(mirror) || alike(mirror, report) {
            return Ok(());
        }
        let (mirror, report) = (Some(mirror.to_owned()), Some(report.to_owned()));
        self.find(Difference::MissingInMirror, about, Some(field), mirror, report)
    }

    /// Whether a booking of this status is compared.
    pub(super) fn has_status(&self, codes: &[&str]) -> bool {
        self.chosen.is_empty() || codes.iter().any(|code| self.chosen.iter().any(|chosen| chosen == code))
    }

    /// The local day of an instant.
    pub(super) fn day(&self, at: Option<Timestamp>) -> Option<NaiveDate> {
        at.map(|at| at.0.with_timezone(&self.zone).date_naive())
    }

    /// The days whose sums differ.
    pub(super) fn days(&mut self, field: &str) -> Result<(), Error> {
        let scale = self.decimals.max(CENTS);
        let differ = |difference: Decimal| !difference.round_dp(scale).is_zero();
        let days = std::mem::take(&mut self.totals.days);
        for (day, sums) in days.iter().filter(|(_, sums)| differ(sums.difference())) {
            let (mirror, report) = (self.money(sums.mirror), self.money(sums.report));
            let about = (Subject::Day, day.to_string());
            self.find(Difference::Amount, (about.0, &about.1), Some(field), Some(mirror), Some(report))?;
        }
        self.totals.days = days;
        Ok(())
    }
}

/// What a report's sums by day are of.
pub(super) fn summed(kind: ReportKind) -> &'static str {
    if kind == ReportKind::Transactions { "amount" } else { "total" }
}

/// A count as it is printed: whole, unless a report says otherwise.
pub(super) fn count(number: Decimal) -> String {
    number.normalize().to_string()
}

/// The amount of a column.
pub(super) fn of(amount: Option<Amount>) -> Option<Decimal> {
    amount.map(|amount| amount.0)
}

/// What `MASK_FIELDS` hashed tells nothing.
fn is_hash(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

fn alike(one: &str, other: &str) -> bool {
    let plain = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
    plain(one) == plain(other)
}
