//! The two places that can take deliveries, each behind a thread of its own.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::batch::Batch;
use super::lane::Lane;
use super::state::State;
use crate::config::Config;
use crate::db::rows::{Event, mirror_id};
use crate::db::{Database, Error, Result, Session, migrate};
use crate::fault;
use crate::ids::Ids;
use crate::project::Wake;
use crate::spool::{Binding, Spool};

/// A database slower than this counts as one that takes nothing.
const SLOW: Duration = Duration::from_secs(2);

/// The database and the spool, and what is known of them.
pub(super) struct Stores {
    database: Lane<Session>,
    spool: Lane<SpoolFile>,
    pub(super) state: Arc<State>,
    pub(super) ids: Arc<Mutex<Ids>>,
    /// Held by who stores, so that the spool can be emptied for good between two batches.
    pub(super) turn: tokio::sync::Mutex<()>,
    /// Cancelled once the database is migrated and known to be this spool's mirror.
    pub(super) prepared: CancellationToken,
    /// Told that the spool has something.
    pub(super) filled: Notify,
    wake: Wake,
}

/// A spool that is opened again after each fault.
struct SpoolFile {
    path: PathBuf,
    claim: Binding,
    open: Option<Spool>,
}

impl SpoolFile {
    /// The spool that the path leads to. What an open one holds that it no longer leads to is in it.
    fn open(&mut self) -> Result<&mut Spool> {
        let spool = match self.open.take() {
            Some(spool) if spool.is_found() => spool,
            Some(lost) => match lost.found_again(&self.claim) {
                Ok(spool) => spool,
                Err(still) => {
                    let (lost, error) = *still;
                    self.open = lost;
                    return Err(error);
                }
            },
            None => Spool::open(&self.path, &self.claim)?,
        };
        Ok(self.open.insert(spool))
    }

    /// Closes it, unless nobody would find what it holds.
    fn close(&mut self) {
        self.open.take_if(|spool| spool.is_found());
    }
}

impl Stores {
    pub(super) fn new(config: &Config, database: &Database, wake: Wake) -> std::io::Result<Self> {
        let claim = Binding { mirror_id: None, place: config.database_url.place() };
        let spool = SpoolFile { path: config.spool_path.clone(), claim, open: None };
        Ok(Self {
            database: Lane::start("recorder", database.session())?,
            spool: Lane::start("spool", spool)?,
            state: Arc::default(),
            ids: Arc::new(Mutex::new(Ids::above(0))),
            turn: tokio::sync::Mutex::default(),
            prepared: CancellationToken::new(),
            filled: Notify::new(),
            wake,
        })
    }

    /// Brings the database up to this version, and binds the spool to it. Repeated until it succeeds.
    pub(super) async fn prepare(&self) -> Result<()> {
        let prepare = |session: &mut Session| {
            let applied = migrate::run(session)?;
            if !applied.is_empty() {
                tracing::info!(migrations = applied.join(" "), "the database was migrated");
            }
            session.transaction(|tx| Ok((Event::highest_id(tx)?, mirror_id(tx)?)))
        };
        let (highest, mirror_id) = self.database.call(prepare).await?;
        self.ids.lock().rise_above(highest);
        let known = self.spool.call(move |file| {
            file.claim.mirror_id = Some(mirror_id);
            file.close();
            Ok(())
        });
        known.await?;
        // Without a spool the database alone has to do; not so with another mirror's.
        if let Err(foreign @ Error::Schema(_)) = self.spool(|_| Ok(())).await {
            return Err(foreign);
        }
        self.prepared.cancel();
        self.wake.signal();
        self.state.database_took();
        Ok(())
    }

    /// Lets go of what the database's connection keeps of large batches.
    pub(super) async fn rest(&self) {
        let rest = self.database.call(|session| {
            session.rest();
            Ok(())
        });
        if let Err(error) = rest.await {
            tracing::debug!(%error, "the recorder's connection is kept");
        }
    }

    /// Runs a job on the spool, and notes how full it is then.
    pub(super) async fn spool<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Spool) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let result = self.spool.call(|file| {
            match job(file.open()?) {
                // Only what its path leads to is found again.
                Ok(value) => Ok((value, file.open()?.level())),
                Err(error) => {
                    file.close();
                    Err(error)
                }
            }
        });
        match result.await {
            Ok((value, level)) => {
                self.ids.lock().rise_above(level.highest_id);
                self.state.spool_has(level);
                Ok(value)
            }
            Err(error) => {
                self.state.spool_refused(&error);
                Err(error)
            }
        }
    }

    /// Stores a batch in the database. Where another receiver has an id, the batch gets another one; in the spool
    /// first, so that a repetition after a crash is seen as one.
    pub(super) async fn insert(&self, batch: &mut Arc<Batch>, spooled: bool) -> Result<()> {
        let insert = async {
            loop {
                let job = Arc::clone(batch);
                let taken = self.database.call(move |session| job.insert(session)).await?;
                if taken.is_empty() {
                    fault::point("record_after_commit");
                    return Ok(());
                }
                let changes = Arc::make_mut(batch).renumber(&taken, &self.ids);
                if spooled {
                    self.spool(move |spool| spool.renumber(&changes)).await?;
                }
            }
        };
        // The insert may go on, and commit after all: repeating it changes nothing.
        let result = timeout(SLOW, insert).await.unwrap_or_else(|_| Err(Error::Slow(SLOW)));
        match &result {
            Ok(()) => {
                self.state.database_took();
                self.wake.stored(batch.events.len());
            }
            Err(error) => self.state.database_refused(error),
        }
        result
    }
}
