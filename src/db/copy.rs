//! Adds many rows at once that are known to be new. PostgreSQL takes them by `COPY`, while they are still being written,
//! and looks for no row of the same key: one that is there after all is an error. SQLite has no such way, and needs none.

/// Adds rows whose keys are not stored. A macro, since the type behind `Insertable` can be inferred but not named.
macro_rules! copy {
    ($tx:expr, $row:ty, $rows:expr) => {{
        let rows: Vec<&$row> = $rows.iter().map(std::borrow::Borrow::borrow).collect();
        match $tx {
            $crate::db::Tx::Postgres(_) if rows.is_empty() => {}
            $crate::db::Tx::Postgres(connection) => {
                let table = <<$row as $crate::db::row::Row>::Table as Default>::default();
                let copy = diesel::copy_from(table).from_insertable(rows);
                diesel::prelude::ExecuteCopyFromDsl::execute(copy, &mut **connection)?;
            }
            tx @ $crate::db::Tx::Sqlite(_) => drop($crate::db::upsert::upsert!(tx, $row, rows)?),
        }
        Ok(())
    }};
}
pub(crate) use copy;
