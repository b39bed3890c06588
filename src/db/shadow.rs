//! A shadow of the mirror: the same tables, empty, in a SQLite file beside the live one or in a PostgreSQL schema of its
//! own, and a connection that sees both.

mod bodies;
mod both;
mod lean;
mod tables;
mod view;

pub use view::View;

use std::path::{Path, PathBuf};
use std::thread;

use diesel::prelude::*;

use both::Both;

use super::projector_lock::{Pause, ProjectorLock, REBUILD};
use super::statement::{execute, text};
use super::{Database, DatabaseUrl, Durability, Error, Result, Tx, migrate};

/// The PostgreSQL schema, and the name under which the SQLite file is attached.
const SCHEMA: &str = "checkfront_mirror_rebuild";

/// Beside the live SQLite file.
const SUFFIX: &str = ".rebuild";

/// Waits for the shadow's tables, and says whether they are there.
pub type Made<'m> = &'m mut dyn FnMut() -> Result<()>;

/// One at a time; what an earlier one left behind is cleared first.
pub struct Shadow {
    live: Database,
    database: Database,
    url: DatabaseUrl,
    connection: Both,
    /// The name of the live tables' schema, in quotes.
    schema: String,
    pause: Option<Pause>,
}

impl Shadow {
    /// Begins one that has no tables yet, and makes the lock for its projector.
    pub fn begin(url: &DatabaseUrl) -> Result<(Self, ProjectorLock)> {
        let live = Database::open(url)?;
        let (url, mut connection) = match (url, &live) {
            (DatabaseUrl::Postgres(url), Database::Postgres(server)) => {
                (DatabaseUrl::Postgres(DatabaseUrl::with_schema(url, SCHEMA)), Both::to_server(server)?)
            }
            (DatabaseUrl::Sqlite(path), _) => (DatabaseUrl::Sqlite(shadow_of(path)), Both::to_file(path)?),
            (DatabaseUrl::Postgres(_), Database::Sqlite(_)) => {
                return Err(Error::Schema("the URL is that of another database".to_owned()));
            }
        };
        // Before anything is cleared: it may be another rebuild's.
        let lock = ProjectorLock::acquire_shadow(&url)?.ok_or_else(busy)?;
        let schema = connection.clear(&url)?;
        let database = Database::open_as(&url, Durability::Scratch)?;
        Ok((Self { live, database, url, connection, schema, pause: None }, lock))
    }

    /// Makes the tables, empty, and runs `work` in a transaction like [`Self::transaction`]'s. On PostgreSQL, where making
    /// them is waiting for the disk, it runs meanwhile: it has to wait for them before it writes them.
    pub fn make_tables<T>(&mut self, work: impl FnOnce(&mut Tx<'_>, Made<'_>) -> Result<T>) -> Result<T> {
        let mut session = self.database.session();
        if let (Database::Sqlite(live), DatabaseUrl::Sqlite(path)) = (&self.live, &self.url) {
            migrate::run(&mut session)?;
            session.transaction(|tx| lean::strip(tx).and_then(|()| bodies::make_room(tx)))?;
            drop(session);
            self.database = Database::open_scratch(path, &bodies::opening(&live.beside(""))?)?;
            self.connection.attach(path)?;
            return self.transaction(|tx| work(tx, &mut || Ok(())));
        }
        let live = self.schema.clone();
        thread::scope(|scope| {
            let mut making =
                Some(scope.spawn(move || session.transaction(|tx| check(tx).and_then(|()| tables::make(tx, &live)))));
            let panicked = || Err(Error::Panic("while the shadow's tables were made".to_owned()));
            let mut made = || making.take().map_or(Ok(()), |thread| thread.join().unwrap_or_else(|_| panicked()));
            self.transaction(|tx| work(tx, &mut made))
        })
    }

    /// The shadow's own database, for its projector.
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// The database it is a shadow of.
    pub fn live(&self) -> &Database {
        &self.live
    }

    /// Whether both are on PostgreSQL.
    pub fn is_postgres(&self) -> bool {
        matches!(self.connection, Both::Postgres(_))
    }

    /// What goes before a live table's name.
    pub fn live_schema(&self) -> &str {
        &self.schema
    }

