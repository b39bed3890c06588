//! Deliveries, the newest first.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Bool;

use super::{FOUND, Found, SCAN, filter, on_boxed};
use crate::db::events::written_out;
use crate::db::rows::Event;
use crate::db::schema::webhook_events as e;
use crate::db::types::EventState;
use crate::db::{Result, Tx};

/// Which events.
#[derive(Debug, Clone, Default)]
#[allow(missing_docs, reason = "named as the columns")]
pub struct EventFilter {
    pub account_id: Option<i32>,
    pub state: Option<EventState>,
    pub kind: Option<String>,
    pub entity_key: Option<String>,
    /// Received at this id or later.
    pub from: Option<i64>,
    /// Received before this id.
    pub to: Option<i64>,
}

/// Those below an id: one more than `limit` where there are as many.
pub fn events(tx: &mut Tx<'_>, filter: &EventFilter, below: Option<i64>, limit: i64) -> Result<Found<Event, i64>> {
    let ids = filter.entity_key.as_ref().map_or(Ok(None), |key| of_entity(tx, filter, key))?;
    let rare = filter.state.and_then(written_out);
    let looks_through =
        filter.account_id.is_some() || filter.state.is_some() || filter.kind.is_some() || filter.entity_key.is_some();
    let is_bounded = ids.is_some() || rare.is_some();
    let last = if looks_through && !is_bounded { last(tx, below, filter)? } else { None };
    let rows = on_boxed!(tx, |connection, Backend| {
        let mut query = e::table.into_boxed::<Backend>();
        filter!(query,
            below => |id| e::id.lt(id),
            last => |id| e::id.ge(id),
            filter.from => |id| e::id.ge(id),
            filter.to => |id| e::id.lt(id),
            ids => |ids| e::id.eq_any(ids),
            rare => |state| sql::<Bool>(state),
            filter.state => |state| e::state.eq(state),
            filter.account_id => |account| e::account_id.eq(account),
            &filter.kind => |kind| e::kind.eq(kind),
            &filter.entity_key => |key| e::entity_key.eq(key),
        );
        query.order(e::id.desc()).limit(limit + 1).load(connection)?
    });
    Ok((rows, last))
}

/// The events about an object; `None` where there are too many to list.
fn of_entity(tx: &mut Tx<'_>, filter: &EventFilter, key: &str) -> Result<Option<Vec<i64>>> {
    let ids: Vec<i64> = on_boxed!(tx, |connection, Backend| {
        let mut query = e::table.filter(e::entity_key.eq(key)).select(e::id).into_boxed::<Backend>();
        filter!(query, &filter.kind => |kind| e::kind.eq(kind));
        query.limit(FOUND + 1).load(connection)?
    });
    Ok(Some(ids).filter(|ids| i64::try_from(ids.len()).is_ok_and(|found| found <= FOUND)))
}

/// The lowest id of those that are looked through; `None` where these are all.
fn last(tx: &mut Tx<'_>, below: Option<i64>, filter: &EventFilter) -> Result<Option<i64>> {
    Ok(on_boxed!(tx, |connection, Backend| {
        let mut query = e::table.select(e::id).into_boxed::<Backend>();
        filter!(query, below => |id| e::id.lt(id), filter.to => |id| e::id.lt(id), filter.from => |id| e::id.ge(id));
        query.order(e::id.desc()).offset(SCAN - 1).limit(1).first(connection).optional()?
    }))
}
