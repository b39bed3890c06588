//! A booking's payments and refunds.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::Delivery;
use crate::checkfront::{self, Body, Content};
use crate::db::rows::{EventBody, Transaction};
use crate::db::types::{Amount, Timestamp};
use crate::db::{Result, Tx, events};
use crate::project;

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

/// What each delivery of a payment changed in what those before it had said, as far as their bodies are there.
pub(super) fn compare(tx: &mut Tx<'_>, deliveries: &mut [Delivery]) -> Result<()> {
    let mut before = BTreeMap::<_, Map<String, Value>>::new();
    for delivery in deliveries.iter_mut().filter(|one| one.kind == "transaction" && one.state.is_told()) {
        let Some(event) = events::find(tx, delivery.event_id)? else { continue };
        let Some(body) = EventBody::find(tx, delivery.event_id)? else { continue };
        let reading = project::read((event, body));
        let Some(Content::Transaction(transaction)) = reading.content() else { continue };
        let is_delete = reading.body.as_ref().is_some_and(Body::is_delete);
        let key = (transaction.transaction_id.clone(), transaction.gateway_id.clone(), transaction.status.clone());
        let Some(known) = before.get_mut(&key) else {
            delivery.is_first = true;
            before.insert(key, said(transaction));
            continue;
        };
        if is_delete {
            // It may hold no more than an id; what is known of the payment stays.
            delivery.changes.insert("deleted_at".to_owned(), json!([null, delivery.received_at]));
            continue;
        }
        let now = said(transaction);
        for (column, new) in &now {
            let old = known.get(column).cloned().unwrap_or_default();
            if old != *new {
                delivery.changes.insert(column.clone(), json!([old, new]));
            }
        }
        *known = now;
    }
    Ok(())
}

/// Columns of the row that it makes.
fn said(transaction: &checkfront::Transaction) -> Map<String, Value> {
    let columns = json!({
        "booking_code": transaction.booking_code,
        "transacted_at": transaction.date.map(Timestamp),
        "amount": transaction.amount.map(Amount),
        "payment_type": transaction.payment_type,
        "payment_mask": transaction.payment_mask,
        "payer": transaction.payer,
    });
    if let Value::Object(columns) = columns { columns } else { Map::new() }
}
