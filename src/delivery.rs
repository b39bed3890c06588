//! A delivery as it is shown: its body, opened and laid out, and what it wrote.

use crate::db::rows::{Booking, BookingHistory, BookingItem, BookingTax, Event, EventBody, Item, Rate, Transaction};
use crate::db::{Result, Tx};
use crate::parse;
use crate::privacy::{Keys, is_sealed};

/// The body, opened where it is encrypted; or why it cannot be shown.
pub fn body_of(stored: Option<EventBody>, keys: Option<&Keys>) -> std::result::Result<Vec<u8>, &'static str> {
    let body = stored.ok_or("the body was dropped, by `prune` or RETENTION_DAYS")?.body;
    if !is_sealed(&body) {
        return Ok(body);
    }
    let keys = keys.ok_or("the body is encrypted; set PRIVACY_KEY to see it")?;
    let opened = keys.open(&body).and_then(std::result::Result::ok);
    opened.ok_or("the body is encrypted, with another PRIVACY_KEY than this one")
}

/// The body as the document it was read as; as it stands, where it could not be read.
pub fn pretty(body: &[u8], content_type: Option<&str>) -> String {
    let document = parse::parse(body, content_type);
    match (document.format, document.root) {
        (Some(_), Ok(root)) => serde_json::to_string_pretty(&root.into_json()).unwrap_or_default(),
        _ => String::from_utf8_lossy(body).into_owned(),
    }
}

/// The rows that still are as this event wrote them.
pub fn rows_of(tx: &mut Tx<'_>, event: &Event) -> Result<Vec<String>> {
    let (Some(account), Some(kind), Some(key)) = (event.account_id, event.kind.as_deref(), &event.entity_key) else {
        return Ok(Vec::new());
    };
    let keys = std::slice::from_ref(key);
    let id = key.parse().unwrap_or_default();
    let mut rows = Vec::new();
    match kind {
        "booking" => {
            let bookings = Booking::load(tx, account, keys)?.into_iter();
            rows.extend(
                bookings.filter(|row| row.last_event_id == event.id).map(|row| format!("bookings {}", row.code)),
            );
            let lines = BookingItem::load(tx, account, keys)?.into_iter().filter(|row| row.last_event_id == event.id);
            rows.extend(lines.map(|row| format!("booking_items {key} {}", row.line_id)));
            let taxes = BookingTax::load(tx, account, keys)?.into_iter().filter(|row| row.last_event_id == event.id);
            rows.extend(taxes.map(|row| format!("booking_taxes {key} {}", row.position)));
            let steps = BookingHistory::of(tx, account, key)?.into_iter().filter(|row| row.event_id == event.id);
            rows.extend(steps.map(|row| format!("booking_history {key}: {}", row.changes.0)));
        }
        "transaction" => {
            let found = Transaction::load(tx, account, keys)?.into_iter().filter(|row| row.last_event_id == event.id);
            rows.extend(found.map(|row| format!("transactions {key} {} {}", row.gateway_id, row.status_id)));
        }
        "item" => {
            let found = Item::load(tx, account, &[id])?.into_iter().filter(|row| row.last_event_id == event.id);
            rows.extend(found.map(|row| format!("items {}", row.item_id)));
        }
        "rate" => {
            let found = Rate::load(tx, account, &[id])?.into_iter().filter(|row| row.last_event_id == event.id);
            rows.extend(found.map(|row| format!("rates {}", row.rate_id)));
        }
        _ => {}
    }
    Ok(rows)
}
