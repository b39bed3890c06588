//! What names a person, and where text holds it: in any case, and as JSON, XML and forms escape it.

use std::collections::BTreeSet;

use percent_encoding::percent_decode_str;
use serde_json::Value;

use super::words;
use crate::parse::{self, Map, Node};

/// Shorter values are found in words that have nothing to do with the person.
const SHORTEST: usize = 5;

/// Values that name a person, in lower case.
#[derive(Debug, Clone, Default)]
pub struct Traces(BTreeSet<String>);

impl Traces {
    /// Adds a value, unless it is too short to tell a person by.
    pub fn add(&mut self, value: &str) {
        let value = value.trim().to_lowercase();
        if value.chars().count() >= SHORTEST {
            self.0.insert(value);
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The values.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// Whether a text holds one of them.
    pub fn are_in(&self, text: &str) -> bool {
        if self.0.is_empty() {
            return false;
        }
        let text = text.to_lowercase();
        self.0.iter().any(|value| words::holds(&text, value))
    }

    /// Whether a body that cannot be read holds one of them, plain or escaped.
    pub fn are_in_bytes(&self, body: &[u8], content_type: Option<&str>) -> bool {
        if self.0.is_empty() {
            return false;
        }
        let text = parse::text(body, content_type);
        let decoded = percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned();
        [text.as_ref(), &decoded].iter().any(|text| self.are_in(text) || self.are_in(&unescaped(text)))
    }

    /// Whether the document has one of them, in a value or a name.
    pub fn are_in_tree(&self, node: &Node) -> bool {
        match node {
            Node::Empty => false,
            Node::Text(text) => self.are_in(text) || self.are_in(&unescaped(text)),
            Node::List(list) => list.iter().any(|node| self.are_in_tree(node)),
            Node::Map(map) => map.iter().any(|(name, node)| self.are_in(name) || self.are_in_tree(node)),
        }
    }

    /// The document without the values that hold one of them.
    pub fn out_of_tree(&self, node: Node) -> Node {
        match node {
            text @ Node::Text(_) => {
                if self.are_in_tree(&text) {
                    Node::Empty
                } else {
                    text
                }
            }
            Node::Empty => Node::Empty,
            Node::List(list) => Node::list(list.into_iter().map(|node| self.out_of_tree(node)).collect()),
            Node::Map(map) => {
                let clean = map.into_iter().filter(|(name, _)| !self.are_in(name));
                Node::map(clean.map(|(name, node)| (name, self.out_of_tree(node))).collect::<Map>())
            }
        }
    }

    /// A stored document without the values that hold one of them.
    pub fn out_of_json(&self, value: Value) -> Value {
        match value {
            Value::String(text) if self.are_in(&text) || self.are_in(&unescaped(&text)) => Value::Null,
            Value::Array(list) => list.into_iter().map(|value| self.out_of_json(value)).collect(),
            Value::Object(map) => {
                let clean = map.into_iter().filter(|(name, _)| !self.are_in(name));
                clean.map(|(name, value)| (name, self.out_of_json(value))).collect()
            }
            other => other,
        }
    }

    /// Rewrites a body without them, in its own format; one that cannot be read is emptied. `None` where it has none.
    pub fn out_of_body(&self, body: &[u8], content_type: Option<&str>) -> Option<Vec<u8>> {
        let document = parse::parse(body, content_type);
        match (document.format?, document.root) {
            (format, Ok(root)) if self.are_in_tree(&root) => Some(parse::write(&self.out_of_tree(root), format)),
            (_, Ok(_)) => None,
            (_, Err(_)) => self.are_in_bytes(body, content_type).then(Vec::new),
        }
    }
}

/// Without the escapes of JSON (`\u0040`, `\/`) and XML (`&#64;`, `&amp;`).
fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['\\', '&']) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let (character, length) = escape(rest).unwrap_or_else(|| (rest.chars().next().unwrap_or_default(), 1));
        out.push(character);
        rest = &rest[length..];
    }
    out + rest
}

/// The character that an escape at the start stands for, and the escape's length.
fn escape(text: &str) -> Option<(char, usize)> {
    if let Some(rest) = text.strip_prefix("\\u") {
        let character = char::from_u32(u32::from_str_radix(rest.get(..4)?, 16).ok()?)?;
        return Some((character, 6));
    }
    if text.starts_with('\\') && text[1..].starts_with(['n', 't', 'r', 'b', 'f']) {
        return Some((' ', 2));
    }
    if let Some(rest) = text.strip_prefix('\\') {
        return rest.chars().next().filter(|next| matches!(next, '/' | '"' | '\\')).map(|next| (next, 2));
    }
    let end = text.find(';').filter(|end| *end <= 10)?;
    let name = &text[1..end];
    let character = match (name.strip_prefix("#x"), name.strip_prefix('#')) {
        (Some(digits), _) => char::from_u32(u32::from_str_radix(digits, 16).ok()?)?,
        (None, Some(digits)) => char::from_u32(digits.parse().ok()?)?,
        (None, None) => quick_xml::escape::resolve_predefined_entity(name)?.chars().next()?,
    };
    Some((character, end + 1))
}

#[cfg(test)]
mod tests;
