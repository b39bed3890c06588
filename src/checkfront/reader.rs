//! Takes known fields out of an element; what is odd or unknown stays in `extra` and is reported.

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde_json::Value;

use super::rejected::Rejected;
use super::scalar;
use crate::parse::{Map, Node, Notes};

/// What no column holds, by field name.
pub type Extra = serde_json::Map<String, Value>;

/// Bytes of text that identifies a row.
const KEY_BYTES: usize = 200;
/// Bytes of other text in a column that may be indexed.
const TEXT_BYTES: usize = 2_000;

/// An element being read, field by field.
pub(super) struct Reader {
    map: Map,
    path: String,
    pub(super) extra: Extra,
    pub(super) notes: Notes,
}

impl Reader {
    /// `path` names the element in reports. Text where an element should be is kept as the field `""`.
    pub(super) fn new(node: Node, path: impl Into<String>) -> Self {
        let map = match node {
            Node::Map(map) => map,
            Node::Empty => Map::new(),
            other => Map::from([(String::new(), other)]),
        };
        Self { map, path: path.into(), extra: Extra::new(), notes: Notes::default() }
    }

    /// The field as it is.
    pub(super) fn take(&mut self, name: &str) -> Node {
        self.map.remove(name).unwrap_or_default()
    }

    /// A child element to read in its turn; attributes count as its fields.
    pub(super) fn element(&mut self, name: &str) -> Self {
        let node = self.take(name);
        Self::new(node, self.name(name)).with_attributes()
    }

    /// Treats `@attributes` as fields of the element itself.
    pub(super) fn with_attributes(mut self) -> Self {
        if let Node::Map(attributes) = self.take("@attributes") {
            for (name, node) in attributes {
                self.map.entry(name).or_insert(node);
            }
        }
        self
    }

    /// Text as sent. Over-long text goes to `extra`.
    pub(super) fn text(&mut self, name: &str) -> Option<String> {
        self.text_within(name, TEXT_BYTES)
    }

    /// The same for a code, beside which an index holds other text.
    pub(super) fn code(&mut self, name: &str) -> Option<String> {
        self.text_within(name, KEY_BYTES)
    }

    fn text_within(&mut self, name: &str, bytes: usize) -> Option<String> {
        let text = self.long_text(name)?;
        if text.len() <= bytes {
            return Some(text);
        }
        self.notes.add(format!("{} is longer than {bytes} bytes; kept in extra", self.name(name)));
        self.extra.insert(name.to_owned(), Value::String(text));
        None
    }

    /// Text of any length, such as HTML.
    pub(super) fn long_text(&mut self, name: &str) -> Option<String> {
        match self.take(name) {
            Node::Empty => None,
            Node::Text(text) => Some(text),
            other => self.odd(name, other, "is not plain text"),
        }
    }

    /// Text that identifies a row: trimmed, and bounded, since no index takes more.
    pub(super) fn key(&mut self, name: &str) -> Result<Option<String>, Rejected> {
        let Some(text) = self.long_text(name) else { return Ok(None) };
        bounded(text.trim(), &self.name(name)).map(Some)
    }

    pub(super) fn money(&mut self, name: &str) -> Option<Decimal> {
        self.scalar(name, "a plain amount", scalar::money)
    }

    pub(super) fn integer<N: std::str::FromStr>(&mut self, name: &str) -> Option<N> {
        self.scalar(name, "a whole number in range", scalar::integer)
    }

    pub(super) fn boolean(&mut self, name: &str) -> Option<bool> {
        self.scalar(name, "0 or 1", scalar::boolean)
    }

    /// Unix seconds; `0` means none.
    pub(super) fn instant(&mut self, name: &str) -> Option<DateTime<Utc>> {
        self.unless_zero(name)?;
        self.scalar(name, "a time in unix seconds", scalar::instant)
    }

    /// `yyyymmdd`; `0` means none.
    pub(super) fn day(&mut self, name: &str) -> Option<NaiveDate> {
        self.unless_zero(name)?;
        self.scalar(name, "a date as yyyymmdd", scalar::day)
    }

