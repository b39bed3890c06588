//! A writer: one transaction at a time, on a connection that is made anew after a fault.

use std::panic::{AssertUnwindSafe, catch_unwind};

use diesel::prelude::*;

use super::{Database, Error, Result, Tx};

/// A writer of the database. Every call blocks; use it on a thread of its own.
pub struct Session {
    database: Database,
    connection: Option<PgConnection>,
    settings: &'static str,
}

/// For a session that only ever looks rows up by their keys. A plan made while the tables were empty must not read them
/// whole once they have grown.
const BY_KEY: &str = "SET enable_seqscan = off; SET enable_bitmapscan = off; SET enable_sort = off; \
    SET enable_hashjoin = off; SET enable_mergejoin = off; SET jit = off;";

impl Session {
    pub(super) fn new(database: Database) -> Self {
        Self { database, connection: None, settings: "" }
    }

    /// The same for work that looks rows up by their keys alone.
    #[must_use]
    pub fn by_key(self) -> Self {
        Self { settings: BY_KEY, ..self }
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
            Database::Postgres(postgres) => {
                let mut connection = match self.connection.take() {
                    Some(connection) => connection,
                    None => postgres.connect(self.settings)?,
                };
                let result = connection.transaction(|connection| work(&mut Tx::Postgres(connection)));
                if !result.as_ref().is_err_and(Error::breaks_connection) {
                    self.connection = Some(connection);
                }
                result
            }
            Database::Sqlite(sqlite) => sqlite
                .write(|connection| connection.immediate_transaction(|connection| work(&mut Tx::Sqlite(connection)))),
        }
    }
}

fn message(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    text.unwrap_or("a panic without a message").to_owned()
}
