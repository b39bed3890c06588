//! The projector's loop: woken by each record, and by the clock in case a wake-up was lost.

use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use super::pace::Pace;
use super::wake::Wake;
use super::{Outcome, Projector};
use crate::db::{Result, Session, Tx, figures};

/// A lost wake-up costs no more than this.
const POLL: Duration = Duration::from_secs(1);
/// While another instance projects, it may miss what was committed after its last look.
const BUSY: Duration = Duration::from_millis(50);
/// The longest pause while the database is out of reach.
const BACKOFF: Duration = Duration::from_secs(5);

/// Events after which it is looked whether too much is uncounted, even if nothing is ever quiet.
const COUNT: usize = 5_000;

/// A projector on a thread of its own.
pub struct Worker {
    thread: JoinHandle<()>,
    wake: Wake,
}

impl Worker {
    /// Starts it. It waits until the database is prepared, and ends after the batch in hand once it is told to stop.
    pub fn start(
        mut projector: Projector,
        wake: Wake,
        prepared: CancellationToken,
        stop: CancellationToken,
    ) -> std::io::Result<Self> {
        let (stopped, woken) = (stop, wake.clone());
        let run = move || {
            let (mut pause, mut pace) = (Duration::from_millis(50), Pace::new(projector.is_one_writer()));
            let (mut counter, mut uncounted) = (projector.session.database().session(), 0);
            while !stopped.is_cancelled() {
                if !prepared.is_cancelled() {
                    let _ = woken.wait(POLL);
                    continue;
                }
                let (began, traffic) = (Instant::now(), woken.traffic());
                match projector.set_batch(pace.batch(traffic)).step() {
                    Ok(outcome) => {
                        pause = Duration::from_millis(50);
                        match outcome {
                            Outcome::Done(events) => {
                                thread::sleep(pace.took(began.elapsed(), events, traffic));
                                uncounted += events;
                                if uncounted >= COUNT {
                                    uncounted = 0;
                                    count(&mut counter, figures::is_overdue);
                                }
                            }
                            Outcome::Died => {}
                            // What views add up is counted once nothing came for a while.
                            Outcome::Empty => {
                                if !woken.wait(POLL) {
                                    while count(&mut counter, |_| Ok(true)) > 0 && !woken.is_signalled() {}
                                }
                            }
                            Outcome::Busy => {
                                let _ = woken.wait(BUSY);
                            }
                        }
                    }
                    Err(error) => {
                        tracing::warn!(%error, pause_ms = pause.as_millis(), "cannot project now; deliveries are kept, trying again");
                        let _ = woken.wait(pause);
                        pause = (pause * 2).min(BACKOFF);
                    }
                }
            }
            if let Err(error) = projector.rest() {
                tracing::debug!(%error, "the batch that was held up counts as one the process died of");
            }
        };
        let thread = thread::Builder::new().name("projector".to_owned()).spawn(run)?;
        Ok(Self { thread, wake })
    }

    /// Waits for its end, once it was told to stop. Blocks.
    pub fn join(self) {
        self.wake.signal();
        if self.thread.join().is_err() {
            tracing::error!("the projector ended with a panic");
        }
    }
}

/// Counts some of what changed, where that is due. Views are right without it, only slower: it is tried again.
fn count(counter: &mut Session, is_due: impl FnOnce(&mut Tx<'_>) -> Result<bool>) -> usize {
    let result = counter.read(is_due).and_then(|due| if due { figures::count_some(counter) } else { Ok(0) });
    result.unwrap_or_else(|error| {
        tracing::debug!(%error, "what views add up is not counted now");
        0
    })
}
