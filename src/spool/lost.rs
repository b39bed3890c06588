//! A spool whose file was removed or replaced while it was open: what it holds is found by nobody once it is closed.

use std::fs::metadata;
use std::os::unix::fs::MetadataExt;

use diesel::RunQueryDsl;

use super::{Binding, Spool, lock};
use crate::db::sqlite::beside;
use crate::db::{Error, Result};

/// Deliveries moved at once, and bytes of their bodies.
const PAGE: i64 = 1_000;
const BYTES: usize = 8 << 20;

impl Spool {
    /// Whether its path still leads to it.
    pub fn is_found(&self) -> bool {
        self.names.still_lead(&self.path) && self.is_locked()
    }

    /// Opens the path again, with what this one holds; on an error this one may still hold it.
    pub fn found_again(mut self, claim: &Binding) -> std::result::Result<Self, Box<(Option<Self>, Error)>> {
        if self.names.file_still_leads(&self.path) {
            // Its log alone has gone, or its lock.
            if let Err(error) = self.empty_log() {
                return Err(Box::new((Some(self), error)));
            }
            let path = self.path.clone();
            drop(self);
            return Self::open(&path, claim).map_err(|error| Box::new((None, error)));
        }
        let new = self.moved(claim).map_err(|error| Box::new((Some(self), error)))?;
        tracing::warn!(
            path = %new.path.display(), deliveries = new.level.events,
            "the spool was removed or replaced while it was open; it was made anew, with what it held"
        );
        Ok(new)
    }

    /// Moves into the file what the log holds.
    fn empty_log(&mut self) -> Result<()> {
        #[derive(diesel::QueryableByName)]
        struct Checkpoint {
            #[diesel(sql_type = diesel::sql_types::Integer)]
            busy: i32,
        }
        let done: Checkpoint = diesel::sql_query("PRAGMA wal_checkpoint(FULL)").get_result(&mut self.connection)?;
        let is_read = || Error::InUse(format!("the spool {} is being read", self.path.display()));
        if done.busy == 0 { Ok(()) } else { Err(is_read()) }
    }

    fn moved(&mut self, claim: &Binding) -> Result<Self> {
        // The new file would be taken for what the old log belongs to.
        self.names.remove(&self.path).map_err(|source| self.failed(source))?;
        let mut new = Self::open_locked(&self.path, claim, self.lock_of_path()?)?;
        let mut after = 0;
        loop {
            let (events, bodies) = self.page(after, PAGE, BYTES)?;
            let Some(last) = events.last() else { return Ok(new) };
            after = last.id;
            new.append(&events, &bodies)?;
        }
    }

    /// Its own lock, or another where that was removed too.
    fn lock_of_path(&self) -> Result<std::fs::File> {
        if self.is_locked() { self.lock.try_clone().map_err(|source| self.failed(source)) } else { lock(&self.path) }
    }

    /// Whether others find the lock.
    fn is_locked(&self) -> bool {
        let place = |file: std::fs::Metadata| (file.dev(), file.ino());
        let found = metadata(beside(&self.path, ".lock")).map(place);
        found.is_ok_and(|found| self.lock.metadata().map(place).is_ok_and(|own| own == found))
    }

    fn failed(&self, source: std::io::Error) -> Error {
        Error::File { path: self.path.display().to_string(), source }
    }
}
