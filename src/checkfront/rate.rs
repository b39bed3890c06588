//! A rate: an event or discount that changes prices for a time.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde_json::Value;

use super::reader::{Extra, Reader};
use super::rejected::Rejected;
use super::scalar;
use crate::parse::{Map, Node, Notes};

const WEEK: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// What a body says of a rate.
#[derive(Debug, Clone, PartialEq)]
pub struct Rate {
    pub rate_id: i64,
    pub name: Option<String>,
    /// `SP` special, `SE` season, `DC` discount.
    pub rate_type: Option<String>,
    pub start_on: Option<NaiveDate>,
    pub end_on: Option<NaiveDate>,
    pub span: Option<bool>,
    pub price_src: Option<String>,
    pub dynamic_rate: Option<Decimal>,
    pub dynamic_type: Option<String>,
    pub status: Option<String>,
    pub repeat_id: Option<String>,
    pub enabled: Option<bool>,
    pub rule_set_id: Option<i64>,
    pub vouchers: Option<i32>,
    /// `{"thresholds": [{"level": "5", "rate": "150.5"}]}` and whatever else came.
    pub details: Option<Value>,
    /// Days of the week, Monday first.
    pub repeat_days: Option<Value>,
    pub all_items: bool,
    pub items: Vec<i64>,
    pub categories: Vec<i64>,
    pub extra: Extra,
}

impl Rate {
    pub(super) fn read(node: Node) -> Result<(Self, Notes), Rejected> {
        let mut rate = Reader::new(node, "rate").with_attributes();
        let id = rate.key("rate_id")?.ok_or(Rejected::NoKey("rate", "rate_id"))?;
        let rate_id = scalar::integer(&id).ok_or(Rejected::NotANumber("rate_id"))?;
        let mut apply_to = rate.element("apply_to");
        let (items, all_items) = ids(&mut apply_to, &["items", "item_id"]);
        let (categories, _) = ids(&mut apply_to, &["categories", "category_id"]);
        rate.absorb("apply_to", apply_to);
        let read = Self {
            rate_id,
            name: rate.text("name"),
            rate_type: rate.text("type"),
            start_on: rate.day("start_date"),
            end_on: rate.day("end_date"),
            span: rate.boolean("span"),
            price_src: rate.text("price_src"),
            dynamic_rate: rate.money("dynamic_rate"),
            dynamic_type: rate.text("dynamic_type"),
            status: rate.text("status"),
            repeat_id: rate.text("repeat_id"),
            enabled: rate.boolean("enabled"),
            rule_set_id: rate.integer("rule_set_id"),
            vouchers: rate.integer("vouchers"),
            details: details(rate.take("details")),
            repeat_days: repeat_days(&mut rate),
            all_items,
            items,
            categories,
            extra: Extra::new(),
        };
        let (extra, notes) = rate.finish();
        Ok((Self { extra, ..read }, notes))
    }
}

/// `[{"id":14}]`, repeated `<id>`, or the API's plain list; `all` stands for every one.
fn ids(apply_to: &mut Reader, names: &[&str]) -> (Vec<i64>, bool) {
    let mut list = Vec::new();
    let mut all = false;
    for &name in names {
        for node in flatten(apply_to.take(name), "id") {
            match node.as_text().map(str::trim) {
                Some("all") => all = true,
                Some(text) if scalar::integer::<i64>(text).is_some() => list.extend(scalar::integer::<i64>(text)),
                _ => {
                    apply_to.notes.add(format!("apply_to.{name} holds what is no id; kept in extra"));
                    apply_to.extra.insert(name.to_owned(), node.into_json());
                }
            }
        }
    }
    list.sort_unstable();
    list.dedup();
    (list, all)
}

/// The members of a collection whose members may each be wrapped in an element of one name.
fn flatten(node: Node, element: &str) -> Vec<Node> {
    let unwrap = |node: Node| match node {
        Node::Map(mut map) if map.len() == 1 && map.contains_key(element) => {
            nodes(map.remove(element).unwrap_or_default())
        }
        other => nodes(other),
    };
    let members = match node {
        list @ Node::List(_) => nodes(list),
        other => unwrap(other),
    };
    members.into_iter().flat_map(unwrap).collect()
}

fn nodes(collection: Node) -> Vec<Node> {
    collection.into_members().into_iter().map(|(_, node)| node).collect()
}

fn details(node: Node) -> Option<Value> {
    let mut map = match node {
        Node::Map(map) => map,
        // The API gives the thresholds alone.
        Node::List(list) => Map::from([("thresholds".to_owned(), Node::List(list))]),
        other => return Some(other).filter(|node| !node.is_empty()).map(Node::into_json),
    };
    let thresholds = flatten(map.remove("thresholds").unwrap_or_default(), "threshold");
    if !thresholds.is_empty() {
        map.insert("thresholds".to_owned(), Node::List(thresholds));
    }
    Some(Node::map(map)).filter(|node| !node.is_empty()).map(Node::into_json)
}

/// `{"days":{"tue":1}}`, or the API's `["tue"]`.
fn repeat_days(rate: &mut Reader) -> Option<Value> {
    let days = match rate.take("repeat") {
        Node::Map(mut map) if map.contains_key("days") => {
            let days = map.remove("days").unwrap_or_default();
            if let rest @ Node::Map(_) = Node::map(map) {
                rate.notes.add("unknown fields of rate.repeat kept in extra");
                rate.extra.insert("repeat".to_owned(), rest.into_json());
            }
            days
        }
        other => other,
    };
    let mut names: Vec<String> = match days {
        Node::Map(map) => map.into_iter().filter(|(_, on)| on.as_text() != Some("0")).map(|(day, _)| day).collect(),
        other => nodes(other).iter().filter_map(|day| day.as_text().map(str::to_owned)).collect(),
    };
    names.sort_by_key(|name| WEEK.iter().position(|day| day == name));
    (!names.is_empty()).then(|| names.into())
}
