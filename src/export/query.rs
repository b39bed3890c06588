//! Which rows and columns: names are checked against the database's own lists, and values are never SQL.

use chrono::NaiveDate;

use super::{Error, Result};
use crate::db::catalogue::{self, Column, Kind, quoted};
use crate::db::rows::Account;
use crate::db::types::Timestamp;
use crate::db::{self, Tx};

/// Raw bodies and headers hold what nobody has looked at; the others are what the views' sums are made of, and the program's
/// own.
pub const WITHHELD: [&str; 16] = [
    "webhook_bodies",
    "__diesel_schema_migrations",
    "calendar",
    "counted_bookings",
    "counted_parts",
    "counted_sales",
    "counted_statuses",
    "counting",
    "counting_bookings",
    "counting_customers",
    "counting_parts",
    "counting_sales",
    "customer_sales",
    "figures",
    "turned_statuses",
    "uncounted",
];

/// What is to be exported.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Query {
    /// The table or view.
    pub relation: String,
    /// Columns, in this order; all where empty.
    pub columns: Vec<String>,
    /// The host of an account.
    pub account: Option<String>,
    /// The column that `since` and `until` are of.
    pub by: Option<String>,
    /// From here on.
    pub since: Option<Bound>,
    /// Up to here, and without it.
    pub until: Option<Bound>,
}

/// A day, or a time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Bound {
    /// `2026-07-01`; of an instant its first moment, UTC.
    Day(NaiveDate),
    /// `2026-07-01T09:30:00Z`
    Time(Timestamp),
}

/// A query as it is run.
pub(super) struct Made {
    pub(super) columns: Vec<Column>,
    pub(super) rows: String,
    pub(super) count: String,
}

/// The tables and views that can be exported.
pub(super) fn relations(tx: &mut Tx<'_>) -> db::Result<Vec<String>> {
    Ok(catalogue::relations(tx)?.into_iter().filter(|name| !WITHHELD.contains(&name.as_str())).collect())
}

impl Query {
    pub(super) fn make(&self, tx: &mut Tx<'_>) -> Result<Made> {
        let known = relations(tx)?;
        if !known.contains(&self.relation) {
            let reason = match self.relation.as_str() {
                "webhook_bodies" => "is not exported: it holds raw bodies and headers (`events show` shows a delivery)",
                "__diesel_schema_migrations" => "is not exported, being the program's own",
                name if WITHHELD.contains(&name) => {
                    "is not exported: the views' sums are made of it (export a view, or current_figures)"
                }
                _ => "is no table or view of this mirror",
            };
            return Err(Error::Unknown(format!("{} {reason}; there are {}", self.relation, known.join(", "))));
        }
        let all = catalogue::columns(tx, &self.relation)?;
        if let Some(twice) = self.columns.iter().enumerate().find(|(at, name)| self.columns[..*at].contains(name)) {
            return Err(Error::Unknown(format!("the column {} is named twice; name each once", twice.1)));
        }
        let conditions = self.conditions(tx, &all)?;
        let columns = if self.columns.is_empty() {
            all
        } else {
            self.columns.iter().map(|name| self.column(&all, name).cloned()).collect::<Result<_>>()?
        };
        let list: Vec<_> = columns.iter().map(|column| column.expression.as_str()).collect();
        let mut from = format!("FROM {}", quoted(&self.relation));
        if !conditions.is_empty() {
            from = format!("{from} WHERE {}", conditions.join(" AND "));
        }
        let rows = format!("SELECT {} {from}", list.join(", "));
        Ok(Made { columns, rows, count: format!("SELECT count(*) AS v {from}") })
    }

    fn column<'c>(&self, all: &'c [Column], name: &str) -> Result<&'c Column> {
        all.iter().find(|column| column.name == name).ok_or_else(|| {
            let names: Vec<_> = all.iter().map(|column| column.name.as_str()).collect();
            Error::Unknown(format!("{} has no column {name}; it has {}", self.relation, names.join(", ")))
        })
    }

    fn conditions(&self, tx: &mut Tx<'_>, all: &[Column]) -> Result<Vec<String>> {
        let mut conditions = Vec::new();
        if let Some(host) = &self.account {
            let column = self.column(all, "account_id")?;
            let accounts = Account::all(tx)?;
            let Some(account) = accounts.iter().find(|account| account.host == host.to_lowercase()) else {
                let hosts: Vec<_> = accounts.iter().map(|account| account.host.as_str()).collect();
                return Err(Error::Unknown(format!("there is no account {host}; there are {}", hosts.join(", "))));
            };
            conditions.push(format!("{} = {}", quoted(&column.name), account.account_id));
        }
        for (bound, sign) in [(self.since, ">="), (self.until, "<")] {
            let Some(bound) = bound else { continue };
            let column = self.by(all)?;
            let at = match (column.kind, bound) {
                (Kind::Date, Bound::Day(day)) => format!("'{day}'"),
                (Kind::Date, Bound::Time(_)) => {
                    return Err(Error::Unknown(format!("{} holds days; write one such as 2026-07-01", column.name)));
                }
                (_, Bound::Day(day)) => instant(&day.format("%F 00:00:00.000000").to_string()),
                (_, Bound::Time(at)) => instant(&at.0.format("%F %T%.6f").to_string()),
            };
            conditions.push(format!("{} {sign} {at}", quoted(&column.name)));
        }
        Ok(conditions)
    }

    /// The column that a time is of: the one that was named, or the only one there is.
    fn by<'c>(&self, all: &'c [Column]) -> Result<&'c Column> {
        let timed = |column: &&Column| matches!(column.kind, Kind::Date | Kind::Instant);
        let choices: Vec<_> = all.iter().filter(timed).collect();
        let found = match &self.by {
            Some(name) => choices.iter().find(|column| column.name == *name),
            None => choices.first().filter(|_| choices.len() == 1),
        };
        let names = || choices.iter().map(|column| column.name.as_str()).collect::<Vec<_>>().join(", ");
        found.copied().ok_or_else(|| {
            Error::Unknown(match choices.len() {
                0 => format!("{} has no column that holds a day or a time", self.relation),
                _ => format!("say which time of {}: --by COLUMN, one of {}", self.relation, names()),
            })
        })
    }
}

/// As SQLite's columns hold it, and PostgreSQL reads it.
fn instant(text: &str) -> String {
    format!("'{text}+00:00'")
}
