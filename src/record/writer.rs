//! Takes deliveries from the queue: into the database, else into the spool, and only then answers.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};

use super::batch::Batch;
use super::stores::Stores;
use super::{PATIENCE, Refused, Waiting};
use crate::fault;

/// Deliveries in one transaction.
const BATCH: usize = 1_000;
/// Bytes of bodies in one transaction after which the connection keeps memory worth giving back, and how long after the
/// last delivery that is done.
const LARGE: usize = 1 << 20;
const QUIET: Duration = Duration::from_secs(5);
/// Between two tries while nothing can be stored at all.
const PAUSE: Duration = Duration::from_millis(200);

/// Stores what comes through the queue until that closes.
///
/// A lone delivery is stored at once; a batch is only ever what came in while the last one was stored.
pub(super) async fn run(stores: Arc<Stores>, mut queue: mpsc::Receiver<Waiting>) {
    let mut is_large = false;
    loop {
        let next = if is_large { timeout(QUIET, queue.recv()).await } else { Ok(queue.recv().await) };
        let first = match next {
            Ok(Some(first)) => first,
            Ok(None) => return,
            Err(_) => {
                stores.rest().await;
                is_large = false;
                continue;
            }
        };
        let mut waiting = vec![first];
        while waiting.len() < BATCH
            && let Ok(next) = queue.try_recv()
        {
            waiting.push(next);
        }
        is_large |= waiting.iter().map(|one| one.body.body.len()).sum::<usize>() > LARGE;
        store(&stores, waiting).await;
    }
}

async fn store(stores: &Stores, waiting: Vec<Waiting>) {
    let mut batch = Batch::default();
    let (mut senders, mut shares) = (Vec::with_capacity(waiting.len()), Vec::with_capacity(waiting.len()));
    let mut received = Vec::with_capacity(waiting.len());
    for Waiting { event, body, since, share, stored } in waiting {
        received.push(since);
        batch.events.push(event);
        batch.bodies.push(body);
        shares.extend(share);
        senders.push(stored);
    }
    batch.shares = Arc::new(shares);
    let mut batch = Arc::new(batch);
    let oldest = received.iter().min().copied().unwrap_or_else(Instant::now);
    let is_stored = loop {
        let turn = stores.turn.lock().await;
        if takes_now(stores, &mut batch).await {
            break true;
        }
        drop(turn);
        if oldest.elapsed() > PATIENCE {
            stores.state.refused(senders.len());
            break false;
        }
        sleep(PAUSE).await;
    };
    for (sender, event) in senders.into_iter().zip(&batch.events) {
        // The sender may have gone; the delivery is stored all the same.
        let _ = sender.send(if is_stored { Ok(event.id) } else { Err(Refused::Unavailable) });
    }
    if is_stored {
        stores.state.metrics.acknowledged(&received.iter().map(Instant::elapsed).collect::<Vec<_>>());
    }
}

/// The database first, unless older deliveries wait in the spool: these would be overtaken.
async fn takes_now(stores: &Stores, batch: &mut Arc<Batch>) -> bool {
    let is_direct = stores.state.spool().events == 0 || !stores.state.spool_is_usable();
    if is_direct && stores.prepared.is_cancelled() && stores.insert(batch, false).await.is_ok() {
        return true;
    }
    let job = Arc::clone(batch);
    let appended = stores.spool(move |spool| {
        fault::point("spool_before_append");
        spool.append(&job.events, &job.bodies)
    });
    let appended = appended.await.is_ok();
    stores.filled.notify_one();
    fault::point("spool_after_append");
    appended
}
