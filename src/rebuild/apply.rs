//! Writes the difference into the live tables: short, all or nothing, and only over rows that are as they were compared.

mod noted;

use super::difference::{joined, keys_of};
use super::figures::Counts;
use super::tables::{Names, Table, list, same};
use crate::db::statement::{execute, number};
use crate::db::{Error, Result, Tx};

/// Inserts and updates, parents first, then deletes, parents last; and lists them as changes.
pub(super) fn apply(tx: &mut Tx<'_>, names: &Names, tables: &[Table], counts: &[Counts]) -> Result<()> {
    for table in tables {
        check(tx, names, table)?;
    }
    for (table, counts) in tables.iter().zip(counts) {
        let diff = names.diff(table.name);
        let live = names.live(table.name);
        if counts.inserted > 0 {
            let (columns, values) = (list(table.columns, ""), prefixed(table.columns, "n_"));
            let insert = format!("INSERT INTO {live} ({columns}) SELECT {values} FROM {diff} WHERE op = 'insert'");
            written(table, counts.inserted, execute(tx, &insert)?)?;
        }
        if counts.updated > 0 {
            let set = table.columns.iter().filter(|name| !table.key.contains(name));
            let set: Vec<_> = set.map(|name| format!("\"{name}\" = d.\"n_{name}\"")).collect();
            let keys: Vec<_> = table.key.iter().map(|name| format!("k_{name}")).collect();
            let keys: Vec<_> = keys.iter().map(String::as_str).collect();
            let update = format!(
                "UPDATE {live} AS l SET {} FROM {diff} d WHERE d.op = 'update' AND {}",
                set.join(", "),
                same("l", table.key, "d", &keys)
            );
            written(table, counts.updated, execute(tx, &update)?)?;
        }
    }
    for (table, counts) in tables.iter().zip(counts).rev().filter(|(_, counts)| counts.deleted > 0) {
        let (keys, gone) = (list(table.key, ""), keys_of(table));
        let diff = names.diff(table.name);
        let live = names.live(table.name);
        let delete = format!("DELETE FROM {live} WHERE ({keys}) IN (SELECT {gone} FROM {diff} WHERE op = 'delete')");
        written(table, counts.deleted, execute(tx, &delete)?)?;
    }
    noted::append(tx, names)
}

/// Someone may have edited rows since they were compared: a user, by hand.
fn check(tx: &mut Tx<'_>, names: &Names, table: &Table) -> Result<()> {
    let old: Vec<_> = table.columns.iter().map(|name| format!("o_{name}")).collect();
    let pairs = table.columns.iter().zip(&old);
    let changed: Vec<_> = pairs.map(|(name, old)| format!("l.\"{name}\" IS DISTINCT FROM d.\"{old}\"")).collect();
    let changed = changed.join(" OR ");
    let query = format!("SELECT count(*) AS v FROM {} WHERE {changed}", joined(names, table));
    if number(tx, &query)? == 0 {
        return Ok(());
    }
    let hint = "somebody edited them while they were compared; nothing was changed, run it again";
    Err(Error::Schema(format!("rows of {} are no longer as they were: {hint}", table.name)))
}

fn written(table: &Table, expected: i64, written: usize) -> Result<()> {
    if usize::try_from(expected) == Ok(written) {
        return Ok(());
    }
    Err(Error::Schema(format!(
        "{written} rows of {} were written instead of {expected}; nothing was changed",
        table.name
    )))
}

fn prefixed(columns: &[&str], prefix: &str) -> String {
    let columns: Vec<_> = columns.iter().map(|name| format!("\"{prefix}{name}\"")).collect();
    columns.join(", ")
}
