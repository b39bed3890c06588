//! An explanation as a person reads it.

use serde_json::{Map, Value};

use crate::cli::output::{plain, table};
use crate::db::types::Timestamp;
use crate::explain::{Delivery, Explanation, How, Payment, Source};

/// Longer values are cut: `--json` has them whole.
const LONGEST: usize = 80;

pub(super) fn of(explained: &Explanation) -> String {
    let mut parts = vec![head(explained)];
    parts.push(format!("DELIVERIES\n{}", explained.deliveries.iter().map(delivery).collect::<Vec<_>>().join("\n")));
    let mut rows: Vec<_> = explained.columns.iter().map(|source| row("", source)).collect();
    for (kind, of) in [("line", &explained.lines), ("tax", &explained.taxes)] {
        for part in of {
            rows.extend(part.columns.iter().map(|source| row(&format!("{kind} {} ", part.id), source)));
        }
    }
    if let Some(customer) = &explained.customer {
        rows.extend(customer.columns.iter().map(|source| row("customer ", source)));
    }
    if !rows.is_empty() {
        parts.push(table(&["VALUE OF", "IS", "SINCE", "EVENT", ""], rows).to_string());
    }
    if !explained.transactions.is_empty() {
        let header = ["PAYMENT", "GATEWAY", "STATUS", "AT", "AMOUNT", "COUNTS", "BY", "EVENTS"];
        parts.push(table(&header, explained.transactions.iter().map(payment)).to_string());
    }
    let doubts: Vec<_> = explained
        .doubts
        .iter()
        .map(|doubt| {
            let events: Vec<_> = doubt.events.iter().map(ToString::to_string).collect();
            let events = if events.is_empty() { String::new() } else { format!(" (event {})", events.join(" ")) };
            let command = doubt.command.as_ref().map(|command| format!("\n    checkfront-mirror {command}"));
            format!("  {}{events}{}", plain(&doubt.says), command.unwrap_or_default())
        })
        .collect();
    parts.push(if doubts.is_empty() { "NO DOUBTS".to_owned() } else { format!("DOUBTS\n{}", doubts.join("\n")) });
    parts.join("\n\n")
}

fn head(explained: &Explanation) -> String {
    let value = |name: &str| {
        let found = explained.columns.iter().find(|source| source.column == name);
        found.map(|source| word(&source.value)).unwrap_or_default()
    };
    let mut lines = vec![format!("booking   {}", plain(&explained.code))];
    lines.push(format!("account   {}", explained.account.as_deref().map_or_else(|| "unknown".to_owned(), plain)));
    if explained.has_row {
        lines.push(format!("status    {}", value("status_id")));
        lines.push(format!("total     {} {}, paid {}", value("total"), value("currency_id"), value("paid_total")));
        lines.push(format!("dates     {} to {}", value("start_on"), value("end_on")));
        lines.push(format!("customer  {} {}", value("customer_key"), value("customer_name")));
    } else {
        lines.push("status    no row: no delivery of it is in the tables".to_owned());
    }
    lines.extend(explained.deleted_at.map(|at| format!("deleted   {}", time(at))));
    lines.extend(explained.forgotten_at.map(|at| format!("forgotten {}", time(at))));
    lines.join("\n")
}

/// A line, and one for each column it changed.
fn delivery(one: &Delivery) -> String {
    let text = |value: &Option<String>| value.as_deref().map_or_else(|| "-".to_owned(), plain);
    let key = if one.kind == "booking" { String::new() } else { format!(" {}", text(&one.entity_key)) };
    let mut lines = vec![format!(
        "  {} {}  {} {}{key} {}: {}{}{}",
        one.event_id,
        time(one.received_at),
        text(&one.format),
        one.kind,
        text(&one.action),
        one.state.as_str(),
        if one.is_first { ", the first" } else { "" },
        if one.has_body { "" } else { ", body dropped" },
    )];
    lines.extend(one.error.as_ref().map(|error| format!("      {}", plain(error))));
    lines.extend(changes(&one.changes));
    lines.join("\n")
}

fn changes(changes: &Map<String, Value>) -> impl Iterator<Item = String> + '_ {
    changes.iter().map(|(name, pair)| {
        let value = |index| pair.get(index).map(word).unwrap_or_default();
        format!("      {}: {} -> {}", plain(name), value(0), value(1))
    })
}

fn row(owner: &str, source: &Source) -> Vec<String> {
    vec![
        format!("{}{}", plain(owner), source.column),
        word(&source.value),
        source.received_at.map(time).unwrap_or_default(),
        source.event_id.map(|id| id.to_string()).unwrap_or_default(),
        match source.how {
            How::First => "first told so",
            How::Changed => "changed",
            How::Last => "last told so",
            How::Derived => "follows from it",
            How::Unknown => "unknown",
        }
        .to_owned(),
    ]
}

fn payment(payment: &Payment) -> Vec<String> {
    let text = |value: &Option<String>| value.as_deref().map(plain).unwrap_or_default();
    let row = &payment.row;
    let deleted = row.deleted_at.map(|at| format!(" deleted {}", time(at))).unwrap_or_default();
    vec![
        plain(&row.transaction_id),
        plain(&row.gateway_id),
        format!("{}{deleted}", plain(&row.status_id)),
        row.transacted_at.map(time).unwrap_or_default(),
        row.amount.map(|amount| amount.0.to_string()).unwrap_or_default(),
        payment.counts.0.to_string(),
        text(&row.payer),
        payment.events.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
    ]
}

fn time(at: Timestamp) -> String {
    at.0.format("%F %T").to_string()
}

fn word(value: &Value) -> String {
    let text = match value {
        Value::Null => "NULL".to_owned(),
        Value::String(text) => plain(text),
        other => plain(&other.to_string()),
    };
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}..", &text[..end]),
        None => text,
    }
}
