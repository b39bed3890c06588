//! What may be doubtful about a booking.

use serde::Serialize;

/// What kind of doubt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DoubtKind {
    /// A delivery says exactly what an older one said, and another in between did not.
    OlderState,
    /// More was paid than is to be paid.
    PaidAboveTotal,
    /// What was paid is not the sum of the payments.
    Payments,
    /// The total is not the sum of the lines.
    Lines,
    /// The tax is not a sum of the listed taxes, or of the lines' taxes.
    Taxes,
    /// A delivery could not be read or written.
    Failed,
    /// A delivery is not in the tables yet.
    Pending,
    /// A delivery's body was dropped.
    Pruned,
    /// A delivery had two lines of one id.
    LineTwice,
    /// A delivery had fields that no column holds.
    UnknownFields,
    /// No delivery that is known said so.
    Unexplained,
}

/// A doubt about a booking.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Doubt {
    /// Its kind.
    pub kind: DoubtKind,
    /// In words.
    pub says: String,
    /// The deliveries it is about, oldest first.
    pub events: Vec<i64>,
    /// What to type next.
    pub command: Option<String>,
}
