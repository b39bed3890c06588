//! XML, as PHP's `json_encode(simplexml_load_string(xml))` would show it, but with CDATA kept.

use quick_xml::XmlVersion;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::reader::Reader;

use super::node::storable;
use super::{Budget, Format, Map, Node, Notes, ParseError};

pub(super) fn parse(text: &str, notes: &mut Notes) -> Result<Node, ParseError> {
    let mut reader = Reader::from_str(text);
    let mut builder = Builder { open: Vec::new(), root: None, budget: Budget::default(), notes };
    loop {
        let event = reader.read_event().map_err(|error| syntax(error, &reader))?;
        match event {
            Event::Start(start) => builder.open(&start).map_err(|error| locate(error, &reader))?,
            Event::Empty(start) => {
                builder.open(&start).map_err(|error| locate(error, &reader))?;
                builder.close();
            }
            Event::End(_) => builder.close(),
            Event::Text(text) => builder.text(&text.xml10_content()),
            Event::CData(text) => builder.text(&text.xml10_content()),
            Event::GeneralRef(reference) => builder.reference(&reference),
            Event::Eof => break,
            Event::Decl(_) | Event::DocType(_) | Event::Comment(_) | Event::PI(_) => {}
        }
    }
    if let Some(element) = builder.open.last() {
        return Err(ParseError::Syntax(Format::Xml, format!("`<{}>` is not closed", element.name)));
    }
    builder.root.ok_or_else(|| ParseError::Syntax(Format::Xml, "there is no element".to_owned()))
}

struct Element {
    name: String,
    attributes: Map,
    children: Map,
    text: String,
}

struct Builder<'n> {
    open: Vec<Element>,
    root: Option<Node>,
    budget: Budget,
    notes: &'n mut Notes,
}

impl Builder<'_> {
    fn open(&mut self, start: &BytesStart<'_>) -> Result<(), ParseError> {
        self.budget.take(self.open.len())?;
        if self.open.is_empty() && self.root.is_some() {
            return Err(ParseError::Syntax(Format::Xml, "there is more than one root element".to_owned()));
        }
        let mut attributes = Map::new();
        for attribute in start.attributes().with_checks(false) {
            let attribute = attribute.map_err(|error| ParseError::Syntax(Format::Xml, error.to_string()))?;
            self.budget.take(self.open.len() + 1)?;
            let value = attribute
                .normalized_value(XmlVersion::Explicit1_0)
                .unwrap_or_else(|_| {
                    self.notes.add("unknown entities were left as they stand");
                    attribute.value.clone()
                })
                .into_owned();
            let key = storable(attribute.key.as_ref().to_owned(), self.notes);
            attributes.insert(key, Node::text(value, self.notes));
        }
        let name = storable(start.name().as_ref().to_owned(), self.notes);
        self.open.push(Element { name, attributes, children: Map::new(), text: String::new() });
        Ok(())
    }

    /// Children win over text, text over attributes: just what PHP keeps of each.
    fn close(&mut self) {
        let Some(mut element) = self.open.pop() else { return };
        let has_children = !element.children.is_empty();
        for child in element.children.values_mut() {
            if let Node::List(list) = child {
                *child = Node::list(std::mem::take(list));
            }
        }
        element.children.retain(|_, child| !child.is_empty());
        let node = if !has_children && !element.text.trim().is_empty() {
            Node::text(element.text, self.notes)
        } else {
            if let attributes @ Node::Map(_) = Node::map(element.attributes) {
                element.children.insert("@attributes".to_owned(), attributes);
            }
            Node::map(element.children)
        };
        match self.open.last_mut() {
            Some(parent) => add_child(&mut parent.children, element.name, node),
            None => self.root = Some(node),
        }
    }

    fn text(&mut self, text: &str) {
        if let Some(element) = self.open.last_mut() {
            element.text.push_str(text);
        }
    }

    /// The five entities and character references; any other is kept as written, never expanded.
    fn reference(&mut self, reference: &BytesRef<'_>) {
        let name = reference.xml10_content();
        match (reference.resolve_char_ref(), resolve_predefined_entity(&name)) {
            (Ok(Some(character)), _) => self.text(character.encode_utf8(&mut [0; 4])),
            (_, Some(text)) => self.text(text),
            _ => {
                self.notes.add("unknown entities were left as they stand");
                let written = format!("&{name};");
                self.text(&written);
            }
        }
    }
}

/// The second element of a name makes it a list.
fn add_child(children: &mut Map, name: String, node: Node) {
    match children.entry(name) {
        std::collections::btree_map::Entry::Vacant(slot) => {
            slot.insert(node);
        }
        std::collections::btree_map::Entry::Occupied(mut slot) => match slot.get_mut() {
            Node::List(list) => list.push(node),
            first => {
                let first = std::mem::take(first);
                slot.insert(Node::List(vec![first, node]));
            }
        },
    }
}

fn syntax(error: impl std::fmt::Display, reader: &Reader<&[u8]>) -> ParseError {
    ParseError::Syntax(Format::Xml, format!("{error} at byte {}", reader.error_position()))
}

fn locate(error: ParseError, reader: &Reader<&[u8]>) -> ParseError {
    match error {
        ParseError::Syntax(_, reason) => syntax(reason, reader),
        limit => limit,
    }
}
