//! What differs between a report and the mirror.

use std::collections::BTreeMap;

use serde::Serialize;

/// In what the two differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Difference {
    /// The report has it, or has this value of it, and the mirror has not.
    MissingInMirror,
    /// The mirror has it, or has this value of it, and the report has not.
    MissingInReport,
    /// The status.
    Status,
    /// An amount, or a count.
    Amount,
    /// A date.
    Date,
    /// The report has it more than once.
    Duplicate,
}

impl Difference {
    /// As it is printed.
    pub fn name(self) -> &'static str {
        match self {
            Self::MissingInMirror => "missing_in_mirror",
            Self::MissingInReport => "missing_in_report",
            Self::Status => "status",
            Self::Amount => "amount",
            Self::Date => "date",
            Self::Duplicate => "duplicate",
        }
    }
}

/// What they differ about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// A booking.
    Booking,
    /// A payment or refund.
    Transaction,
    /// A customer.
    Customer,
    /// The sum of a day.
    Day,
}

impl Subject {
    /// As it is printed.
    pub fn name(self) -> &'static str {
        match self {
            Self::Booking => "booking",
            Self::Transaction => "transaction",
            Self::Customer => "customer",
            Self::Day => "day",
        }
    }
}

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// In what.
    pub difference: Difference,
    /// About what.
    pub kind: Subject,
    /// The booking's code, also of a transaction; the customer's code or address; the day.
    pub code: String,
    /// The column; none where the whole is missing.
    pub field: Option<String>,
    /// What the mirror says; of what is missing elsewhere, its amount.
    pub mirror: Option<String>,
    /// What the report says; of what is missing elsewhere, its amount.
    pub report: Option<String>,
}

/// How many there are of each: of a subject, the whole or a value of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts(BTreeMap<(Subject, Difference, bool), u64>);

impl Counts {
    pub(super) fn add(&mut self, finding: &Finding) {
        *self.0.entry((finding.kind, finding.difference, finding.field.is_some())).or_default() += 1;
    }

    /// Subject, difference, whether it is of a value and not of the whole; each with its count.
    pub fn each(&self) -> impl Iterator<Item = (Subject, Difference, bool, u64)> {
        self.0.iter().map(|((subject, difference, of_value), count)| (*subject, *difference, *of_value, *count))
    }

    /// Whether nothing differs.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
