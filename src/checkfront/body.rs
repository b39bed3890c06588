//! Which kind of body this is, told by its content, never by its version.

use super::reader::{Extra, Reader, bounded};
use super::rejected::Rejected;
use super::{Booking, Item, Rate, Transaction};
use crate::parse::{Node, Notes};

/// What an event is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    Booking,
    Transaction,
    Item,
    Rate,
    /// Anything this version has no table for.
    Unknown,
}

impl Kind {
    /// The name stored in `webhook_events.kind`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Booking => "booking",
            Self::Transaction => "transaction",
            Self::Item => "item",
            Self::Rate => "rate",
            Self::Unknown => "unknown",
        }
    }
}

/// A body, as far as it could be understood.
#[derive(Debug)]
pub struct Body {
    /// The account's host, lower case, without port.
    pub host: Option<String>,
    pub kind: Kind,
    /// The kind as the body names it: `booking`, `item`, `item_calendar`, ..
    pub type_name: Option<String>,
    /// `insert`, `update`, `delete`, or what follows the dot of an event's name.
    pub action: Option<String>,
    pub content: Result<Content, Rejected>,
    pub notes: Notes,
}

/// The object a body describes.
#[derive(Debug)]
pub enum Content {
    Booking(Box<Booking>),
    Transaction(Box<Transaction>),
    Item(Box<Item>),
    Rate(Box<Rate>),
    Unknown,
}

impl Content {
    /// What identifies the object within its account and kind.
    pub fn entity_key(&self) -> Option<String> {
        Some(match self {
            Self::Booking(booking) => booking.code.clone(),
            Self::Transaction(transaction) => transaction.transaction_id.clone(),
            Self::Item(item) => item.item_id.to_string(),
            Self::Rate(rate) => rate.rate_id.to_string(),
            Self::Unknown => return None,
        })
    }

    fn extra(&mut self) -> Option<&mut Extra> {
        match self {
            Self::Booking(booking) => Some(&mut booking.extra),
            Self::Transaction(transaction) => Some(&mut transaction.extra),
            Self::Item(item) => Some(&mut item.extra),
            Self::Rate(rate) => Some(&mut rate.extra),
            Self::Unknown => None,
        }
    }
}

impl Body {
    /// Whether the object was deleted in Checkfront.
    pub fn is_delete(&self) -> bool {
        matches!(self.action.as_deref(), Some("delete" | "deleted"))
    }
}

/// Reads a document. What it means is decided by what it holds.
pub fn read(root: Node) -> Body {
    let mut notes = Notes::default();
    let mut root = Reader::new(root, "").with_attributes();
    let mut label = |name: &str| root.text(name).map(|text| text.trim().to_owned());
    let (host, type_name, action, event) = (label("host"), label("type"), label("action"), label("event"));
    label("version");
    let (event_type, event_action) = match event.as_deref().map(|event| event.split_once('.').unwrap_or((event, ""))) {
        Some((name, action)) => (Some(name.to_owned()), Some(action.to_owned()).filter(|action| !action.is_empty())),
        None => (None, None),
    };
    // A named type decides; whatever else lies beside its object is not what the body is about.
    let booking =
        if type_name.as_deref().is_none_or(|name| name == "booking") { root.take("booking") } else { Node::Empty };
    let type_name = type_name.or(event_type).or_else(|| (!booking.is_empty()).then(|| "booking".to_owned()));
    // Only a notification carries the internal id as an attribute, a code or an order.
    let partial = event.is_some()
        || (booking.get("id").is_some()
            && ["@attributes", "code", "order"].iter().all(|name| booking.get(name).is_none()));
    let named = type_name.as_deref().filter(|_| booking.is_empty());
    let (kind, content) = match named {
        _ if !booking.is_empty() => (
            Kind::Booking,
            Booking::read(booking, partial).map(|(read, more)| {
                notes.extend(more);
                Content::Booking(Box::new(read))
            }),
        ),
        Some("transaction") => (
            Kind::Transaction,
            Transaction::read(root.take("transaction")).map(|(read, more)| {
                notes.extend(more);
                Content::Transaction(Box::new(read))
            }),
        ),
        Some("item") => (
            Kind::Item,
            Item::read(root.take("item")).map(|(read, more)| {
                notes.extend(more);
                Content::Item(Box::new(read))
            }),
        ),
        Some("rate") => (
            Kind::Rate,
            Rate::read(root.take("rate")).map(|(read, more)| {
                notes.extend(more);
                Content::Rate(Box::new(read))
            }),
        ),
        _ => (Kind::Unknown, Ok(Content::Unknown)),
    };
    let mut content = content;
    if let Some(extra) = content.as_mut().ok().and_then(Content::extra) {
        let (more, unknown) = root.finish();
        notes.extend(unknown);
        extra.extend(more);
    }
    Body {
        host: host.map(|host| normal_host(&host)).filter(|host| !host.is_empty()),
        kind,
        type_name: type_name.map(|name| name.chars().take(60).collect()),
        action: action.or(event_action).map(|action| action.to_lowercase().chars().take(60).collect()),
        content,
        notes,
    }
    .with_bounded_host()
}

impl Body {
    fn with_bounded_host(mut self) -> Self {
        if let Some(Err(long)) = self.host.as_deref().map(|host| bounded(host, "host")) {
            self.host = None;
            self.content = Err(long);
        }
        self
    }
}

/// `Your-Company.checkfront.com:443` is `your-company.checkfront.com`.
fn normal_host(host: &str) -> String {
    host.split(':').next().unwrap_or_default().trim().to_lowercase()
}
