//! Types of SQLite's columns: of what PostgreSQL tells apart, SQLite declares only some, and of a view's expressions none.
//!
//! A table's column is told by what is declared, a text by its name, and JSON by the check on it. A view's column is of
//! the type it is declared with, else of that which tables give its name, else of that of its values.

use std::collections::BTreeMap;

use diesel::prelude::*;
use diesel::sql_types::Text;

use super::{Column, Declared, Kind, quoted, relations};
use crate::db::statement::texts;
use crate::db::{Error, Result, Tx};

pub(super) fn columns(tx: &mut Tx<'_>, relation: &str) -> Result<Vec<Column>> {
    let (is_view, definition) = definition(tx, relation)?;
    let names = if is_view { names_of_tables(tx)? } else { BTreeMap::new() };
    let mut columns = Vec::new();
    for column in declared(tx, relation)? {
        let kind = match (passed_on(&column), names.get(&column.name)) {
            _ if !is_view => of_table(&column, &definition),
            (Some(kind), _) | (None, Some(&kind)) => kind.in_view(),
            (None, None) => of_values(tx, relation, &column.name)?,
        };
        columns.push(Column { kind, expression: quoted(&column.name), name: column.name });
    }
    Ok(columns)
}

/// The kind of a view's column that is a table's, which keeps what it was declared with, or a cast. Of other expressions
/// SQLite says nothing of use.
fn passed_on(column: &Declared) -> Option<Kind> {
    match column.declared.as_str() {
        "INTEGER" | "BIGINT" | "INT" => Some(Kind::BigInt),
        "BOOLEAN" => Some(Kind::Bool),
        "NUMERIC" | "REAL" => Some(Kind::Money),
        _ => by_name(&column.name),
    }
}

/// The kind that tables give each name, where they agree; an amount is one wherever it is declared so.
fn names_of_tables(tx: &mut Tx<'_>) -> Result<BTreeMap<String, Kind>> {
    let mut names = BTreeMap::<String, Vec<Kind>>::new();
    for table in relations(tx)? {
        let (is_view, definition) = definition(tx, &table)?;
        for column in declared(tx, &table)?.into_iter().filter(|_| !is_view) {
            names.entry(column.name.clone()).or_default().push(of_table(&column, &definition));
        }
    }
    let agreed = names.into_iter().filter_map(|(name, kinds)| {
        let first = kinds.first().copied().filter(|first| kinds.iter().all(|kind| kind == first));
        Some((name, if kinds.contains(&Kind::Money) { Kind::Money } else { first? }))
    });
    Ok(agreed.collect())
}

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
        "INTEGER" if ["id", "seq"].contains(&name) || name.ends_with("event_id") => Kind::BigInt,
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
    match name.rsplit_once('_').map_or(("", name), |(before, last)| (before, last)) {
        (before, "at") if !before.is_empty() => Some(Kind::Instant),
        (before, "on") if !before.is_empty() => Some(Kind::Date),
        (_, "day" | "month") => Some(Kind::Date),
        // Of `freshness`: the only expression that is one.
        ("dates", "follow") => Some(Kind::Bool),
        _ => None,
    }
}

/// What a view's values are, where nothing else tells.
fn of_values(tx: &mut Tx<'_>, relation: &str, column: &str) -> Result<Kind> {
    let (relation, column) = (quoted(relation), quoted(column));
    let is_instant = format!("{column} GLOB '{DAY} [0-9][0-9]:[0-9][0-9]:[0-9][0-9]*+00:00'");
    let query = format!(
        "SELECT DISTINCT CASE WHEN {column} GLOB '{DAY}' THEN 'date' WHEN {is_instant} THEN 'instant' \
         ELSE typeof({column}) END AS v FROM {relation} WHERE {column} IS NOT NULL ORDER BY 1"
    );
    let types = texts(tx, &query)?;
    Ok(match types.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["integer"] => Kind::BigInt,
        ["real"] | ["integer", "real"] => Kind::Money,
        ["blob"] => Kind::Bytes,
        ["date"] => Kind::Date,
        ["instant"] => Kind::Instant,
        _ => Kind::Text,
    })
}

/// `2026-07-01`
const DAY: &str = "[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]";
