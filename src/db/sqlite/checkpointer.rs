//! Moves the write-ahead log into the file beside the writer, which would hold up whoever waits for it.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;

use super::url;
use crate::db::Result;

/// What is written in this time is moved at once: the same pages are written again and again.
const GATHER: Duration = Duration::from_millis(250);

/// A thread that ends with this handle on it.
pub(super) struct Checkpointer(SyncSender<()>);

impl Checkpointer {
    pub(super) fn start(path: &Path) -> std::io::Result<Self> {
        let (sender, written) = sync_channel(1);
        let path = path.to_owned();
        thread::Builder::new().name("checkpointer".to_owned()).spawn(move || run(&path, &written))?;
        Ok(Self(sender))
    }

    /// Something was written.
    pub(super) fn written(&self) {
        // Where a signal waits already, it says the same.
        let _ = self.0.try_send(());
    }
}

fn run(path: &PathBuf, written: &Receiver<()>) {
    let mut connection = None;
    while written.recv().is_ok() {
        thread::sleep(GATHER);
        let _ = written.try_recv();
        // What fails now is moved the next time, or by the writer itself once the log is long.
        if checkpoint(path, &mut connection).is_err() {
            connection = None;
        }
    }
}

fn checkpoint(path: &Path, connection: &mut Option<SqliteConnection>) -> Result<()> {
    let connection = match connection {
        Some(connection) => connection,
        none => none.insert(SqliteConnection::establish(&url(path))?),
    };
    Ok(connection.batch_execute("PRAGMA wal_checkpoint(PASSIVE)")?)
}
