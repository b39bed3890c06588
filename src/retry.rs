//! Deliveries projected again: set to pending under the ids they have; the projector does the rest.

use chrono::Utc;
use serde_json::json;

use crate::db::rows::SyncRun;
use crate::db::types::{Json, Timestamp};
use crate::db::{Result, Session, Tx, events};

/// Events that are set again in one transaction.
pub const STEP: i64 = 1_000;

/// A retry or replay that has begun: its events are pending.
pub struct Begun {
    run: i64,
    /// Events that were set to pending.
    pub count: usize,
    /// Events whose bodies were dropped; they stay as they are.
    pub gone: usize,
}

/// Sets events again to pending, page after page; `next` gives the ids of the page above an id, none at the end.
/// `progress` is told of the events of each page.
pub fn begin(
    session: &mut Session,
    mut next: impl FnMut(&mut Tx<'_>, i64) -> Result<Vec<i64>>,
    mut progress: impl FnMut(usize),
) -> Result<Begun> {
    let run = session.transaction(|tx| SyncRun::start(tx, "replay", now(), &counts(0)))?;
    let mut begun = Begun { run, count: 0, gone: 0 };
    let mut after = 0;
    loop {
        let ids = session.read(|tx| next(tx, after))?;
        let Some(&last) = ids.last() else { return Ok(begun) };
        let cursor = Json(json!({ "event_id": last }));
        begun.count += session.transaction(|tx| {
            SyncRun::set_cursor(tx, run, &cursor)?;
            events::set_pending(tx, &ids)
        })?;
        begun.gone += session.read(|tx| events::without_body(tx, &ids))?.len();
        progress(ids.len());
        after = last;
    }
}

impl Begun {
    /// Notes how it ended: well, or with a fault.
    pub fn end(&self, session: &mut Session, fault: Option<&str>) -> Result<()> {
        session.transaction(|tx| match fault {
            None => SyncRun::finish(tx, self.run, now(), "ok", &counts(self.count)),
            Some(error) => SyncRun::fail(tx, self.run, now(), error),
        })
    }
}

fn now() -> Timestamp {
    Timestamp(Utc::now())
}

fn counts(events: usize) -> Json {
    Json(json!({ "events": events }))
}
