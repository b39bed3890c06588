//! The encoders of a PHP application: an element tree as XML, PHP's JSON of that XML, and PHP's form of that JSON.

use std::fmt::{Display, Write};

use quick_xml::escape::escape;
use serde_json::{Map, Value};

/// An XML element.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Element {
    /// Its name.
    pub name: String,
    /// Its attributes, in order.
    pub attributes: Vec<(String, String)>,
    /// Its text; an element has text or children.
    pub text: String,
    /// Its children, in order.
    pub children: Vec<Self>,
}

impl Element {
    /// An element with text.
    pub fn text(name: &str, text: impl Display) -> Self {
        Self { name: name.to_owned(), text: format!("{text}"), ..Self::default() }
    }

    /// An element with children.
    pub fn parent(name: &str, children: impl IntoIterator<Item = Self>) -> Self {
        Self { name: name.to_owned(), children: children.into_iter().collect(), ..Self::default() }
    }

    /// The same element with one more attribute.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Display) -> Self {
        self.attributes.push((name.to_owned(), format!("{value}")));
        self
    }
}

/// The document as XML.
pub fn xml(root: &Element) -> String {
    let mut out = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n".to_owned();
    write_element(&mut out, root);
    out
}

fn write_element(out: &mut String, element: &Element) {
    let _ = write!(out, "<{}", element.name);
    for (name, value) in &element.attributes {
        let _ = write!(out, " {name}=\"{}\"", escape(value.as_str()));
    }
    if element.children.is_empty() && element.text.is_empty() {
        out.push_str("/>");
        return;
    }
    out.push('>');
    out.push_str(&escape(element.text.as_str()));
    element.children.iter().for_each(|child| write_element(out, child));
    let _ = write!(out, "</{}>", element.name);
}

/// `json_encode(simplexml_load_string($xml))`: an empty element is `{}`, repeated ones are a list, and text drives out
/// attributes.
pub fn json_of_xml(element: &Element) -> Value {
    if element.children.is_empty() && !element.text.trim().is_empty() {
        return Value::String(element.text.clone());
    }
    let mut map = Map::new();
    if !element.attributes.is_empty() {
        let attributes = element.attributes.iter().map(|(name, value)| (name.clone(), value.clone().into()));
        map.insert("@attributes".to_owned(), Value::Object(attributes.collect()));
    }
    for child in &element.children {
        let value = json_of_xml(child);
        match map.get_mut(&child.name) {
            None => drop(map.insert(child.name.clone(), value)),
            Some(Value::Array(list)) => list.push(value),
            Some(first) => *first = Value::Array(vec![first.take(), value]),
        }
    }
    Value::Object(map)
}

/// `http_build_query($tree)`: what is empty vanishes, `true` is 1, a space is `+`.
pub fn form(tree: &Value) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    write_fields(&mut query, "", tree);
    query.finish()
}

fn write_fields(query: &mut form_urlencoded::Serializer<'_, String>, name: &str, value: &Value) {
    let inner = |key: &str| if name.is_empty() { key.to_owned() } else { format!("{name}[{key}]") };
    match value {
        Value::Null => {}
        Value::Bool(yes) => drop(query.append_pair(name, if *yes { "1" } else { "0" })),
        Value::Number(number) => drop(query.append_pair(name, &number.to_string())),
        Value::String(text) => drop(query.append_pair(name, text)),
        Value::Array(list) => {
            for (index, value) in list.iter().enumerate() {
                write_fields(query, &inner(&index.to_string()), value);
            }
        }
        Value::Object(map) => map.iter().for_each(|(key, value)| write_fields(query, &inner(key), value)),
    }
}
