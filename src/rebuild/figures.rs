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
        let diff = names.diff(table.name);
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
        // Elsewhere live rows stay that the shadow was not given.
        let comparable = matches!(table.rule, Rule::Own | Rule::PartOf(_));
        let look = number_and_sums(tx, names, table)?;
        let mut look = look.split(' ').map(str::to_owned);
        let mut next = || look.next().unwrap_or_default();
        let [before, rebuilt] = [next(), next()].map(|count| count.parse().unwrap_or(0));
        let after = before + counts.inserted - counts.deleted;
        if comparable && after != rebuilt {
            return Err(disagree(table, "rows", &after.to_string(), &rebuilt.to_string()));
        }
        let mut sums = Vec::new();
        for column in table.money {
            let [before, after, rebuilt] = [next(), next(), next()];
            // Sums are floats on SQLite.
            if comparable && !is_near(&after, &rebuilt) {
                return Err(disagree(table, column, &after, &rebuilt));
            }
            sums.push((*column, [before, after]));
        }
        Ok(Self { table: table.name, rows: [before, after], sums })
    }
}

/// Rows of the table and of its shadow, then of each sum what it is, what it will be, and what the shadow has: each
/// table is read once.
fn number_and_sums(tx: &mut Tx<'_>, names: &Names, table: &Table) -> Result<String> {
    let own = |column: &&str| format!(", {} AS {column}", sum("", column));
    let own: String = table.money.iter().map(own).collect();
    let delta = |column: &&str| format!(", {} - {} AS {column}", sum("n_", column), sum("o_", column));
    let deltas: String = table.money.iter().map(delta).collect();
    let mut shown = vec!["CAST(l.n AS TEXT)".to_owned(), "CAST(s.n AS TEXT)".to_owned()];
    for column in table.money {
        let each = [format!("l.{column}"), format!("l.{column} + d.{column}"), format!("s.{column}")];
        shown.extend(each.map(|sum| amount(names, &sum)));
    }
    text(
        tx,
        &format!(
            "SELECT {} AS v FROM (SELECT count(*) AS n{own} FROM {live}) l \
             CROSS JOIN (SELECT count(*) AS n{own} FROM {shadow}) s CROSS JOIN (SELECT count(*) AS n{deltas} FROM {diff}) d",
            shown.join(" || ' ' || "),
            live = names.live(table.name),
            shadow = names.shadow(table.name),
            diff = names.diff(table.name),
        ),
    )
}

fn sum(prefix: &str, column: &str) -> String {
    format!("COALESCE(sum({prefix}{column}), 0)")
}

fn amount(names: &Names, sum: &str) -> String {
    if names.is_postgres { format!("CAST(round({sum}, 2) AS TEXT)") } else { format!("printf('%.2f', {sum})") }
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
