//! What pages and the API read through: connections of their own, few and for short, so that whoever looks on takes
//! nothing from recorder and projector.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::app::AppState;
use crate::db::{Database, DatabaseUrl, Result, Tx};
use crate::problem::Problem;

/// Reads at a time. One that was given up keeps its place until the database lets go of it.
const READS: usize = 3;
/// How long an answer may take, the wait for a place included.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long one statement may take, on PostgreSQL.
const STATEMENT: Duration = Duration::from_secs(8);

/// A pool for reading alone; connects when first used. A cheap handle, which holds up no end of the process.
#[derive(Clone)]
pub struct Reader(Arc<Inner>);

struct Inner {
    url: DatabaseUrl,
    database: Mutex<Option<Database>>,
    places: Arc<Semaphore>,
}

impl Reader {
    /// Opens nothing yet: the database may be away now.
    pub fn new(url: &DatabaseUrl) -> Self {
        let places = Arc::new(Semaphore::new(READS));
        Self(Arc::new(Inner { url: url.clone(), database: Mutex::default(), places }))
    }

    fn database(&self) -> Result<Database> {
        let mut database = self.0.database.lock();
        if let Some(database) = &*database {
            return Ok(database.clone());
        }
        Ok(database.insert(Database::open_for_readers(&self.0.url, STATEMENT)?).clone())
    }

    /// Runs reads that all see the same moment, within a time limit. A fault is logged here.
    pub async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&mut Tx<'_>) -> Result<T> + Send + 'static,
    ) -> std::result::Result<T, Problem> {
        self.run(move |database| database.snapshot(read)).await
    }

    /// The same for work that begins its own transaction.
    pub async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Database) -> Result<T> + Send + 'static,
    ) -> std::result::Result<T, Problem> {
        let reader = self.clone();
        let work = async move {
            let place = Arc::clone(&reader.0.places).acquire_owned().await;
            let work = move || {
                let _place = place;
                work(&reader.database()?)
            };
            tokio::task::spawn_blocking(work).await
        };
        match timeout(PATIENCE, work).await {
            Ok(Ok(Ok(found))) => return Ok(found),
            Ok(Ok(Err(error))) => tracing::warn!(%error, "a page could not be read from the database"),
            Ok(Err(error)) => tracing::error!(%error, "a page could not be made"),
            Err(_) => tracing::warn!("a page was given up: the database took longer than {PATIENCE:?}"),
        }
        Err(Problem::Unread)
    }
}

impl AppState {
    /// Runs reads that all see the same moment, within a time limit.
    pub async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&mut Tx<'_>) -> Result<T> + Send + 'static,
    ) -> std::result::Result<T, Problem> {
        self.reader.read(read).await
    }
}
