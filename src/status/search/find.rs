//! What a search finds.

use chrono::NaiveDate;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Date, Integer, Nullable, Text};

use super::ROWS;
use crate::db::rows::Account;
use crate::db::types::{Amount, sql};
use crate::db::{Result, Tx, on};

/// Whatever a code goes on with comes before it, in any order of letters a database may have.
const AFTER_ALL: &str = "zzzzzzzz";

#[derive(QueryableByName)]
pub(super) struct FoundBooking {
    #[diesel(sql_type = Text)]
    pub(super) code: String,
    #[diesel(sql_type = Nullable<Text>)]
    pub(super) status_id: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    pub(super) customer_name: Option<String>,
    #[diesel(sql_type = Nullable<Date>)]
    pub(super) start_on: Option<NaiveDate>,
    #[diesel(sql_type = Nullable<sql::Money>)]
    pub(super) total: Option<Amount>,
    #[diesel(sql_type = Nullable<Text>)]
    pub(super) currency_id: Option<String>,
}

#[derive(QueryableByName)]
pub(super) struct FoundCustomer {
    #[diesel(sql_type = Integer)]
    pub(super) account_id: i32,
    #[diesel(sql_type = Text)]
    pub(super) customer_key: String,
    #[diesel(sql_type = Nullable<Text>)]
    pub(super) name: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    pub(super) email: Option<String>,
}

/// Bookings by their code, and customers with theirs.
pub(super) type Found = (Vec<FoundBooking>, Vec<(FoundCustomer, Vec<FoundBooking>)>);

pub(super) fn find(tx: &mut Tx<'_>, q: &str) -> Result<Found> {
    let accounts = Account::all(tx)?;
    let mut bookings = Vec::new();
    for account in &accounts {
        bookings.extend(by_code(tx, account.account_id, q)?);
        if bookings.is_empty() && q.to_uppercase() != q {
            bookings.extend(by_code(tx, account.account_id, &q.to_uppercase())?);
        }
    }
    let mut customers = Vec::new();
    for customer in by_person(tx, q)? {
        let own = bookings_of(tx, &customer)?;
        customers.push((customer, own));
    }
    Ok((bookings, customers))
}

const COLUMNS: &str = "SELECT code, status_id, customer_name, start_on, total, currency_id FROM bookings";

/// Those whose code begins so: a stretch of the key.
fn by_code(tx: &mut Tx<'_>, account_id: i32, prefix: &str) -> Result<Vec<FoundBooking>> {
    let query = || {
        diesel::sql_query(format!(
            "{COLUMNS} WHERE account_id = $1 AND code >= $2 AND code <= $3 AND deleted_at IS NULL \
             AND substr(code, 1, CAST($4 AS INTEGER)) = $5 ORDER BY code LIMIT {ROWS}"
        ))
        .bind::<Integer, _>(account_id)
        .bind::<Text, _>(prefix)
        .bind::<Text, _>(format!("{prefix}{AFTER_ALL}"))
        .bind::<BigInt, _>(i64::try_from(prefix.chars().count()).unwrap_or_default())
        .bind::<Text, _>(prefix)
    };
    Ok(on!(tx, |connection| query().load(connection))?)
}

/// Customers whose name or e-mail has these letters anywhere: out of the index that holds both.
fn by_person(tx: &mut Tx<'_>, q: &str) -> Result<Vec<FoundCustomer>> {
    let escaped = q.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    let like = match tx {
        Tx::Postgres(_) => "ILIKE",
        Tx::Sqlite(_) => "LIKE",
    };
    let within = format!("(name {like} $1 ESCAPE '\\' OR email {like} $1 ESCAPE '\\')");
    let query = match tx {
        Tx::Postgres(_) => {
            // The index leaves out what would not fit into it.
            format!(
                "SELECT account_id, customer_key, name, email FROM customers WHERE {within} \
                 AND octet_length(COALESCE(name, '')) + octet_length(COALESCE(email, '')) <= 2000 LIMIT {ROWS}"
            )
        }
        Tx::Sqlite(_) => format!(
            "SELECT account_id, customer_key, name, email FROM customers WHERE rowid IN \
             (SELECT rowid FROM customers INDEXED BY customers_person WHERE {within} LIMIT {ROWS})"
        ),
    };
    let query = || diesel::sql_query(&query).bind::<Text, _>(format!("%{escaped}%"));
    Ok(on!(tx, |connection| query().load(connection))?)
}

fn bookings_of(tx: &mut Tx<'_>, customer: &FoundCustomer) -> Result<Vec<FoundBooking>> {
    let query = || {
        diesel::sql_query(format!(
            "{COLUMNS} WHERE customer_key = $1 AND account_id = $2 AND deleted_at IS NULL ORDER BY code LIMIT 10"
        ))
        .bind::<Text, _>(&customer.customer_key)
        .bind::<Integer, _>(customer.account_id)
    };
    Ok(on!(tx, |connection| query().load(connection))?)
}
