//! Sums of both sides by day, exact.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use rust_decimal::Decimal;

/// A sum of the mirror and one of the report.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sums {
    /// The mirror's.
    pub mirror: Decimal,
    /// The report's.
    pub report: Decimal,
}

impl Sums {
    /// What the report has more.
    pub fn difference(&self) -> Decimal {
        self.report - self.mirror
    }
}

/// Sums by day, and of all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Totals {
    /// By local day.
    pub days: BTreeMap<NaiveDate, Sums>,
    /// Of all, without a day too.
    pub all: Sums,
    /// The currencies that were met in the mirror.
    pub currencies: BTreeSet<String>,
}

impl Totals {
    pub(super) fn add_mirror(&mut self, day: Option<NaiveDate>, amount: Decimal) {
        self.all.mirror += amount;
        if let Some(day) = day {
            self.days.entry(day).or_default().mirror += amount;
        }
    }

    pub(super) fn add_report(&mut self, day: Option<NaiveDate>, amount: Decimal) {
        self.all.report += amount;
        if let Some(day) = day {
            self.days.entry(day).or_default().report += amount;
        }
    }
}

/// An amount with as many decimals as the report has, or more where it needs them.
pub fn money(amount: Decimal, decimals: u32) -> String {
    let mut amount = amount.normalize();
    if amount.scale() < decimals {
        amount.rescale(decimals);
    }
    amount.to_string()
}
