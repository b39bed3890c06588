//! What a booking says, hashed to tell a repeat.

use std::ops::Range;

use serde::Serialize;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::booking::Whole;
use crate::db::row::{Columns, Row};

/// Columns that tell where a row comes from, or that follow from others: no content of their own.
const DERIVED: [&str; 14] = [
    "account_id",
    "booking_code",
    "code",
    "customer_key",
    "created_on",
    "start_on",
    "end_on",
    "content_hash",
    "first_event_id",
    "last_event_id",
    "updated_at",
    "deleted_at",
    "parent_line_id",
    "position",
];

/// Half of SHA-256, in hexadecimal digits.
const HALF: usize = 32;

/// The hash of row, lines and taxes, followed by that of the contact data, of which the row holds only a part.
///
/// A body that says nothing of the customer keeps the second half.
pub(super) fn content_hash(whole: &Whole, contact: Option<&Value>, before: Option<&str>) -> String {
    let mut text = Canonical::default();
    text.push("[");
    text.row(&whole.booking);
    text.push(",[");
    text.rows(whole.lines.values());
    text.push("],[");
    text.rows(&whole.taxes);
    text.push(if whole.booking.deleted_at.is_some() { "],true]" } else { "],false]" });
    let own = half(text.written);
    let contact = contact.map(|contact| half(contact.to_string()));
    own + &contact.or_else(|| before.map(|hash| hash.chars().skip(HALF).collect())).unwrap_or_default()
}

fn half(text: impl AsRef<[u8]>) -> String {
    let mut digits = hex::encode(Sha256::digest(text));
    digits.truncate(HALF);
    digits
}

/// The text that is hashed: rows as JSON objects with sorted names, without what is NULL or no content.
#[derive(Default)]
struct Canonical {
    written: Vec<u8>,
    /// The columns of the row in hand, and where their values are.
    columns: Vec<(&'static str, Range<usize>)>,
    values: Vec<u8>,
}

impl Canonical {
    fn push(&mut self, text: &str) {
        self.written.extend_from_slice(text.as_bytes());
    }

    fn rows<'r>(&mut self, rows: impl IntoIterator<Item = &'r (impl Row + 'r)>) {
        for (index, row) in rows.into_iter().enumerate() {
            self.push(if index == 0 { "" } else { "," });
            self.row(row);
        }
    }

    fn row(&mut self, row: &impl Row) {
        self.columns.clear();
        self.values.clear();
        row.show(self);
        self.columns.sort_unstable_by_key(|(name, _)| *name);
        for (index, (name, value)) in self.columns.iter().enumerate() {
            self.written.extend_from_slice(if index == 0 { b"{\"" } else { b",\"" });
            self.written.extend_from_slice(name.as_bytes());
            self.written.extend_from_slice(b"\":");
            self.written.extend_from_slice(&self.values[value.clone()]);
        }
        self.push(if self.columns.is_empty() { "{}" } else { "}" });
    }
}

impl Columns for Canonical {
    fn column(&mut self, name: &'static str, value: &impl Serialize) {
        if DERIVED.contains(&name) {
            return;
        }
        let start = self.values.len();
        let written = serde_json::to_writer(&mut self.values, value);
        if written.is_ok() && self.values[start..] != *b"null" {
            self.columns.push((name, start..self.values.len()));
        }
    }
}

/// The columns that are hashed, by name.
pub(crate) fn content(row: &impl Serialize) -> Map<String, Value> {
    let Ok(Value::Object(mut columns)) = serde_json::to_value(row) else { return Map::new() };
    columns.retain(|name, value| !value.is_null() && !DERIVED.contains(&name.as_str()));
    columns
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::db::rows::Customer;
    use crate::db::types::Timestamp;

    #[test]
    fn the_text_is_that_of_the_json() {
        let at = Timestamp(chrono::DateTime::UNIX_EPOCH);
        let named = Customer { name: Some("Zo\u{eb} \"\\\n".to_owned()), ..Customer::nameless(1, "k", 2, at) };
        let profile = json!({ "b": [1, null], "a": { "z": 1, "y": "" } });
        let rows = [named.clone(), Customer { profile: Some(crate::db::types::Json(profile)), ..named }];
        let mut text = Canonical::default();
        text.rows(&rows);
        let json: Vec<_> = rows.iter().map(|row| Value::Object(content(row)).to_string()).collect();
        assert_eq!(String::from_utf8_lossy(&text.written), json.join(","));
    }
}
