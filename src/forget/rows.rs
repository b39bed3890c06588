//! Rows of bookings without their person: figures, dates, codes and what was booked stay.

use serde_json::{Map, Value};

use crate::db::rows::{Booking, BookingHistory, BookingItem, Transaction};
use crate::db::types::Json;
use crate::privacy::{Traces, figures};

/// Columns of a booking, or of one of its lines, whose changes a history keeps; the rest may name the person.
const KEPT: [&str; 26] = [
    "booking_id",
    "status_id",
    "created_at",
    "start_at",
    "end_at",
    "staff_id",
    "currency_id",
    "sub_total",
    "tax_total",
    "paid_total",
    "discount",
    "total",
    "deleted_at",
    "partner_id",
    "checked_in_at",
    "checked_out_at",
    "tax_inc_total",
    "item_id",
    "category_id",
    "sku",
    "name",
    "qty",
    "package_id",
    "tax_id",
    "amount",
    "line_id",
];

/// The next delivery is compared with nothing, and so applied, whether it says the same or not.
const NO_HASH: &str = "";

pub(super) fn booking(row: &Booking, customer_key: &str, traces: &Traces) -> Booking {
    let stripped = Booking {
        customer_key: Some(customer_key.to_owned()),
        customer_name: None,
        customer_email: None,
        customer_phone: None,
        source_ip: None,
        tid: row.tid.clone().filter(|tid| is_clean(tid, traces)),
        fields: None,
        meta: None,
        extra: None,
        ..row.clone()
    };
    let content_hash = if stripped == *row { row.content_hash.clone() } else { NO_HASH.to_owned() };
    Booking { content_hash, ..stripped }
}

pub(super) fn line(row: &BookingItem, traces: &Traces) -> BookingItem {
    let clean = |text: &Option<String>| text.clone().filter(|text| is_clean(text, traces));
    let params = row.params.as_ref().and_then(|params| figures(&params.0)).map(Json);
    BookingItem { sku: clean(&row.sku), name: clean(&row.name), slip: None, params, extra: None, ..row.clone() }
}

pub(super) fn transaction(row: &Transaction) -> Transaction {
    Transaction { payment_mask: None, payer: None, extra: None, ..row.clone() }
}

/// A step; `None` where it told of nothing but the person.
pub(super) fn step(row: &BookingHistory, traces: &Traces) -> Option<BookingHistory> {
    let Value::Object(changes) = &row.changes.0 else { return Some(row.clone()) };
    let kept: Map<String, Value> = changes.iter().filter_map(|(name, pair)| change(name, pair, traces)).collect();
    // The first step of a booking has no changes, and stays.
    (changes.is_empty() || !kept.is_empty()).then(|| BookingHistory { changes: Json(kept.into()), ..row.clone() })
}

fn change(name: &str, pair: &Value, traces: &Traces) -> Option<(String, Value)> {
    let column = name.rsplit('.').next().unwrap_or(name);
    let of_part = name.starts_with("items.") || name.starts_with("taxes.");
    if KEPT.contains(&column) && (of_part || !matches!(column, "name" | "sku")) {
        return (!traces.are_in(&pair.to_string())).then(|| (name.to_owned(), pair.clone()));
    }
    // A whole line that came or went: `[null, {..}]`.
    let parts = pair.as_array().filter(|_| of_part)?;
    let whole = |part: &Value| match part {
        Value::Object(columns) => columns
            .iter()
            .filter(|(column, value)| KEPT.contains(&column.as_str()) && !traces.are_in(&value.to_string()))
            .map(|(column, value)| (column.clone(), value.clone()))
            .collect(),
        _ => Value::Null,
    };
    parts
        .iter()
        .all(|part| part.is_null() || part.is_object())
        .then(|| (name.to_owned(), parts.iter().map(whole).collect()))
}

fn is_clean(text: &str, traces: &Traces) -> bool {
    !text.contains('@') && !traces.are_in(text)
}

/// Another booking that names the person in passing.
pub(super) fn mentioning(row: &Booking, traces: &Traces) -> Booking {
    let clean = |json: &Option<Json>| json.clone().map(|json| Json(traces.out_of_json(json.0)));
    Booking { fields: clean(&row.fields), meta: clean(&row.meta), extra: clean(&row.extra), ..row.clone() }
}
