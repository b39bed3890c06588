//! An item of the inventory, with the children of a product group.

use serde_json::Value;

use super::reader::{Extra, Reader};
use super::rejected::Rejected;
use crate::parse::{Node, Notes};

/// Columns of a child that no table column holds.
const KNOWN: [&str; 15] = [
    "price",
    "price_type",
    "img",
    "enabled",
    "package",
    "visible",
    "taxes",
    "param",
    "ecom",
    "gprice",
    "price_fixed",
    "location",
    "extra_details",
    "commission_type",
    "commission_amount",
];

/// What a body says of an item.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Item {
    pub item_id: i64,
    /// The product group it belongs to.
    pub parent_item_id: Option<i64>,
    pub sku: Option<String>,
    pub name: Option<String>,
    pub unit: Option<String>,
    pub category_id: Option<i64>,
    pub category: Option<String>,
    pub stock: Option<i32>,
    pub unlimited: Option<bool>,
    pub status: Option<String>,
    /// `I` for an item, else a gift certificate.
    pub item_type: Option<String>,
    pub visibility: Option<String>,
    pub locked: Option<bool>,
    pub position: Option<i32>,
    pub length: Option<i32>,
    pub rated: Option<bool>,
    pub alias_id: Option<i64>,
    /// `P` for a parent, `C` for a child.
    pub product_group_type: Option<String>,
    pub url: Option<String>,
    pub summary: Option<String>,
    pub details: Option<String>,
    pub meta: Option<Value>,
    pub rules: Option<Value>,
    pub images: Option<Value>,
    pub video: Option<Value>,
    pub extra: Extra,
    pub children: Vec<Self>,
}

impl Item {
    pub(super) fn read(node: Node) -> Result<(Self, Notes), Rejected> {
        let mut notes = Notes::default();
        let item = Self::read_one(node, "item", &mut notes)?;
        Ok((item, notes))
    }

    fn read_one(node: Node, path: &str, notes: &mut Notes) -> Result<Self, Rejected> {
        let mut item = Reader::new(node, path).with_attributes();
        let id = item.key("item_id")?.ok_or(Rejected::NoKey("item", "item_id"))?;
        let item_id = super::scalar::integer(&id).ok_or(Rejected::NotANumber("item_id"))?;
        let mut children = Vec::new();
        for (_, node) in item.take("product_group_children").into_members() {
            // `0` stands for none, as well as "".
            if matches!(node, Node::Map(_)) {
                let child = Self::read_one(node, "child", notes)?;
                children.push(Self { parent_item_id: Some(item_id), ..child });
            }
        }
        let alias_id = item.integer("alias_id");
        let product_group_type = item.text("product_group_type");
        let read = Self {
            item_id,
            // Sent on its own, a child names its group as its alias.
            parent_item_id: alias_id.filter(|&id| id != 0 && product_group_type.as_deref() == Some("C")),
            sku: item.text("sku"),
            name: item.text("name"),
            unit: item.text("unit"),
            category_id: item.integer("category_id"),
            category: item.text("category"),
            stock: item.integer("stock"),
            unlimited: item.boolean("unlimited"),
            status: item.text("status"),
            item_type: item.text("type"),
            visibility: item.text("visibility"),
            locked: item.boolean("lock"),
            position: item.integer("pos"),
            length: item.integer("len"),
            rated: item.boolean("rated"),
            alias_id,
            product_group_type,
            url: item.text("url"),
            summary: item.long_text("summary"),
            details: item.long_text("details"),
            meta: item.embedded_json("meta"),
            rules: item.embedded_json("rules"),
            images: item.json("image"),
            video: item.embedded_json("video"),
            extra: Extra::new(),
            children,
        };
        item.keep(&KNOWN);
        let (extra, item_notes) = item.finish();
        notes.extend(item_notes);
        Ok(Self { extra, ..read })
    }
}
