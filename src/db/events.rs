//! The event log as a work list: claim pending events, settle them; and what users ask of it.

mod about;
mod bodies;
mod heard;
mod selection;
mod settle;
mod waiting;

pub use about::{accounts_of, booked, of_entities, undecided_naming};
pub use bodies::{body_size, count_prunable, is_pruned, page, prune, without_body};
pub use heard::{last_of_account, last_of_no_account, minutes_of_account};
pub use selection::Selection;
pub use settle::{Settlement, settle};
pub use waiting::{Waiting, waiting};

use std::collections::HashMap;

use chrono::Utc;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool};

use super::rows::{Event, EventBody};
use super::schema::{webhook_bodies, webhook_events};
use super::types::{EventState, Timestamp};
use super::{Result, Tx, on, projector_lock};

/// An event and its body.
pub type Delivery = (Event, EventBody);

/// The next pending events above an id, oldest first, as many as fit with their bodies; the first one always does.
///
/// By state, never by a high-water mark: a lower id may be committed late. The state is a literal, so that the
/// partial index serves.
pub fn pending(tx: &mut Tx<'_>, after: i64, limit: usize, bytes: usize) -> Result<Vec<Event>> {
    // Each asked for by itself: PostgreSQL would join bodies from the oldest on, once it was told that most events wait.
    let body = |what: &str| format!("(SELECT {what} FROM webhook_bodies b WHERE b.event_id = webhook_events.id)");
    let length = sql::<BigInt>(&body("CAST(length(b.body) AS BIGINT)"));
    let query = webhook_events::table
        .filter(sql::<Bool>("webhook_events.state = 'pending'"))
        .filter(sql::<Bool>(&format!("webhook_events.id = {}", body("b.event_id"))))
        .filter(webhook_events::id.gt(after))
        .order(webhook_events::id)
        .limit(i64::try_from(limit).unwrap_or(i64::MAX))
        .select((webhook_events::all_columns, length));
    let pending: Vec<(Event, i64)> = on!(tx, |connection| query.load(connection))?;
    let mut total = 0;
    let within = pending.into_iter().enumerate().take_while(|(index, (_, length))| {
        total += length;
        *index == 0 || usize::try_from(total).is_ok_and(|total| total <= bytes)
    });
    Ok(within.map(|(_, (event, _))| event).collect())
}

/// Events with their bodies, as received.
pub fn with_bodies(tx: &mut Tx<'_>, events: Vec<Event>) -> Result<Vec<(Event, Vec<u8>)>> {
    let ids: Vec<_> = events.iter().map(|event| event.id).collect();
    let query = || webhook_bodies::table.filter(webhook_bodies::event_id.eq_any(&ids));
    let query = || query().select((webhook_bodies::event_id, webhook_bodies::body));
    let bodies: Vec<(i64, Vec<u8>)> = on!(tx, |connection| query().load(connection))?;
    let mut bodies: HashMap<_, _> = bodies.into_iter().collect();
    let paired = events.into_iter().filter_map(|event| bodies.remove(&event.id).map(|body| (event, body)));
    Ok(paired.collect())
}

/// A condition for states whose events are in an index of their own: they have to be written out for that.
pub(super) fn written_out(state: EventState) -> Option<&'static str> {
    match state {
        EventState::Pending => Some("webhook_events.state = 'pending'"),
        EventState::Failed => Some("webhook_events.state = 'failed'"),
        _ => None,
    }
}

/// How many events wait.
pub fn count_pending(tx: &mut Tx<'_>) -> Result<i64> {
    let query = || webhook_events::table.filter(sql::<Bool>("webhook_events.state = 'pending'"));
    Ok(on!(tx, |connection| query().count().get_result(connection))?)
}

/// How many events up to this id wait: what comes meanwhile has higher ones.
pub fn count_pending_until(tx: &mut Tx<'_>, id: i64) -> Result<i64> {
    let query = || webhook_events::table.filter(sql::<Bool>("webhook_events.state = 'pending'"));
    let query = || query().filter(webhook_events::id.le(id)).count();
    Ok(on!(tx, |connection| query().get_result(connection))?)
}

