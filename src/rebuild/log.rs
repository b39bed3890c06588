//! Events for the shadow: those that the live projector has settled, in the order in which it could have had them.

use super::tables::{DECIDED, Names, TOLD, list, same};
use crate::db::row::Row;
use crate::db::rows::{Account, Event, ForgottenBooking, Status};
use crate::db::statement::{execute, number};
use crate::db::{Error, Result, Tx};

/// Given up after deaths of the process: not tried here, where nobody counts them.
const DEADLY: &str = "(e.state = 'failed' AND e.error LIKE 'the process died %')";

/// Events that the shadow lacks: by place in `todo`, those that came in order, then those that came too late.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Missing {
    pub in_order: i64,
    pub all: i64,
}

/// Lists the events that the live projector has settled and the shadow has not got.
///
/// What a booking that is carried over was told before its gap is in its row, and in its customer's: it is left out.
/// What was superseded comes last: a newer delivery had been projected before it, and is so again.
pub(super) fn list_missing(tx: &mut Tx<'_>, names: &Names) -> Result<Missing> {
    let todo = names.shadow("todo");
    // Only so called is it SQLite's own key.
    let number_type = if names.is_postgres { "BIGINT" } else { "INTEGER" };
    let columns = format!("n {number_type} PRIMARY KEY, late INTEGER NOT NULL, id BIGINT NOT NULL");
    execute(tx, &format!("{} ({columns})", names.create_once(&todo)))?;
    execute(tx, &format!("DELETE FROM {todo}"))?;
    execute(
        tx,
        &format!(
            "INSERT INTO {todo} (n, late, id) SELECT row_number() OVER (ORDER BY late, id) AS n, late, id FROM \
             (SELECT e.id, CASE WHEN COALESCE(e.prior_state, e.state) = 'superseded' THEN 1 ELSE 0 END AS late \
             FROM {} e WHERE (e.state <> 'pending' OR e.prior_state IS NOT NULL) \
             AND EXISTS (SELECT 1 FROM {} b WHERE b.event_id = e.id) \
             AND NOT EXISTS (SELECT 1 FROM {} s WHERE s.id = e.id) \
             AND NOT EXISTS (SELECT 1 FROM {} c WHERE c.account_id = e.account_id AND c.code = e.entity_key \
             AND e.id < c.base AND e.kind = 'booking' AND COALESCE(e.prior_state, e.state) IN {TOLD})) q",
            names.live("webhook_events"),
            names.live("webhook_bodies"),
            names.shadow("webhook_events"),
            names.shadow("carried_bookings"),
        ),
    )?;
    let in_order = number(tx, &format!("SELECT count(*) AS v FROM {todo} WHERE late = 0"))?;
    let all = number(tx, &format!("SELECT count(*) AS v FROM {todo}"))?;
    Ok(Missing { in_order, all })
}

/// Whether no more than `few` events have come after those the shadow has. What was committed late is not among them:
/// the next list is.
pub(super) fn is_near(tx: &mut Tx<'_>, names: &Names, few: i64) -> Result<bool> {
    let (live, shadow) = (names.live("webhook_events"), names.shadow("webhook_events"));
    let newer = format!(
        "SELECT count(*) AS v FROM (SELECT 1 AS one FROM {live} WHERE id > \
         (SELECT COALESCE(max(id), 0) FROM {shadow}) LIMIT {few} + 1) q"
    );
    Ok(number(tx, &newer)? <= few)
}

/// Copies the listed events after one place up to another, to be projected. Their bodies stay where they are.
pub(super) fn copy(tx: &mut Tx<'_>, names: &Names, after: i64, to: i64) -> Result<()> {
    let columns: Vec<_> = Event::COLUMNS
        .iter()
        .map(|column| match *column {
            "state" => format!("CASE WHEN {DEADLY} THEN 'failed' ELSE 'pending' END"),
            "prior_state" => "CAST(NULL AS TEXT)".to_owned(),
            "attempts" => format!("CASE WHEN {DEADLY} THEN e.attempts ELSE 0 END"),
            name if DECIDED.contains(&name) || name == "processed_at" => {
                format!("CASE WHEN {DEADLY} THEN e.\"{name}\" END")
            }
            name => format!("e.\"{name}\""),
        })
        .collect();
    let (events, into, bodies) =
        (names.live("webhook_events"), names.shadow("webhook_events"), names.live("webhook_bodies"));
    let (columns, values, todo) = (list(Event::COLUMNS, ""), columns.join(", "), names.shadow("todo"));
    let copied = execute(
        tx,
        &format!(
            "INSERT INTO {into} ({columns}) SELECT {values} FROM {events} e JOIN {todo} t ON t.id = e.id \
             WHERE t.n > {after} AND t.n <= {to} AND EXISTS (SELECT 1 FROM {bodies} b WHERE b.event_id = e.id)"
        ),
    )?;
    if usize::try_from(to - after) == Ok(copied) { Ok(()) } else { Err(left_the_log()) }
}

