//! What a shadow in a file does without, for speed: nobody asks it anything, and a crash may leave nothing of it.

use super::super::statement::{execute, texts};
use super::super::{Result, Tx};

/// Indexes for those who ask a mirror: a projector looks nothing up by them, and pays for each with every row it writes.
const INDEXES: [&str; 9] = [
    "booking_history_recorded",
    "booking_items_add_on",
    "booking_items_days",
    "booking_items_long",
    "bookings_balance",
    "customers_person",
    "transactions_booking",
    "webhook_events_entity",
    "webhook_events_failed",
];

/// Drops the triggers and indexes of a new one. Nobody looks at its views, which triggers keep up to date.
pub(super) fn strip(tx: &mut Tx<'_>) -> Result<()> {
    for index in INDEXES {
        execute(tx, &format!("DROP INDEX {index}"))?;
    }
    for drop in texts(tx, "SELECT 'DROP TRIGGER ' || name AS v FROM sqlite_master WHERE type = 'trigger'")? {
        execute(tx, &drop)?;
    }
    Ok(())
}