    /// A subtree as JSON.
    pub(super) fn json(&mut self, name: &str) -> Option<Value> {
        Some(self.take(name)).filter(|node| !node.is_empty()).map(Node::into_json)
    }

    /// JSON inside a string, or a subtree. Text that is no JSON stays a JSON string.
    pub(super) fn embedded_json(&mut self, name: &str) -> Option<Value> {
        match self.take(name) {
            Node::Text(text) => match serde_json::from_str(&text) {
                Ok(value @ (Value::Object(_) | Value::Array(_))) => Some(without_nul(value)).filter(has_content),
                _ => Some(Value::String(text)),
            },
            Node::Empty => None,
            other => Some(other.into_json()),
        }
    }

    /// Moves fields that no column holds, but that are known, into `extra` without a report.
    pub(super) fn keep(&mut self, names: &[&str]) {
        for &name in names {
            if let Some(value) = self.json(name) {
                self.extra.insert(name.to_owned(), value);
            }
        }
    }

    /// What is left is unknown: kept, and reported.
    pub(super) fn finish(mut self) -> (Extra, Notes) {
        // A booking's token opens it to anyone; it is never stored in a table.
        self.map.remove("token");
        for (name, node) in std::mem::take(&mut self.map) {
            self.notes.add(format!("unknown field {} kept in extra", self.name(&name)));
            self.extra.insert(name, node.into_json());
        }
        (self.extra, self.notes)
    }

    /// Finishes a child element into this one; its leftovers stay under its name.
    pub(super) fn absorb(&mut self, name: &str, child: Self) {
        let (extra, notes) = child.finish();
        self.notes.extend(notes);
        if !extra.is_empty() {
            self.extra.insert(name.to_owned(), Value::Object(extra));
        }
    }

    fn unless_zero(&mut self, name: &str) -> Option<()> {
        let node = self.take(name);
        if node.as_text().is_some_and(|text| text.trim().bytes().all(|byte| byte == b'0')) {
            return None;
        }
        self.map.insert(name.to_owned(), node);
        Some(())
    }

    fn scalar<V>(&mut self, name: &str, what: &str, read: impl Fn(&str) -> Option<V>) -> Option<V> {
        let node = self.take(name);
        if node.is_empty() {
            return None;
        }
        match node.as_text().map(str::trim).and_then(read) {
            Some(value) => Some(value),
            None => self.odd(name, node, &format!("is not {what}")),
        }
    }

    fn odd<V>(&mut self, name: &str, node: Node, why: &str) -> Option<V> {
        self.notes.add(format!("{} {why}; kept in extra", self.name(name)));
        self.extra.insert(name.to_owned(), node.into_json());
        None
    }

    fn name(&self, field: &str) -> String {
        let field: String = field.chars().take(60).collect();
        if self.path.is_empty() { field } else { format!("{}.{field}", self.path) }
    }
}

/// Text fit for a key, or the reason why not.
pub(super) fn bounded(text: &str, name: &str) -> Result<String, Rejected> {
    if text.len() > KEY_BYTES {
        return Err(Rejected::LongKey { name: name.to_owned(), bytes: text.len() });
    }
    Ok(text.to_owned())
}

fn has_content(value: &Value) -> bool {
    !matches!(value, Value::Object(map) if map.is_empty()) && !matches!(value, Value::Array(list) if list.is_empty())
}

/// PostgreSQL's JSONB refuses NUL, which JSON inside a string may still hold.
fn without_nul(value: Value) -> Value {
    let clean = |text: String| if text.contains('\0') { text.replace('\0', "\u{fffd}") } else { text };
    match value {
        Value::String(text) => Value::String(clean(text)),
        Value::Array(list) => list.into_iter().map(without_nul).collect(),
        Value::Object(map) => map.into_iter().map(|(key, value)| (clean(key), without_nul(value))).collect(),
        other => other,
    }
}
