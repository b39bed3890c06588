//! The document tree.

use std::collections::BTreeMap;

use serde_json::Value;

/// The children of an element, by name. Sorted, so that equal content is equal whatever its order.
pub type Map = BTreeMap<String, Node>;

/// A value of the document tree. Every scalar is text, as sent: `27.00` stays `27.00`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Node {
    /// Absent, `null`, `""`, blank text, `{}` or `[]`: Checkfront's formats cannot tell them apart.
    #[default]
    Empty,
    /// A scalar. JSON's `true` and `false` are `1` and `0`, as PHP's forms write them.
    Text(String),
    /// Repeated elements; never empty, and never holds [`Node::Empty`].
    List(Vec<Self>),
    /// Named children; never holds [`Node::Empty`].
    Map(Map),
}

impl Node {
    /// Text, or [`Node::Empty`] where it is blank. NUL, which no database stores, is replaced.
    pub fn text(text: impl Into<String>, notes: &mut Notes) -> Self {
        let text = text.into();
        if text.trim().is_empty() { Self::Empty } else { Self::Text(storable(text, notes)) }
    }

    /// A list, or [`Node::Empty`] where nothing is in it.
    ///
    /// With empty members it is a map by position: that is what a form, which cannot write them, makes of it.
    pub fn list(mut list: Vec<Self>) -> Self {
        list.truncate(list.iter().rposition(|node| !node.is_empty()).map_or(0, |last| last + 1));
        if list.iter().any(Self::is_empty) {
            let members = list.into_iter().enumerate();
            Self::map(members.map(|(index, node)| (index.to_string(), node)).collect())
        } else if list.is_empty() {
            Self::Empty
        } else {
            Self::List(list)
        }
    }

    /// A map without its empty entries, or [`Node::Empty`] where none is left.
    pub fn map(mut map: Map) -> Self {
        map.retain(|_, node| !node.is_empty());
        if map.is_empty() { Self::Empty } else { Self::Map(map) }
    }

    /// Whether there is nothing here.
    pub fn is_empty(&self) -> bool {
        matches!(self, Self::Empty)
    }

    /// The scalar, where it is one.
    pub fn as_text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    /// The children, where this is a map.
    pub fn as_map(&self) -> Option<&Map> {
        if let Self::Map(map) = self { Some(map) } else { None }
    }

    /// The child of that name, where this is a map.
    pub fn get(&self, name: &str) -> Option<&Self> {
        if let Self::Map(map) = self { map.get(name) } else { None }
    }

    /// The members of a collection, a list, one member alone, or a map keyed by number; each with its place, from 0.
    pub fn into_members(self) -> Vec<(u32, Self)> {
        match self {
            Self::Empty => Vec::new(),
            Self::List(list) => (0..).zip(list).collect(),
            Self::Map(map) if map.keys().all(|key| key.parse::<u32>().is_ok()) => {
                let members = map.into_iter().map(|(key, node)| (key.parse().unwrap_or(u32::MAX), node));
                let mut members: Vec<_> = members.collect();
                members.sort_by_key(|(place, _)| *place);
                members
            }
            single => vec![(0, single)],
        }
    }

    /// The same tree as JSON, scalars as strings.
    pub fn into_json(self) -> Value {
        match self {
            Self::Empty => Value::Null,
            Self::Text(text) => Value::String(text),
            Self::List(list) => list.into_iter().map(Self::into_json).collect(),
            Self::Map(map) => map.into_iter().map(|(key, node)| (key, node.into_json())).collect(),
        }
    }
}

/// Replaces what neither database can hold in a text.
pub(super) fn storable(text: String, notes: &mut Notes) -> String {
    if text.contains('\0') {
        notes.add("NUL characters were replaced");
        text.replace('\0', "\u{fffd}")
    } else {
        text
    }
}

/// Oddities met on the way from bytes to rows; they end up in `webhook_events.error`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Notes(Vec<String>);

impl Notes {
    /// More than these are counted, not listed.
    const LISTED: usize = 12;

    /// Beyond these none is kept: a hostile body has thousands.
    const KEPT: usize = 100;

    /// Adds a note, once.
    pub fn add(&mut self, note: impl Into<String>) {
        if self.0.len() < Self::KEPT {
            let note = note.into();
            if !self.0.contains(&note) {
                self.0.push(note);
            }
        }
    }

    /// Adds all of another's notes.
    pub fn extend(&mut self, other: Self) {
        other.0.into_iter().for_each(|note| self.add(note));
    }

    /// One line for the `error` column; `None` where there is nothing to say.
    pub fn summary(&self) -> Option<String> {
        let listed = self.0.iter().take(Self::LISTED).map(String::as_str).collect::<Vec<_>>().join("; ");
        match self.0.len() {
            0 => None,
            count if count > Self::LISTED => Some(format!("{listed}; and {} more", count - Self::LISTED)),
            _ => Some(listed),
        }
    }
}
