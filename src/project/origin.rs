//! What stamps a row: the event, and the account and zone it is read in.

use chrono::NaiveDate;
use chrono_tz::Tz;

use super::zones;
use crate::db::types::Timestamp;

/// Where a change comes from: what a row is stamped with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Origin {
    pub id: i64,
    pub at: Timestamp,
    pub account_id: i32,
    pub zone: Tz,
    /// Whether the object was deleted in Checkfront.
    pub delete: bool,
}

impl Origin {
    /// The calendar day of an instant in the account's time zone.
    pub(super) fn day(&self, at: Option<Timestamp>) -> Option<NaiveDate> {
        at.map(|at| zones::day(at, self.zone))
    }
}
