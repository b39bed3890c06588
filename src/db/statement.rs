//! Statements that are made as text, of tables' and columns' names.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use super::{Result, Tx, on};

/// Runs a statement of our own, and returns how many rows it wrote.
pub fn execute(tx: &mut Tx<'_>, statement: &str) -> Result<usize> {
    Ok(on!(tx, |connection| diesel::sql_query(statement).execute(connection))?)
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
    Ok(texts(tx, query)?.into_iter().next().ok_or(diesel::result::Error::NotFound)?)
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
