//! Customers' sums follow `statuses.is_sale`, which users edit: a status that turned is added to them, or taken off, whole.

use super::super::statement::{execute, number};
use super::super::{Result, Session, Tx};
use super::lock;

/// What is done, in order. The first reads all bookings once, and is kept from any index, or from making one.
const STATEMENTS: [&str; 4] = [
    "INSERT INTO customer_sales (account_id, customer_key, currency_id, n, quantity, total, paid_total) \
     SELECT b.account_id, b.customer_key, b.currency_id, sum(t.sign), sum(t.sign * b.quantity), sum(t.sign * b.total), \
     sum(t.sign * b.paid_total) \
     FROM turned_statuses t CROSS JOIN counted_sales b WHERE +b.account_id = t.account_id AND b.status_id || '' = t.status_id \
     GROUP BY b.customer_key, b.account_id, b.currency_id \
     ON CONFLICT (customer_key, account_id, currency_id) DO UPDATE SET n = customer_sales.n + excluded.n, \
     quantity = customer_sales.quantity + excluded.quantity, total = customer_sales.total + excluded.total, \
     paid_total = customer_sales.paid_total + excluded.paid_total",
    "DELETE FROM customer_sales WHERE n = 0",
    "DELETE FROM counted_statuses WHERE (account_id, status_id) IN \
     (SELECT account_id, status_id FROM turned_statuses WHERE sign = -1)",
    "INSERT INTO counted_statuses (account_id, status_id) \
     SELECT account_id, status_id FROM turned_statuses WHERE sign = 1",
];

/// All bookings are read for this, unlike in a step.
const WHOLE_TABLES: [&str; 4] = ["jit = off", "enable_seqscan = on", "enable_hashjoin = on", "work_mem = '64MB'"];

/// Has the sums follow; they are right again at once, for all customers.
pub(super) fn follow(session: &mut Session, synchronous_commit: &str) -> Result<()> {
    if session.read(turned)? == 0 {
        return Ok(());
    }
    session.transaction(|tx| {
        lock(tx, synchronous_commit)?;
        if let Tx::Postgres(_) = tx {
            WHOLE_TABLES.iter().try_for_each(|setting| execute(tx, &format!("SET LOCAL {setting}")).map(drop))?;
        }
        STATEMENTS.iter().try_for_each(|statement| execute(tx, statement).map(drop))
    })
}

fn turned(tx: &mut Tx<'_>) -> Result<i64> {
    number(tx, "SELECT count(*) AS v FROM turned_statuses")
}
