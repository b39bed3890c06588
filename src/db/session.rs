//! A writer: one transaction at a time, on a connection that is made anew after a fault.

use std::panic::{AssertUnwindSafe, catch_unwind};

use diesel::prelude::*;

use super::postgres::Postgres;
use super::{Database, Error, Result, Tx};

/// A writer of the database. Every call blocks; use it on a thread of its own.
pub struct Session {
    database: Database,
    own: Own,
}

/// The connection of a session, on PostgreSQL.
#[derive(Default)]
struct Own {
    connection: Option<PgConnection>,
    settings: &'static str,
}

/// For a session that only ever looks rows up by their keys. A plan made while the tables were empty must not read them
/// whole once they have grown.
const BY_KEY: &str = "SET enable_seqscan = off; SET enable_bitmapscan = off; \
    SET enable_hashjoin = off; SET enable_mergejoin = off; SET jit = off;";

impl Session {
    pub(super) fn new(database: Database) -> Self {
        Self { database, own: Own::default() }
    }

    /// The same for work that looks rows up by their keys alone.
    #[must_use]
    pub fn by_key(self) -> Self {
        Self { own: Own { settings: BY_KEY, ..self.own }, ..self }
    }

    /// The database it writes to.
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// Runs `work` in a transaction and commits it durably; an error or a panic rolls it back.
    ///
    /// On SQLite the transaction is immediate: two writers wait for each other, and never deadlock.
    pub fn transaction<T>(&mut self, work: impl FnOnce(&mut Tx<'_>) -> Result<T>) -> Result<T> {
        // A panic that left here would leave the transaction open on a shared connection.
        let work = |tx: &mut Tx<'_>| {
            catch_unwind(AssertUnwindSafe(|| work(tx))).unwrap_or_else(|panic| Err(Error::Panic(message(&*panic))))
        };
        match &self.database {
            Database::Postgres(postgres) => self
                .own
                .with(postgres, |connection| connection.transaction(|connection| work(&mut Tx::Postgres(connection)))),
            Database::Sqlite(sqlite) => sqlite
                .write(|connection| connection.immediate_transaction(|connection| work(&mut Tx::Sqlite(connection)))),
        }
    }

    /// Gives up its connection, which keeps as much memory as the largest statement took; the next use makes another.
    pub fn rest(&mut self) {
        self.own.connection = None;
    }

    /// Runs a read: on PostgreSQL on this session's connection.
    pub fn read<T>(&mut self, read: impl FnOnce(&mut Tx<'_>) -> Result<T>) -> Result<T> {
        match &self.database {
            Database::Postgres(postgres) => self.own.with(postgres, |connection| read(&mut Tx::Postgres(connection))),
            sqlite @ Database::Sqlite(_) => sqlite.read(read),
        }
    }
}

impl Tx<'_> {
    /// Runs `work` so that an error undoes what it did, and nothing else of the transaction.
    pub fn undone_by_errors<T>(&mut self, work: impl FnOnce(&mut Tx<'_>) -> Result<T>) -> Result<T> {
        match self {
            Tx::Postgres(connection) => connection.transaction(|connection| work(&mut Tx::Postgres(connection))),
            Tx::Sqlite(connection) => connection.transaction(|connection| work(&mut Tx::Sqlite(connection))),
        }
    }
}

impl Own {
    /// Runs work on the connection, which is made where there is none, and dropped after a fault of its own.
    fn with<T>(&mut self, postgres: &Postgres, work: impl FnOnce(&mut PgConnection) -> Result<T>) -> Result<T> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => postgres.connect(self.settings)?,
        };
        let result = work(&mut connection);
        if !result.as_ref().is_err_and(Error::breaks_connection) {
            self.connection = Some(connection);
        }
        result
    }
}

fn message(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    text.unwrap_or("a panic without a message").to_owned()
}