    /// What goes before a shadow table's name.
    pub fn shadow_schema() -> &'static str {
        SCHEMA
    }

    /// Runs `work` in a transaction that sees the live tables as they are at its first statement, and writes the shadow.
    pub fn transaction<T>(&mut self, work: impl FnOnce(&mut Tx<'_>) -> Result<T>) -> Result<T> {
        match &mut self.connection {
            Both::Postgres(connection) => {
                connection.build_transaction().repeatable_read().run(|connection| work(&mut Tx::Postgres(connection)))
            }
            Both::Sqlite(connection) => connection.transaction(|connection| work(&mut Tx::Sqlite(connection))),
        }
    }

    /// Runs `work` in a transaction that writes the live tables: on SQLite the recorder waits for it. On PostgreSQL it
    /// fails where a row was written by another since its first statement.
    pub fn write_live<T>(&mut self, work: impl FnOnce(&mut Tx<'_>) -> Result<T>) -> Result<T> {
        match &mut self.connection {
            Both::Postgres(_) => self.transaction(work),
            Both::Sqlite(connection) => {
                connection.immediate_transaction(|connection| work(&mut Tx::Sqlite(connection)))
            }
        }
    }

    /// Waits for the live projector's batch to end, and keeps it still until [`Self::go_on`].
    pub fn pause(&mut self) -> Result<()> {
        if self.pause.is_some() {
            return Ok(());
        }
        self.pause = Some(Pause::begin(&self.live, &mut self.connection.tx())?);
        Ok(())
    }

    /// Hands over the pause, to be ended within a transaction.
    pub(crate) fn take_pause(&mut self) -> Option<Pause> {
        self.pause.take()
    }

    /// Lets the live projector go on.
    pub fn go_on(&mut self) -> Result<()> {
        self.pause.take().map_or(Ok(()), |pause| pause.end(&mut self.connection.tx()))
    }

    /// Removes it. Its projector has to be gone.
    pub fn remove(mut self) -> Result<()> {
        self.go_on()?;
        let Self { database, url, mut connection, .. } = self;
        drop(database);
        match url {
            DatabaseUrl::Postgres(_) => {
                drop_schema(&mut connection.tx())?;
                execute(&mut connection.tx(), &format!("SELECT pg_advisory_unlock({REBUILD})")).map(drop)
            }
            DatabaseUrl::Sqlite(path) => {
                drop(connection);
                remove_files(&path)
            }
        }
    }
}

impl Both {
    /// Clears what an earlier rebuild left, and returns the live schema's name in quotes.
    fn clear(&mut self, shadow: &DatabaseUrl) -> Result<String> {
        if let DatabaseUrl::Sqlite(path) = shadow {
            remove_files(path)?;
            return Ok("main".to_owned());
        }
        let tx = &mut self.tx();
        // That of a command that has just ended may be free only in a moment.
        execute(tx, "SET lock_timeout = '2s'")?;
        execute(tx, &format!("SELECT pg_advisory_lock({REBUILD})")).map_err(|_| busy())?;
        execute(tx, "SET lock_timeout = '5s'")?;
        drop_schema(tx)?;
        execute(tx, &format!("CREATE SCHEMA {SCHEMA}"))?;
        text(tx, "SELECT quote_ident(current_schema()) AS v")
    }
}

/// A pooler that drops the schema's name would have us fill the live tables.
fn check(tx: &mut Tx<'_>) -> Result<()> {
    let found = text(tx, "SELECT COALESCE(current_schema(), '') AS v")?;
    if found == SCHEMA {
        return Ok(());
    }
    Err(Error::Schema(format!(
        "the connection does not keep its schema (`{found}`): DATABASE_URL has to name the server itself, no pooler"
    )))
}

fn drop_schema(tx: &mut Tx<'_>) -> Result<()> {
    execute(tx, &format!("DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")).map(drop)
}

fn busy() -> Error {
    Error::Schema("another rebuild, or `replay --dry-run`, is under way".to_owned())
}

fn shadow_of(live: &Path) -> PathBuf {
    let mut name = live.as_os_str().to_owned();
    name.push(SUFFIX);
    name.into()
}

/// A path that SQLite does not take for a URI.
fn absolute(path: &Path) -> Result<PathBuf> {
    std::path::absolute(path).map_err(|source| Error::File { path: path.display().to_string(), source })
}

fn remove_files(path: &Path) -> Result<()> {
    for suffix in ["", "-wal", "-shm", "-journal"] {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        match std::fs::remove_file(&name) {
            Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
                return Err(Error::File { path: PathBuf::from(name).display().to_string(), source });
            }
            _ => {}
        }
    }
    Ok(())
}
