//! The thread that reads ahead. One for all batches: the memory of a thread that ends is of no use to the next.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{Builder, JoinHandle};

use super::Ahead;
use crate::db::{Database, Session};
use crate::project::Settings;

/// Reads ahead, on a connection and a thread of its own, which are made when they are first needed.
pub(in crate::project) struct Reader {
    database: Database,
    settings: Settings,
    thread: Option<Thread>,
}

struct Thread {
    /// After which event, and how many.
    asked: Option<Sender<(i64, usize)>>,
    read: Receiver<Ahead>,
    handle: Option<JoinHandle<()>>,
}

impl Reader {
    pub(in crate::project) fn new(database: &Database, settings: &Settings) -> Self {
        Self { database: database.clone(), settings: settings.clone(), thread: None }
    }

    /// Begins to read what is pending after an event; false where nobody can.
    pub(super) fn ask(&mut self, after: i64, limit: usize) -> bool {
        if self.thread.is_none() {
            self.thread = Thread::begin(self.database.session().by_key(), self.settings.clone());
        }
        let asked = self.thread.as_ref().and_then(|thread| thread.asked.as_ref());
        asked.is_some_and(|asked| asked.send((after, limit)).is_ok())
    }

    /// What was read. What could not be read now is read when it is claimed.
    pub(super) fn answer(&mut self) -> Ahead {
        let read = self.thread.as_ref().and_then(|thread| thread.read.recv().ok());
        if read.is_none() {
            self.thread = None;
        }
        read.unwrap_or_default()
    }
}

impl Thread {
    fn begin(mut session: Session, settings: Settings) -> Option<Self> {
        let (asked, questions) = channel();
        let (answers, read) = channel();
        let work = move || {
            for (after, limit) in questions {
                let read = session.read(|tx| Ahead::after(tx, after, limit, &settings)).unwrap_or_default();
                if answers.send(read).is_err() {
                    return;
                }
            }
        };
        let handle = Builder::new().name("reader".to_owned()).spawn(work).ok()?;
        Some(Self { asked: Some(asked), read, handle: Some(handle) })
    }
}

impl Drop for Thread {
    /// Its connection is closed when this returns.
    fn drop(&mut self) {
        self.asked = None;
        if let Some(handle) = self.handle.take() {
            // A panic there was noticed by the answer that never came.
            let _ = handle.join();
        }
    }
}
