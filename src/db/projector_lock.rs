//! One projector at a time, and what it had in hand when it died.
//!
//! On PostgreSQL each batch's transaction takes an advisory lock, which works through a pooler and is free the moment
//! its holder dies; the mark is a sequence, which no rollback undoes. Beside a SQLite file lies a locked file, and the
//! mark is its content: a process that dies leaves both behind just as they should be.
//!
//! A rebuild pauses the projector between two batches: on PostgreSQL by the same advisory lock, on SQLite by a second
//! file, which each batch locks for sharing. Both are free again the moment the rebuild ends, however it ends.

use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::FileExt;
use std::path::Path;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool};

use super::statement::execute;
use super::{Database, DatabaseUrl, Error, Result, Tx};

/// The advisory lock of the projector; the number is arbitrary, and only has to be its own.
const PROJECTOR: i64 = 0x6366_6d70;

/// That of a rebuild, and that of the projector that fills its shadow.
pub(super) const REBUILD: i64 = PROJECTOR + 3;
const SHADOW: i64 = PROJECTOR + 4;

/// The right to project.
pub struct ProjectorLock {
    /// The locked file, beside a SQLite file.
    file: Option<File>,
    /// The file that a rebuild locks to pause the holder.
    gate: Option<File>,
    /// The advisory lock, on PostgreSQL.
    number: i64,
}

/// The projector stands still while this lives.
pub(crate) enum Pause {
    /// Held by a locked file.
    Sqlite(File),
    /// Held by the connection that took it.
    Postgres,
}

/// What was in hand when the last projector ended: `0` nothing, `id` a batch from there on, `-id` that event alone.
pub type InHand = i64;

impl ProjectorLock {
    /// Takes what has to be held for longer than a transaction; `None` while another process holds it.
    pub fn acquire(database: &Database) -> Result<Option<Self>> {
        let Database::Sqlite(sqlite) = database else { return Ok(Some(Self::of_transactions(PROJECTOR))) };
        let lock = Self::of_file(&sqlite.beside(".lock"))?;
        lock.map(|lock| Ok(Self { gate: Some(open(&sqlite.beside(PAUSE))?), ..lock })).transpose()
    }

    /// The same for a shadow, which has a projector of its own that nobody pauses.
    pub(super) fn acquire_shadow(url: &DatabaseUrl) -> Result<Option<Self>> {
        match url {
            DatabaseUrl::Postgres(_) => Ok(Some(Self::of_transactions(SHADOW))),
            DatabaseUrl::Sqlite(path) => Self::of_file(Path::new(&format!("{}.lock", path.display()))),
        }
    }

    fn of_transactions(number: i64) -> Self {
        Self { file: None, gate: None, number }
    }

    fn of_file(path: &Path) -> Result<Option<Self>> {
        let file = open(path)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self { file: Some(file), gate: None, number: 0 })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(source)) => Err(failed(path, source)),
        }
    }

    /// Whether it is that of the mirror itself, not of a shadow, which nobody pauses.
    pub(crate) fn is_live(&self) -> bool {
        self.number == PROJECTOR || self.gate.is_some()
    }

    /// Keeps a pause from beginning before what it returns is dropped; `None` while there is one.
    pub fn pass(&self) -> Result<Option<Pass<'_>>> {
        let Some(gate) = &self.gate else { return Ok(Some(Pass(None))) };
        match gate.try_lock_shared() {
            Ok(()) => Ok(Some(Pass(Some(gate)))),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(source)) => Err(failed(Path::new(PAUSE), source)),
        }
    }

    /// Takes what is held for this transaction; false while another projector works.
    pub fn enter(&self, tx: &mut Tx<'_>) -> Result<bool> {
        let Tx::Postgres(connection) = tx else { return Ok(true) };
        let query = diesel::select(
            diesel::dsl::sql::<Bool>("pg_try_advisory_xact_lock(").bind::<BigInt, _>(self.number).sql(")"),
        );
        Ok(query.get_result(&mut **connection)?)
    }

    /// What the last projector left in hand. Call it after [`Self::enter`].
    pub fn in_hand(&self, tx: &mut Tx<'_>) -> Result<InHand> {
        match (tx, &self.file) {
            (Tx::Postgres(connection), _) => {
                let query = diesel::select(diesel::dsl::sql::<BigInt>("(SELECT last_value FROM projector_in_hand)"));
                Ok(query.get_result(&mut **connection)?)
            }
            (Tx::Sqlite(_), Some(file)) => {
                let mut mark = [0; 8];
                Ok(if file.read_exact_at(&mut mark, 0).is_ok() { i64::from_le_bytes(mark) } else { 0 })
            }
            (Tx::Sqlite(_), None) => Ok(0),
        }
    }

    /// Marks what is in hand from now on; outlives the process, and any rollback.
    pub fn mark(&self, tx: &mut Tx<'_>, in_hand: InHand) -> Result<()> {
        match (tx, &self.file) {
            (Tx::Postgres(connection), _) => {
                diesel::sql_query("SELECT setval('projector_in_hand', $1)")
                    .bind::<BigInt, _>(in_hand)
                    .execute(&mut **connection)?;
            }
            (Tx::Sqlite(_), Some(file)) => file
                .write_all_at(&in_hand.to_le_bytes(), 0)
                .map_err(|source| Error::File { path: "the lock file".to_owned(), source })?,
            (Tx::Sqlite(_), None) => {}
        }
        Ok(())
    }
}

