//! What the overview says of bookings and payments: read seldom, and never waited for longer than a page may take.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{Days, NaiveDate, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Date, Nullable, Text};
use rust_decimal::Decimal;
use tokio::sync::Mutex;
use tokio::time::timeout;

use crate::db::types::{Amount, sql};
use crate::db::{Result, Tx, on};
use crate::reader::Reader;

/// How old what is shown may be.
const FRESH: Duration = Duration::from_secs(15);
/// How long a page waits for it. While many deliveries come, the views take longer; then what was read last is shown.
const PATIENCE: Duration = Duration::from_millis(1_500);
/// Days that are shown.
const DAYS: u64 = 30;

/// Reads the sums for all who look on.
pub struct Sales {
    reader: Reader,
    last: Arc<Mutex<Option<Last>>>,
}

/// When they were read, and the sums.
type Last = (Instant, Arc<Sums>);

/// Sums of the last days.
#[derive(Default)]
pub(super) struct Sums {
    /// The days, oldest first.
    pub(super) days: Vec<NaiveDate>,
    /// By currency and day.
    pub(super) sales: BTreeMap<String, BTreeMap<NaiveDate, Sum>>,
    /// What came in less what went back, by currency and day.
    pub(super) payments: BTreeMap<String, BTreeMap<NaiveDate, Decimal>>,
    /// Bookings of each status, most first.
    pub(super) statuses: Vec<Status>,
}

/// Bookings of a day.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Sum {
    pub(super) bookings: i64,
    pub(super) total: Decimal,
}

/// A status, and how many bookings have it.
#[derive(QueryableByName)]
pub(super) struct Status {
    #[diesel(sql_type = Text)]
    pub(super) code: String,
    #[diesel(sql_type = Nullable<Text>)]
    pub(super) label: Option<String>,
    #[diesel(sql_type = BigInt)]
    pub(super) bookings: i64,
}

impl Sales {
    /// Reads nothing yet.
    pub fn new(reader: Reader) -> Self {
        Self { reader, last: Arc::default() }
    }

    /// The sums, at most some seconds old, or as they were last read.
    pub(super) async fn sums(&self) -> Option<Arc<Sums>> {
        let (reader, last) = (self.reader.clone(), Arc::clone(&self.last));
        // It goes on where nobody waits any longer, and is there for the next page.
        let reading = tokio::spawn(async move {
            let mut last = last.lock().await;
            if let Some((at, sums)) = &*last
                && at.elapsed() < FRESH
            {
                return Some(Arc::clone(sums));
            }
            let today = Utc::now().date_naive();
            let sums = Arc::new(reader.read(move |tx| read(tx, today)).await.ok()?);
            *last = Some((Instant::now(), Arc::clone(&sums)));
            Some(sums)
        });
        match timeout(PATIENCE, reading).await {
            Ok(read) => read.ok().flatten(),
            Err(_) => self.last.try_lock().ok().and_then(|last| last.as_ref().map(|(_, sums)| Arc::clone(sums))),
        }
    }
}

#[derive(QueryableByName)]
struct Day {
    #[diesel(sql_type = Date)]
    date: NaiveDate,
    #[diesel(sql_type = Nullable<Text>)]
    currency_id: Option<String>,
    #[diesel(sql_type = BigInt)]
    bookings: i64,
    #[diesel(sql_type = Nullable<sql::Money>)]
    total: Option<Amount>,
}

fn read(tx: &mut Tx<'_>, today: NaiveDate) -> Result<Sums> {
    // Where the account is, it may be tomorrow already.
    let last = today.checked_add_days(Days::new(1)).unwrap_or(today);
    let first = last.checked_sub_days(Days::new(DAYS)).unwrap_or(last);
    let mut sums = Sums { days: first.iter_days().take_while(|day| *day <= last).collect(), ..Sums::default() };
    let range = format!("day BETWEEN '{first}' AND '{last}' GROUP BY day, currency_id");
    let sold = format!(
        "SELECT day AS date, currency_id, CAST(sum(bookings) AS BIGINT) AS bookings, round(sum(total), 2) AS total \
         FROM sales_by_day WHERE basis = 'created' AND {range}"
    );
    let paid = format!(
        "SELECT day AS date, currency_id, CAST(sum(payments) AS BIGINT) AS bookings, round(sum(net), 2) AS total \
         FROM payments_by_day WHERE {range}"
    );
    for row in days(tx, &sold)? {
        let total = row.total.map_or(Decimal::ZERO, |total| total.0);
        let currency = sums.sales.entry(row.currency_id.unwrap_or_default()).or_default();
        currency.insert(row.date, Sum { bookings: row.bookings, total });
    }
    for row in days(tx, &paid)? {
        let currency = sums.payments.entry(row.currency_id.unwrap_or_default()).or_default();
        currency.insert(row.date, row.total.map_or(Decimal::ZERO, |total| total.0));
    }
    let query = "SELECT f.status_id AS code, max(s.label) AS label, \
                 CAST(sum(f.n) AS BIGINT) AS bookings FROM current_figures f \
                 LEFT JOIN statuses s ON s.account_id = f.account_id AND s.status_id = f.status_id \
                 WHERE f.kind = 'booking' AND f.basis = 'created' AND f.status_id IS NOT NULL \
                 GROUP BY f.status_id HAVING sum(f.n) <> 0 ORDER BY 3 DESC, 1";
    sums.statuses = on!(tx, |connection| diesel::sql_query(query).load(connection))?;
    Ok(sums)
}

fn days(tx: &mut Tx<'_>, query: &str) -> Result<Vec<Day>> {
    let query = || diesel::sql_query(query);
    Ok(on!(tx, |connection| query().load(connection))?)
}
