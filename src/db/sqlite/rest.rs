//! Memory that is given back while nothing is written: the pages that connections cache, 20 MiB after a flood.

use std::sync::Arc;
use std::time::Duration;

use diesel::connection::SimpleConnection;
use tokio::task::spawn_blocking;
use tokio::time::sleep;

use super::Sqlite;
use crate::db::Result;

/// How long after the last write. What comes then finds the pages in the system's own cache.
const QUIET: Duration = Duration::from_secs(5);

impl Sqlite {
    /// Gives it back each time there was no write for a while: once, and then sleeps until the next write.
    pub(crate) async fn rest_between_writes(self: &Arc<Self>) {
        let mut writes = self.writes.subscribe();
        while writes.changed().await.is_ok() {
            sleep(QUIET).await;
            while writes.has_changed().unwrap_or_default() {
                writes.mark_unchanged();
                sleep(QUIET).await;
            }
            let sqlite = Arc::clone(self);
            match spawn_blocking(move || sqlite.give_back()).await {
                Ok(Ok(())) => tracing::debug!("nothing is written: the pages in memory were given back"),
                Ok(Err(error)) => tracing::debug!(%error, "the pages in memory are kept"),
                Err(error) => tracing::error!(%error, "the pages in memory are kept"),
            }
        }
    }

    /// Drops the pages that no statement has in hand. What is busy now is let be: it is about to write.
    fn give_back(&self) -> Result<()> {
        const SHRINK: &str = "PRAGMA shrink_memory";
        if let Some(mut writer) = self.writer.try_lock()
            && let Some(writer) = &mut *writer
        {
            writer.connection.batch_execute(SHRINK)?;
        }
        // Held until all were seen, so that none comes twice.
        let mut readers = Vec::new();
        while let Some(mut reader) = self.readers.try_get() {
            reader.batch_execute(SHRINK)?;
            readers.push(reader);
        }
        Ok(())
    }
}