/// A batch under way.
pub struct Pass<'l>(Option<&'l File>);

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        // A lock that cannot be given back goes with the process.
        let _ = self.0.map(File::unlock);
    }
}

impl Pause {
    /// Waits for the batch in hand to end, and keeps the next from beginning.
    pub(super) fn begin(database: &Database, tx: &mut Tx<'_>) -> Result<Self> {
        if let Database::Sqlite(sqlite) = database {
            let path = sqlite.beside(PAUSE);
            let gate = open(&path)?;
            gate.lock().map_err(|source| failed(&path, source))?;
            return Ok(Self::Sqlite(gate));
        }
        // Outside of a transaction, so for the session, which is given its limit again.
        execute(tx, "SET lock_timeout = 0")?;
        let taken = advisory(tx, "pg_advisory_lock", PROJECTOR);
        execute(tx, "SET lock_timeout = '5s'")?;
        taken.map(|()| Self::Postgres)
    }

    /// Lets the projector go on. What is not ended ends with its file or its connection.
    pub(crate) fn end(self, tx: &mut Tx<'_>) -> Result<()> {
        match self {
            Self::Sqlite(gate) => gate.unlock().map_err(|source| failed(Path::new(PAUSE), source)),
            Self::Postgres => advisory(tx, "pg_advisory_unlock", PROJECTOR),
        }
    }
}

/// Calls one of PostgreSQL's functions for advisory locks that return nothing of use. On SQLite one transaction writes at
/// a time anyway.
fn advisory(tx: &mut Tx<'_>, function: &str, number: i64) -> Result<()> {
    if let Tx::Postgres(connection) = tx {
        // Who holds one of these is at work, however long: it is waited for.
        diesel::sql_query("SET LOCAL lock_timeout = 0").execute(&mut **connection)?;
        diesel::sql_query(format!("SELECT {function}($1)")).bind::<BigInt, _>(number).execute(&mut **connection)?;
    }
    Ok(())
}

/// What a file beside the database is called that pauses its projector.
const PAUSE: &str = ".pause";

fn open(path: &Path) -> Result<File> {
    let file = OpenOptions::new().create(true).truncate(false).read(true).write(true).open(path);
    file.map_err(|source| failed(path, source))
}

fn failed(path: &Path, source: std::io::Error) -> Error {
    Error::File { path: path.display().to_string(), source }
}

/// Keeps projectors out until the transaction ends: waits for the batch in hand.
pub fn exclude(tx: &mut Tx<'_>) -> Result<()> {
    advisory(tx, "pg_advisory_xact_lock", PROJECTOR)
}

/// Takes the lock under which bodies are dropped, and events set again to pending, until the transaction ends.
pub(super) fn bodies(tx: &mut Tx<'_>) -> Result<()> {
    advisory(tx, "pg_advisory_xact_lock", PROJECTOR + 2)
}

/// Takes the lock under which migrations run, until the transaction ends.
pub(super) fn migrating(tx: &mut Tx<'_>) -> Result<()> {
    advisory(tx, "pg_advisory_xact_lock", PROJECTOR + 1)
}
