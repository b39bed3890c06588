//! The difference as a user reads it: row by row, column by column.

use serde::Serialize;
use serde_json::{Map, Value};

use super::difference::columns_of;
use super::tables::{Names, Table};
use crate::db::{Result, Tx};

/// Rows that are read at once.
const PAGE: i64 = 200;

/// A row that a rebuild would write.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Change {
    /// Its table.
    pub table: &'static str,
    /// `insert`, `update` or `delete`.
    pub op: &'static str,
    /// Its primary key.
    pub key: Map<String, Value>,
    /// Column to what it is and what it would be.
    pub columns: Map<String, Value>,
}

/// A page of a table's changes; empty past the end.
pub(super) fn page(tx: &mut Tx<'_>, names: &Names, table: &Table, number: i64) -> Result<Vec<Change>> {
    let diff = names.diff(table.name);
    let (after, to) = (number * PAGE, (number + 1) * PAGE);
    let mut rows = |op, prefix| {
        let columns = columns_of(table, prefix);
        let query = format!("SELECT {columns} FROM {diff} WHERE n > {after} AND n <= {to} AND op = '{op}' ORDER BY n");
        (table.rows)(tx, &query)
    };
    let deleted = rows("delete", "o_")?.into_iter().map(|row| change(table, "delete", &row, &Map::new()));
    let inserted = rows("insert", "n_")?.into_iter().map(|row| change(table, "insert", &Map::new(), &row));
    let pairs = rows("update", "o_")?.into_iter().zip(rows("update", "n_")?);
    let updated = pairs.map(|(old, new)| change(table, "update", &old, &new));
    Ok(deleted.chain(inserted).chain(updated).collect())
}

fn change(table: &Table, op: &'static str, old: &Map<String, Value>, new: &Map<String, Value>) -> Change {
    let of_key = |name: &&str| {
        let value = old.get(*name).or_else(|| new.get(*name)).cloned();
        ((*name).to_owned(), value.unwrap_or_default())
    };
    let key = table.key.iter().map(of_key).collect();
    let columns = table.columns.iter().filter(|name| !table.key.contains(name)).filter_map(|name| {
        let value = |row: &Map<String, Value>| row.get(*name).cloned().unwrap_or_default();
        let pair = [value(old), value(new)];
        (pair[0] != pair[1]).then(|| ((*name).to_owned(), Value::from(pair.to_vec())))
    });
    Change { table: table.name, op, key, columns: columns.collect() }
}
