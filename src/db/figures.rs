//! Keeps the sums behind the views: counts the bookings that changed since they were counted.
//!
//! `docs/ARCHITECTURE.md` says how; the views are exact before and after.

use super::statement::{execute, number};
use super::{Result, Session, Tx};

/// Bookings in one transaction, at least and at most. The more are left, the more at once: each finds them by a search
/// of the whole list.
const FEW: i64 = 50;
const MANY: i64 = 2_000;

/// Rows of `uncounted` that are let be while more deliveries come than there is time for.
const SLOW: i64 = 1_000_000;

/// What is done with those in hand, in order; `{none}` is the day of what has none.
const STATEMENTS: [&str; 7] = [
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
    // A customer without bookings goes: `forget` must leave no name of theirs.
    "DELETE FROM figures WHERE kind = 'customer' AND basis = '' AND day = {none} AND item_id = -1 AND category_id = -1 \
     AND n = 0 AND (account_id, label) IN \
     (SELECT account_id, customer_key FROM counting_bookings WHERE in_hand = 1 AND sign = -1)",
    "DELETE FROM counted_parts WHERE (booking_code, account_id) IN \
     (SELECT booking_code, account_id FROM uncounted WHERE in_hand = 1)",
    "DELETE FROM counted_bookings WHERE (account_id, booking_code) IN \
     (SELECT account_id, booking_code FROM uncounted WHERE in_hand = 1)",
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

/// Counts some of the bookings that changed, and says how many; 0 where none are left.
pub fn count_some(session: &mut Session) -> Result<usize> {
    if session.read(|tx| number(tx, "SELECT count(*) AS v FROM (SELECT 1 AS one FROM uncounted LIMIT 1) q"))? == 0 {
        return Ok(0);
    }
    session.transaction(|tx| {
        let none = begin(tx)?;
        let limit = (number(tx, "SELECT count(*) AS v FROM uncounted")? / 20).clamp(FEW, MANY);
        let some = format!("SELECT DISTINCT account_id, booking_code FROM uncounted LIMIT {limit}");
        execute(tx, &format!("UPDATE uncounted SET in_hand = 1 WHERE (account_id, booking_code) IN ({some})"))?;
        let counted =
            "SELECT count(*) AS v FROM (SELECT DISTINCT account_id, booking_code FROM uncounted WHERE in_hand = 1) q";
        let counted = number(tx, counted)?;
        for statement in STATEMENTS {
            execute(tx, &statement.replace("{none}", none))?;
        }
        Ok(usize::try_from(counted).unwrap_or_default())
    })
}

/// Counts all bookings that changed; `done` is told how many at a time.
pub fn count_all(session: &mut Session, mut done: impl FnMut(usize)) -> Result<()> {
    loop {
        match count_some(session)? {
            0 => return Ok(()),
            counted => done(counted),
        }
    }
}

/// Whether so much is uncounted that views become slow.
pub fn is_overdue(tx: &mut Tx<'_>) -> Result<bool> {
    let query = format!("SELECT count(*) AS v FROM (SELECT 1 AS one FROM uncounted LIMIT 1 OFFSET {SLOW}) q");
    Ok(number(tx, &query)? > 0)
}

/// One counts at a time, and sees the rows as they are at one moment; returns the day of what has none.
fn begin(tx: &mut Tx<'_>) -> Result<&'static str> {
    let Tx::Postgres(_) = tx else { return Ok("''") };
    execute(tx, "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")?;
    // A table that nobody writes and no vacuum visits; locking it does not yet fix the moment.
    execute(tx, "LOCK TABLE mirror IN SHARE ROW EXCLUSIVE MODE")?;
    // What is listed is little beside the tables, whatever the planner believes of it.
    for setting in ["jit = off", "enable_seqscan = off", "enable_mergejoin = off"] {
        execute(tx, &format!("SET LOCAL {setting}"))?;
    }
    Ok("'-infinity'")
}
