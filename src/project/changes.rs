//! What a booking says, compared to tell a change.

use serde_json::{Map, Value, json};

use super::booking::Whole;
use super::content::content;
use super::origin::Origin;
use crate::db::events::Settlement;
use crate::db::rows::BookingHistory;
use crate::db::types::{EventState, Json};

/// The step that an event makes in a booking's history; the first has no changes.
///
/// `None` where only the customer changed: of that the booking holds nothing.
pub(super) fn step(before: Option<&Whole>, after: &Whole, origin: &Origin) -> Option<BookingHistory> {
    let booking = &after.booking;
    let changes = before.map_or_else(Map::new, |before| compare(before, after));
    if before.is_some() && changes.is_empty() {
        return None;
    }
    Some(BookingHistory {
        account_id: booking.account_id,
        booking_code: booking.code.clone(),
        event_id: booking.last_event_id,
        recorded_at: booking.updated_at,
        status_id: booking.status_id.clone(),
        total: booking.total,
        paid_total: booking.paid_total,
        start_at: booking.start_at,
        end_at: booking.end_at,
        changes: Json(changes.into()),
        recorded_on: origin.day(Some(booking.updated_at)),
    })
}

/// `column -> [old, new]`; lines as `items.1.1.total`, a whole line where it came or went; taxes as `taxes.1.amount`.
pub(super) fn compare(before: &Whole, after: &Whole) -> Map<String, Value> {
    let mut changes = Map::new();
    columns(&mut changes, "", &content(&before.booking), &content(&after.booking));
    let key = [&before.booking.customer_key, &after.booking.customer_key];
    if key[0] != key[1] {
        changes.insert("customer_key".to_owned(), json!(key));
    }
    let deleted = [before.booking.deleted_at, after.booking.deleted_at];
    if deleted[0] != deleted[1] {
        changes.insert("deleted_at".to_owned(), json!(deleted));
    }
    let line_ids = before.lines.keys().chain(after.lines.keys().filter(|id| !before.lines.contains_key(*id)));
    for id in line_ids {
        part(&mut changes, &format!("items.{id}"), before.lines.get(id).map(content), after.lines.get(id).map(content));
    }
    for index in 0..before.taxes.len().max(after.taxes.len()) {
        let name = format!("taxes.{}", index + 1);
        part(&mut changes, &name, before.taxes.get(index).map(content), after.taxes.get(index).map(content));
    }
    changes
}

fn part(
    changes: &mut Map<String, Value>,
    name: &str,
    old: Option<Map<String, Value>>,
    new: Option<Map<String, Value>>,
) {
    match (old, new) {
        (Some(old), Some(new)) => columns(changes, &format!("{name}."), &old, &new),
        (old, new) => {
            changes.insert(name.to_owned(), json!([old, new]));
        }
    }
}

fn columns(changes: &mut Map<String, Value>, prefix: &str, old: &Map<String, Value>, new: &Map<String, Value>) {
    for name in old.keys().chain(new.keys().filter(|name| !old.contains_key(*name))) {
        let pair = [old.get(name), new.get(name)];
        if pair[0] != pair[1] {
            changes.insert(format!("{prefix}{name}"), json!(pair));
        }
    }
}

/// One line for each dead letter: which, and why; nothing of what it says of people.
pub(super) fn log_failures(settlements: &[Settlement]) {
    for settlement in settlements.iter().filter(|settlement| settlement.state == EventState::Failed) {
        let reason = settlement.error.as_deref().unwrap_or_default();
        tracing::warn!(event.id = settlement.id, event.kind = settlement.kind.as_deref(), reason, "an event failed");
    }
}