/// How many dead letters there are.
pub fn count_failed(tx: &mut Tx<'_>) -> Result<i64> {
    let query = || webhook_events::table.filter(sql::<Bool>("webhook_events.state = 'failed'"));
    Ok(on!(tx, |connection| query().count().get_result(connection))?)
}

/// When the oldest event that waits was received.
pub fn oldest_pending(tx: &mut Tx<'_>) -> Result<Option<Timestamp>> {
    let query = || webhook_events::table.filter(sql::<Bool>("webhook_events.state = 'pending'"));
    let query = || query().order(webhook_events::id).select(webhook_events::received_at);
    Ok(on!(tx, |connection| query().first(connection).optional())?)
}

/// A page of what a booking's row was made from: events that described it, and those of them set again to pending.
pub fn told_of_booking(tx: &mut Tx<'_>, account_id: i32, code: &str, after: i64, limit: i64) -> Result<Vec<Delivery>> {
    let told = [EventState::Applied, EventState::Unchanged];
    let again =
        webhook_events::state.eq(EventState::Pending).and(webhook_events::prior_state.assume_not_null().eq_any(told));
    let query = webhook_events::table
        .inner_join(webhook_bodies::table.on(webhook_bodies::event_id.eq(webhook_events::id)))
        .filter(webhook_events::account_id.eq(account_id))
        .filter(webhook_events::kind.eq("booking"))
        .filter(webhook_events::entity_key.eq(code))
        .filter(webhook_events::id.gt(after))
        .filter(webhook_events::state.eq_any(told).or(again))
        .order(webhook_events::id)
        .limit(limit);
    Ok(on!(tx, |connection| query.load(connection))?)
}

/// Counts a death of the process against an event; returns how often it was tried.
pub fn add_attempt(tx: &mut Tx<'_>, id: i64) -> Result<Option<i32>> {
    let query = diesel::update(webhook_events::table.find(id).filter(sql::<Bool>("state = 'pending'")))
        .set(webhook_events::attempts.eq(webhook_events::attempts + 1))
        .returning(webhook_events::attempts);
    Ok(on!(tx, |connection| query.get_result(connection).optional())?)
}

/// Sets events again to pending, keeping their ids, and what was decided before; returns how many were not pending.
///
/// An event whose body was dropped stays as it is: there is nothing to project.
pub fn set_pending(tx: &mut Tx<'_>, ids: &[i64]) -> Result<usize> {
    projector_lock::bodies(tx)?;
    let gone = without_body(tx, ids)?;
    let ids: Vec<_> = ids.iter().filter(|id| !gone.contains(id)).collect();
    let query = diesel::update(webhook_events::table)
        .filter(webhook_events::id.eq_any(ids))
        .filter(webhook_events::state.ne(EventState::Pending))
        .set((
            webhook_events::prior_state.eq(webhook_events::state.nullable()),
            webhook_events::state.eq(EventState::Pending),
            webhook_events::attempts.eq(0),
        ));
    Ok(on!(tx, |connection| query.execute(connection))?)
}

/// Takes back what was said of events whose bodies were rewritten. By the time, one who has read them sees that they are
/// no longer what they were.
pub fn rewritten(tx: &mut Tx<'_>, ids: &[i64]) -> Result<()> {
    let query = diesel::update(webhook_events::table)
        .filter(webhook_events::id.eq_any(ids))
        .set((webhook_events::error.eq(None::<String>), webhook_events::processed_at.eq(Timestamp(Utc::now()))));
    on!(tx, |connection| query.execute(connection))?;
    Ok(())
}

/// One event.
pub fn find(tx: &mut Tx<'_>, id: i64) -> Result<Option<Event>> {
    let query = || webhook_events::table.find(id);
    Ok(on!(tx, |connection| query().first(connection).optional())?)
}
