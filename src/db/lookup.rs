//! Looks an account's rows up by the first part of their key, many at once: one index search for each, whatever the
//! planner believes of the table. A plan made while a table was empty would read all of it once it has grown.

use std::cell::OnceCell;
use std::collections::BTreeSet;
use std::marker::PhantomData;

use diesel::backend::Backend;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::serialize::ToSql;
use diesel::sql_types::{Array, Integer, SingleValue, Text};
use diesel::sqlite::Sqlite;
use serde::Serialize;

use super::row::Row;

/// The rows whose key begins with the account and one of the keys, which are of the SQL type `ST`.
pub(crate) struct Lookup<'k, R, ST, K> {
    account_id: i32,
    /// Each once.
    keys: Vec<&'k K>,
    /// The same as a JSON array, where SQLite asks for it.
    json: OnceCell<String>,
    row: PhantomData<(R, ST)>,
}

impl<'k, R: Row, ST, K: Ord> Lookup<'k, R, ST, K> {
    pub(crate) fn new(account_id: i32, keys: &'k [K]) -> Self {
        let keys: Vec<_> = keys.iter().collect::<BTreeSet<_>>().into_iter().collect();
        Self { account_id, keys, json: OnceCell::new(), row: PhantomData }
    }
}

impl<R: 'static, ST: 'static, K> QueryId for Lookup<'_, R, ST, K> {
    type QueryId = Lookup<'static, R, ST, ()>;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl<R: Row, ST, K> Query for Lookup<'_, R, ST, K>
where
    R::Table: Table<AllColumns: Expression>,
{
    type SqlType = <<R::Table as Table>::AllColumns as Expression>::SqlType;
}

impl<R, ST, K, C> RunQueryDsl<C> for Lookup<'_, R, ST, K> {}

impl<R: Row, ST, K> QueryFragment<Pg> for Lookup<'_, R, ST, K>
where
    ST: SingleValue,
    Pg: diesel::sql_types::HasSqlType<ST>,
    K: ToSql<ST, Pg>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        columns::<R, _>(&mut out)?;
        out.push_sql("unnest(");
        out.push_bind_param::<Array<ST>, _>(&self.keys)?;
        // OFFSET keeps the planner from turning the searches into one read of the table.
        out.push_sql(") AS k(key) CROSS JOIN LATERAL (SELECT * FROM ");
        out.push_identifier(R::TABLE)?;
        out.push_sql(" WHERE account_id = ");
        out.push_bind_param::<Integer, _>(&self.account_id)?;
        out.push_sql(" AND ");
        out.push_identifier(R::KEY[1])?;
        out.push_sql(" = k.key OFFSET 0) AS r");
        Ok(())
    }
}

impl<R: Row, ST, K: Serialize> QueryFragment<Sqlite> for Lookup<'_, R, ST, K> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        columns::<R, _>(&mut out)?;
        out.push_sql("json_each(");
        let json = self.json.get_or_init(|| serde_json::to_string(&self.keys).unwrap_or_default());
        out.push_bind_param::<Text, _>(json)?;
        // SQLite keeps the order of a CROSS JOIN.
        out.push_sql(") AS k CROSS JOIN ");
        out.push_identifier(R::TABLE)?;
        out.push_sql(" AS r WHERE r.account_id = ");
        out.push_bind_param::<Integer, _>(&self.account_id)?;
        out.push_sql(" AND r.");
        out.push_identifier(R::KEY[1])?;
        out.push_sql(" = k.value");
        Ok(())
    }
}

fn columns<R: Row, DB: Backend>(out: &mut AstPass<'_, '_, DB>) -> QueryResult<()> {
    for (index, column) in R::COLUMNS.iter().enumerate() {
        out.push_sql(if index == 0 { "SELECT r." } else { ", r." });
        out.push_identifier(column)?;
    }
    out.push_sql(" FROM ");
    Ok(())
}

/// Loads the rows of an account whose keys, of this SQL type, are given. A macro, since the conditions under which a row
/// can be loaded can be inferred but not named.
macro_rules! lookup {
    ($tx:expr, $row:ty, $account_id:expr, $sql_type:ty, $keys:expr) => {{
        let lookup = || $crate::db::lookup::Lookup::<$row, $sql_type, _>::new($account_id, $keys);
        $crate::db::on!($tx, |connection| diesel::RunQueryDsl::load(lookup(), connection))
    }};
}
pub(crate) use lookup;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::rows::{Booking, BookingItem};
    use crate::db::{Database, DatabaseUrl, Tx, migrate};

    #[derive(QueryableByName)]
    struct Plan {
        #[diesel(sql_type = Text)]
        detail: String,
    }

    #[test]
    fn sqlite_searches_each_key() {
        let folder = tempfile::tempdir().expect("a folder");
        let database = Database::open(&DatabaseUrl::Sqlite(folder.path().join("mirror.db"))).expect("a file");
        migrate::run(&mut database.session()).expect("migrated");
        let keys = ["a".to_owned()];
        let bookings = diesel::debug_query::<Sqlite, _>(&Lookup::<Booking, Text, _>::new(1, &keys)).to_string();
        let lines = diesel::debug_query::<Sqlite, _>(&Lookup::<BookingItem, Text, _>::new(1, &keys)).to_string();
        for (query, key) in [(bookings, "(account_id=? AND code=?)"), (lines, "(account_id=? AND booking_code=?)")] {
            let plan = database.read(|tx| {
                let Tx::Sqlite(connection) = tx else { panic!("not SQLite") };
                Ok(diesel::sql_query(format!("EXPLAIN QUERY PLAN {query}")).load::<Plan>(&mut **connection)?)
            });
            let plan: Vec<_> = plan.expect("a plan").into_iter().map(|step| step.detail).collect();
            assert!(plan.iter().any(|step| step.starts_with("SEARCH r") && step.contains(key)), "{plan:?}");
        }
    }
}
