//! Values of queries whose columns are known only when they run: each row of a table or view, one after the other.

use chrono::NaiveDate;
use diesel::connection::DefaultLoadingMode;
use diesel::deserialize::{self, FromSql, QueryableByName};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::row::{Field, NamedRow};
use diesel::sql_types::{self as builtin, BigInt, Binary, Text};
use diesel::sqlite::{Sqlite, SqliteType};
use rust_decimal::Decimal;
use serde_json::Value;

use super::catalogue::Kind;
use super::statement::execute;
use super::types::{Amount, Json, Timestamp, instant, sql};
use super::{Error, Result, Tx};

/// Rows that are held at once, on PostgreSQL.
const PAGE: usize = 500;

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// None.
    Null,
    /// Of a bool column.
    Bool(bool),
    /// Of an int or bigint column.
    Int(i64),
    /// Of a text column.
    Text(String),
    /// Of a date column.
    Date(NaiveDate),
    /// Of an instant column.
    Instant(Timestamp),
    /// Of a money column.
    Money(Decimal),
    /// Of a json column.
    Json(Value),
    /// Of a bytes column.
    Bytes(Vec<u8>),
}

/// Hands out each row of a query of our own, whose columns are of these kinds. Few rows are held at a time, however many
/// there are. Call it in a transaction.
pub fn each_row<E: From<Error> + From<diesel::result::Error>>(
    tx: &mut Tx<'_>,
    query: &str,
    kinds: &[Kind],
    mut each: impl FnMut(Vec<Cell>) -> std::result::Result<(), E>,
) -> std::result::Result<(), E> {
    if let Tx::Sqlite(connection) = tx {
        let mut rows = diesel::sql_query(query).load_iter::<SqliteRow, DefaultLoadingMode>(&mut **connection)?;
        return rows.try_for_each(|row| {
            let cells = row?.0.into_iter().zip(kinds).map(|(raw, kind)| read(raw, *kind));
            each(cells.collect::<Result<_>>()?)
        });
    }
    // The whole result is wanted, not its first rows soon.
    execute(tx, "SET LOCAL cursor_tuple_fraction = 1")?;
    execute(tx, &format!("DECLARE every_row NO SCROLL CURSOR FOR {query}"))?;
    loop {
        let Tx::Postgres(connection) = &mut *tx else { return Ok(()) };
        let next = format!("FETCH FORWARD {PAGE} FROM every_row");
        let rows: Vec<PostgresRow> = diesel::sql_query(next).load(&mut **connection)?;
        if rows.is_empty() {
            execute(tx, "CLOSE every_row")?;
            return Ok(());
        }
        rows.into_iter().try_for_each(|row| each(row.0))?;
    }
}

/// A row of PostgreSQL, which says of what type each value is.
struct PostgresRow(Vec<Cell>);

impl QueryableByName<Pg> for PostgresRow {
    fn build<'a>(row: &impl NamedRow<'a, Pg>) -> deserialize::Result<Self> {
        let cells = (0..row.field_count()).map(|index| {
            let field = diesel::row::Row::get(row, index).ok_or("a column is missing")?;
            let Some(value) = field.value() else { return Ok(Cell::Null) };
            Ok(match value.get_oid().get() {
                16 => Cell::Bool(FromSql::<builtin::Bool, Pg>::from_sql(value)?),
                17 => Cell::Bytes(FromSql::<Binary, Pg>::from_sql(value)?),
                20 => Cell::Int(FromSql::<BigInt, Pg>::from_sql(value)?),
                23 => Cell::Int(<i32 as FromSql<builtin::Integer, Pg>>::from_sql(value)?.into()),
                25 | 1043 => Cell::Text(FromSql::<Text, Pg>::from_sql(value)?),
                1082 => Cell::Date(FromSql::<builtin::Date, Pg>::from_sql(value)?),
                1184 => Cell::Instant(FromSql::<sql::Instant, Pg>::from_sql(value)?),
                1700 => Cell::Money(<Amount as FromSql<sql::Money, Pg>>::from_sql(value)?.0),
                3802 => Cell::Json(<Json as FromSql<sql::Document, Pg>>::from_sql(value)?.0),
                other => return Err(format!("type {other} cannot be read").into()),
            })
        });
        cells.collect::<deserialize::Result<_>>().map(Self)
    }
}

/// A row of SQLite, where any column may hold anything.
struct SqliteRow(Vec<Raw>);

enum Raw {
    Null,
    Int(i64),
    /// Text, or a float as SQLite writes it.
    Text(String),
    Bytes(Vec<u8>),
}

impl QueryableByName<Sqlite> for SqliteRow {
    fn build<'a>(row: &impl NamedRow<'a, Sqlite>) -> deserialize::Result<Self> {
        let cells = (0..row.field_count()).map(|index| {
            let field = diesel::row::Row::get(row, index).ok_or("a column is missing")?;
            let Some(value) = field.value() else { return Ok(Raw::Null) };
            Ok(match value.value_type() {
                None => Raw::Null,
                Some(SqliteType::Binary) => Raw::Bytes(FromSql::<Binary, Sqlite>::from_sql(value)?),
                Some(SqliteType::SmallInt | SqliteType::Integer | SqliteType::Long) => {
                    Raw::Int(FromSql::<BigInt, Sqlite>::from_sql(value)?)
                }
                Some(_) => Raw::Text(FromSql::<Text, Sqlite>::from_sql(value)?),
            })
        });
        cells.collect::<deserialize::Result<_>>().map(Self)
    }
}

/// What a value of SQLite means in a column of this kind.
fn read(raw: Raw, kind: Kind) -> Result<Cell> {
    let text = match raw {
        Raw::Null => return Ok(Cell::Null),
        Raw::Bytes(bytes) => return Ok(Cell::Bytes(bytes)),
        Raw::Int(value) => match kind {
            Kind::Int | Kind::BigInt => return Ok(Cell::Int(value)),
            Kind::Bool => return Ok(Cell::Bool(value != 0)),
            Kind::Money => return Ok(Cell::Money(value.into())),
            _ => value.to_string(),
        },
        Raw::Text(text) => text,
    };
    let wrong = |what: &str| Error::Schema(format!("`{}` is no {what}", text.chars().take(40).collect::<String>()));
    Ok(match kind {
        Kind::Text | Kind::Bytes => Cell::Text(text),
        Kind::Int | Kind::BigInt => Cell::Int(text.parse().map_err(|_| wrong("whole number"))?),
        Kind::Bool => return Err(wrong("bool")),
        Kind::Date => Cell::Date(text.parse().map_err(|_| wrong("date"))?),
        Kind::Instant => Cell::Instant(Timestamp(instant::read(&text).map_err(|_| wrong("instant"))?)),
        Kind::Json => Cell::Json(serde_json::from_str(&text).map_err(|_| wrong("JSON"))?),
        // SQLite writes very small and very large numbers with an exponent.
        Kind::Money => {
            let parsed = text.parse::<Decimal>().or_else(|_| Decimal::from_scientific(&text));
            Cell::Money(parsed.map_err(|_| wrong("amount"))?)
        }
    })
}
