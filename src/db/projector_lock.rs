//! One projector at a time, and what it had in hand when it died.
//!
//! On PostgreSQL each batch's transaction takes an advisory lock, which works through a pooler and is free the moment
//! its holder dies; the mark is a sequence, which no rollback undoes. Beside a SQLite file lies a locked file, and the
//! mark is its content: a process that dies leaves both behind just as they should be.

use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::FileExt;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool};

use super::{Database, Error, Result, Tx};

/// The advisory lock of the projector; the number is arbitrary, and only has to be its own.
const PROJECTOR: i64 = 0x6366_6d70;

/// The right to project.
pub struct ProjectorLock {
    file: Option<File>,
}

/// What was in hand when the last projector ended: `0` nothing, `id` a batch from there on, `-id` that event alone.
pub type InHand = i64;

impl ProjectorLock {
    /// Takes what has to be held for longer than a transaction; `None` while another process holds it.
    pub fn acquire(database: &Database) -> Result<Option<Self>> {
        let Database::Sqlite(sqlite) = database else { return Ok(Some(Self { file: None })) };
        let path = sqlite.beside(".lock");
        let failed = |source| Error::File { path: path.display().to_string(), source };
        let file =
            OpenOptions::new().create(true).truncate(false).read(true).write(true).open(&path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self { file: Some(file) })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(source)) => Err(failed(source)),
        }
    }

    /// Takes what is held for this transaction; false while another projector works.
    pub fn enter(&self, tx: &mut Tx<'_>) -> Result<bool> {
        let Tx::Postgres(connection) = tx else { return Ok(true) };
        let query = diesel::select(
            diesel::dsl::sql::<Bool>("pg_try_advisory_xact_lock(").bind::<BigInt, _>(PROJECTOR).sql(")"),
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

/// Keeps projectors out until the transaction ends: waits for the batch in hand.
pub fn exclude(tx: &mut Tx<'_>) -> Result<()> {
    wait_for(tx, PROJECTOR)
}

/// Takes the lock under which bodies are dropped, and events set again to pending, until the transaction ends.
pub(super) fn bodies(tx: &mut Tx<'_>) -> Result<()> {
    wait_for(tx, PROJECTOR + 2)
}

/// On SQLite one transaction writes at a time anyway.
fn wait_for(tx: &mut Tx<'_>, lock: i64) -> Result<()> {
    if let Tx::Postgres(connection) = tx {
        diesel::sql_query("SELECT pg_advisory_xact_lock($1)").bind::<BigInt, _>(lock).execute(&mut **connection)?;
    }
    Ok(())
}

/// Takes the lock under which migrations run, until the transaction ends.
pub(super) fn migrating(tx: &mut Tx<'_>) -> Result<()> {
    wait_for(tx, PROJECTOR + 1)
}
