//! Long work on the mirror, as it was run.

use diesel::prelude::*;

use crate::db::schema::sync_runs;
use crate::db::types::{Json, Timestamp};
use crate::db::{Result, Tx, on};

/// Replays, rebuilds and the like.
pub struct SyncRun;

impl SyncRun {
    /// Notes that a run begins.
    pub fn start(tx: &mut Tx<'_>, kind: &str, at: Timestamp, counts: &Json) -> Result<i64> {
        let row = (
            sync_runs::kind.eq(kind),
            sync_runs::state.eq("running"),
            sync_runs::started_at.eq(at),
            sync_runs::counts.eq(counts),
        );
        let insert = diesel::insert_into(sync_runs::table).values(row).returning(sync_runs::id);
        Ok(on!(tx, |connection| insert.get_result(connection))?)
    }

    /// Notes how it ended.
    pub fn finish(tx: &mut Tx<'_>, id: i64, at: Timestamp, state: &str, counts: &Json) -> Result<()> {
        let columns = (sync_runs::state.eq(state), sync_runs::finished_at.eq(at), sync_runs::counts.eq(counts));
        on!(tx, |connection| diesel::update(sync_runs::table.find(id)).set(columns).execute(connection))?;
        Ok(())
    }
}
