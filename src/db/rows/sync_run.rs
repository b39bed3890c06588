//! Long work on the mirror, as it was run.

use diesel::dsl::max;
use diesel::prelude::*;

use crate::db::schema::sync_runs;
use crate::db::types::{Json, Timestamp};
use crate::db::{Result, Tx, on};

/// Replays, rebuilds and the like.
pub struct SyncRun;

/// How a run stands.
#[derive(Debug, Clone, PartialEq, Eq, Queryable)]
pub struct Run {
    /// `sync_runs.kind`
    pub kind: String,
    /// `sync_runs.state`
    pub state: String,
    /// `sync_runs.started_at`
    pub started_at: Timestamp,
    /// `sync_runs.error`
    pub error: Option<String>,
}

impl SyncRun {
    /// The last run of each kind.
    pub fn latest(tx: &mut Tx<'_>) -> Result<Vec<Run>> {
        let ids = || sync_runs::table.group_by(sync_runs::kind).select(max(sync_runs::id).assume_not_null());
        let ids: Vec<i64> = on!(&mut *tx, |connection| ids().load(connection))?;
        let columns = (sync_runs::kind, sync_runs::state, sync_runs::started_at, sync_runs::error);
        let query = || sync_runs::table.filter(sync_runs::id.eq_any(&ids)).order(sync_runs::id).select(columns);
        Ok(on!(tx, |connection| query().load(connection))?)
    }

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

    /// Notes that a run on one account begins.
    pub fn start_of(tx: &mut Tx<'_>, kind: &str, account_id: i32, at: Timestamp) -> Result<i64> {
        let row = (
            sync_runs::kind.eq(kind),
            sync_runs::account_id.eq(account_id),
            sync_runs::state.eq("running"),
            sync_runs::started_at.eq(at),
        );
        let insert = diesel::insert_into(sync_runs::table).values(row).returning(sync_runs::id);
        Ok(on!(tx, |connection| insert.get_result(connection))?)
    }

    /// Notes how far it is.
    pub fn set_cursor(tx: &mut Tx<'_>, id: i64, cursor: &Json) -> Result<()> {
        let columns = sync_runs::cursor.eq(cursor);
        on!(tx, |connection| diesel::update(sync_runs::table.find(id)).set(columns).execute(connection))?;
        Ok(())
    }

    /// Notes that it failed, and why.
    pub fn fail(tx: &mut Tx<'_>, id: i64, at: Timestamp, error: &str) -> Result<()> {
        let columns = (sync_runs::state.eq("failed"), sync_runs::finished_at.eq(at), sync_runs::error.eq(error));
        on!(tx, |connection| diesel::update(sync_runs::table.find(id)).set(columns).execute(connection))?;
        Ok(())
    }

    /// Notes that runs of this kind ended with their process. Call it where no other can be under way.
    pub fn abandon(tx: &mut Tx<'_>, kind: &str, at: Timestamp) -> Result<()> {
        let runs = || sync_runs::table.filter(sync_runs::kind.eq(kind)).filter(sync_runs::state.eq("running"));
        let columns = (
            sync_runs::state.eq("failed"),
            sync_runs::finished_at.eq(at),
            sync_runs::error.eq("the process ended before it was done; nothing was changed"),
        );
        on!(tx, |connection| diesel::update(runs()).set(columns).execute(connection))?;
        Ok(())
    }

    /// Notes how it ended.
    pub fn finish(tx: &mut Tx<'_>, id: i64, at: Timestamp, state: &str, counts: &Json) -> Result<()> {
        let columns = (sync_runs::state.eq(state), sync_runs::finished_at.eq(at), sync_runs::counts.eq(counts));
        on!(tx, |connection| diesel::update(sync_runs::table.find(id)).set(columns).execute(connection))?;
        Ok(())
    }
}
