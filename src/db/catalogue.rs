//! The tables and views there are, as the database itself lists them, and of what type their columns are.

mod sqlite;

use diesel::prelude::*;
use diesel::sql_types::Text;

use super::statement::texts;
use super::{Result, Tx};

/// A type of the mirror, the same on both databases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// 32 bits.
    Int,
    /// 64 bits.
    BigInt,
    /// True or false.
    Bool,
    /// An exact decimal.
    Money,
    /// A calendar day.
    Date,
    /// A point in time.
    Instant,
    /// A JSON document.
    Json,
    /// Anything else.
    Text,
    /// Raw bytes.
    Bytes,
}

impl Kind {
    /// Of a view's expression SQLite does not tell how large a whole number may be: there it is 64 bits on both databases.
    fn in_view(self) -> Self {
        if self == Self::Int { Self::BigInt } else { self }
    }
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// What it holds.
    pub kind: Kind,
    /// How it is selected.
    pub(crate) expression: String,
}

/// Tables and views, by name.
pub fn relations(tx: &mut Tx<'_>) -> Result<Vec<String>> {
    let query = match tx {
        Tx::Postgres(_) => {
            "SELECT CAST(table_name AS TEXT) AS v FROM information_schema.tables WHERE table_schema = current_schema() \
             ORDER BY 1"
        }
        Tx::Sqlite(_) => {
            "SELECT name AS v FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite%' ORDER BY 1"
        }
    };
    texts(tx, query)
}

/// The columns of a table or view, in their order; none where there is no such relation.
pub fn columns(tx: &mut Tx<'_>, relation: &str) -> Result<Vec<Column>> {
    match tx {
        Tx::Sqlite(_) => sqlite::columns(tx, relation),
        Tx::Postgres(connection) => {
            let query = "SELECT CAST(column_name AS TEXT) AS name, CASE WHEN table_type = 'VIEW' AND udt_name = 'int4' THEN \
                         'int4 of a view' ELSE CAST(udt_name AS TEXT) END AS type FROM information_schema.columns \
                         JOIN information_schema.tables USING (table_schema, table_name) \
                         WHERE table_schema = current_schema() AND table_name = $1 ORDER BY ordinal_position";
            let columns: Vec<Declared> = diesel::sql_query(query).bind::<Text, _>(relation).load(&mut **connection)?;
            Ok(columns.into_iter().map(Declared::of_postgres).collect())
        }
    }
}

/// A column as the database declares it.
#[derive(QueryableByName)]
struct Declared {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text, column_name = "type")]
    declared: String,
}

impl Declared {
    fn of_postgres(self) -> Column {
        let quoted = quoted(&self.name);
        let (kind, cast) = match self.declared.as_str() {
            "int4" => (Kind::Int, None),
            "int8" => (Kind::BigInt, None),
            "bool" => (Kind::Bool, None),
            "numeric" => (Kind::Money, None),
            "date" => (Kind::Date, None),
            "timestamptz" => (Kind::Instant, None),
            "jsonb" => (Kind::Json, None),
            "bytea" => (Kind::Bytes, None),
            "text" | "varchar" => (Kind::Text, None),
            "int4 of a view" => (Kind::Int.in_view(), Some("BIGINT")),
            "int2" => (Kind::Int, Some("INTEGER")),
            "float4" | "float8" => (Kind::Money, Some("NUMERIC")),
            "json" => (Kind::Json, Some("JSONB")),
            _ => (Kind::Text, Some("TEXT")),
        };
        let expression = cast.map_or_else(|| quoted.clone(), |cast| format!("CAST({quoted} AS {cast})"));
        Column { name: self.name, kind, expression }
    }
}

/// A name, as SQL takes any.
pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
