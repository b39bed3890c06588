//! Deliveries, as received, and what became of each.

use diesel::prelude::*;

use crate::db::row::row;
use crate::db::schema::{webhook_bodies, webhook_events};
use crate::db::types::{EventState, Json, Timestamp};
use crate::db::upsert::upsert;
use crate::db::{Result, Tx, on};

row! {
    /// A delivery. Its id is the order of receipt: microseconds since 1970.
    Event in webhook_events, key (id), on conflict Keep {
        id: i64,
        receiver: String,
        source: String,
        received_at: Timestamp,
        remote_ip: Option<String>,
        content_type: Option<String>,
        account_id: Option<i32>,
        format: Option<String>,
        kind: Option<String>,
        type_name: Option<String>,
        action: Option<String>,
        entity_key: Option<String>,
        state: EventState,
        prior_state: Option<EventState>,
        attempts: i32,
        error: Option<String>,
        processed_at: Option<Timestamp>,
    }
}

row! {
    /// The delivery's body and headers, as received.
    EventBody in webhook_bodies, key (event_id), on conflict Keep {
        event_id: i64,
        headers: Json,
        body: Vec<u8>,
    }
}

impl Event {
    /// A delivery that a webhook brought, of which nothing more is known.
    pub fn pending(id: i64, receiver: &str, received_at: Timestamp) -> Self {
        Self {
            id,
            receiver: receiver.to_owned(),
            source: "webhook".to_owned(),
            received_at,
            remote_ip: None,
            content_type: None,
            account_id: None,
            format: None,
            kind: None,
            type_name: None,
            action: None,
            entity_key: None,
            state: EventState::Pending,
            prior_state: None,
            attempts: 0,
            error: None,
            processed_at: None,
        }
    }

    /// Adds events; returns the ids that were taken already, with the receiver that took each.
    pub fn insert(tx: &mut Tx<'_>, rows: &[Self]) -> Result<Vec<(i64, String)>> {
        let inserted = upsert!(&mut *tx, Self, rows)?;
        if inserted == rows.len() {
            return Ok(Vec::new());
        }
        let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
        let query = || webhook_events::table.filter(webhook_events::id.eq_any(&ids));
        Ok(on!(tx, |connection| query().select((webhook_events::id, webhook_events::receiver)).load(connection))?)
    }

    /// The highest id stored; 0 where there is none.
    pub fn highest_id(tx: &mut Tx<'_>) -> Result<i64> {
        let query = webhook_events::table.select(diesel::dsl::max(webhook_events::id));
        Ok(on!(tx, |connection| query.first::<Option<i64>>(connection))?.unwrap_or(0))
    }
}

impl EventBody {
    /// Adds bodies; those that are there stay.
    pub fn insert(tx: &mut Tx<'_>, rows: &[Self]) -> Result<()> {
        upsert!(tx, Self, rows)?;
        Ok(())
    }

    /// Replaces a body, in its own format, by one that says less.
    pub fn rewrite(tx: &mut Tx<'_>, event_id: i64, body: &[u8]) -> Result<()> {
        let query = diesel::update(webhook_bodies::table.find(event_id)).set(webhook_bodies::body.eq(body));
        on!(tx, |connection| query.execute(connection))?;
        Ok(())
    }

    /// The body of an event.
    pub fn find(tx: &mut Tx<'_>, event_id: i64) -> Result<Option<Self>> {
        let query = || webhook_bodies::table.find(event_id);
        Ok(on!(tx, |connection| query().first(connection).optional())?)
    }
}
