//! The memory that bodies share while they are read and stored.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

/// Memory that bodies may take while they are read and stored, in KiB.
const BUDGET_KIB: usize = 256 << 10;
/// How long a body waits for memory before the sender is told to come back.
const PATIENCE: Duration = Duration::from_secs(8);

/// The memory all bodies share: a burst must not exhaust it.
#[derive(Clone)]
pub struct Budget(Arc<Semaphore>);

impl Default for Budget {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(BUDGET_KIB)))
    }
}

/// A body's share of the budget; it ends when the body is stored, or dropped.
pub type Share = OwnedSemaphorePermit;

impl Budget {
    /// So many KiB more, once there is room; `None` where there is none for too long.
    pub async fn take(&self, kib: usize) -> Option<Share> {
        let kib = u32::try_from(kib).unwrap_or(u32::MAX);
        timeout(PATIENCE, Arc::clone(&self.0).acquire_many_owned(kib)).await.ok()?.ok()
    }
}
