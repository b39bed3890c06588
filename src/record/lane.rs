//! Something that blocks, on a thread of its own: jobs go in, results come back.

use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::thread;

use tokio::sync::{Semaphore, oneshot};

use crate::db::{Error, Result};

type Job<S> = Box<dyn FnOnce(&mut S) + Send>;

/// A handle on the thread, which ends with it.
pub(super) struct Lane<S> {
    jobs: Sender<Job<S>>,
    idle: Arc<Semaphore>,
}

impl<S: Send + 'static> Lane<S> {
    /// Starts the thread, which owns the state from now on.
    pub(super) fn start(name: &str, mut state: S) -> std::io::Result<Self> {
        let (jobs, queue) = channel::<Job<S>>();
        thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || queue.into_iter().for_each(|job| job(&mut state)))?;
        Ok(Self { jobs, idle: Arc::new(Semaphore::new(1)) })
    }

    /// Runs a job once the thread is idle. Dropping the future stops it only before it has begun, so that jobs that
    /// nobody waits for do not pile up.
    pub(super) async fn call<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut S) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let gone = || Error::Panic("a writer's thread has ended".to_owned());
        let turn = Arc::clone(&self.idle).acquire_owned().await.map_err(|_| gone())?;
        let (done, result) = oneshot::channel();
        let job = Box::new(move |state: &mut S| {
            let value = job(state);
            drop(turn);
            drop(done.send(value));
        });
        self.jobs.send(job).map_err(|_| gone())?;
        result.await.map_err(|_| gone())?
    }
}
