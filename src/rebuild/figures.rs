//! Counts and sums: of the live tables, of what they will be, and of the shadow, which has to agree.

use serde::Serialize;

use super::tables::{Names, Rule, Table};
use crate::db::statement::{number, text};
use crate::db::{Error, Result, Tx};

/// How many rows of a table a rebuild writes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// The table.
    pub table: &'static str,
    /// Rows that were missing.
    pub inserted: i64,
    /// Rows that said something else.
    pub updated: i64,
    /// Rows that no event tells of.
    pub deleted: i64,
}

/// A table before and after.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Figures {
    /// The table.
    pub table: &'static str,
    /// Rows before and after.
    pub rows: [i64; 2],
    /// Of money columns: the column, its sum before and after, to two decimals.
    pub sums: Vec<(&'static str, [String; 2])>,
}

impl Counts {
    pub(super) fn of(tx: &mut Tx<'_>, names: &Names, table: &Table) -> Result<Self> {
        let diff = names.shadow(&format!("diff_{}", table.name));
        let mut count = |op| number(tx, &format!("SELECT count(*) AS v FROM {diff} WHERE op = '{op}'"));
        Ok(Self { table: table.name, inserted: count("insert")?, updated: count("update")?, deleted: count("delete")? })
    }

    /// Whether nothing is to be written.
    pub fn is_empty(&self) -> bool {
        self.inserted + self.updated + self.deleted == 0
    }
}

impl Figures {
    /// Counts and sums, after the comparison. An error where the difference does not lead to what the shadow has.
    pub(super) fn of(tx: &mut Tx<'_>, names: &Names, table: &Table, counts: &Counts) -> Result<Self> {
        let (live, shadow) = (names.live(table.name), names.shadow(table.name));
        let before = number(tx, &format!("SELECT count(*) AS v FROM {live}"))?;
        let after = before + counts.inserted - counts.deleted;
        let rebuilt = number(tx, &format!("SELECT count(*) AS v FROM {shadow}"))?;
        // Elsewhere live rows stay that the shadow was not given.
        let comparable = matches!(table.rule, Rule::Own | Rule::PartOf(_));
        if comparable && after != rebuilt {
            return Err(disagree(table, "rows", &after.to_string(), &rebuilt.to_string()));
        }
        let mut sums = Vec::new();
        for column in table.money {
            let diff = names.shadow(&format!("diff_{}", table.name));
            let before = format!("(SELECT COALESCE(sum({column}), 0) FROM {live})");
            let delta = format!("(SELECT COALESCE(sum(n_{column}), 0) - COALESCE(sum(o_{column}), 0) FROM {diff})");
            let rebuilt = format!("(SELECT COALESCE(sum({column}), 0) FROM {shadow})");
            let [before, after, rebuilt] =
                [before.clone(), format!("{before} + {delta}"), rebuilt].map(|sum| amount(tx, names, &sum));
            let (before, after, rebuilt) = (before?, after?, rebuilt?);
            // Sums are floats on SQLite.
            if comparable && !is_near(&after, &rebuilt) {
                return Err(disagree(table, column, &after, &rebuilt));
            }
            sums.push((*column, [before, after]));
        }
        Ok(Self { table: table.name, rows: [before, after], sums })
    }
}

fn amount(tx: &mut Tx<'_>, names: &Names, sum: &str) -> Result<String> {
    let rounded =
        if names.is_postgres { format!("CAST(round({sum}, 2) AS TEXT)") } else { format!("printf('%.2f', {sum})") };
    text(tx, &format!("SELECT {rounded} AS v"))
}

fn is_near(one: &str, other: &str) -> bool {
    match (one.parse::<f64>(), other.parse::<f64>()) {
        (Ok(one), Ok(other)) => (one - other).abs() <= 0.015 + one.abs() * 1e-9,
        _ => one == other,
    }
}

fn disagree(table: &Table, what: &str, after: &str, rebuilt: &str) -> Error {
    Error::Schema(format!(
        "{} of {}: the difference leads to {after}, the rebuilt table has {rebuilt}; nothing was changed (a bug, please report it)",
        what, table.name
    ))
}
