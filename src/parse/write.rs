//! A document tree to bytes again, in the format it came in: what reads them gets the same tree.

use std::fmt::Write;

use quick_xml::escape::escape;

use super::{Format, Map, Node, parse};

/// The name of an XML root says nothing, and the tree does not hold it.
const ROOT: &str = "checkfront-notify";
/// Stands for an empty document, which as a form would be no document.
const NOTHING: &str = "empty=";

/// The document as bytes. Names that the format cannot carry, such as an element called `1`, make it JSON; within a
/// form, a single field that holds JSON.
pub fn write(root: &Node, format: Format) -> Vec<u8> {
    let text = match format {
        Format::Json => json(root),
        Format::Xml => xml(root),
        Format::Form => form(root),
    };
    let back = parse(text.as_bytes(), None);
    if back.root.as_ref() == Ok(root) && back.format == Some(format) {
        return text.into_bytes();
    }
    // Text alone is a document in XML only.
    let inner = if root.as_text().is_some() { xml(root) } else { json(root) };
    match format {
        Format::Json | Format::Xml => inner.into_bytes(),
        Format::Form => form_urlencoded::Serializer::new(String::new()).append_pair("document", &inner).finish().into(),
    }
}

fn json(root: &Node) -> String {
    if root.is_empty() { "{}".to_owned() } else { root.clone().into_json().to_string() }
}

fn form(root: &Node) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    fields(&mut query, "", root);
    let text = query.finish();
    if text.is_empty() { NOTHING.to_owned() } else { text }
}

fn fields(query: &mut form_urlencoded::Serializer<'_, String>, name: &str, node: &Node) {
    let inner = |key: &str| if name.is_empty() { key.to_owned() } else { format!("{name}[{key}]") };
    match node {
        Node::Empty => {}
        Node::Text(text) => drop(query.append_pair(name, text)),
        Node::List(list) => {
            (0..).zip(list).for_each(|(index, node): (u32, _)| fields(query, &inner(&index.to_string()), node));
        }
        Node::Map(map) => map.iter().for_each(|(key, node)| fields(query, &inner(key), node)),
    }
}

fn xml(root: &Node) -> String {
    let mut out = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n".to_owned();
    element(&mut out, ROOT, root);
    out
}

fn element(out: &mut String, name: &str, node: &Node) {
    match node {
        Node::Empty => drop(write!(out, "<{name}/>")),
        Node::Text(text) => drop(write!(out, "<{name}>{}</{name}>", text_of(text))),
        Node::List(list) => {
            for node in list {
                element(out, name, node);
            }
            // One element alone is no list; an empty one after it says nothing else.
            if list.len() == 1 {
                element(out, name, &Node::Empty);
            }
        }
        Node::Map(map) => match places(map) {
            // Repeated elements, some of them empty: a list by position.
            Some(length) => (0..length).for_each(|place| {
                element(out, name, map.get(&place.to_string()).unwrap_or(&Node::Empty));
            }),
            None => parent(out, name, map),
        },
    }
}

fn parent(out: &mut String, name: &str, map: &Map) {
    let _ = write!(out, "<{name}");
    for (attribute, value) in map.get("@attributes").and_then(Node::as_map).into_iter().flatten() {
        let value = text_of(value.as_text().unwrap_or_default()).replace('\n', "&#10;").replace('\t', "&#9;");
        let _ = write!(out, " {attribute}=\"{value}\"");
    }
    out.push('>');
    map.iter().filter(|(child, _)| *child != "@attributes").for_each(|(child, node)| element(out, child, node));
    let _ = write!(out, "</{name}>");
}

fn text_of(text: &str) -> String {
    // A bare carriage return would be read as a line feed.
    escape(text).replace('\r', "&#13;")
}

/// How many repeated elements a map by position stands for. A hostile position must not make millions of them.
fn places(map: &Map) -> Option<u32> {
    let places = map.keys().map(|key| key.parse::<u32>().ok().filter(|place| place.to_string() == *key));
    let highest = places.collect::<Option<Vec<_>>>()?.into_iter().max()?;
    (highest < 10_000).then_some(highest + 1)
}
