//! Which bookings and payments are compared: a range of local days, and statuses.

use chrono::NaiveDate;
use serde::Serialize;

/// By which of a booking's dates days are told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Basis {
    /// When it was made.
    #[default]
    Created,
    /// When it begins.
    Start,
    /// When it ends.
    End,
}

/// What is compared; all, unless it is narrowed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// The first local day.
    pub from: Option<NaiveDate>,
    /// The last local day.
    pub to: Option<NaiveDate>,
    /// By which date; `created` where nothing is said.
    pub by: Option<Basis>,
    /// Codes or labels of statuses; all where there are none.
    pub statuses: Vec<String>,
}

impl Selection {
    /// By which date.
    pub fn basis(&self) -> Basis {
        self.by.unwrap_or_default()
    }

    /// Whether only some days are compared.
    pub fn is_range(&self) -> bool {
        self.from.is_some() || self.to.is_some()
    }

    /// Whether a day is within the range; what has no day is in no range.
    pub(super) fn has_day(&self, day: Option<NaiveDate>) -> bool {
        !self.is_range()
            || day.is_some_and(|day| self.from.is_none_or(|from| day >= from) && self.to.is_none_or(|to| day <= to))
    }
}
