//! A database that takes nothing for as long as somebody else holds its locks.

use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection, SqliteConnection};

/// Nothing can be inserted until this is dropped.
pub(crate) enum Blocked {
    Sqlite(#[allow(dead_code, reason = "held")] SqliteConnection),
    Postgres(#[allow(dead_code, reason = "held")] PgConnection),
}

impl Blocked {
    /// Locks the database out, as a long migration or another program might.
    pub(crate) fn new(url: &str) -> Self {
        if let Some(path) = url.strip_prefix("sqlite://") {
            let mut connection = SqliteConnection::establish(path).unwrap();
            connection.batch_execute("PRAGMA busy_timeout = 20000; BEGIN IMMEDIATE").unwrap();
            return Self::Sqlite(connection);
        }
        let mut connection = PgConnection::establish(url).unwrap();
        connection.batch_execute("BEGIN; LOCK TABLE webhook_events IN EXCLUSIVE MODE").unwrap();
        Self::Postgres(connection)
    }
}
