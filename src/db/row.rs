//! A table's row: one struct for insert, select and upsert.

use diesel::prelude::*;
use serde::Serialize;

use super::array::ColumnArray;
use super::{Result, Tx};

/// A row type: one table, used for insert and select alike. Made by `row!`.
pub trait Row: Sized + 'static {
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

    /// The rows turned on their side: an array for each column.
    fn arrays<'r>(rows: &[&'r Self]) -> Vec<ColumnArray<'r>>;

    /// Shows each column.
    fn show(&self, columns: &mut impl Columns);
}

/// Looks at the columns of a row.
pub trait Columns {
    /// One of them.
    fn column(&mut self, name: &'static str, value: &impl Serialize);
}

/// What happens to a stored row of the same key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Conflict {
    /// It is overwritten, unless its `last_event_id` is higher.
    Newer,
    /// It stays.
    Keep,
}

/// Defines the struct of a table's row: one for insert, select and upsert.
macro_rules! row {
    (
        $(#[$meta:meta])*
        $name:ident in $table:ident, key ($($key:ident),+), on conflict $conflict:ident {
            $($(#[$field_meta:meta])* $field:ident: $type:ty,)+
        }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, diesel::Queryable, diesel::QueryableByName, diesel::Insertable, serde::Serialize, utoipa::ToSchema)]
        #[diesel(table_name = $crate::db::schema::$table, treat_none_as_default_value = false)]
        pub struct $name {
            $($(#[$field_meta])* #[allow(missing_docs, reason = "docs/TABLES.md describes every column")] pub $field: $type,)+
        }

        impl $crate::db::row::Row for $name {
            type Table = $crate::db::schema::$table::table;
            const TABLE: &'static str = stringify!($table);
            const KEY: &'static [&'static str] = &[$(stringify!($key)),+];
            const COLUMNS: &'static [&'static str] = &[$(stringify!($field)),+];
            const CONFLICT: $crate::db::row::Conflict = $crate::db::row::Conflict::$conflict;

            fn of_query(tx: &mut $crate::db::Tx<'_>, query: &str) -> $crate::db::Result<Vec<Self>> {
                let query = || diesel::sql_query(query);
                Ok($crate::db::on!(tx, |connection| diesel::RunQueryDsl::load(query(), connection))?)
            }

            fn arrays<'r>(rows: &[&'r Self]) -> Vec<$crate::db::array::ColumnArray<'r>> {
                vec![$($crate::db::array::array::<diesel::dsl::SqlTypeOf<$crate::db::schema::$table::$field>, _>(
                    rows.iter().map(|row| &row.$field),
                )),+]
            }

            fn show(&self, columns: &mut impl $crate::db::row::Columns) {
                $(columns.column(stringify!($field), &self.$field);)+
            }
        }
    };
}
pub(crate) use row;
