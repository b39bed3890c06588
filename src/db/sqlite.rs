//! SQLite: one writer that all share, many readers, every commit on disk before it returns.

mod names;
mod rest;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::r2d2::{ConnectionManager, CustomizeConnection, NopErrorHandler, Pool, PooledConnection};
pub(crate) use names::{Names, beside};
use parking_lot::FairMutex;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use rustix::fs::{Access, access};
use tokio::sync::watch;

use super::{Durability, Error, Result};

type Manager = ConnectionManager<SqliteConnection>;

/// Every commit is on disk before it returns; what is deleted is overwritten, so that the file forgets it too. The log
/// is moved into the file each 16 MiB: more often costs throughput, less often makes senders wait for it.
const WRITER: &str = "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
    PRAGMA secure_delete = ON; PRAGMA cache_size = -16384; PRAGMA wal_autocheckpoint = 4000;";
/// Instead of what makes commits durable, and deletions thorough; and with no sender to keep waiting.
const SCRATCH: &str = "PRAGMA synchronous = OFF; PRAGMA secure_delete = OFF; PRAGMA cache_size = -65536; \
    PRAGMA wal_autocheckpoint = 16000;";
const READER: &str = "PRAGMA busy_timeout = 5000; PRAGMA query_only = ON;";

/// What would end the path of a URI.
const IN_URI: &AsciiSet = &CONTROLS.add(b'%').add(b'?').add(b'#');

/// A SQLite file.
pub struct Sqlite {
    path: PathBuf,
    durability: Durability,
    /// What each connection is told last.
    opening: String,
    /// Fair, so that the recorder's turn comes after each batch of the projector.
    writer: FairMutex<Option<Writer>>,
    readers: Pool<Manager>,
    /// Told of each write.
    writes: watch::Sender<()>,
}

struct Writer {
    connection: SqliteConnection,
    /// None where nobody relies on what is written.
    names: Option<Names>,
}

impl Sqlite {
    pub(super) fn open(path: &Path, durability: Durability) -> Result<Self> {
        Self::open_with(path, durability, "")
    }

    /// The same, where each connection is told something of its own.
    pub(super) fn open_with(path: &Path, durability: Durability, opening: &str) -> Result<Self> {
        let writer = match durability {
            Durability::Nothing => None,
            // What is only locked or full now may do later.
            _ => match connect(path, durability, opening) {
                Err(error) if matches!(error, Error::Query(_)) && error.is_outage() => None,
                connected => Some(connected?),
            },
        };
        let url = if durability == Durability::Nothing { read_only(path)? } else { url(path) };
        if durability == Durability::Nothing {
            // A pool would try again, and again, to open what cannot be read.
            let mut first = SqliteConnection::establish(&url)?;
            first.batch_execute(READER)?;
            first.batch_execute("SELECT 1 FROM sqlite_master LIMIT 1")?;
        }
        let readers = Pool::builder()
            .max_size(4)
            .min_idle(Some(0))
            .idle_timeout(Some(super::UNUSED))
            .connection_timeout(Duration::from_secs(5))
            // The error that is returned says the same.
            .error_handler(Box::new(NopErrorHandler))
            .connection_customizer(Box::new(ReadOnly(format!("{opening} {READER}"))))
            .build(Manager::new(url))?;
        let (path, opening) = (path.to_owned(), opening.to_owned());
        Ok(Self { path, durability, opening, writer: FairMutex::new(writer), readers, writes: watch::Sender::new(()) })
    }

    /// Runs `work` on the writer connection, which is made anew after a fault that left it of no use. An error where the
    /// file is no longer the one of its name: nothing counts as stored that nobody would find.
    pub(super) fn write<T>(&self, work: impl FnOnce(&mut SqliteConnection) -> Result<T>) -> Result<T> {
        let mut writer = self.writer.lock();
        let Writer { connection, names } = match &mut *writer {
            Some(writer) => writer,
            none => none.insert(connect(&self.path, self.durability, &self.opening)?),
        };
        let is_found = || names.as_ref().map_or(Ok(()), |names| names.check(&self.path));
        is_found()?;
        let result = work(connection).and_then(|done| is_found().map(|()| done));
        if result.as_ref().is_err_and(Error::breaks_connection) {
            *writer = None;
        }
        self.writes.send_replace(());
        result
    }

    pub(super) fn reader(&self) -> Result<PooledConnection<Manager>> {
        Ok(self.readers.get()?)
    }

    /// Moves the write-ahead log into the file, and empties it; false while a reader still needs it.
    pub(super) fn checkpoint(&self) -> Result<bool> {
        #[derive(QueryableByName)]
        struct Checkpoint {
            #[diesel(sql_type = diesel::sql_types::Integer)]
            busy: i32,
        }
        self.write(|connection| {
            let checkpoint: Checkpoint = diesel::sql_query("PRAGMA wal_checkpoint(TRUNCATE)").get_result(connection)?;
            Ok(checkpoint.busy == 0)
        })
    }

    /// A file beside the database, such as `checkfront.db.lock`.
    pub(super) fn beside(&self, suffix: &str) -> PathBuf {
        beside(&self.path, suffix)
    }
}

fn connect(path: &Path, durability: Durability, opening: &str) -> Result<Writer> {
    if durability == Durability::Nothing {
        return Err(Error::Schema("the file was opened for reading alone".to_owned()));
    }
    let mut connection = SqliteConnection::establish(&url(path))?;
    let deadline = Instant::now() + Duration::from_secs(10);
    // The busy time-out does not cover the switch to WAL, when several processes make a new file at once.
    while let Err(error) = connection.batch_execute(WRITER) {
        if !error.to_string().contains("locked") || Instant::now() > deadline {
            return Err(error.into());
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    if durability == Durability::Scratch {
        connection.batch_execute(SCRATCH)?;
    }
    connection.batch_execute(opening)?;
    // The log is made by the first who reads.
    connection.batch_execute("SELECT 1 FROM sqlite_master LIMIT 1")?;
    let names = (durability == Durability::Full).then(|| Names::of(path));
    Ok(Writer { connection, names })
}

/// A plain path: SQLite would read `file:` as a URI with options.
fn url(path: &Path) -> String {
    let path = path.to_string_lossy();
    if path.starts_with("file:") { format!("./{path}") } else { path.into_owned() }
}

/// A URI by which the file is opened as it is, and never made.
pub(crate) fn read_only(path: &Path) -> Result<String> {
    let failed = |source| Error::File { path: path.display().to_string(), source };
    // Never opened but by SQLite: closing it would end this process's locks on it, and the next program that closes it
    // would take itself for the last one, and remove the log that the writer still writes to.
    access(path, Access::READ_OK).map_err(|error| failed(error.into()))?;
    let path = std::path::absolute(path).map_err(failed)?;
    Ok(format!("file:{}?mode=ro", utf8_percent_encode(&path.to_string_lossy(), IN_URI)))
}

#[derive(Debug)]
struct ReadOnly(String);

impl CustomizeConnection<SqliteConnection, diesel::r2d2::Error> for ReadOnly {
    fn on_acquire(&self, connection: &mut SqliteConnection) -> std::result::Result<(), diesel::r2d2::Error> {
        connection.batch_execute(&self.0).map_err(diesel::r2d2::Error::QueryError)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
mod tests;
