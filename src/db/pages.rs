//! Pages of tables by their keys, filtered: each reads a bounded number of rows, whatever is asked and however many there
//! are. Where an index tells the rows, they are taken from it; else a bounded part of the table is looked through.

mod bookings;
mod customers;
mod events;
mod items;
mod transactions;

pub use bookings::{BookingFilter, bookings};
pub use customers::{CustomerFilter, customers};
pub use events::{EventFilter, events};
pub use items::{ItemFilter, items};
pub use transactions::{TransactionFilter, TransactionKey, transactions};

use chrono::NaiveDate;

use super::statement::execute;
use super::{Result, Tx};

/// Rows that are looked through for one page, at most, where no index serves the question.
const SCAN: i64 = 10_000;
/// Keys that an index may give for one question before the rows are looked through instead.
const FOUND: i64 = 5_000;

/// From one day to another, both included.
#[derive(Debug, Clone, Copy, Default)]
pub struct Days {
    /// The first.
    pub from: Option<NaiveDate>,
    /// The last.
    pub to: Option<NaiveDate>,
}

/// Rows, and the last key that was looked at where that was not all.
pub type Found<R, K> = (Vec<R>, Option<K>);

impl Days {
    fn is_given(self) -> bool {
        self.from.is_some() || self.to.is_some()
    }
}

/// Tells the planner that every question here is one for an index, whatever it believes of the tables, and how long it may
/// take. Until the transaction ends.
pub fn by_key(tx: &mut Tx<'_>) -> Result<()> {
    if let Tx::Postgres(_) = tx {
        let settings = ["enable_seqscan", "enable_bitmapscan", "enable_hashjoin", "enable_mergejoin", "jit"];
        let set = settings.map(|name| format!("set_config('{name}', 'off', true)"));
        execute(tx, &format!("SELECT {}", set.join(", ")))?;
    }
    Ok(())
}

/// A pattern for LIKE that finds this text anywhere, with `\` before what is meant as it is. In lower case.
fn anywhere(text: &str) -> String {
    format!("%{}%", escaped(text))
}

fn escaped(text: &str) -> String {
    text.to_lowercase().replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
}

/// As `on!`, with the name of the database's type: for queries that are put together while the program runs.
macro_rules! on_boxed {
    ($tx:expr, |$connection:ident, $backend:ident| $query:expr) => {
        match $tx {
            $crate::db::Tx::Postgres(connection) => {
                type $backend = diesel::pg::Pg;
                let $connection = &mut **connection;
                $query
            }
            $crate::db::Tx::Sqlite(connection) => {
                type $backend = diesel::sqlite::Sqlite;
                let $connection = &mut **connection;
                $query
            }
        }
    };
}
use on_boxed;

/// Adds a condition where a value is given.
macro_rules! filter {
    ($query:ident, $($value:expr => |$given:pat_param| $condition:expr),+ $(,)?) => {$(
        if let Some($given) = $value {
            $query = $query.filter($condition);
        }
    )+};
}
use filter;
