//! Connections beside the shadow's own, for whoever compares on several threads: all see one state of the mirror.

use super::super::statement::{execute, number, text};
use super::super::{Database, Result, Tx};
use super::both::Both;
use super::{SCHEMA, Shadow};

/// Sees the live tables and the shadow's as they were when it was made, until it has seen enough.
pub struct View(Both);

impl Shadow {
    /// Makes views of the mirror as it is now. Without `is_paused` the live projector goes on afterwards.
    pub fn views(&mut self, count: usize, is_paused: bool) -> Result<Vec<View>> {
        let connections = (0..count).map(|_| self.further()).collect::<Result<Vec<_>>>()?;
        let pause = if is_paused { None } else { self.take_pause() };
        let first = format!("SELECT count(*) AS v FROM {}.accounts", self.schema);
        // On SQLite nobody else writes in between.
        self.write_live(|tx| {
            let snapshot = match tx {
                Tx::Postgres(_) => Some(text(tx, "SELECT pg_export_snapshot() AS v")?),
                Tx::Sqlite(_) => None,
            };
            let views = connections.into_iter().map(|both| View::begin(both, snapshot.as_deref(), &first));
            let views = views.collect::<Result<Vec<_>>>()?;
            pause.map_or(Ok(()), |pause| pause.end(tx))?;
            Ok(views)
        })
    }

    fn further(&self) -> Result<Both> {
        match &self.live {
            Database::Postgres(server) => Both::to_server(server),
            Database::Sqlite(file) => {
                let mut both = Both::to_file(&file.beside(""))?;
                both.attach(&file.beside(super::SUFFIX))?;
                Ok(both)
            }
        }
    }
}

impl View {
    fn begin(mut both: Both, snapshot: Option<&str>, first: &str) -> Result<Self> {
        let tx = &mut both.tx();
        match snapshot {
            Some(snapshot) => {
                execute(tx, "BEGIN ISOLATION LEVEL REPEATABLE READ")?;
                execute(tx, &format!("SET TRANSACTION SNAPSHOT '{snapshot}'"))?;
            }
            None => drop(execute(tx, "BEGIN")?),
        }
        // What is seen is what there is at the first look.
        number(tx, first)?;
        number(tx, &format!("SELECT count(*) AS v FROM {SCHEMA}.accounts"))?;
        Ok(Self(both))
    }

    /// Where it may make tables while it looks: in the shadow itself, or on SQLite, where one at a time may write that,
    /// among those that nobody else sees.
    pub fn own_schema(&self) -> &'static str {
        if let Both::Postgres(_) = self.0 { SCHEMA } else { "temp" }
    }

    /// To look, and to make tables.
    pub fn tx(&mut self) -> Tx<'_> {
        self.0.tx()
    }

    /// It has seen enough: what it made is there for everybody, or on SQLite to be copied.
    pub fn end(&mut self) -> Result<()> {
        execute(&mut self.0.tx(), "COMMIT").map(drop)
    }
}
