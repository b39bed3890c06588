//! How current an account's rows are: a view.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Integer, Nullable, Text};
use serde::Serialize;

use crate::db::types::{Timestamp, sql};
use crate::db::{Result, Tx, on};

/// A row of the view `freshness`.
#[derive(Debug, Clone, PartialEq, QueryableByName, Serialize, utoipa::ToSchema)]
#[allow(missing_docs, reason = "docs/TABLES.md describes every column")]
pub struct Freshness {
    #[diesel(sql_type = Integer)]
    pub account_id: i32,
    #[diesel(sql_type = Text)]
    pub host: String,
    #[diesel(sql_type = Nullable<sql::Instant>)]
    pub fresh_as_of: Option<Timestamp>,
    #[diesel(sql_type = BigInt)]
    pub pending: i64,
    #[diesel(sql_type = BigInt)]
    pub failed: i64,
    #[diesel(sql_type = Text)]
    pub timezone: String,
    #[diesel(sql_type = Bool)]
    pub dates_follow: bool,
}

impl Freshness {
    /// Of all accounts.
    pub fn all(tx: &mut Tx<'_>) -> Result<Vec<Self>> {
        let query = || diesel::sql_query("SELECT * FROM freshness ORDER BY account_id");
        Ok(on!(tx, |connection| query().load(connection))?)
    }
}
