//! Whether events that were read are still as they were read, asked for without reading them again.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Bool;

use crate::db::rows::Event;
use crate::db::schema::webhook_events;
use crate::db::types::{EventState, Timestamp};
use crate::db::{Result, Tx, on};

/// An event that waits: all of it that may change while it does, or when it comes to wait again.
#[derive(Debug, Queryable)]
pub struct Waiting {
    /// The event.
    pub id: i64,
    prior_state: Option<EventState>,
    attempts: i32,
    error: Option<String>,
    processed_at: Option<Timestamp>,
}

impl Waiting {
    /// Whether the event is as it was read.
    pub fn is(&self, event: &Event) -> bool {
        (self.id, self.prior_state, self.attempts) == (event.id, event.prior_state, event.attempts)
            && (&self.error, self.processed_at) == (&event.error, event.processed_at)
    }
}

/// The next pending events above an id, oldest first, whether they have bodies or not.
pub fn waiting(tx: &mut Tx<'_>, after: i64, limit: usize) -> Result<Vec<Waiting>> {
    use webhook_events::{attempts, error, id, prior_state, processed_at};
    let query = webhook_events::table
        .filter(sql::<Bool>("webhook_events.state = 'pending'"))
        .filter(id.gt(after))
        .order(id)
        .limit(i64::try_from(limit).unwrap_or(i64::MAX))
        .select((id, prior_state, attempts, error, processed_at));
    Ok(on!(tx, |connection| query.load(connection))?)
}
