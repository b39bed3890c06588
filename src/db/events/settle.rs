//! Writes what became of a batch of events: one statement on PostgreSQL, one prepared statement on SQLite.

use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Integer, Nullable, Text};

use crate::db::schema::webhook_events;
use crate::db::types::{EventState, Timestamp, sql};
use crate::db::{Result, Tx};

/// What became of an event.
#[derive(Debug, Clone, Identifiable, AsChangeset)]
#[diesel(table_name = webhook_events, treat_none_as_null = true)]
pub struct Settlement {
    /// The event.
    pub id: i64,
    /// The account its body names.
    pub account_id: Option<i32>,
    /// `json`, `xml`, `form`; `None` for a blank body.
    pub format: Option<String>,
    /// `booking`, `transaction`, `item`, `rate`, `unknown`.
    pub kind: Option<String>,
    /// The kind as the body names it.
    pub type_name: Option<String>,
    /// `insert`, `update`, `delete`, ..
    pub action: Option<String>,
    /// What identifies the object within its account and kind.
    pub entity_key: Option<String>,
    /// The decision.
    pub state: EventState,
    /// Nothing, once it is settled.
    pub prior_state: Option<EventState>,
    /// How often it was tried.
    pub attempts: i32,
    /// Why it failed, or what was odd about it.
    pub error: Option<String>,
    /// When it was decided.
    pub processed_at: Option<Timestamp>,
}

const SETTLE: &str = "UPDATE webhook_events AS e SET account_id = s.account_id, format = s.format, kind = s.kind, \
    type_name = s.type_name, action = s.action, entity_key = s.entity_key, state = s.state, prior_state = NULL, \
    attempts = s.attempts, error = s.error, processed_at = s.processed_at \
    FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) AS s \
    (id, account_id, format, kind, type_name, action, entity_key, state, attempts, error, processed_at) \
    WHERE e.id = s.id";

/// Settles events.
pub fn settle(tx: &mut Tx<'_>, settlements: &[Settlement]) -> Result<()> {
    match tx {
        Tx::Postgres(connection) => {
            let texts = |text: fn(&Settlement) -> &Option<String>| settlements.iter().map(text).collect::<Vec<_>>();
            diesel::sql_query(SETTLE)
                .bind::<Array<BigInt>, _>(settlements.iter().map(|s| s.id).collect::<Vec<_>>())
                .bind::<Array<Nullable<Integer>>, _>(settlements.iter().map(|s| s.account_id).collect::<Vec<_>>())
                .bind::<Array<Nullable<Text>>, _>(texts(|s| &s.format))
                .bind::<Array<Nullable<Text>>, _>(texts(|s| &s.kind))
                .bind::<Array<Nullable<Text>>, _>(texts(|s| &s.type_name))
                .bind::<Array<Nullable<Text>>, _>(texts(|s| &s.action))
                .bind::<Array<Nullable<Text>>, _>(texts(|s| &s.entity_key))
                .bind::<Array<Text>, _>(settlements.iter().map(|s| s.state).collect::<Vec<_>>())
                .bind::<Array<Integer>, _>(settlements.iter().map(|s| s.attempts).collect::<Vec<_>>())
                .bind::<Array<Nullable<Text>>, _>(texts(|s| &s.error))
                .bind::<Array<Nullable<sql::Instant>>, _>(
                    settlements.iter().map(|s| s.processed_at).collect::<Vec<_>>(),
                )
                .execute(&mut **connection)?;
        }
        Tx::Sqlite(connection) => {
            for settlement in settlements {
                diesel::update(settlement).set(settlement).execute(&mut **connection)?;
            }
        }
    }
    Ok(())
}
