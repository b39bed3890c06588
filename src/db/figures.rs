//! Keeps the sums behind the views: counts the bookings that changed since they were counted.
//!
//! `docs/ARCHITECTURE.md` says how; the views are exact before and after.

mod turned;

use super::statement::{execute, execute_again, number};
use super::{Result, Session, Tx};

/// What is done with those in hand, in order; `{none}` is the day of what has none, `{row}` the address of a row.
const STATEMENTS: [&str; 8] = [
    "INSERT INTO figures (kind, account_id, basis, day, item_id, category_id, label, currency_id, status_id, n, quantity, \
     sub_total, tax_total, total, paid_total) \
     SELECT kind, account_id, basis, COALESCE(day, {none}), COALESCE(item_id, -1), COALESCE(category_id, -1), \
     COALESCE(label, ''), COALESCE(currency_id, ''), COALESCE(status_id, ''), sum(sign * n), sum(sign * quantity), \
     sum(sign * sub_total), sum(sign * tax_total), sum(sign * total), sum(sign * paid_total) \
     FROM counting WHERE in_hand = 1 GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9 \
     HAVING sum(sign * n) <> 0 OR sum(sign * quantity) <> 0 OR sum(sign * sub_total) <> 0 \
     OR sum(sign * tax_total) <> 0 OR sum(sign * total) <> 0 OR sum(sign * paid_total) <> 0 \
     ON CONFLICT (kind, account_id, basis, day, item_id, category_id, label, currency_id, status_id) DO UPDATE SET \
     n = figures.n + excluded.n, quantity = figures.quantity + excluded.quantity, \
     sub_total = figures.sub_total + excluded.sub_total, tax_total = figures.tax_total + excluded.tax_total, \
     total = figures.total + excluded.total, paid_total = figures.paid_total + excluded.paid_total",
    "INSERT INTO customer_sales (account_id, customer_key, currency_id, n, quantity, total, paid_total) \
     SELECT account_id, customer_key, currency_id, sum(n), sum(quantity), sum(total), sum(paid_total) \
     FROM counting_sales c WHERE in_hand = 1 AND EXISTS \
     (SELECT 1 FROM counted_statuses s WHERE s.account_id = c.account_id AND s.status_id = c.status_id) GROUP BY 1, 2, 3 \
     HAVING sum(n) <> 0 OR sum(quantity) <> 0 OR sum(total) <> 0 OR sum(paid_total) <> 0 \
     ON CONFLICT (customer_key, account_id, currency_id) DO UPDATE SET n = customer_sales.n + excluded.n, \
     quantity = customer_sales.quantity + excluded.quantity, total = customer_sales.total + excluded.total, \
     paid_total = customer_sales.paid_total + excluded.paid_total",
    // A customer without bookings goes: `forget` must leave no name of theirs.
    "DELETE FROM customer_sales WHERE (customer_key, account_id, currency_id) IN \
     (SELECT k.customer_key, k.account_id, k.currency_id FROM counting_bookings c CROSS JOIN customer_sales k \
     WHERE c.in_hand = 1 AND c.sign = -1 AND k.customer_key = c.customer_key AND k.account_id = c.account_id AND k.n = 0)",
    "DELETE FROM counted_parts WHERE {row} IN (SELECT c.{row} FROM uncounted u CROSS JOIN counted_parts c \
     WHERE u.in_hand = 1 AND c.booking_code = u.booking_code AND c.account_id = u.account_id)",
    "DELETE FROM counted_bookings WHERE {row} IN (SELECT c.{row} FROM uncounted u CROSS JOIN counted_bookings c \
     WHERE u.in_hand = 1 AND c.account_id = u.account_id AND c.booking_code = u.booking_code)",
    "INSERT INTO counted_parts (account_id, booking_code, part, item_id, category_id, label, status_id, day, quantity, \
     tax_total, total, paid_total) \
     SELECT account_id, booking_code, part, item_id, category_id, label, status_id, day, quantity, tax_total, total, \
     paid_total FROM counting_parts WHERE in_hand = 1 AND sign = 1",
    "INSERT INTO counted_bookings (account_id, booking_code, status_id, currency_id, customer_key, created_on, start_on, \
     end_on, is_deleted, quantity, sub_total, tax_total, total, paid_total) \
     SELECT account_id, booking_code, status_id, currency_id, customer_key, created_on, start_on, end_on, is_deleted, \
     quantity, sub_total, tax_total, total, paid_total FROM counting_bookings WHERE in_hand = 1 AND sign = 1",
    "DELETE FROM uncounted WHERE in_hand = 1",
];

