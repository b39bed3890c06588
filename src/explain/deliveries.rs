//! What came about a booking: its own deliveries, its payments', and those that wait or failed and name it.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value};

use super::undecided::Undecided;
use super::{Payment, Stored};
use crate::db::events;
use crate::db::rows::{Account, Event};
use crate::db::types::{EventState, Timestamp};
use crate::db::{Result, Tx};

/// A delivery of the booking, or of one of its payments.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Delivery {
    /// `webhook_events.id`: the order of receipt.
    pub event_id: i64,
    /// When it was received.
    pub received_at: Timestamp,
    /// `webhook` or `api`
    pub source: String,
    /// `json`, `xml` or `form`
    pub format: Option<String>,
    /// `booking`, `transaction` or, where it cannot be read, `unknown`
    pub kind: String,
    /// As the body names it.
    pub action: Option<String>,
    /// What identifies the object: the code, or the payment's id.
    pub entity_key: Option<String>,
    /// What was decided.
    pub state: EventState,
    /// Why, and what was odd about it.
    pub error: Option<String>,
    /// Whether its body is still there.
    pub has_body: bool,
    /// Whether it is the first that described the booking, or the payment.
    pub is_first: bool,
    /// What it changed in the booking, or the payment: `column -> [old, new]`.
    pub changes: Map<String, Value>,
}

/// All of them, in the order of receipt; notes beside each payment which are its own.
pub(super) fn list(
    tx: &mut Tx<'_>,
    account: Option<&Account>,
    code: &str,
    stored: &Stored,
    payments: &mut [Payment],
    undecided: Undecided,
) -> Result<Vec<Delivery>> {
    let mut found: BTreeMap<i64, (Event, Option<&'static str>)> = BTreeMap::new();
    if let Some(account) = account {
        let own = events::of_entities(tx, account.account_id, "booking", &[code.to_owned()])?;
        let ids: Vec<_> = payments.iter().map(|payment| payment.row.transaction_id.clone()).collect();
        let paid = events::of_entities(tx, account.account_id, "transaction", &ids)?;
        for payment in payments {
            let own = paid.iter().filter(|event| event.entity_key.as_ref() == Some(&payment.row.transaction_id));
            payment.events = own.map(|event| event.id).collect();
        }
        found.extend(own.into_iter().chain(paid).map(|event| (event.id, (event, None))));
    }
    for (id, naming) in undecided {
        found.entry(id).or_insert((naming.event, naming.kind));
    }
    let ids: Vec<_> = found.keys().copied().collect();
    let mut bare = Vec::new();
    for ids in ids.chunks(1_000) {
        bare.extend(events::without_body(tx, ids)?);
    }
    let first = stored.booking.as_ref().map(|booking| booking.first_event_id);
    let delivery = |(event, kind): (Event, Option<&str>)| Delivery {
        event_id: event.id,
        received_at: event.received_at,
        source: event.source,
        format: event.format,
        kind: event.kind.or(kind.map(str::to_owned)).unwrap_or_else(|| "unknown".to_owned()),
        action: event.action,
        entity_key: event.entity_key,
        state: event.state,
        error: event.error,
        has_body: !bare.contains(&event.id),
        is_first: first == Some(event.id),
        changes: changes_of(stored, event.id),
    };
    Ok(found.into_values().map(delivery).collect())
}

fn changes_of(stored: &Stored, id: i64) -> Map<String, Value> {
    let step = stored.history.iter().find(|step| step.event_id == id);
    step.and_then(|step| step.changes.0.as_object().cloned()).unwrap_or_default()
}
