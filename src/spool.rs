//! What the database does not take: a local SQLite file, on disk before the answer, emptied when the database is back.

mod binding;
mod lost;
mod schema;

use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};

use diesel::connection::{DefaultLoadingMode, SimpleConnection};
use diesel::dsl::{count_star, max};
use diesel::prelude::*;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use schema::deliveries;

pub use binding::Binding;

use crate::db::rows::{Event, EventBody};
use crate::db::sqlite::{Names, beside, read_only};
use crate::db::types::{Json, Timestamp};
use crate::db::{Error, Result};

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations/spool");

/// Durable like the mirror's own file. What is moved out is overwritten: it may hold personal data.
const SETTINGS: &str = "PRAGMA auto_vacuum = FULL; PRAGMA busy_timeout = 1000; PRAGMA journal_mode = WAL; \
                        PRAGMA synchronous = FULL; PRAGMA secure_delete = ON;";

/// A spool file, locked by this process for as long as it is open.
pub struct Spool {
    connection: SqliteConnection,
    level: Level,
    path: PathBuf,
    names: Names,
    lock: File,
}

/// How many deliveries are in a spool that another process has open.
pub fn waiting(path: &Path) -> Result<i64> {
    let mut connection = SqliteConnection::establish(&path.to_string_lossy())?;
    connection.batch_execute("PRAGMA busy_timeout = 1000; PRAGMA query_only = ON;")?;
    Ok(deliveries::table.count().get_result(&mut connection)?)
}

/// What is in a spool, and for which mirror; `None` where there is no file. Nothing is made or locked.
pub fn look(path: &Path) -> Result<Option<(Level, Option<Binding>)>> {
    if !path.try_exists().map_err(|source| Error::File { path: path.display().to_string(), source })? {
        return Ok(None);
    }
    let mut connection = SqliteConnection::establish(&read_only(path)?)?;
    connection.batch_execute("PRAGMA busy_timeout = 1000; PRAGMA query_only = ON;")?;
    let bound = Binding::find(&mut connection)?;
    Ok(Some((measure(&mut connection)?, bound)))
}

fn measure(connection: &mut SqliteConnection) -> Result<Level> {
    let query = deliveries::table.select((count_star(), max(deliveries::event_id)));
    let (events, highest): (i64, Option<i64>) = query.first(connection)?;
    Ok(Level { events, since: oldest(connection)?, highest_id: highest.unwrap_or(0) })
}

fn oldest(connection: &mut SqliteConnection) -> Result<Option<Timestamp>> {
    let query = deliveries::table.order(deliveries::event_id).select(deliveries::received_at);
    Ok(query.first(connection).optional()?)
}

/// How much is in the spool.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Level {
    /// Deliveries.
    pub events: i64,
    /// When the oldest of them was received.
    pub since: Option<Timestamp>,
    /// The highest id.
    pub highest_id: i64,
}

#[derive(Queryable)]
struct Delivery {
    event_id: i64,
    receiver: String,
    received_at: Timestamp,
    remote_ip: Option<String>,
    content_type: Option<String>,
    headers: Json,
    body: Vec<u8>,
}

impl Spool {
    /// Opens the file, or makes it, for a mirror. An error of kind [`Error::File`] says that the path is of no use, one
    /// of kind [`Error::Schema`] that the file is another mirror's.
    pub fn open(path: &Path, claim: &Binding) -> Result<Self> {
        Self::open_locked(path, claim, lock(path)?)
    }

    fn open_locked(path: &Path, claim: &Binding, lock: File) -> Result<Self> {
        let mut connection = SqliteConnection::establish(&path.to_string_lossy())?;
        binding::check(&mut connection, path)?;
        connection.batch_execute(SETTINGS)?;
        let migrated = connection.run_pending_migrations(MIGRATIONS).map(drop);
        migrated.map_err(|error| Error::Schema(format!("the spool {}: {error}", path.display())))?;
        let (level, path) = (measure(&mut connection)?, path.to_owned());
        let mut spool = Self { connection, level, names: Names::of(&path), path, lock };
        spool.bind(claim)?;
        // By now it has a log.
        spool.names = Names::of(&spool.path);
        Ok(spool)
    }

