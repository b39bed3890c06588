//! Writes what became of a batch of events: one statement on PostgreSQL, one prepared statement on SQLite.

use diesel::dsl::SqlTypeOf;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sqlite::Sqlite;

use crate::db::array::{ColumnArray, array};
use crate::db::schema::webhook_events;
use crate::db::types::{EventState, Timestamp};
use crate::db::{Result, Tx};

/// What became of an event.
#[derive(Debug, Clone)]
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
    /// How often it was tried.
    pub attempts: i32,
    /// Why it failed, or what was odd about it.
    pub error: Option<String>,
    /// When it was decided.
    pub processed_at: Option<Timestamp>,
}

/// Settles events.
pub fn settle(tx: &mut Tx<'_>, settlements: &[Settlement]) -> Result<()> {
    match tx {
        Tx::Postgres(connection) => drop(Many::of(settlements).execute(&mut **connection)?),
        Tx::Sqlite(connection) => {
            for settlement in settlements {
                One(settlement).execute(&mut **connection)?;
            }
        }
    }
    Ok(())
}

/// One event, for SQLite. Diesel would put its own update together anew each time.
struct One<'s>(&'s Settlement);

/// All events, for PostgreSQL: an array for each column.
struct Many<'s>([ColumnArray<'s>; 11]);

impl QueryId for One<'_> {
    type QueryId = One<'static>;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl QueryId for Many<'_> {
    type QueryId = Many<'static>;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl<C> RunQueryDsl<C> for One<'_> {}
impl<C> RunQueryDsl<C> for Many<'_> {}

/// Names each column with its value: `$each` is a macro that gets them.
macro_rules! columns {
    ($each:ident) => {
        [
            $each!(account_id),
            $each!(format),
            $each!(kind),
            $each!(type_name),
            $each!(action),
            $each!(entity_key),
            $each!(state),
            $each!(attempts),
            $each!(error),
            $each!(processed_at),
            $each!(id),
        ]
    };
}

impl QueryFragment<Sqlite> for One<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        out.push_sql("UPDATE webhook_events SET prior_state = NULL");
        macro_rules! bind {
            ($column:ident) => {{
                out.push_sql(if stringify!($column) == "id" { " WHERE " } else { ", " });
                out.push_sql(concat!(stringify!($column), " = "));
                out.push_bind_param::<SqlTypeOf<webhook_events::$column>, _>(&self.0.$column)?;
            }};
        }
        let [..] = columns!(bind);
        Ok(())
    }
}

impl<'s> Many<'s> {
    fn of(settlements: &'s [Settlement]) -> Self {
        macro_rules! bind {
            ($column:ident) => {
                array::<SqlTypeOf<webhook_events::$column>, _>(settlements.iter().map(|s| &s.$column))
            };
        }
        Self(columns!(bind))
    }
}

impl QueryFragment<Pg> for Many<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql(
            "UPDATE webhook_events AS e SET prior_state = NULL, account_id = s.account_id, format = s.format, \
             kind = s.kind, type_name = s.type_name, action = s.action, entity_key = s.entity_key, state = s.state, \
             attempts = s.attempts, error = s.error, processed_at = s.processed_at FROM (SELECT ",
        );
        // Not unnested in FROM, where each array would be kept in a store of its own before it is read.
        for (index, array) in self.0.iter().enumerate() {
            out.push_sql(if index == 0 { "unnest(" } else { "), unnest(" });
            array.walk_ast(out.reborrow())?;
        }
        out.push_sql(
            ")) AS s (account_id, format, kind, type_name, action, entity_key, state, attempts, error, processed_at, id) \
             WHERE e.id = s.id",
        );
        Ok(())
    }
}
