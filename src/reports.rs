//! Reports: the views by name, and their rows within a range of days, one after the other.
//!
//! Which there are, of which columns, and what these mean, `docs/TABLES.md` says; tests hold it to the database.

mod dictionary;
mod first;
mod selection;

use std::sync::LazyLock;

use crate::db::catalogue::{self, Column, Kind, quoted};
use crate::db::cell::{Cell, each_row};
use crate::db::statement::execute;
use crate::db::{Error, Result, Tx};

pub use selection::{Selection, Wrong};

/// A view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Its name.
    pub name: &'static str,
    /// What it tells, in Markdown.
    pub about: &'static str,
    /// The column by which its rows are of a day, or of a month.
    pub day: Option<&'static str>,
    /// Its columns.
    pub columns: Vec<Described>,
}

/// The most days at once: it has rows of each.
const LONGEST: [(&str, u64); 1] = [("arrivals", 366)];

/// By which column rows that are of no day are best looked at.
const HIGHEST: [(&str, &str); 1] = [("customer_value", "total")];

impl Report {
    /// The column by which its highest rows are shown first, where it has no days.
    pub fn highest(&self) -> Option<&'static str> {
        HIGHEST.iter().find(|(name, _)| *name == self.name).map(|(_, column)| *column)
    }

    /// The most days that may be asked for at once.
    pub fn longest(&self) -> Option<u64> {
        LONGEST.iter().find(|(name, _)| *name == self.name).map(|(_, days)| *days)
    }
}

/// A column, and what it means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Described {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// Its type as the dictionary names it.
    pub type_name: &'static str,
    /// What it means, in Markdown.
    pub about: &'static str,
}

static ALL: LazyLock<Vec<Report>> = LazyLock::new(|| dictionary::views(include_str!("../docs/TABLES.md")));

/// All reports, in the order of the dictionary.
pub fn all() -> &'static [Report] {
    &ALL
}

/// The report of this name.
pub fn find(name: &str) -> Option<&'static Report> {
    ALL.iter().find(|report| report.name == name)
}

impl Report {
    /// Its columns as they are selected.
    pub fn selected(&self, tx: &mut Tx<'_>) -> Result<Vec<Column>> {
        if let Tx::Postgres(_) = tx {
            return catalogue::columns(tx, self.name);
        }
        // SQLite would read a whole view to tell the types of its columns.
        let column = |column: &Described| Column {
            name: column.name.to_owned(),
            kind: column.kind,
            expression: quoted(column.name),
        };
        Ok(self.columns.iter().map(column).collect())
    }

    /// Hands out the rows that are selected: the highest first where that is asked for, then by day and the other columns. Call it in a transaction.
    pub fn each_row<E: From<Error> + From<diesel::result::Error>>(
        &self,
        tx: &mut Tx<'_>,
        selection: &Selection,
        columns: &[Column],
        each: impl FnMut(Vec<Cell>) -> std::result::Result<(), E>,
    ) -> std::result::Result<(), E> {
        if let Tx::Postgres(_) = tx {
            // Texts are written as literals, in which a backslash means itself.
            execute(tx, "SET LOCAL standard_conforming_strings = on")?;
        }
        let kinds: Vec<_> = columns.iter().map(|column| column.kind).collect();
        each_row(tx, &self.query(selection, columns), &kinds, each)
    }

    fn query(&self, selection: &Selection, columns: &[Column]) -> String {
        let list: Vec<_> = columns.iter().map(|column| column.expression.as_str()).collect();
        let mut query = format!("SELECT {} FROM {}", list.join(", "), self.name);
        let conditions = selection.conditions(self);
        if !conditions.is_empty() {
            query = format!("{query} WHERE {}", conditions.join(" AND "));
        }
        let by_day = self.day.into_iter();
        let others =
            self.columns.iter().filter(|column| !matches!(column.kind, Kind::Json | Kind::Money | Kind::Instant));
        let highest = selection.highest.map(|column| format!("{} DESC", quoted(column)));
        let order: Vec<_> =
            highest.into_iter().chain(by_day.chain(others.map(|column| column.name)).map(quoted)).collect();
        query = format!("{query} ORDER BY {}", order.join(", "));
        if let Some(limit) = selection.limit {
            query = format!("{query} LIMIT {limit}");
        }
        query
    }
}
