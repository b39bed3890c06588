//! Writes many rows at once, guarded: a stored row yields only to a newer event.
//!
//! Diesel has no batch `ON CONFLICT .. DO UPDATE .. WHERE` for SQLite, hence the own query fragment.

use std::marker::PhantomData;

use diesel::backend::Backend;
use diesel::insertable::InsertValues;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};

use super::{Result, Tx};

/// A row type: one table, used for insert and select alike. Made by `row!`.
pub trait Row: Sized {
    /// Diesel's table.
    type Table: Table + Default;
    /// The table's name.
    const TABLE: &'static str;
    /// The columns of the primary key.
    const KEY: &'static [&'static str];
    /// All columns.
    const COLUMNS: &'static [&'static str];
    /// What happens to a stored row of the same key.
    const CONFLICT: Conflict;

    /// The rows that a query of our own gives; it names every column.
    fn of_query(tx: &mut Tx<'_>, query: &str) -> Result<Vec<Self>>;
}

/// What happens to a stored row of the same key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Conflict {
    /// It is overwritten, unless its `last_event_id` is higher.
    Newer,
    /// It stays.
    Keep,
}

/// `INSERT INTO t (..) VALUES (..), (..) ON CONFLICT (key) DO ..`
pub struct Upsert<R, V> {
    /// The rows, as Diesel's insertable values.
    pub values: Vec<V>,
    /// The row type they came from.
    pub row: PhantomData<R>,
}

impl<R, V> QueryId for Upsert<R, V> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<R, V, C> diesel::RunQueryDsl<C> for Upsert<R, V> {}

impl<R: Row, V: InsertValues<DB, R::Table>, DB: Backend> QueryFragment<DB> for Upsert<R, V> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        // One row is one text, worth preparing once; a batch's text changes with its length.
        if self.values.len() > 1 {
            out.unsafe_to_cache_prepared();
        }
        out.push_sql("INSERT INTO ");
        out.push_identifier(R::TABLE)?;
        out.push_sql(" (");
        self.values[0].column_names(out.reborrow())?;
        out.push_sql(") VALUES ");
        for (index, row) in self.values.iter().enumerate() {
            out.push_sql(if index == 0 { "(" } else { ", (" });
            row.walk_ast(out.reborrow())?;
            out.push_sql(")");
        }
        out.push_sql(" ON CONFLICT (");
        for (index, column) in R::KEY.iter().enumerate() {
            out.push_sql(if index == 0 { "" } else { ", " });
            out.push_identifier(column)?;
        }
        if R::CONFLICT == Conflict::Keep {
            out.push_sql(") DO NOTHING");
            return Ok(());
        }
        out.push_sql(") DO UPDATE SET ");
        for (index, column) in R::COLUMNS.iter().filter(|column| !R::KEY.contains(column)).enumerate() {
            out.push_sql(if index == 0 { "" } else { ", " });
            out.push_identifier(column)?;
            out.push_sql(" = excluded.");
            out.push_identifier(column)?;
        }
        out.push_sql(" WHERE ");
        out.push_identifier(R::TABLE)?;
        out.push_sql(".last_event_id <= excluded.last_event_id");
        Ok(())
    }
}

/// Values in one `IN (..)`: SQLite takes 32,766 binds in all.
pub(crate) const BINDS: usize = 10_000;

/// How many rows go into one statement: PostgreSQL takes 65,535 binds. For SQLite, which has no round trip, one
/// prepared statement run again and again is the fastest.
pub(crate) const fn rows_per_statement(postgres: bool, columns: usize) -> usize {
    if postgres { 60_000 / columns } else { 1 }
}

/// Writes the rows, and counts those that were written. A macro, since the type behind `Insertable` can be inferred but not named.
macro_rules! upsert {
    ($tx:expr, $row:ty, $rows:expr) => {{
        let rows: &[$row] = $rows;
        let postgres = matches!($tx, $crate::db::Tx::Postgres(_));
        let columns = <$row as $crate::db::upsert::Row>::COLUMNS.len();
        let mut chunks = rows.chunks($crate::db::upsert::rows_per_statement(postgres, columns));
        chunks.try_fold(0, |written, chunk| {
            let values: Vec<_> = chunk
                .iter()
                .map(|row| diesel::Insertable::<<$row as $crate::db::upsert::Row>::Table>::values(row).values)
                .collect();
            let statement = $crate::db::upsert::Upsert::<$row, _> { values, row: std::marker::PhantomData };
            $crate::db::on!($tx, |connection| diesel::RunQueryDsl::execute(statement, connection))
                .map(|rows| written + rows)
        })
    }};
}
pub(crate) use upsert;

/// Defines the struct of a table's row: one for insert, select and upsert.
macro_rules! row {
    (
        $(#[$meta:meta])*
        $name:ident in $table:ident, key ($($key:ident),+), on conflict $conflict:ident {
            $($(#[$field_meta:meta])* $field:ident: $type:ty,)+
        }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, diesel::Queryable, diesel::QueryableByName, diesel::Insertable, serde::Serialize)]
        #[diesel(table_name = $crate::db::schema::$table, treat_none_as_default_value = false)]
        pub struct $name {
            $($(#[$field_meta])* #[allow(missing_docs, reason = "docs/TABLES.md describes every column")] pub $field: $type,)+
        }

        impl $crate::db::upsert::Row for $name {
            type Table = $crate::db::schema::$table::table;
            const TABLE: &'static str = stringify!($table);
            const KEY: &'static [&'static str] = &[$(stringify!($key)),+];
            const COLUMNS: &'static [&'static str] = &[$(stringify!($field)),+];
            const CONFLICT: $crate::db::upsert::Conflict = $crate::db::upsert::Conflict::$conflict;

            fn of_query(tx: &mut $crate::db::Tx<'_>, query: &str) -> $crate::db::Result<Vec<Self>> {
                let query = || diesel::sql_query(query);
                Ok($crate::db::on!(tx, |connection| diesel::RunQueryDsl::load(query(), connection))?)
            }
        }
    };
}
pub(crate) use row;
