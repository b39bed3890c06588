//! What belongs to new bookings, written over a second connection while they are written over the first: the server takes
//! in both at once. Only for a shadow on PostgreSQL, where nobody looks meanwhile; the mirror's batches are one transaction.

use std::thread;

use crate::db::statement::execute;
use crate::db::{Database, Error, Result, Session, Tx};

pub(super) struct Parts {
    session: Session,
    /// Whether a transaction is open that ends as the batch does.
    is_open: bool,
}

impl Parts {
    pub(super) fn new(database: &Database) -> Self {
        Self { session: database.session(), is_open: false }
    }

    /// Writes the parts while `work` is done, and fails where either does.
    pub(super) fn beside(
        &mut self,
        write: impl FnOnce(&mut Tx<'_>) -> Result<()> + Send,
        work: impl FnOnce() -> Result<()>,
    ) -> Result<()> {
        self.is_open = true;
        let session = &mut self.session;
        thread::scope(|scope| {
            let write = move || session.read(|tx| execute(tx, "BEGIN").and_then(|_| write(tx)));
            let writing = scope.spawn(write);
            let done = work();
            let panicked = || Err(Error::Panic("while parts of bookings were written".to_owned()));
            done.and(writing.join().unwrap_or_else(|_| panicked()))
        })
    }

    /// The batch was committed or not: so are the parts.
    pub(super) fn end(&mut self, committed: bool) -> Result<()> {
        if !std::mem::take(&mut self.is_open) {
            return Ok(());
        }
        let end = if committed { "COMMIT" } else { "ROLLBACK" };
        self.session.read(|tx| execute(tx, end)).map(drop)
    }
}
