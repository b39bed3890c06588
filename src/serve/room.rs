//! Places for connections. Where all are taken, the client that keeps us waiting longest makes room; nobody is refused.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

use super::place::{Phase, Place};
use crate::limits::Limits;

/// How long a connection that was cut may take to be gone.
const GONE: Duration = Duration::from_millis(100);

/// All places.
pub(super) struct Room {
    grace: Duration,
    free: Arc<Semaphore>,
    taken: Mutex<HashMap<u64, Arc<Place>>>,
    next: AtomicU64,
    cut: CancellationToken,
}

/// Gives the place back when it is dropped.
pub(super) struct Ticket {
    pub(super) place: Arc<Place>,
    id: u64,
    room: Arc<Room>,
    _permit: OwnedSemaphorePermit,
}

impl Room {
    pub(super) fn new(limits: &Limits) -> Arc<Self> {
        Arc::new(Self {
            grace: limits.grace,
            free: Arc::new(Semaphore::new(limits.connections)),
            taken: Mutex::default(),
            next: AtomicU64::new(0),
            cut: CancellationToken::new(),
        })
    }

    /// Waits for a place.
    pub(super) async fn enter(self: &Arc<Self>) -> Ticket {
        let permit = loop {
            tokio::select! {
                biased;
                Ok(permit) = Arc::clone(&self.free).acquire_owned() => break permit,
                place = self.slow() => {
                    tracing::debug!("a connection is cut: it keeps us waiting, and others wait for its place");
                    place.cut.cancel();
                    if let Ok(Ok(permit)) = timeout(GONE, Arc::clone(&self.free).acquire_owned()).await {
                        break permit;
                    }
                }
            }
        };
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let place = Arc::new(Place::new(self.cut.child_token()));
        self.taken.lock().insert(id, Arc::clone(&place));
        Ticket { place, id, room: Arc::clone(self), _permit: permit }
    }

    /// Waits until a client has kept us waiting for too long.
    async fn slow(&self) -> Arc<Place> {
        loop {
            match self.slowest(Instant::now()) {
                Ok(place) => return place,
                // Whoever is slowest then may be another.
                Err(due) => sleep_until(due).await,
            }
        }
    }

    /// The slowest client, those that were never answered first; or when there may be one.
    fn slowest(&self, now: Instant) -> Result<Arc<Place>, Instant> {
        let taken = self.taken.lock();
        let waiting = taken.values().filter(|place| !place.cut.is_cancelled());
        let waiting = waiting.filter_map(|place| Some((place.waiting_since()? + self.grace, place)));
        let (late, early): (Vec<_>, Vec<_>) = waiting.partition(|(due, _)| *due <= now);
        match late.into_iter().min_by_key(|(due, place)| (place.phase() == Phase::Kept, *due)) {
            Some((_, place)) => Ok(Arc::clone(place)),
            None => Err(early.into_iter().map(|(due, _)| due).min().unwrap_or(now + self.grace)),
        }
    }

    /// Cuts all connections.
    pub(super) fn cut(&self) {
        self.cut.cancel();
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.room.taken.lock().remove(&self.id);
    }
}
