//! `MASK_FIELDS`: values that are left out, or replaced by a keyed hash, before a delivery is stored.

mod addresses;
mod names;

use std::collections::BTreeMap;
use std::str::FromStr;

use self::addresses::Addresses;
use self::names::{Place, normal};
use super::Keys;
use crate::parse::{self, Format, Map, Node};

/// Documents inside a value, inside a document: more levels are not looked into.
const EMBEDDED: usize = 3;

/// What becomes of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// It is left out.
    Gone,
    /// Its keyed hash takes its place.
    Hashed,
}

/// The fields to mask, by their names without signs and case: `customer_email` is `customeremail`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mask(BTreeMap<String, Fate>);

impl Mask {
    /// Whether nothing is masked.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The masked document; `None` where nothing in it is to be masked.
    pub fn apply(&self, root: &Node, keys: &Keys) -> Option<Node> {
        let mut masking = Masking { mask: self, keys, seen: BTreeMap::new() };
        let masked = masking.node(root.clone(), &Place::default(), 0);
        let masked = masking.repeats(masked, false, &masking.addresses());
        (masked != *root).then_some(masked)
    }
}

impl FromStr for Mask {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut mask = Self::default();
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let (name, fate) = match part.split_once(':').map(|(name, how)| (name, how.trim())) {
                None => (part, Fate::Gone),
                Some((name, "hash")) => (name, Fate::Hashed),
                Some((name, how)) => {
                    return Err(format!("`{how}` is no way to mask; write `{name}` to leave it out, or `{name}:hash`"));
                }
            };
            let name = name.trim();
            let plain = normal(name);
            if plain.is_empty() || name.chars().any(|c| !c.is_alphanumeric() && !matches!(c, '_' | '-' | '.')) {
                return Err(format!("`{name}` is no name of a field; write one such as customer_email"));
            }
            if names::is_key(&plain) {
                return Err(format!(
                    "`{name}` cannot be masked: rows are told by it; mask fields such as customer_email"
                ));
            }
            mask.0.insert(plain, fate);
        }
        Ok(mask)
    }
}

/// A document being masked, and the values it turned out to hold.
struct Masking<'m> {
    mask: &'m Mask,
    keys: &'m Keys,
    seen: BTreeMap<String, Fate>,
}

impl Masking<'_> {
    fn node(&mut self, node: Node, place: &Place, depth: usize) -> Node {
        match node {
            Node::Map(map) => {
                Node::map(map.into_iter().map(|(name, node)| self.field(name, node, place, depth)).collect::<Map>())
            }
            Node::List(list) => Node::list(list.into_iter().map(|node| self.node(node, place, depth)).collect()),
            Node::Text(text) => Node::Text(self.embedded(text, place, depth)),
            Node::Empty => Node::Empty,
        }
    }

    fn field(&mut self, name: String, node: Node, place: &Place, depth: usize) -> (String, Node) {
        let fate = place.names_of(&name).iter().find_map(|name| self.mask.0.get(name)).copied();
        let node = match fate {
            Some(fate) => self.masked(node, fate),
            None => self.node(node, &place.inside(&name), depth),
        };
        (name, node)
    }

    /// All values of a subtree.
    fn masked(&mut self, node: Node, fate: Fate) -> Node {
        match node {
            Node::Text(text) => {
                self.seen.insert(text.trim().to_ascii_lowercase(), fate);
                self.instead(&text, fate).map_or(Node::Empty, Node::Text)
            }
            Node::List(list) => Node::list(list.into_iter().map(|node| self.masked(node, fate)).collect()),
            Node::Map(map) => Node::map(map.into_iter().map(|(name, node)| (name, self.masked(node, fate))).collect()),
            Node::Empty => Node::Empty,
        }
    }

    fn instead(&self, value: &str, fate: Fate) -> Option<String> {
        (fate == Fate::Hashed).then(|| self.keys.hash(value))
    }

    /// A document inside a value, such as the JSON that some form fields hold.
    fn embedded(&mut self, text: String, place: &Place, depth: usize) -> String {
        if depth >= EMBEDDED || !text.trim_start().starts_with(['{', '[', '<']) {
            return text;
        }
        let document = parse::parse(text.as_bytes(), None);
        let (Some(format @ (Format::Json | Format::Xml)), Ok(root)) = (document.format, document.root) else {
            return text;
        };
        let masked = self.node(root.clone(), place, depth + 1);
        if masked == root {
            return text;
        }
        String::from_utf8(parse::write(&masked, format)).unwrap_or_default()
    }

    /// The same values where other fields repeat them: addresses anywhere, any other value within what tells of people.
    fn repeats(&self, node: Node, of_person: bool, addresses: &Addresses<Fate>) -> Node {
        match node {
            Node::Text(text) => self.repeat(&text, of_person, addresses).map_or(Node::Text(text), |instead| {
                if instead.trim().is_empty() { Node::Empty } else { Node::Text(instead) }
            }),
            Node::List(list) => {
                Node::list(list.into_iter().map(|node| self.repeats(node, of_person, addresses)).collect())
            }
            Node::Map(map) => Node::map(
                map.into_iter()
                    .map(|(name, node)| {
                        let of_person = of_person || names::is_of_person(&normal(&name));
                        (name, self.repeats(node, of_person, addresses))
                    })
                    .collect(),
            ),
            Node::Empty => Node::Empty,
        }
    }

    fn repeat(&self, text: &str, of_person: bool, addresses: &Addresses<Fate>) -> Option<String> {
        if of_person && let Some(fate) = self.seen.get(&text.trim().to_ascii_lowercase()) {
            return Some(self.instead(text, *fate).unwrap_or_default());
        }
        addresses.replace(text, |value, fate| self.instead(value, fate).unwrap_or_default())
    }

    fn addresses(&self) -> Addresses<Fate> {
        Addresses::of(self.seen.iter().map(|(value, fate)| (value, *fate)))
    }
}
