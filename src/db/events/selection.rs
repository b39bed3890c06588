//! Which events a user means: by id, time, state, kind or booking.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Bool;

use super::written_out;
use crate::db::rows::Event;
use crate::db::schema::webhook_events;
use crate::db::types::{EventState, Timestamp};
use crate::db::{Result, Tx, on};

/// A selection of events; what is `None` does not restrict it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Selection {
    /// The lowest id.
    pub from_id: Option<i64>,
    /// The highest id.
    pub to_id: Option<i64>,
    /// Received at or after.
    pub since: Option<Timestamp>,
    /// Received before.
    pub until: Option<Timestamp>,
    /// Any of these states, all where empty.
    pub states: Vec<EventState>,
    /// Of this kind, or so named by the body.
    pub kind: Option<String>,
    /// A booking's code.
    pub booking: Option<String>,
}

/// The selection as a query; a macro, since a boxed query belongs to one database.
macro_rules! selected {
    ($selection:expr) => {{
        let selection = $selection;
        let mut query = webhook_events::table.into_boxed();
        if let Some(id) = selection.from_id {
            query = query.filter(webhook_events::id.ge(id));
        }
        if let Some(id) = selection.to_id {
            query = query.filter(webhook_events::id.le(id));
        }
        if let Some(at) = selection.since {
            query = query.filter(webhook_events::received_at.ge(at));
        }
        if let Some(at) = selection.until {
            query = query.filter(webhook_events::received_at.lt(at));
        }
        if let [state] = selection.states[..]
            && let Some(condition) = written_out(state)
        {
            query = query.filter(sql::<Bool>(condition));
        } else if !selection.states.is_empty() {
            query = query.filter(webhook_events::state.eq_any(&selection.states));
        }
        if let Some(kind) = &selection.kind {
            query = query.filter(webhook_events::kind.eq(kind).or(webhook_events::type_name.eq(kind)));
        }
        if let Some(code) = &selection.booking {
            query = query.filter(webhook_events::kind.eq("booking")).filter(webhook_events::entity_key.eq(code));
        }
        query
    }};
}

impl Selection {
    /// How many there are.
    pub fn count(&self, tx: &mut Tx<'_>) -> Result<i64> {
        Ok(on!(tx, |connection| selected!(self).count().get_result(connection))?)
    }

    /// The newest of them, newest first.
    pub fn newest(&self, tx: &mut Tx<'_>, limit: i64) -> Result<Vec<Event>> {
        Ok(on!(tx, |connection| selected!(self).order(webhook_events::id.desc()).limit(limit).load(connection))?)
    }

    /// A page of ids, lowest first.
    pub fn ids(&self, tx: &mut Tx<'_>, after: i64, limit: i64) -> Result<Vec<i64>> {
        Ok(on!(tx, |connection| selected!(self)
            .filter(webhook_events::id.gt(after))
            .order(webhook_events::id)
            .limit(limit)
            .select(webhook_events::id)
            .load(connection))?)
    }
}
