//! Moves what is in the spool into the database, as soon as that takes it.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::batch::Batch;
use super::stores::Stores;
use crate::db::Result;
use crate::fault;

/// Deliveries moved in one transaction, at most.
const PAGE: i64 = 1_000;
/// The same in bytes of their bodies.
const BYTES: usize = 8 << 20;
/// Between two looks at a spool that cannot be emptied, or opened.
const POLL: Duration = Duration::from_millis(500);
/// The same while it is known to be empty: it tells when that changes.
const IDLE: Duration = Duration::from_mins(1);
/// So many deliveries refused in a row, and it may be the database that refuses all.
const REFUSED: u32 = 8;
/// The longest pause while the database takes nothing.
const BACKOFF: Duration = Duration::from_secs(2);

/// Prepares the database when it can be reached, and empties the spool whenever there is something in it.
pub(super) async fn run(stores: Arc<Stores>, stop: CancellationToken) {
    let mut mover = Mover { stores, after: 0, refused: 0, limit: PAGE };
    let mut pause = POLL;
    loop {
        pause = match mover.step().await {
            Ok(true) => continue,
            Ok(false) if mover.stores.state.spool().events == 0 => IDLE,
            Ok(false) => POLL,
            Err(_) => (pause * 2).min(BACKOFF),
        };
        tokio::select! {
            () = stop.cancelled() => {
                // What a spool holds that was removed has to be in one that is found.
                let _ = mover.stores.spool(|_| Ok(())).await;
                return;
            }
            () = sleep(pause) => {}
            // While the database takes nothing, trying at once does not help.
            () = mover.stores.filled.notified(), if pause == IDLE => {}
        }
    }
}

struct Mover {
    stores: Arc<Stores>,
    /// Deliveries up to this id were refused by a database that takes others.
    after: i64,
    /// How many in a row.
    refused: u32,
    limit: i64,
}

impl Mover {
    /// Moves one page; false where there is none.
    async fn step(&mut self) -> Result<bool> {
        let stores = &self.stores;
        if !stores.prepared.is_cancelled() {
            stores.prepare().await.inspect_err(|error| stores.state.database_refused(error))?;
        }
        // What a former process left shows once its file can be opened.
        let level = stores.spool(|spool| Ok(spool.level())).await?;
        if level.events == 0 {
            return Ok(false);
        }
        // The last page is moved between two batches of the writer; after it, deliveries go to the database directly.
        let last = level.events <= PAGE;
        let turn = if last { Some(stores.turn.lock().await) } else { None };
        let (after, limit) = (self.after, self.limit);
        let (events, bodies) = stores.spool(move |spool| spool.page(after, limit, BYTES)).await?;
        if events.is_empty() {
            self.after = 0;
            return Ok(false);
        }
        let mut batch = Arc::new(Batch { events, bodies, ..Batch::default() });
        let moved = stores.insert(&mut batch, true).await;
        let ids = batch.ids();
        match moved {
            Ok(()) => {
                fault::point("move_after_insert");
                stores.spool(move |spool| spool.remove(&ids)).await?;
                drop(turn);
                fault::point("move_after_remove");
                self.limit = (self.limit * 2).min(PAGE);
                self.refused = 0;
                Ok(true)
            }
            Err(error) if error.is_outage() => Err(error),
            // One of them is at fault: the others go on without it, and it stays.
            Err(_) if self.limit > 1 => {
                self.limit = 1;
                Ok(true)
            }
            Err(error) => {
                self.after = ids.first().copied().unwrap_or(0);
                tracing::error!(event.id = self.after, %error, "the database refuses a delivery; it stays in the spool");
                self.refused += 1;
                // The next ones are tried all the same, but no faster than a database is that takes nothing.
                if self.refused > REFUSED { Err(error) } else { Ok(true) }
            }
        }
    }
}
