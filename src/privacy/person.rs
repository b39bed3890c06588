//! A delivery without its person: figures, dates, codes and what was booked stay, everything else goes.
//!
//! By a list of what stays, never of what goes: a form field that nobody has thought of is left out too.

use serde_json::Value;

use super::Traces;
use crate::parse::{self, Map, Node};

/// What may stay of a field.
#[derive(Clone, Copy, PartialEq)]
enum Rule {
    /// An element: its children are looked at in turn.
    Element,
    /// What rows are told by: as it is.
    Key,
    /// A number, an amount or a time.
    Figure,
    /// Text about what was booked, unless it names the person.
    Thing,
    /// Head-counts: whatever has a number under any name.
    Counts,
    Goes,
}

/// Rewrites a booking's or transaction's delivery in its own format, without the person: it still parses, and projects
/// to the same figures. `None` where nothing has to go, or where the body cannot be read.
pub fn without_person(body: &[u8], content_type: Option<&str>) -> Option<Vec<u8>> {
    let document = parse::parse(body, content_type);
    let (format, root) = (document.format?, document.root.ok()?);
    let traces = traces_of(&root);
    let kept = keep(root.clone(), "", &traces);
    (kept != root).then(|| parse::write(&kept, format))
}

/// The numbers of a JSON value; all other text goes. `None` where nothing is left.
pub fn figures(value: &Value) -> Option<Value> {
    match value {
        Value::Number(_) | Value::Bool(_) => Some(value.clone()),
        Value::String(text) => is_figure(text).then(|| value.clone()),
        Value::Array(list) => {
            Some(list.iter().filter_map(figures).collect::<Vec<_>>()).filter(|list| !list.is_empty()).map(Value::Array)
        }
        Value::Object(map) => {
            Some(map.iter().filter_map(|(key, value)| Some((key.clone(), figures(value)?))).collect())
                .filter(|map: &serde_json::Map<_, _>| !map.is_empty())
                .map(Value::Object)
        }
        Value::Null => None,
    }
}

fn keep(node: Node, parent: &str, traces: &Traces) -> Node {
    match node {
        Node::List(list) => Node::list(list.into_iter().map(|node| keep(node, parent, traces)).collect()),
        Node::Map(map) => Node::map(
            map.into_iter()
                .map(|(name, node)| {
                    // Attributes, and members by position, belong to the element around them.
                    let own = name == "@attributes" || name.parse::<u32>().is_ok();
                    let kept = if own { keep(node, parent, traces) } else { field(node, &name, parent, traces) };
                    (name, kept)
                })
                .collect::<Map>(),
        ),
        // Text where an element should be.
        Node::Text(text) if is_figure(&text) => Node::Text(text),
        Node::Text(_) | Node::Empty => Node::Empty,
    }
}

fn field(node: Node, name: &str, parent: &str, traces: &Traces) -> Node {
    let rule = rule(name, parent);
    match (rule, &node) {
        (Rule::Element, _) => keep(node, name, traces),
        (Rule::Counts, _) => counts(node),
        (Rule::Key, Node::Text(_)) => node,
        (Rule::Figure, Node::Text(text)) if is_figure(text) => node,
        (Rule::Thing, Node::Text(text)) if !text.contains('@') && !traces.are_in(text) => node,
        _ => Node::Empty,
    }
}

fn rule(name: &str, parent: &str) -> Rule {
    let of_line = matches!(parent, "item" | "items" | "tax" | "taxes");
    match name {
        "booking" | "order" | "items" | "item" | "taxes" | "tax" | "transaction" => Rule::Element,
        "host" | "type" | "action" | "event" if parent.is_empty() => Rule::Key,
        "code" if parent == "booking" => Rule::Key,
        "id" | "booking_id" | "line_id" | "transaction_id" | "gateway_id" | "status" => Rule::Key,
        "created_date" | "start_date" | "end_date" | "date" | "staff_id" | "partner_id" | "sub_total" | "tax_total"
        | "tax_inc_total" | "paid_total" | "discount" | "total" | "amount" | "amount_paid" | "amount_due"
        | "tax_id" | "item_id" | "category_id" | "package_id" | "qty" | "quantity" | "checkin" | "checkout" => {
            Rule::Figure
        }
        "version" if parent.is_empty() => Rule::Thing,
        "name" if of_line => Rule::Thing,
        "sku" | "currency_id" | "payment_type" | "tid" | "provider" => Rule::Thing,
        "param" if of_line => Rule::Counts,
        _ => Rule::Goes,
    }
}

fn counts(node: Node) -> Node {
    match node {
        Node::Text(text) if is_figure(&text) => Node::Text(text),
        Node::List(list) => Node::list(list.into_iter().map(counts).collect()),
        Node::Map(map) => Node::map(map.into_iter().map(|(name, node)| (name, counts(node))).collect()),
        _ => Node::Empty,
    }
}

/// A number, an amount or a time, even an odd one such as `1,234.00`; too short for a telephone number with its signs.
fn is_figure(text: &str) -> bool {
    text.len() <= 20 && text.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | ',' | '-' | ':'))
}

/// The person as this very document names them.
fn traces_of(root: &Node) -> Traces {
    let mut traces = Traces::default();
    let (Some(booking), transaction) = (root.get("booking").or(Some(root)), root.get("transaction")) else {
        return traces;
    };
    let customer = booking.get("customer");
    for part in ["code", "name", "email", "phone"] {
        let prefixed = format!("customer_{part}");
        let own = customer.and_then(|customer| customer.get(part));
        let places = [customer, booking.get("fields"), booking.get("meta"), Some(booking)];
        let others = places.into_iter().flatten().filter_map(|place| place.get(&prefixed));
        own.into_iter().chain(others).filter_map(Node::as_text).for_each(|value| traces.add(value));
    }
    let payer = transaction.and_then(|transaction| transaction.get("payment_customer"));
    payer.and_then(Node::as_text).into_iter().for_each(|payer| traces.add(payer));
    traces
}
