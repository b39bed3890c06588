//! Writes many rows at once, guarded: a stored row yields only to a newer event.
//!
//! Diesel has no batch `ON CONFLICT .. DO UPDATE .. WHERE` for SQLite, hence the own query fragment. PostgreSQL gets all
//! rows in one statement, an array for each column; SQLite, which has no round trip, a row at a time. Either text is
//! the same whatever the rows, so it is prepared once.

use std::marker::PhantomData;

use diesel::backend::Backend;
use diesel::insertable::InsertValues;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sqlite::Sqlite;

use super::array::ColumnArray;
use super::row::{Conflict, Row};

/// `INSERT INTO t (..) .. ON CONFLICT (key) DO ..`
pub(crate) struct Upsert<R, S> {
    /// Where the rows come from: [`Values`] or [`Unnest`].
    pub(crate) source: S,
    pub(crate) row: PhantomData<R>,
}

/// One row, as Diesel's insertable values.
pub(crate) struct Values<V>(pub(crate) V);

/// All rows, as arrays.
pub(crate) struct Unnest<'r>(pub(crate) Vec<ColumnArray<'r>>);

impl<R: 'static, S> QueryId for Upsert<R, S> {
    type QueryId = Upsert<R, ()>;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl<R, S, C> diesel::RunQueryDsl<C> for Upsert<R, S> {}

impl<R: Row, V: InsertValues<Sqlite, R::Table>> QueryFragment<Sqlite> for Upsert<R, Values<V>> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        into::<R, _>(&mut out)?;
        out.push_sql("VALUES (");
        self.source.0.walk_ast(out.reborrow())?;
        out.push_sql(")");
        on_conflict::<R, _>(&mut out)
    }
}

impl<R: Row> QueryFragment<Pg> for Upsert<R, Unnest<'_>> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        into::<R, _>(&mut out)?;
        // Not in FROM, where each array would be kept in a store of its own before it is read.
        for (index, array) in self.source.0.iter().enumerate() {
            out.push_sql(if index == 0 { "SELECT unnest(" } else { "), unnest(" });
            array.walk_ast(out.reborrow())?;
        }
        out.push_sql(")");
        on_conflict::<R, _>(&mut out)
    }
}

fn into<R: Row, DB: Backend>(out: &mut AstPass<'_, '_, DB>) -> QueryResult<()> {
    out.push_sql("INSERT INTO ");
    out.push_identifier(R::TABLE)?;
    out.push_sql(" (");
    list(out, R::COLUMNS)?;
    out.push_sql(") ");
    Ok(())
}

fn on_conflict<R: Row, DB: Backend>(out: &mut AstPass<'_, '_, DB>) -> QueryResult<()> {
    out.push_sql(" ON CONFLICT (");
    list(out, R::KEY)?;
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

fn list<DB: Backend>(out: &mut AstPass<'_, '_, DB>, columns: &[&str]) -> QueryResult<()> {
    for (index, column) in columns.iter().enumerate() {
        out.push_sql(if index == 0 { "" } else { ", " });
        out.push_identifier(column)?;
    }
    Ok(())
}

/// Values in one `IN (..)`: SQLite takes 32,766 binds in all.
pub(crate) const BINDS: usize = 10_000;

/// Rows in one statement on PostgreSQL: their arrays are held in memory on both sides.
pub(crate) const ROWS: usize = 10_000;

/// Writes the rows, and counts those that were written. A macro, since the type behind `Insertable` can be inferred but not named.
macro_rules! upsert {
    ($tx:expr, $row:ty, $rows:expr) => {{
        use $crate::db::row::Row;
        use $crate::db::upsert::{ROWS, Unnest, Upsert, Values};
        let rows: Vec<&$row> = $rows.iter().map(std::borrow::Borrow::borrow).collect();
        match $tx {
            $crate::db::Tx::Postgres(connection) => rows.chunks(ROWS).try_fold(0, |written, rows| {
                let source = Unnest(<$row as Row>::arrays(rows));
                let upsert = Upsert::<$row, _> { source, row: std::marker::PhantomData };
                Ok::<_, $crate::db::Error>(written + diesel::RunQueryDsl::execute(upsert, &mut **connection)?)
            }),
            $crate::db::Tx::Sqlite(connection) => rows.iter().try_fold(0, |written, row| {
                let source = Values(diesel::Insertable::<<$row as Row>::Table>::values(*row).values);
                let upsert = Upsert::<$row, _> { source, row: std::marker::PhantomData };
                Ok(written + diesel::RunQueryDsl::execute(upsert, &mut **connection)?)
            }),
        }
    }};
}
pub(crate) use upsert;
