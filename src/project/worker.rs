//! The projector's loop: woken by each record, and by the clock in case a wake-up was lost.

use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use super::counter::Counter;
use super::pace::Pace;
use super::wake::Wake;
use super::{Outcome, Projector};

/// A lost wake-up costs no more than this.
const POLL: Duration = Duration::from_secs(1);
/// While another instance projects, it may miss what was committed after its last look.
const BUSY: Duration = Duration::from_millis(50);
/// The longest pause while the database is out of reach.
const BACKOFF: Duration = Duration::from_secs(5);

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
            let mut counter = Counter::new(projector.session.database().session());
            while !stopped.is_cancelled() {
                if !prepared.is_cancelled() {
                    let _ = woken.wait(POLL);
                    continue;
                }
                let (began, traffic) = (Instant::now(), woken.traffic());
                let outcome = projector.set_batch(pace.batch(traffic)).step();
                if let Some(metrics) = &projector.metrics {
                    metrics.stepped(&outcome);
                }
                match outcome {
                    Ok(outcome) => {
                        pause = Duration::from_millis(50);
                        match outcome {
                            Outcome::Done(events) => {
                                thread::sleep(pace.took(began.elapsed(), events, traffic));
                                counter.projected(events, traffic);
                            }
                            Outcome::Died => {}
                            Outcome::Empty => {
                                if !woken.wait(counter.between(&woken, POLL)) {
                                    counter.look_again();
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
