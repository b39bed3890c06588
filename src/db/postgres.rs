//! PostgreSQL: connections and what every one of them is told first.

use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::r2d2::{ConnectionManager, CustomizeConnection, NopErrorHandler, Pool, PooledConnection};

use super::{Durability, Result};

type Manager = ConnectionManager<PgConnection>;

/// `synchronous_commit`: an answer is given only for what is on disk, whatever the server's default.
/// `lock_timeout`: what somebody else holds up is given back and tried again, so that an end is not held up with it.
const SETTINGS: &str =
    "SET synchronous_commit = on; SET lock_timeout = '5s'; SET timezone = 'UTC'; SET client_min_messages = warning;";

/// How long a pooled connection is tried for; somebody who looks at a page is told sooner.
const REACH: Duration = Duration::from_secs(5);
const REACH_OF_READERS: Duration = Duration::from_secs(2);

/// Where nothing is to be written.
const READ_ONLY: &str = "SET default_transaction_read_only = on;";

/// A PostgreSQL server.
pub struct Postgres {
    url: String,
    durability: Durability,
    readers: Pool<Manager>,
}

impl Postgres {
    pub(super) fn new(url: &str, durability: Durability) -> Result<Self> {
        let settings = if durability == Durability::Nothing { READ_ONLY } else { "" };
        Self::with_settings(url, durability, format!("{SETTINGS} {settings}"), REACH)
    }

    /// For reading alone, and no statement for longer than this.
    pub(super) fn for_readers(url: &str, limit: Duration) -> Result<Self> {
        let limit = limit.as_millis();
        let settings = format!("{SETTINGS} {READ_ONLY} SET jit = off; SET statement_timeout = {limit};");
        Self::with_settings(url, Durability::Nothing, settings, REACH_OF_READERS)
    }

    fn with_settings(url: &str, durability: Durability, settings: String, reach: Duration) -> Result<Self> {
        let url = &with_timeouts(url);
        let readers = Pool::builder()
            .max_size(4)
            .min_idle(Some(0))
            .idle_timeout(Some(super::UNUSED))
            .connection_timeout(reach)
            // The error that is returned says the same.
            .error_handler(Box::new(NopErrorHandler))
            .connection_customizer(Box::new(Settings(settings)))
            .build(Manager::new(url))?;
        Ok(Self { url: url.to_owned(), durability, readers })
    }

    /// A connection of its own, with further settings.
    pub(super) fn connect(&self, settings: &str) -> Result<PgConnection> {
        let mut connection = PgConnection::establish(&self.url)?;
        let durability = match self.durability {
            Durability::Full => "",
            Durability::Scratch => "SET synchronous_commit = off;",
            Durability::Nothing => READ_ONLY,
        };
        connection.batch_execute(&format!("{SETTINGS} {durability} {settings}"))?;
        // Errors are told apart by their words. Not every role may choose the language.
        let _ = connection.batch_execute("SET lc_messages = 'C'");
        Ok(connection)
    }

    pub(super) fn reader(&self) -> Result<PooledConnection<Manager>> {
        Ok(self.readers.get()?)
    }
}

/// A server that is out of reach has to show as such: without these, libpq waits for minutes.
fn with_timeouts(url: &str) -> String {
    let mut url = url.to_owned();
    for (name, value) in [("connect_timeout", "5"), ("tcp_user_timeout", "10000"), ("keepalives_idle", "10")] {
        if !url.contains(&format!("{name}=")) {
            let mark = if url.contains('?') { '&' } else { '?' };
            url.extend([mark.to_string().as_str(), name, "=", value]);
        }
    }
    url
}

#[derive(Debug)]
struct Settings(String);

impl CustomizeConnection<PgConnection, diesel::r2d2::Error> for Settings {
    fn on_acquire(&self, connection: &mut PgConnection) -> std::result::Result<(), diesel::r2d2::Error> {
        connection.batch_execute(&self.0).map_err(diesel::r2d2::Error::QueryError)
    }
}
