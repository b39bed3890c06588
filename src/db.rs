//! The database: one Diesel code base, SQLite or PostgreSQL behind it. Knows no Checkfront.

pub(crate) mod array;
pub mod catalogue;
pub mod cell;
pub mod changes;
pub(crate) mod copy;
pub mod distribute;
mod error;
pub mod events;
pub mod figures;
pub mod grants;
pub mod in_order;
pub(crate) mod lookup;
pub mod migrate;
pub mod pages;
mod postgres;
pub mod projector_lock;
pub mod row;
pub mod rows;
#[allow(missing_docs, clippy::wildcard_imports, reason = "as Diesel prints it; docs/TABLES.md describes every column")]
pub mod schema;
mod session;
pub mod shadow;
pub(crate) mod sqlite;
pub mod statement;
pub mod types;
pub mod upsert;
mod url;

pub use error::{Error, Result};
pub use session::Session;
pub use url::DatabaseUrl;
pub(crate) use url::sqlite_file;

use diesel::prelude::*;

/// Where the mirror lives. Cheap to clone; connects when first used.
#[derive(Clone)]
pub enum Database {
    /// A server, reached through a small pool for reads and a connection of its own for each writer.
    Postgres(std::sync::Arc<postgres::Postgres>),
    /// A file, with one writer connection that all share, and a pool of readers.
    Sqlite(std::sync::Arc<sqlite::Sqlite>),
}

/// How long a pooled connection is kept that nobody uses.
const UNUSED: std::time::Duration = std::time::Duration::from_mins(1);

/// What a commit is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Durability {
    /// It is on disk before it returns.
    Full,
    /// After a crash all of it is thrown away, and made again.
    Scratch,
    /// There is none: the database is opened for reading alone.
    Nothing,
}

/// A transaction under way, on either database.
pub enum Tx<'c> {
    /// On PostgreSQL.
    Postgres(&'c mut PgConnection),
    /// On SQLite.
    Sqlite(&'c mut SqliteConnection),
}

/// Type-checks the query against both databases and runs it on the one in use.
macro_rules! on {
    ($tx:expr, |$conn:ident| $query:expr) => {
        match $tx {
            $crate::db::Tx::Postgres($conn) => {
                let $conn = &mut **$conn;
                $query
            }
            $crate::db::Tx::Sqlite($conn) => {
                let $conn = &mut **$conn;
                $query
            }
        }
    };
}
pub(crate) use on;

impl Database {
    /// Prepares access; a SQLite file is opened (and made where missing), a server is not contacted yet.
    pub fn open(url: &DatabaseUrl) -> Result<Self> {
        Self::open_as(url, Durability::Full)
    }

    /// The same for reading alone: nothing is made, migrated or written, whatever is asked of it.
    pub fn open_read_only(url: &DatabaseUrl) -> Result<Self> {
        Self::open_as(url, Durability::Nothing)
    }

    /// The same for somebody who waits: a statement on PostgreSQL is ended after this time.
    pub fn open_for_readers(url: &DatabaseUrl, limit: std::time::Duration) -> Result<Self> {
        Ok(match url {
            DatabaseUrl::Postgres(url) => Self::Postgres(postgres::Postgres::for_readers(url, limit)?.into()),
            DatabaseUrl::Sqlite(_) => Self::open_read_only(url)?,
        })
    }

    fn open_as(url: &DatabaseUrl, durability: Durability) -> Result<Self> {
        Ok(match url {
            DatabaseUrl::Postgres(url) => Self::Postgres(postgres::Postgres::new(url, durability)?.into()),
            DatabaseUrl::Sqlite(path) => Self::Sqlite(sqlite::Sqlite::open(path, durability)?.into()),
        })
    }

    /// A SQLite file that a crash may leave in any state, each connection to which is told something of its own.
    fn open_scratch(path: &std::path::Path, opening: &str) -> Result<Self> {
        Ok(Self::Sqlite(sqlite::Sqlite::open_with(path, Durability::Scratch, opening)?.into()))
    }

    /// A writer of its own. On PostgreSQL it holds a connection, made anew after a fault.
    pub fn session(&self) -> Session {
        Session::new(self.clone())
    }

    /// Runs a read on a pooled connection. Blocks; call it on a blocking thread.
    pub fn read<T>(&self, read: impl FnOnce(&mut Tx<'_>) -> Result<T>) -> Result<T> {
        match self {
            Self::Postgres(postgres) => read(&mut Tx::Postgres(&mut *postgres.reader()?)),
            Self::Sqlite(sqlite) => read(&mut Tx::Sqlite(&mut *sqlite.reader()?)),
        }
    }

    /// Runs reads that all see the database as it is at the first of them.
    pub fn snapshot<T, E>(
        &self,
        read: impl FnOnce(&mut Tx<'_>) -> std::result::Result<T, E>,
    ) -> std::result::Result<T, E>
    where
        E: From<Error> + From<diesel::result::Error>,
    {
        match self {
            Self::Postgres(postgres) => {
                let mut connection = postgres.reader()?;
                let mut transaction = connection.build_transaction().repeatable_read().read_only();
                transaction.run(|connection| read(&mut Tx::Postgres(connection)))
            }
            Self::Sqlite(sqlite) => sqlite.reader()?.transaction(|connection| read(&mut Tx::Sqlite(connection))),
        }
    }

    /// Leaves nothing in a SQLite file's log that its tables no longer hold; false while a reader still needs it.
    pub fn checkpoint(&self) -> Result<bool> {
        match self {
            Self::Postgres(_) => Ok(true),
            Self::Sqlite(sqlite) => sqlite.checkpoint(),
        }
    }

    /// Gives memory back each time nothing was written for a while; it has to be dropped to end. PostgreSQL's caches are
    /// the server's.
    pub async fn rest_between_writes(&self) {
        match self {
            Self::Postgres(_) => {}
            Self::Sqlite(sqlite) => sqlite.rest_between_writes().await,
        }
    }

    /// `sqlite` or `postgres`, for logs.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Postgres(_) => "postgres",
            Self::Sqlite(_) => "sqlite",
        }
    }
}