/// Takes the first `{limit}` in hand.
const TAKE_SQLITE: &str =
    "UPDATE uncounted SET in_hand = 1 WHERE rowid IN (SELECT rowid FROM uncounted ORDER BY rowid LIMIT {limit})";
/// The same, where a booking may be listed several times: once is enough in hand.
const TAKE_POSTGRES: &str = "WITH taken AS (DELETE FROM uncounted WHERE (account_id, booking_code) IN \
    (SELECT DISTINCT account_id, booking_code FROM uncounted ORDER BY account_id, booking_code LIMIT {limit}) \
    RETURNING account_id, booking_code) \
    INSERT INTO uncounted (account_id, booking_code, in_hand) SELECT DISTINCT account_id, booking_code, 1 FROM taken";

/// Bookings in one transaction where nobody waits for it.
const MANY: u32 = 2_000;

/// Tells the triggers, until this transaction ends, that whose lines, taxes and steps are added is listed already.
pub(crate) fn are_listed(tx: &mut Tx<'_>) -> Result<()> {
    if let Tx::Postgres(_) = tx {
        execute_again(tx, "SELECT set_config('checkfront_mirror.are_listed', 'yes', true)")?;
    }
    Ok(())
}

/// Whether bookings have changed that are not counted.
pub fn is_due(tx: &mut Tx<'_>) -> Result<bool> {
    Ok(number(tx, "SELECT count(*) AS v FROM (SELECT 1 AS one FROM uncounted LIMIT 1) q")? > 0)
}

/// Counts up to so many of the bookings that changed, and says how many; 0 where none are left.
///
/// On PostgreSQL it waits for no disk: a crash that undoes it leaves them listed.
pub fn count_some(session: &mut Session, limit: u32) -> Result<usize> {
    count(session, limit, "off")
}

fn count(session: &mut Session, limit: u32, synchronous_commit: &str) -> Result<usize> {
    if !session.read(is_due)? {
        return Ok(0);
    }
    turned::follow(session, synchronous_commit)?;
    session.transaction(|tx| {
        let (take, none, row) = begin(tx, synchronous_commit)?;
        execute(tx, &take.replace("{limit}", &limit.to_string()))?;
        let counted =
            "SELECT count(*) AS v FROM (SELECT DISTINCT account_id, booking_code FROM uncounted WHERE in_hand = 1) q";
        let counted = number(tx, counted)?;
        for statement in STATEMENTS {
            execute_again(tx, &statement.replace("{none}", none).replace("{row}", row))?;
        }
        Ok(usize::try_from(counted).unwrap_or_default())
    })
}

/// Counts all bookings that changed, durably; `done` is told how many at a time.
pub fn count_all(session: &mut Session, mut done: impl FnMut(usize)) -> Result<()> {
    loop {
        match count(session, MANY, "on")? {
            0 => return Ok(()),
            counted => done(counted),
        }
    }
}

/// One counts at a time, and sees the rows as they are at one moment; returns how to take some in hand, the day of what
/// has none, and the address of a row.
fn begin(tx: &mut Tx<'_>, synchronous_commit: &str) -> Result<(&'static str, &'static str, &'static str)> {
    lock(tx, synchronous_commit)?;
    let Tx::Postgres(_) = tx else { return Ok((TAKE_SQLITE, "''", "rowid")) };
    // What is in hand is little beside the tables, whatever the planner believed of either when it made its plan.
    for setting in ["jit = off", "enable_seqscan = off", "enable_mergejoin = off", "enable_hashjoin = off"] {
        execute(tx, &format!("SET LOCAL {setting}"))?;
    }
    Ok((TAKE_POSTGRES, "'-infinity'", "ctid"))
}

fn lock(tx: &mut Tx<'_>, synchronous_commit: &str) -> Result<()> {
    if let Tx::Postgres(_) = tx {
        execute(tx, "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")?;
        // A table that `forget` alone writes; locking it does not yet fix the moment.
        execute(tx, "LOCK TABLE mirror IN SHARE ROW EXCLUSIVE MODE")?;
        execute(tx, &format!("SET LOCAL synchronous_commit = {synchronous_commit}"))?;
    }
    Ok(())
}
