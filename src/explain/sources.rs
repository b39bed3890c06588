//! Where each value comes from: the delivery that last changed it, else the first one.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value};

use super::states::Rewound;
use super::{Delivery, Stored};
use crate::db::row::Row;
use crate::db::rows::{self, Booking, BookingHistory, BookingItem, BookingTax};
use crate::db::types::Timestamp;
use crate::db::{Result, Tx};
use crate::project::Story;

/// Columns that tell where a row comes from, or by what it is told.
const MARKS: [&str; 10] = [
    "account_id",
    "booking_code",
    "code",
    "content_hash",
    "first_event_id",
    "last_event_id",
    "updated_at",
    "line_id",
    "position",
    "field_events",
];

/// Local dates, and a line's parent: they follow from another column.
const DERIVED: [(&str, &str); 4] =
    [("created_on", "created_at"), ("start_on", "start_at"), ("end_on", "end_at"), ("parent_line_id", "line_id")];

/// How a value came to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum How {
    /// The first delivery said so, and none has changed it.
    First,
    /// A later delivery said so.
    Changed,
    /// The newest delivery that had it; whether it changed it is not kept. Of customers alone.
    Last,
    /// It follows from another column.
    Derived,
    /// No delivery that is known said so.
    Unknown,
}

/// A value and where it comes from.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Source {
    /// The column.
    pub column: String,
    /// Its value; null where a delivery cleared it.
    pub value: Value,
    /// How it came to be.
    pub how: How,
    /// The delivery it comes from.
    pub event_id: Option<i64>,
    /// When that was received.
    pub received_at: Option<Timestamp>,
}

/// A line, or a tax.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Part {
    /// `booking_items.line_id`, or `booking_taxes.position`.
    pub id: String,
    /// Its columns.
    pub columns: Vec<Source>,
}

/// A booking's customer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Customer {
    /// `customers.customer_key`
    pub customer_key: String,
    /// Its columns. They may come from a delivery of another booking.
    pub columns: Vec<Source>,
}

pub(super) struct Sources<'s> {
    stored: &'s Stored,
    rewound: &'s Rewound,
    story: Option<&'s Story>,
    times: BTreeMap<i64, Timestamp>,
}

impl<'s> Sources<'s> {
    pub(super) fn new(
        stored: &'s Stored,
        rewound: &'s Rewound,
        story: Option<&'s Story>,
        deliveries: &[Delivery],
    ) -> Self {
        let steps = stored.history.iter().map(|step| (step.event_id, step.recorded_at));
        let received = deliveries.iter().map(|delivery| (delivery.event_id, delivery.received_at));
        Self { stored, rewound, story, times: steps.chain(received).collect() }
    }

    pub(super) fn columns(&self) -> Vec<Source> {
        self.stored.booking.iter().flat_map(|booking| self.of(Booking::COLUMNS, booking, "")).collect()
    }

    pub(super) fn lines(&self) -> Vec<Part> {
        let part = |line: &BookingItem| Part {
            columns: self.of(BookingItem::COLUMNS, line, &format!("items.{}", line.line_id)),
            id: line.line_id.clone(),
        };
        self.stored.lines.iter().map(part).collect()
    }

    pub(super) fn taxes(&self) -> Vec<Part> {
        let part = |tax: &BookingTax| Part {
            columns: self.of(BookingTax::COLUMNS, tax, &format!("taxes.{}", tax.position)),
            id: tax.position.to_string(),
        };
        self.stored.taxes.iter().map(part).collect()
    }

    /// The columns of a row, or of the part with that name.
    fn of(&self, columns: &[&str], row: &impl Serialize, part: &str) -> Vec<Source> {
        let values = object(row);
        let is_named = |name: &str| steps_naming(&self.stored.history, name).next().is_some();
        let columns = columns.iter().filter(|column| !MARKS.contains(column)).filter_map(|column| {
            let base = DERIVED.iter().find(|(name, _)| name == column).map(|(_, base)| *base);
            let name = |column: &str| if part.is_empty() { column.to_owned() } else { format!("{part}.{column}") };
            let value = values.get(*column).cloned().unwrap_or_default();
            if value.is_null() && (base.is_some() || !is_named(&name(column))) {
                return None;
            }
            let (how, event_id) = self.origin(&name(base.unwrap_or(column)), part);
            let how = if base.is_some() { How::Derived } else { how };
            let received_at = event_id.map(|id| self.time(id));
            Some(Source { column: (*column).to_owned(), value, how, event_id, received_at })
        });
        columns.collect()
    }

    /// The last delivery that named a column, or came with the whole part.
    fn origin(&self, name: &str, part: &str) -> (How, Option<i64>) {
        let Some(booking) = &self.stored.booking else { return (How::Unknown, None) };
        let is_it = |known: &String| known == name || known == part;
        let unexplained = self.rewound.unexplained.iter().any(is_it);
        let steps = match self.story {
            Some(story) if story.differs.keys().any(is_it) => return (How::Unknown, None),
            Some(story) if unexplained => &story.steps,
            None if unexplained => return (How::Unknown, None),
            _ => &self.stored.history,
        };
        let last = steps_naming(steps, name).chain(steps_naming(steps, part)).max();
        last.map_or((How::First, Some(booking.first_event_id)), |id| (How::Changed, Some(id)))
    }

    /// An event that is not known any more tells its time by its id.
    fn time(&self, id: i64) -> Timestamp {
        self.times.get(&id).copied().unwrap_or_else(|| told_by(id))
    }
}

/// The customer's fields; each row keeps which delivery each comes from.
pub(super) fn customer(
    tx: &mut Tx<'_>,
    booking: Option<&Booking>,
    deliveries: &[Delivery],
) -> Result<Option<Customer>> {
    let Some((account_id, Some(key))) = booking.map(|row| (row.account_id, row.customer_key.clone())) else {
        return Ok(None);
    };
    let Some(row) = rows::Customer::load(tx, account_id, &[key])?.pop() else { return Ok(None) };
    let values = object(&row);
    let columns = values.iter().filter(|(column, value)| {
        !value.is_null() && *column != "customer_key" && (*column == "code" || !MARKS.contains(&column.as_str()))
    });
    let columns = columns.map(|(column, value)| {
        let event_id = row.field_events.0.get(column).and_then(Value::as_i64);
        let known = |id: i64| deliveries.iter().find(|delivery| delivery.event_id == id);
        let received_at = event_id.map(|id| known(id).map_or_else(|| told_by(id), |delivery| delivery.received_at));
        let how = if event_id.is_some() { How::Last } else { How::Unknown };
        Source { column: column.clone(), value: value.clone(), how, event_id, received_at }
    });
    Ok(Some(Customer { columns: columns.collect(), customer_key: row.customer_key }))
}

fn steps_naming<'h>(history: &'h [BookingHistory], name: &'h str) -> impl Iterator<Item = i64> + 'h {
    history.iter().filter(move |step| step.changes.0.get(name).is_some()).map(|step| step.event_id)
}

fn object(row: &impl Serialize) -> Map<String, Value> {
    match serde_json::to_value(row) {
        Ok(Value::Object(columns)) => columns,
        _ => Map::new(),
    }
}

/// Ids are microseconds since 1970.
fn told_by(id: i64) -> Timestamp {
    Timestamp(chrono::DateTime::from_timestamp_micros(id).unwrap_or_default())
}
