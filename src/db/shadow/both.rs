//! A connection that sees the live tables and the shadow's.

use std::path::Path;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;

use super::super::postgres::Postgres;
use super::super::statement::execute;
use super::super::{Result, Tx};
use super::{SCHEMA, absolute};

/// What it is told on PostgreSQL. Whole tables are compared, column by column: compiling that takes longer than doing
/// it. By merging, whole tables would be sorted, wide as they are, only to be joined to the few rows that are carried
/// over.
const WHOLE_TABLES: &str = "SET jit = off; SET work_mem = '64MB'; SET enable_mergejoin = off;";

pub(super) enum Both {
    Postgres(Box<PgConnection>),
    Sqlite(SqliteConnection),
}

impl Both {
    pub(super) fn to_server(server: &Postgres) -> Result<Self> {
        let mut both = Self::Postgres(Box::new(server.connect(WHOLE_TABLES)?));
        // Cut off in a long statement, the server is to notice: it holds locks. Older servers cannot.
        let _ = execute(&mut both.tx(), "SET client_connection_check_interval = '1s'");
        Ok(both)
    }

    pub(super) fn to_file(live: &Path) -> Result<Self> {
        let mut connection = SqliteConnection::establish(&absolute(live)?.to_string_lossy())?;
        connection.batch_execute("PRAGMA busy_timeout = 60000; PRAGMA synchronous = FULL;")?;
        Ok(Self::Sqlite(connection))
    }

    /// Lets a connection to the live file see the shadow's.
    pub(super) fn attach(&mut self, shadow: &Path) -> Result<()> {
        let Self::Sqlite(connection) = self else { return Ok(()) };
        let attach = format!("ATTACH $1 AS {SCHEMA}");
        diesel::sql_query(attach).bind::<Text, _>(absolute(shadow)?.to_string_lossy()).execute(connection)?;
        let settings = format!(
            "PRAGMA {SCHEMA}.synchronous = OFF; PRAGMA {SCHEMA}.cache_size = -32768; PRAGMA main.cache_size = -32768;"
        );
        connection.batch_execute(&settings)?;
        Ok(())
    }

    pub(super) fn tx(&mut self) -> Tx<'_> {
        match self {
            Self::Postgres(connection) => Tx::Postgres(connection),
            Self::Sqlite(connection) => Tx::Sqlite(connection),
        }
    }
}
