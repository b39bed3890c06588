//! Statements that are made as text, of tables' and columns' names.

use diesel::backend::Backend;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sql_types::{BigInt, Text};

use super::{Result, Tx, on};

/// Runs a statement of our own, and returns how many rows it wrote.
pub fn execute(tx: &mut Tx<'_>, statement: &str) -> Result<usize> {
    Ok(on!(tx, |connection| diesel::sql_query(statement).execute(connection))?)
}

/// The same for one of few texts that come again and again: each connection prepares it once.
pub fn execute_again(tx: &mut Tx<'_>, statement: &str) -> Result<usize> {
    Ok(on!(tx, |connection| Again(statement).execute(connection))?)
}

struct Again<'s>(&'s str);

impl QueryId for Again<'_> {
    type QueryId = ();
    // The text is what tells one from another.
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<C> RunQueryDsl<C> for Again<'_> {}

impl<DB: Backend> QueryFragment<DB> for Again<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.push_sql(self.0);
        Ok(())
    }
}

/// The number that a query gives, which has to be named `v`.
pub fn number(tx: &mut Tx<'_>, query: &str) -> Result<i64> {
    Ok(numbers(tx, query)?.first().copied().unwrap_or_default())
}

/// The numbers that a query gives.
pub fn numbers(tx: &mut Tx<'_>, query: &str) -> Result<Vec<i64>> {
    #[derive(QueryableByName)]
    struct Number {
        #[diesel(sql_type = BigInt)]
        v: i64,
    }
    let query = || diesel::sql_query(query);
    let found: Vec<Number> = on!(tx, |connection| query().load(connection))?;
    Ok(found.into_iter().map(|row| row.v).collect())
}

/// The text that a query gives, which has to be named `v`.
pub fn text(tx: &mut Tx<'_>, query: &str) -> Result<String> {
    texts(tx, query)?.into_iter().next().ok_or_else(|| diesel::result::Error::NotFound.into())
}

/// The texts that a query gives.
pub fn texts(tx: &mut Tx<'_>, query: &str) -> Result<Vec<String>> {
    #[derive(QueryableByName)]
    struct Word {
        #[diesel(sql_type = Text)]
        v: String,
    }
    let query = || diesel::sql_query(query);
    let found: Vec<Word> = on!(tx, |connection| query().load(connection))?;
    Ok(found.into_iter().map(|row| row.v).collect())
}
