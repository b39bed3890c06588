//! What a shadow does without, for speed: nobody asks it anything, and a crash may leave nothing of it.

use super::super::statement::{execute, texts};
use super::super::{Result, Tx};

/// Indexes for those who ask a mirror: a projector looks nothing up by them, and pays for each with every row it writes.
const INDEXES: [&str; 7] = [
    "booking_history_recorded",
    "booking_items_days",
    "bookings_balance",
    "customers_person",
    "transactions_booking",
    "webhook_events_entity",
    "webhook_events_failed",
];

/// Nobody looks at its views, which triggers keep up to date.
const UNWATCHED: &str = "DO $$ DECLARE t text; BEGIN \
    FOR t IN SELECT tablename FROM pg_tables WHERE schemaname = 'checkfront_mirror_rebuild' LOOP \
    EXECUTE format('ALTER TABLE checkfront_mirror_rebuild.%I SET UNLOGGED', t); \
    EXECUTE format('ALTER TABLE checkfront_mirror_rebuild.%I DISABLE TRIGGER USER', t); END LOOP; END $$";

/// Drops the triggers and indexes of a new one, and on PostgreSQL the log of its tables.
pub(super) fn strip(tx: &mut Tx<'_>) -> Result<()> {
    for index in INDEXES {
        execute(tx, &format!("DROP INDEX {index}"))?;
    }
    if let Tx::Postgres(_) = tx {
        return execute(tx, UNWATCHED).map(drop);
    }
    for drop in texts(tx, "SELECT 'DROP TRIGGER ' || name AS v FROM sqlite_master WHERE type = 'trigger'")? {
        execute(tx, &drop)?;
    }
    Ok(())
}
