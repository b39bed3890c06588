//! Types of SQLite's columns: of what PostgreSQL tells apart, SQLite declares only some, and of a view's expressions none.
//!
//! A table's column is told by what is declared, a text by its name, and JSON by the check on it. A view's column is of
//! the type that tables give its name, else of that of its values.

use std::collections::{BTreeMap, BTreeSet};

use diesel::prelude::*;
use diesel::sql_types::Text;

use super::{Column, Declared, Kind, quoted, relations};
use crate::db::statement::texts;
use crate::db::{Error, Result, Tx};

pub(super) fn columns(tx: &mut Tx<'_>, relation: &str) -> Result<Vec<Column>> {
    let (is_view, definition) = definition(tx, relation)?;
    let mut names = BTreeMap::<String, BTreeSet<u8>>::new();
    if is_view {
        for table in relations(tx)? {
            let (is_view, definition) = self::definition(tx, &table)?;
            for column in declared(tx, &table)?.into_iter().filter(|_| !is_view) {
                names.entry(column.name.clone()).or_default().insert(of_table(&column, &definition) as u8);
            }
        }
    }
    let mut columns = Vec::new();
    for column in declared(tx, relation)? {
        let kind = match (is_view, names.get(&column.name)) {
            (false, _) => of_table(&column, &definition),
            (true, Some(kinds)) if kinds.len() == 1 => {
                let kind = kinds.first().copied();
                ALL.into_iter().find(|known| Some(*known as u8) == kind).unwrap_or(Kind::Text)
            }
            (true, _) => match by_name(&column.name) {
                Some(kind) => kind,
                None => of_values(tx, relation, &column.name)?,
            },
        };
        columns.push(Column { kind, expression: quoted(&column.name), name: column.name });
    }
    Ok(columns)
}

const ALL: [Kind; 9] =
    [Kind::Int, Kind::BigInt, Kind::Bool, Kind::Money, Kind::Date, Kind::Instant, Kind::Json, Kind::Text, Kind::Bytes];

/// Whether it is a view, and the statement that made it.
fn definition(tx: &mut Tx<'_>, relation: &str) -> Result<(bool, String)> {
    let name = relation.replace('\'', "''");
    let query = format!(
        "SELECT type || ' ' || sql AS v FROM sqlite_master WHERE name = '{name}' AND type IN ('table', 'view')"
    );
    let found = texts(tx, &query)?.into_iter().next().unwrap_or_default();
    Ok((found.starts_with("view "), found))
}

fn declared(tx: &mut Tx<'_>, relation: &str) -> Result<Vec<Declared>> {
    let Tx::Sqlite(connection) = tx else { return Err(Error::Schema("not SQLite".to_owned())) };
    let query = diesel::sql_query("SELECT name, upper(type) AS type FROM pragma_table_info($1) ORDER BY cid");
    Ok(query.bind::<Text, _>(relation).load(&mut **connection)?)
}

fn of_table(column: &Declared, definition: &str) -> Kind {
    let name = column.name.as_str();
    match column.declared.as_str() {
        // The key of a table is an INTEGER in SQLite, which holds 64 bits.
        "INTEGER" if name == "id" || name.ends_with("event_id") => Kind::BigInt,
        "INTEGER" | "INT" => Kind::Int,
        "BIGINT" => Kind::BigInt,
        "BOOLEAN" => Kind::Bool,
        "NUMERIC" | "REAL" => Kind::Money,
        "DATE" => Kind::Date,
        "BLOB" => Kind::Bytes,
        _ if definition.contains(&format!("json_valid({name})")) => Kind::Json,
        _ => by_name(name).unwrap_or(Kind::Text),
    }
}

/// Instants end in `_at`, dates in `_on`.
fn by_name(name: &str) -> Option<Kind> {
    match name.rsplit('_').next() {
        Some("at") if name != "at" => Some(Kind::Instant),
        Some("on") if name != "on" => Some(Kind::Date),
        Some("day") => Some(Kind::Date),
        _ => None,
    }
}

fn of_values(tx: &mut Tx<'_>, relation: &str, column: &str) -> Result<Kind> {
    let (relation, column) = (quoted(relation), quoted(column));
    let query = format!("SELECT DISTINCT typeof({column}) AS v FROM {relation} WHERE {column} IS NOT NULL ORDER BY 1");
    let types = texts(tx, &query)?;
    Ok(match types.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["integer"] => Kind::BigInt,
        ["real"] | ["integer", "real"] => Kind::Money,
        ["blob"] => Kind::Bytes,
        _ => Kind::Text,
    })
}
