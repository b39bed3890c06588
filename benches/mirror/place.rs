//! Where a mirror lives during a measurement: a fresh SQLite file, or a fresh database of the throw-away cluster.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use checkfront_mirror::db::{Database, DatabaseUrl, Tx, events, figures};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{Nullable, Text};
use tempfile::TempDir;

use crate::cluster::Cluster;

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Backend {
    Sqlite,
    Postgres,
}

impl Backend {
    pub(crate) const ALL: [Self; 2] = [Self::Sqlite, Self::Postgres];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        }
    }
}

/// A database, removed when it is dropped.
pub(crate) struct Place<'c> {
    pub(crate) folder: TempDir,
    pub(crate) url: String,
    pub(crate) database: Database,
    cluster: Option<(&'c Cluster, String)>,
}

impl<'c> Place<'c> {
    pub(crate) fn new(backend: Backend, cluster: &'c Cluster) -> anyhow::Result<Self> {
        // On the disk that the project is on: a folder for temporary files may be in memory.
        let folder = tempfile::Builder::new().prefix("bench-").tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
        let (url, cluster) = match backend {
            Backend::Sqlite => (format!("sqlite://{}", folder.path().join("mirror.db").display()), None),
            Backend::Postgres => {
                let name = cluster.create_database();
                (cluster.url(&name), Some((cluster, name)))
            }
        };
        let database = Database::open(&url.parse::<DatabaseUrl>().map_err(anyhow::Error::msg)?)?;
        Ok(Self { folder, url, database, cluster })
    }

    pub(crate) fn is_file(&self) -> bool {
        self.cluster.is_none()
    }

    pub(crate) fn file(&self) -> PathBuf {
        self.folder.path().join("mirror.db")
    }

    /// The first column of a query, named `v`, as text.
    pub(crate) fn texts(&self, query: &str) -> anyhow::Result<Vec<String>> {
        #[derive(QueryableByName)]
        struct Row {
            #[diesel(sql_type = Nullable<Text>)]
            v: Option<String>,
        }
        let rows: Vec<Row> = self.database.read(|tx| {
            Ok(match tx {
                Tx::Postgres(connection) => diesel::sql_query(query).load(&mut **connection)?,
                Tx::Sqlite(connection) => diesel::sql_query(query).load(&mut **connection)?,
            })
        })?;
        Ok(rows.into_iter().map(|row| row.v.unwrap_or_default()).collect())
    }

    pub(crate) fn execute(&self, statement: &str) -> anyhow::Result<()> {
        self.database.session().transaction(|tx| checkfront_mirror::db::statement::execute(tx, statement))?;
        Ok(())
    }

    /// What autovacuum does in time; on SQLite nobody has to.
    pub(crate) fn settle_down(&self) -> anyhow::Result<()> {
        if self.cluster.is_some() {
            PgConnection::establish(&self.url)?.batch_execute("VACUUM (ANALYZE)")?;
        }
        Ok(())
    }

    /// Waits until nothing is pending; when that was.
    pub(crate) fn until_projected(&self) -> anyhow::Result<Instant> {
        while self.database.read(events::count_pending)? > 0 {
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(Instant::now())
    }

    /// Waits until nothing is left to count of what views add up: a service is not idle before.
    pub(crate) fn until_counted(&self) -> anyhow::Result<()> {
        while self.database.read(figures::is_due)? {
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        if let Some((cluster, name)) = &self.cluster {
            cluster.administer(&format!("DROP DATABASE {name} WITH (FORCE)"));
        }
    }
}