/// Whether every event that was projected is still in the log: what is forgotten must not come back.
pub(super) fn check_still_there(tx: &mut Tx<'_>, names: &Names) -> Result<()> {
    let gone = number(
        tx,
        &format!(
            "SELECT count(*) AS v FROM {} s WHERE NOT EXISTS (SELECT 1 FROM {} b WHERE b.event_id = s.id)",
            names.shadow("webhook_events"),
            names.live("webhook_bodies"),
        ),
    )?;
    if gone == 0 { Ok(()) } else { Err(left_the_log()) }
}

/// Gives the shadow's projector the bookings that are told without their person.
pub(super) fn copy_forgotten(tx: &mut Tx<'_>, names: &Names) -> Result<()> {
    let (live, shadow) = (names.live(ForgottenBooking::TABLE), names.shadow(ForgottenBooking::TABLE));
    let columns = list(ForgottenBooking::COLUMNS, "");
    execute(tx, &format!("INSERT INTO {shadow} ({columns}) SELECT {columns} FROM {live}")).map(drop)
}

/// How often something of a person was erased from the mirror.
pub(super) fn erasures(tx: &mut Tx<'_>, names: &Names) -> Result<i64> {
    number(tx, &format!("SELECT erasures AS v FROM {}", names.live("mirror")))
}

/// Nobody who was forgotten since the shadow began, when there had been so many erasures, may come back by it.
pub(super) fn check_forgotten(tx: &mut Tx<'_>, names: &Names, before: i64) -> Result<()> {
    let (live, shadow) = (names.live(ForgottenBooking::TABLE), names.shadow(ForgottenBooking::TABLE));
    let known = same("s", ForgottenBooking::KEY, "l", ForgottenBooking::KEY);
    let query = format!(
        "SELECT count(*) AS v FROM {live} l WHERE NOT EXISTS (SELECT 1 FROM {shadow} s WHERE {known} \
         AND s.customer_key = l.customer_key)"
    );
    if number(tx, &query)? == 0 && erasures(tx, names)? == before {
        return Ok(());
    }
    Err(Error::Schema("a person was forgotten meanwhile; nothing was changed, run it again".to_owned()))
}

fn left_the_log() -> Error {
    Error::Schema(
        "events left the log meanwhile (were they pruned or forgotten?); nothing was changed, run it again".into(),
    )
}

/// Makes the shadow's accounts those of the mirror, ids, zones and all; and its statuses.
pub(super) fn copy_accounts(tx: &mut Tx<'_>, names: &Names) -> Result<()> {
    let (live, shadow) = (names.live("accounts"), names.shadow("accounts"));
    let clashes = format!(
        "SELECT count(*) AS v FROM {live} l JOIN {shadow} s ON (l.account_id = s.account_id) <> (l.host = s.host)"
    );
    if number(tx, &clashes)? > 0 {
        let clash = "an account was first seen meanwhile, here and by the server; nothing was changed, run it again";
        return Err(Error::Schema(clash.to_owned()));
    }
    execute(
        tx,
        &format!(
            "UPDATE {shadow} AS s SET timezone = l.timezone, dates_cursor = NULL FROM {live} l \
             WHERE l.account_id = s.account_id AND l.timezone <> s.timezone"
        ),
    )?;
    for (table, key, columns) in
        [("accounts", Account::KEY, Account::COLUMNS), ("statuses", Status::KEY, Status::COLUMNS)]
    {
        let (live, shadow, names) = (names.live(table), names.shadow(table), list(columns, "l."));
        let there = same("s", key, "l", key);
        let missing = format!("NOT EXISTS (SELECT 1 FROM {shadow} s WHERE {there})");
        let columns = list(columns, "");
        execute(tx, &format!("INSERT INTO {shadow} ({columns}) SELECT {names} FROM {live} l WHERE {missing}"))?;
    }
    Ok(())
}
