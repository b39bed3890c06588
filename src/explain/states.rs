//! What a booking said after each step of its history, told backwards from what it says now.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::Stored;
use crate::db::row::Row;
use crate::db::rows::{BookingHistory, BookingItem, BookingTax};
use crate::project::content;

/// A booking's content, flat: `status_id`, `items.1.1.total`, `taxes.2.amount`. `items.1.1` itself is there while the
/// line is.
pub(super) type State = BTreeMap<String, Value>;

/// The states of a booking.
#[derive(Default)]
pub(super) struct Rewound {
    /// One after each step, oldest first.
    pub(super) states: Vec<State>,
    /// What the history does not lead to.
    pub(super) unexplained: BTreeSet<String>,
}

/// Takes the steps back, the last one first.
pub(super) fn rewind(stored: &Stored) -> Rewound {
    let (mut state, mut states, mut unexplained) = (present(stored), Vec::new(), BTreeSet::new());
    for step in stored.history.iter().rev() {
        states.push(state.clone());
        for (name, old, new) in changes(step) {
            let names: BTreeSet<_> = old.keys().chain(new.keys()).collect();
            for name in names {
                if state.get(name) != new.get(name) {
                    unexplained.insert(name.clone());
                }
                match old.get(name) {
                    Some(value) => state.insert(name.clone(), value.clone()),
                    None => state.remove(name),
                };
            }
            // What the line that came has beyond that was never told.
            if old.is_empty() && is_part(&name) {
                let prefix = format!("{name}.");
                let left: Vec<_> = state.keys().filter(|key| is_column_of(key, &prefix)).cloned().collect();
                state.retain(|key, _| !left.contains(key));
                unexplained.extend(left);
            }
        }
    }
    states.reverse();
    Rewound { states, unexplained }
}

fn present(stored: &Stored) -> State {
    let Some(booking) = &stored.booking else { return State::new() };
    let mut state: State = content(booking).into_iter().collect();
    let more = [
        ("customer_key", serde_json::to_value(&booking.customer_key)),
        ("deleted_at", serde_json::to_value(booking.deleted_at)),
    ];
    let more = more.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value.ok()?)));
    state.extend(more.filter(|(_, value)| !value.is_null()));
    for line in &stored.lines {
        state.extend(part(&format!("items.{}", line.line_id), Value::Object(content(line))));
    }
    for tax in &stored.taxes {
        state.extend(part(&format!("taxes.{}", tax.position), Value::Object(content(tax))));
    }
    state
}

/// Each change of a step: its name, and what it says of the flat state before and after.
fn changes(step: &BookingHistory) -> impl Iterator<Item = (String, State, State)> {
    step.changes.0.as_object().into_iter().flatten().map(|(name, pair)| {
        let value = |index| pair.get(index).cloned().unwrap_or_default();
        let flat = |value: Value| match value {
            Value::Null => State::new(),
            value if is_part(name) => part(name, value),
            value => State::from([(name.clone(), value)]),
        };
        (name.clone(), flat(value(0)), flat(value(1)))
    })
}

/// A whole line or tax, flat.
fn part(name: &str, value: Value) -> State {
    let Value::Object(columns) = value else { return State::new() };
    let own = std::iter::once((name.to_owned(), Value::Bool(true)));
    own.chain(columns.into_iter().map(|(column, value)| (format!("{name}.{column}"), value))).collect()
}

/// Whether a name is that of a whole line or tax, not of one of their columns. A line's id may hold dots, columns' names
/// do not.
pub(super) fn is_part(name: &str) -> bool {
    let Some((kind, rest)) = name.split_once('.') else { return false };
    let columns = if kind == "items" { BookingItem::COLUMNS } else { BookingTax::COLUMNS };
    rest.rsplit_once('.').is_none_or(|(_, last)| !columns.contains(&last))
}

/// Whether a name is that of a column of the part before it; the name of another line may begin so too.
fn is_column_of(name: &str, prefix: &str) -> bool {
    let is_column = |rest: &str| BookingItem::COLUMNS.iter().chain(BookingTax::COLUMNS).any(|column| *column == rest);
    name.strip_prefix(prefix).is_some_and(is_column)
}
