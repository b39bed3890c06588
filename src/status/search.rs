//! `/search`: bookings by code, customers by name or e-mail.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer, Nullable, Text};
use maud::{Markup, html};
use serde::Deserialize;

use super::deliveries::booking_path;
use super::layout::{Fault, page};
use super::viewer::Viewer;
use crate::app::AppState;
use crate::db::rows::Account;
use crate::db::types::{Amount, sql};
use crate::db::{Result, Tx, on};

/// Rows of each kind that are shown.
const ROWS: usize = 20;
/// Fewer letters would find everything.
const SHORTEST: usize = 2;
/// Whatever a code goes on with comes before it, in any order of letters a database may have.
const AFTER_ALL: &str = "zzzzzzzz";

#[derive(Debug, Default, Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    q: String,
}

#[derive(QueryableByName)]
struct FoundBooking {
    #[diesel(sql_type = Text)]
    code: String,
    #[diesel(sql_type = Nullable<Text>)]
    status_id: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    customer_name: Option<String>,
    #[diesel(sql_type = Nullable<diesel::sql_types::Date>)]
    start_on: Option<chrono::NaiveDate>,
    #[diesel(sql_type = Nullable<sql::Money>)]
    total: Option<Amount>,
    #[diesel(sql_type = Nullable<Text>)]
    currency_id: Option<String>,
}

#[derive(QueryableByName)]
struct FoundCustomer {
    #[diesel(sql_type = Integer)]
    account_id: i32,
    #[diesel(sql_type = Text)]
    customer_key: String,
    #[diesel(sql_type = Nullable<Text>)]
    name: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    email: Option<String>,
}

type Found = (Vec<FoundBooking>, Vec<(FoundCustomer, Vec<FoundBooking>)>);

pub(super) async fn show(
    State(app): State<AppState>,
    viewer: Viewer,
    asked: std::result::Result<Query<Asked>, QueryRejection>,
) -> std::result::Result<Response, Fault> {
    let q = asked.map(|Query(asked)| asked.q.trim().chars().take(100).collect::<String>()).unwrap_or_default();
    if q.chars().count() < SHORTEST {
        return Ok(page(&viewer, "Search", &results(&q, None, &viewer)).into_response());
    }
    let wanted = q.clone();
    let found = app.read(move |tx| find(tx, &wanted)).await?;
    if let ([only], []) = (found.0.as_slice(), found.1.as_slice())
        && only.code.eq_ignore_ascii_case(&q)
    {
        return Ok(Redirect::to(&booking_path(&only.code)).into_response());
    }
    Ok(page(&viewer, "Search", &results(&q, Some(&found), &viewer)).into_response())
}

fn find(tx: &mut Tx<'_>, q: &str) -> Result<Found> {
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

fn results(q: &str, found: Option<&Found>, viewer: &Viewer) -> Markup {
    html! {
        h1 { "Search" }
        p { "Looked for are bookings whose code begins so, and customers whose name or e-mail has these letters anywhere; "
            (ROWS) " of each at most." }
        @match found {
            None => p { "Type at least " (SHORTEST) " letters." },
            Some((bookings, customers)) if bookings.is_empty() && customers.is_empty() => p role="status" { "Nothing is like “" (q) "”." },
            Some((bookings, customers)) => {
                @if !bookings.is_empty() { h2 { "Bookings" } (table("Bookings", bookings, viewer)) }
                @if !customers.is_empty() {
                    h2 { "Customers" }
                    @for (number, (customer, own)) in (1..).zip(customers) {
                        h3 { (viewer.personal(customer.name.as_deref().unwrap_or("without a name"))) " "
                            small { (viewer.personal(customer.email.as_deref().unwrap_or_default())) } }
                        @if own.is_empty() { p { "No bookings." } } @else { (table(&format!("Bookings of customer {number}"), own, viewer)) }
                    }
                }
            }
        }
    }
}

fn table(name: &str, bookings: &[FoundBooking], viewer: &Viewer) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label=(format!("{name}, as a table")) {
            table {
                thead { tr { th scope="col" { "Code" } th scope="col" { "Status" } th scope="col" { "Customer" }
                    th scope="col" { "Begins" } th.number scope="col" { "Total" } } }
                tbody { @for booking in bookings { tr {
                    th scope="row" { a href=(booking_path(&booking.code)) { (booking.code) } }
                    td { (booking.status_id.as_deref().unwrap_or_default()) }
                    td { (viewer.personal(booking.customer_name.as_deref().unwrap_or_default())) }
                    td { (booking.start_on.map(|day| day.to_string()).unwrap_or_default()) }
                    td.number { (booking.total.map(|total| super::text::amount(total.0)).unwrap_or_default()) " " (booking.currency_id.as_deref().unwrap_or_default()) }
                } } }
            }
        }
    }
}
