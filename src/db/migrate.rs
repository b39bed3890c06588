//! Migrations, embedded in the binary, run under a lock.

use diesel::QueryableByName;
use diesel::RunQueryDsl;
use diesel::migration::{MigrationSource, MigrationVersion};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::statement::numbers;
use super::{Error, Result, Session, Tx, on, projector_lock};
use crate::fault;

const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");
const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");

/// A migration and whether this database has it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Migration {
    /// The folder's name, which sorts by age.
    pub name: String,
    /// Whether it has been run here.
    pub applied: bool,
}

/// How a database's migrations compare with those of this binary.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Standing {
    /// Migrations that are to be run, oldest first.
    pub missing: Vec<String>,
    /// Versions that only a newer program knows.
    pub newer: Vec<String>,
}

/// Runs what is missing, all of it or nothing, and returns the names of what was run.
///
/// Several instances may start at once: one migrates, the others wait and find nothing left to do.
pub fn run(session: &mut Session) -> Result<Vec<String>> {
    session.transaction(|tx| {
        projector_lock::migrating(tx)?;
        refuse_newer(tx)?;
        let failed = |error| Error::Schema(format!("a migration failed, nothing was changed: {error}"));
        let applied = match tx {
            Tx::Postgres(connection) => names(connection.run_pending_migrations(POSTGRES).map_err(failed)?),
            Tx::Sqlite(connection) => names(connection.run_pending_migrations(SQLITE).map_err(failed)?),
        };
        fault::point("migrate_before_commit");
        Ok(applied)
    })
}

/// All migrations of this binary, oldest first.
pub fn status(session: &mut Session) -> Result<Vec<Migration>> {
    session.transaction(|tx| {
        let applied = applied(tx)?;
        let known = known(tx)?;
        Ok(known.into_iter().map(|name| Migration { applied: applied.contains(&version(&name)), name }).collect())
    })
}

/// What this binary knows and the database lacks, and the other way round. Writes nothing.
pub fn standing(tx: &mut Tx<'_>) -> Result<Standing> {
    let known = known(tx)?;
    let applied = if has_list(tx)? { list(tx)? } else { Vec::new() };
    Ok(Standing {
        missing: known.iter().filter(|name| !applied.contains(&version(name))).cloned().collect(),
        newer: applied.into_iter().filter(|applied| known.iter().all(|name| version(name) != *applied)).collect(),
    })
}

/// Refuses a database that this binary cannot read, and says what to do.
pub fn check(tx: &mut Tx<'_>) -> Result<()> {
    let standing = standing(tx)?;
    match (standing.newer.first(), standing.missing.len()) {
        (Some(newer), _) => Err(Error::Schema(format!(
            "the database is newer than this program: it has migration {newer}; install the newer checkfront-mirror"
        ))),
        (None, 0) => Ok(()),
        (None, missing) => Err(Error::Schema(format!(
            "the database lacks {missing} migrations of this program; run `checkfront-mirror migrate`"
        ))),
    }
}

/// Whether anything was ever migrated here: Diesel's own look at the list would make it.
fn has_list(tx: &mut Tx<'_>) -> Result<bool> {
    let query = match tx {
        Tx::Postgres(_) => "SELECT CASE WHEN to_regclass('__diesel_schema_migrations') IS NULL THEN 0 ELSE 1 END AS v",
        Tx::Sqlite(_) => "SELECT count(*) AS v FROM sqlite_master WHERE name = '__diesel_schema_migrations'",
    };
    Ok(numbers(tx, &format!("SELECT CAST(q.v AS BIGINT) AS v FROM ({query}) AS q"))?.first() == Some(&1))
}

fn list(tx: &mut Tx<'_>) -> Result<Vec<String>> {
    #[derive(QueryableByName)]
    struct Version {
        #[diesel(sql_type = diesel::sql_types::Text)]
        version: String,
    }
    let query = || diesel::sql_query("SELECT version FROM __diesel_schema_migrations ORDER BY version");
    let rows: Vec<Version> = on!(tx, |connection| query().load(connection))?;
    Ok(rows.into_iter().map(|row| row.version).collect())
}

fn names(versions: Vec<MigrationVersion<'_>>) -> Vec<String> {
    versions.into_iter().map(|version| version.to_string()).collect()
}

/// A newer program has been here: its tables may mean what this one does not know.
fn refuse_newer(tx: &mut Tx<'_>) -> Result<()> {
    let known: Vec<_> = known(tx)?.iter().map(|name| version(name)).collect();
    match applied(tx)?.into_iter().find(|version| !known.contains(version)) {
        None => Ok(()),
        Some(newer) => Err(Error::Schema(format!(
            "the database is newer than this program: it has migration {newer}, the newest here is {}; \
             install the newer checkfront-mirror again, or restore the database from before its upgrade",
            known.last().map_or("none", String::as_str)
        ))),
    }
}

fn applied(tx: &mut Tx<'_>) -> Result<Vec<String>> {
    let versions = on!(tx, |connection| connection.applied_migrations())
        .map_err(|error| Error::Schema(format!("cannot read the list of migrations: {error}")))?;
    Ok(names(versions))
}

fn known(tx: &Tx<'_>) -> Result<Vec<String>> {
    let failed = |error| Error::Schema(format!("cannot read the embedded migrations: {error}"));
    let mut names: Vec<String> = match tx {
        Tx::Postgres(_) => {
            let migrations = MigrationSource::<diesel::pg::Pg>::migrations(&POSTGRES).map_err(failed)?;
            migrations.iter().map(|migration| migration.name().to_string()).collect()
        }
        Tx::Sqlite(_) => {
            let migrations = MigrationSource::<diesel::sqlite::Sqlite>::migrations(&SQLITE).map_err(failed)?;
            migrations.iter().map(|migration| migration.name().to_string()).collect()
        }
    };
    names.sort();
    Ok(names)
}

/// `00000000000001_mirror` is version `00000000000001`.
fn version(name: &str) -> String {
    name.split('_').next().unwrap_or(name).to_owned()
}
