//! A booking's payments and refunds.

use rust_decimal::Decimal;
use serde::Serialize;

use crate::db::rows::Transaction;
use crate::db::types::Amount;
use crate::db::{Result, Tx};

/// A payment or refund, as it stands.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Payment {
    /// Its row.
    #[serde(flatten)]
    pub row: Transaction,
    /// What it adds to what was paid: negative for a refund, 0 for what was deleted.
    pub counts: Amount,
    /// Its deliveries, oldest first.
    pub events: Vec<i64>,
}

/// Those of a booking, oldest first.
pub(super) fn load(tx: &mut Tx<'_>, account_id: i32, code: &str) -> Result<Vec<Payment>> {
    let mut rows = Transaction::of_bookings(tx, account_id, &[code.to_owned()])?;
    rows.sort_unstable_by(|one, other| {
        let order = |row: &Transaction| (row.transacted_at, row.first_event_id);
        order(one).cmp(&order(other))
    });
    Ok(rows.into_iter().map(|row| Payment { counts: Amount(counts(&row)), row, events: Vec::new() }).collect())
}

/// The sign of a refund is Checkfront's, and is not the same everywhere.
fn counts(row: &Transaction) -> Decimal {
    match row.amount {
        Some(Amount(amount)) if row.deleted_at.is_none() && row.status_id == "REFUND" => -amount.abs(),
        Some(Amount(amount)) if row.deleted_at.is_none() => amount,
        _ => Decimal::ZERO,
    }
}
