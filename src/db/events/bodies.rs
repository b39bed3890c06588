//! Bodies that are dropped when they are old: which events still have theirs, and which may lose it.

use diesel::dsl::{exists, not, sql};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool};

use super::Delivery;
use crate::db::schema::{webhook_bodies, webhook_events};
use crate::db::types::EventState;
use crate::db::{Result, Tx, on, projector_lock};

/// Whether an event that told of this booking has lost its body, so that the log no longer tells all of it.
pub fn is_pruned(tx: &mut Tx<'_>, account_id: i32, code: &str) -> Result<bool> {
    let told = [EventState::Applied, EventState::Unchanged];
    let again =
        webhook_events::state.eq(EventState::Pending).and(webhook_events::prior_state.assume_not_null().eq_any(told));
    let body = webhook_bodies::table.filter(webhook_bodies::event_id.eq(webhook_events::id));
    let query = webhook_events::table
        .filter(webhook_events::account_id.eq(account_id))
        .filter(webhook_events::kind.eq("booking"))
        .filter(webhook_events::entity_key.eq(code))
        .filter(webhook_events::state.eq_any(told).or(again))
        .filter(not(exists(body)))
        .select(webhook_events::id);
    Ok(on!(tx, |connection| query.first::<i64>(connection).optional())?.is_some())
}

/// How long an event's stored body is, in bytes; `None` where it was dropped.
pub fn body_size(tx: &mut Tx<'_>, id: i64) -> Result<Option<i64>> {
    let length = || sql::<BigInt>("CAST(length(body) AS BIGINT)");
    let query = || webhook_bodies::table.find(id).select(length());
    Ok(on!(tx, |connection| query().first(connection).optional())?)
}

/// A page of the log: events that still have their bodies, oldest first.
pub fn page(tx: &mut Tx<'_>, after: i64, limit: i64) -> Result<Vec<Delivery>> {
    let query = webhook_events::table
        .inner_join(webhook_bodies::table.on(webhook_bodies::event_id.eq(webhook_events::id)))
        .filter(webhook_bodies::event_id.gt(after))
        .order(webhook_bodies::event_id)
        .limit(limit);
    Ok(on!(tx, |connection| query.load(connection))?)
}

/// A page of the bodies that may be dropped: of events below this id, but for those still to be projected
/// and the dead letters.
fn prunable(tx: &mut Tx<'_>, after: i64, before: i64, limit: i64) -> Result<Vec<i64>> {
    let query = webhook_bodies::table
        .inner_join(webhook_events::table.on(webhook_events::id.eq(webhook_bodies::event_id)))
        .filter(webhook_bodies::event_id.gt(after))
        .filter(webhook_bodies::event_id.lt(before))
        .filter(sql::<Bool>("webhook_events.state NOT IN ('pending', 'failed')"))
        .order(webhook_bodies::event_id)
        .limit(limit)
        .select(webhook_bodies::event_id);
    Ok(on!(tx, |connection| query.load(connection))?)
}

/// How many there are in all.
pub fn count_prunable(tx: &mut Tx<'_>, before: i64) -> Result<i64> {
    let query = webhook_bodies::table
        .inner_join(webhook_events::table.on(webhook_events::id.eq(webhook_bodies::event_id)))
        .filter(webhook_bodies::event_id.lt(before))
        .filter(sql::<Bool>("webhook_events.state NOT IN ('pending', 'failed')"))
        .count();
    Ok(on!(tx, |connection| query.get_result(connection))?)
}

/// Drops a page of bodies; returns how many, and the last of them. Their events stay.
pub fn prune(tx: &mut Tx<'_>, after: i64, before: i64, limit: i64) -> Result<(usize, Option<i64>)> {
    // Nobody sets one of them to pending in between.
    projector_lock::bodies(tx)?;
    let ids = prunable(tx, after, before, limit)?;
    let query = diesel::delete(webhook_bodies::table.filter(webhook_bodies::event_id.eq_any(&ids)));
    let dropped = on!(tx, |connection| query.execute(connection))?;
    Ok((dropped, ids.last().copied()))
}

/// Those of these events that have no body any more.
pub fn without_body(tx: &mut Tx<'_>, ids: &[i64]) -> Result<Vec<i64>> {
    let body = webhook_bodies::table.filter(webhook_bodies::event_id.eq(webhook_events::id));
    let query = webhook_events::table
        .filter(webhook_events::id.eq_any(ids))
        .filter(not(exists(body)))
        .select(webhook_events::id);
    Ok(on!(tx, |connection| query.load(connection))?)
}
