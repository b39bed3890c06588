//! A booking: the full snapshot of a notification, or the few fields of an event.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde_json::Value;

use super::contact::Contact;
use super::reader::{Extra, Reader};
use super::rejected::Rejected;
use crate::parse::{Node, Notes};

/// What a body says of a booking.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Booking {
    /// Whether it carries only some fields, and leaves the others as they were.
    pub partial: bool,
    /// The public reference, else the internal id as text.
    pub code: String,
    pub booking_id: Option<i64>,
    pub status: Option<String>,
    pub tid: Option<String>,
    pub created_at: Option<DateTime<Utc>>,
    pub start_at: Option<DateTime<Utc>>,
    pub end_at: Option<DateTime<Utc>>,
    pub staff_id: Option<i64>,
    pub source_ip: Option<String>,
    pub contact: Contact,
    pub currency_id: Option<String>,
    pub sub_total: Option<Decimal>,
    pub tax_total: Option<Decimal>,
    pub paid_total: Option<Decimal>,
    pub discount: Option<Decimal>,
    pub total: Option<Decimal>,
    /// Form fields, all of them.
    pub fields: Option<Value>,
    /// Parameters, all of them.
    pub meta: Option<Value>,
    /// The booked items; `None` where the body has none.
    pub lines: Option<Vec<Line>>,
    /// The taxes and fees; `None` where the body has none.
    pub taxes: Option<Vec<Tax>>,
    pub extra: Extra,
}

/// A booked item.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Line {
    /// `1`, `1.1`; the position where the body gives none.
    pub line_id: String,
    pub item_id: Option<i64>,
    pub category_id: Option<i64>,
    pub sku: Option<String>,
    pub name: Option<String>,
    pub status: Option<String>,
    pub qty: Option<i32>,
    pub start_at: Option<DateTime<Utc>>,
    pub end_at: Option<DateTime<Utc>>,
    pub total: Option<Decimal>,
    pub tax_total: Option<Decimal>,
    pub slip: Option<String>,
    pub package_id: Option<String>,
    pub params: Option<Value>,
    pub extra: Extra,
}

/// A tax or fee of a booking.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tax {
    pub tax_id: Option<i64>,
    pub name: Option<String>,
    pub amount: Option<Decimal>,
}

impl Booking {
    pub(super) fn read(node: Node, partial: bool) -> Result<(Self, Notes), Rejected> {
        let mut booking = Reader::new(node, "booking").with_attributes();
        let own_code = booking.key("code")?;
        let id = booking.key(if partial { "id" } else { "booking_id" })?;
        let id = if id.is_none() && partial { booking.key("booking_id")? } else { id };
        let code = own_code.or_else(|| id.clone()).ok_or(Rejected::NoKey("booking", "code"))?;
        let booking_id = id.as_deref().and_then(super::scalar::integer);
        if let Some(id) = id.filter(|_| booking_id.is_none()) {
            booking.notes.add("booking.booking_id is not a whole number; kept in extra");
            booking.extra.insert("booking_id".to_owned(), Value::String(id));
        }
        let (fields, meta) = (booking.take("fields"), booking.take("meta"));
        let contact = Contact::read(&mut booking, &fields, &meta)?;
        let mut order = booking.element("order");
        let lines = match order.take("items") {
            Node::Empty => booking.take("items"),
            items => items,
        };
        let lines = lines_of(lines, &mut booking.notes)?;
        let taxes = taxes_of(order.take("taxes"), &mut order);
        let read = Self {
            partial,
            code,
            booking_id,
            status: booking.key("status")?,
            tid: booking.text("tid"),
            created_at: booking.instant("created_date"),
            start_at: booking.instant("start_date"),
            end_at: booking.instant("end_date"),
            staff_id: booking.integer("staff_id"),
            source_ip: booking.text("source_ip"),
            contact,
            currency_id: order.code("currency_id"),
            sub_total: order.money("sub_total"),
            tax_total: order.money("tax_total"),
            paid_total: order.money("paid_total"),
            discount: order.money("discount"),
            total: order.money("total"),
            fields: Some(fields).filter(|fields| !fields.is_empty()).map(Node::into_json),
            meta: Some(meta).filter(|meta| !meta.is_empty()).map(Node::into_json),
            lines,
            taxes,
            extra: Extra::new(),
        };
        booking.absorb("order", order);
        let (extra, notes) = booking.finish();
        Ok((Self { extra, ..read }, notes))
    }
}

/// `items.item` of a notification, or the plain list of an event.
fn lines_of(items: Node, notes: &mut Notes) -> Result<Option<Vec<Line>>, Rejected> {
    let mut lines = BTreeMap::new();
    for (place, node) in members(items, "item") {
        let line = line(node, place.saturating_add(1), notes)?;
        if let Some(earlier) = lines.insert(line.line_id.clone(), line) {
            notes.add(format!("two lines have the line_id {}; the last one was taken", earlier.line_id));
        }
    }
    Ok((!lines.is_empty()).then(|| lines.into_values().collect()))
}

fn line(node: Node, position: u32, notes: &mut Notes) -> Result<Line, Rejected> {
    let mut line = Reader::new(node, format!("line {position}")).with_attributes();
    let line_id = line.key("line_id")?.unwrap_or_else(|| position.to_string());
    let item_id = line.integer("item_id").or_else(|| line.integer("id"));
    let qty = line.integer("qty").or_else(|| line.integer("quantity"));
    let read = Line {
        line_id,
        item_id,
        category_id: line.integer("category_id"),
        sku: line.text("sku"),
        name: line.text("name"),
        status: line.key("status")?,
        qty,
        start_at: line.instant("start_date"),
        end_at: line.instant("end_date"),
        total: line.money("total"),
        tax_total: line.money("tax_total"),
        slip: line.long_text("slip"),
        package_id: line.text("package_id"),
        params: line.json("param"),
        extra: Extra::new(),
    };
    let (extra, line_notes) = line.finish();
    notes.extend(line_notes);
    Ok(Line { extra, ..read })
}

fn taxes_of(taxes: Node, order: &mut Reader) -> Option<Vec<Tax>> {
    let nodes = members(taxes, "tax");
    let mut list = Vec::new();
    for (place, node) in nodes {
        let name = format!("tax {}", place.saturating_add(1));
        let mut tax = Reader::new(node, name.as_str()).with_attributes();
        list.push(Tax { tax_id: tax.integer("tax_id"), name: tax.text("name"), amount: tax.money("amount") });
        order.absorb(&name, tax);
    }
    (!list.is_empty()).then_some(list)
}

/// A collection's members: `{item: [..]}`, `{item: {..}}`, a plain list, or one member alone.
fn members(collection: Node, element: &str) -> Vec<(u32, Node)> {
    match collection {
        Node::Map(mut map) if map.contains_key(element) => map.remove(element).unwrap_or_default().into_members(),
        other => other.into_members(),
    }
}
