//! The tables a rebuild compares, and by which rule: everything else follows from their rows' columns.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::db::row::Row;
use crate::db::rows::{
    Account, Booking, BookingHistory, BookingItem, BookingTax, Customer, Event, Item, Rate, RateCategory, RateItem,
    Status, Transaction,
};
use crate::db::shadow::Shadow;
use crate::db::{Result, Tx};

/// Columns that tell where a row comes from: no content of its own.
const MARKS: [&str; 4] = ["first_event_id", "last_event_id", "updated_at", "field_events"];

/// Columns of an event that a projector writes, and that are compared.
pub(super) const DECIDED: [&str; 8] =
    ["account_id", "format", "kind", "type_name", "action", "entity_key", "state", "error"];

/// Decisions by which an event says what its rows are or were. Which of them it was is not told again where the events
/// before it are missing.
pub(super) const TOLD: &str = "('applied', 'unchanged', 'superseded')";

/// What a rebuild may do with a table's rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rule {
    /// Adds what is missing; what is there is the users'.
    Added,
    /// All, for rows that have a life of their own.
    Own,
    /// The same, but what is carried over never goes: other rows may be all that is left of where it came from.
    Stays,
    /// All; whether a row is carried over is told by the row it belongs to.
    PartOf(&'static str),
    /// As a part; but what is carried over is not told again.
    Told(&'static str),
    /// Changes what was decided.
    Decisions,
}

/// A row: column to value.
pub(super) type Columns = Map<String, Value>;

/// A table.
pub(super) struct Table {
    pub name: &'static str,
    pub key: &'static [&'static str],
    pub columns: &'static [&'static str],
    /// Columns that are summed.
    pub money: &'static [&'static str],
    pub rule: Rule,
    /// The rows of a query.
    pub rows: fn(&mut Tx<'_>, &str) -> Result<Vec<Columns>>,
}

/// All of them, parents first.
pub(super) fn all() -> [Table; 13] {
    [
        table::<Account>(Rule::Added, &[]),
        table::<Status>(Rule::Added, &[]),
        table::<Customer>(Rule::Stays, &[]),
        table::<Booking>(Rule::Own, &["total", "paid_total"]),
        table::<BookingItem>(Rule::PartOf("bookings"), &["total"]),
        table::<BookingTax>(Rule::PartOf("bookings"), &["amount"]),
        table::<BookingHistory>(Rule::Told("bookings"), &["total"]),
        table::<Transaction>(Rule::Own, &["amount"]),
        table::<Item>(Rule::Own, &[]),
        table::<Rate>(Rule::Own, &[]),
        table::<RateItem>(Rule::PartOf("rates"), &[]),
        table::<RateCategory>(Rule::PartOf("rates"), &[]),
        table::<Event>(Rule::Decisions, &[]),
    ]
}

fn table<R: Row + Serialize>(rule: Rule, money: &'static [&'static str]) -> Table {
    let rows = |tx: &mut Tx<'_>, query: &str| {
        let rows = R::of_query(tx, query)?.into_iter().map(|row| match serde_json::to_value(row) {
            Ok(Value::Object(columns)) => columns,
            _ => Map::new(),
        });
        Ok(rows.collect())
    };
    Table { name: R::TABLE, key: R::KEY, columns: R::COLUMNS, money, rule, rows }
}

impl Table {
    /// Content, and marks.
    pub(super) fn content_and_marks(&self) -> (Vec<&'static str>, Vec<&'static str>) {
        let columns = self.columns.iter().filter(|column| !self.key.contains(column));
        columns.partition(|column| !MARKS.contains(column))
    }

    /// Where it stands by how long comparing it takes, as a rule.
    pub(super) fn rank(&self) -> usize {
        const LONGEST: [&str; 4] = ["booking_items", "bookings", "webhook_events", "booking_history"];
        LONGEST.iter().position(|name| *name == self.name).unwrap_or(LONGEST.len())
    }

    /// The table by whose rows it is known what is carried over.
    pub(super) fn owner(&self) -> Option<&'static str> {
        match self.rule {
            Rule::Added | Rule::Decisions => None,
            Rule::Own | Rule::Stays => Some(self.name),
            Rule::PartOf(owner) | Rule::Told(owner) => Some(owner),
        }
    }
}

/// How the live and the shadow tables are called in one statement.
#[derive(Debug, Clone)]
pub(super) struct Names {
    live: String,
    /// The schema of the difference.
    diffs: &'static str,
    pub is_postgres: bool,
}

impl Names {
    pub(super) fn of(shadow: &Shadow) -> Self {
        let diffs = Shadow::shadow_schema();
        Self { live: shadow.live_schema().to_owned(), diffs, is_postgres: shadow.is_postgres() }
    }

    /// The same, with the difference in another schema.
    pub(super) fn with_diffs_in(&self, diffs: &'static str) -> Self {
        Self { diffs, ..self.clone() }
    }

    pub(super) fn live(&self, table: &str) -> String {
        format!("{}.{table}", self.live)
    }

    #[allow(clippy::unused_self, reason = "both names are asked for alike")]
    pub(super) fn shadow(&self, table: &str) -> String {
        format!("{}.{table}", Shadow::shadow_schema())
    }

    /// The table that holds the difference between a table and its shadow.
    pub(super) fn diff(&self, table: &str) -> String {
        format!("{}.diff_{table}", self.diffs)
    }

    /// How a statement begins that makes a table, which need not outlive a crash.
    pub(super) fn create(&self, table: &str) -> String {
        format!("CREATE {}TABLE {table}", if self.is_postgres { "UNLOGGED " } else { "" })
    }

    /// The same where it may have been made before.
    pub(super) fn create_once(&self, table: &str) -> String {
        self.create(&format!("IF NOT EXISTS {table}"))
    }

    /// A statement that makes an index on a shadow table.
    pub(super) fn index(&self, table: &str, columns: &[&str]) -> String {
        let (name, table) = if self.is_postgres {
            (format!("{table}_key"), self.shadow(table))
        } else {
            (self.shadow(&format!("{table}_key")), table.to_owned())
        };
        format!("CREATE INDEX IF NOT EXISTS {name} ON {table} ({})", list(columns, ""))
    }
}

/// `a."x", a."y"` for the prefix `a.`.
pub(super) fn list(columns: &[&str], prefix: &str) -> String {
    let columns: Vec<_> = columns.iter().map(|column| format!("{prefix}\"{column}\"")).collect();
    columns.join(", ")
}

/// `a."x" = b."p" AND a."y" = b."q"`, as far as both reach.
pub(super) fn same(one: &str, columns: &[&str], other: &str, others: &[&str]) -> String {
    let pairs = columns.iter().zip(others);
    let pairs: Vec<_> = pairs.map(|(left, right)| format!("{one}.\"{left}\" = {other}.\"{right}\"")).collect();
    pairs.join(" AND ")
}

/// Whether any of the columns differs.
pub(super) fn differ(one: &str, other: &str, columns: &[&str]) -> String {
    let differ = |column: &&str| format!("{one}.\"{column}\" IS DISTINCT FROM {other}.\"{column}\"");
    let any: Vec<_> = columns.iter().map(differ).collect();
    if any.is_empty() { "1 = 0".to_owned() } else { format!("({})", any.join(" OR ")) }
}