    /// Stores deliveries under their ids, durably; those that are there stay.
    pub fn append(&mut self, events: &[Event], bodies: &[EventBody]) -> Result<()> {
        let added = self.connection.immediate_transaction(|connection| {
            let mut added = 0;
            for (event, body) in events.iter().zip(bodies) {
                let row = (
                    deliveries::event_id.eq(event.id),
                    deliveries::receiver.eq(&event.receiver),
                    deliveries::received_at.eq(event.received_at),
                    deliveries::remote_ip.eq(&event.remote_ip),
                    deliveries::content_type.eq(&event.content_type),
                    deliveries::headers.eq(&body.headers),
                    deliveries::body.eq(&body.body),
                );
                added += diesel::insert_or_ignore_into(deliveries::table).values(row).execute(connection)?;
            }
            QueryResult::Ok(added)
        })?;
        self.level.events += i64::try_from(added).unwrap_or(0);
        if let (Some(first), Some(last)) = (events.first(), events.last()) {
            self.level.since.get_or_insert(first.received_at);
            self.level.highest_id = self.level.highest_id.max(last.id);
        }
        Ok(())
    }

    /// The oldest deliveries after this id, up to so many, and so many bytes; the first one always fits.
    pub fn page(&mut self, after: i64, limit: i64, bytes: usize) -> Result<(Vec<Event>, Vec<EventBody>)> {
        let query = deliveries::table.filter(deliveries::event_id.gt(after)).order(deliveries::event_id).limit(limit);
        let mut total = 0;
        let mut page = (Vec::new(), Vec::new());
        for row in query.load_iter::<Delivery, DefaultLoadingMode>(&mut self.connection)? {
            let (event, body) = row?.into_event();
            total += body.body.len();
            if total > bytes && !page.0.is_empty() {
                break;
            }
            page.0.push(event);
            page.1.push(body);
        }
        if after == 0 && page.0.is_empty() {
            // Somebody else took out what is counted here.
            self.level = measure(&mut self.connection)?;
        }
        Ok(page)
    }

    /// Drops what the database has.
    pub fn remove(&mut self, ids: &[i64]) -> Result<()> {
        let query = diesel::delete(deliveries::table.filter(deliveries::event_id.eq_any(ids)));
        let removed = query.execute(&mut self.connection)?;
        self.level.events -= i64::try_from(removed).unwrap_or(0);
        self.level.since = oldest(&mut self.connection)?;
        Ok(())
    }

    /// Gives a delivery another id, durably, before it is tried under it.
    pub fn renumber(&mut self, changes: &[(i64, i64)]) -> Result<()> {
        self.connection.immediate_transaction(|connection| {
            for (old, new) in changes {
                diesel::update(deliveries::table.find(old)).set(deliveries::event_id.eq(new)).execute(connection)?;
            }
            Ok(())
        })
    }

    /// How much is in it.
    pub fn level(&self) -> Level {
        self.level
    }
}

/// Beside the file, so that others may still read it.
fn lock(path: &Path) -> Result<File> {
    let failed = |source| Error::File { path: path.display().to_string(), source };
    let lock = OpenOptions::new().create(true).truncate(false).write(true).open(beside(path, ".lock"));
    let lock = lock.map_err(failed)?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => {
            Err(Error::InUse(format!("the spool {} is in use by another process", path.display())))
        }
        Err(TryLockError::Error(source)) => Err(failed(source)),
    }
}

impl Delivery {
    fn into_event(self) -> (Event, EventBody) {
        let event = Event {
            remote_ip: self.remote_ip,
            content_type: self.content_type,
            ..Event::pending(self.event_id, &self.receiver, self.received_at)
        };
        (event, EventBody { event_id: self.event_id, headers: self.headers, body: self.body })
    }
}
