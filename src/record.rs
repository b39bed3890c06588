//! Group commit: one writer drains what waits, commits it in one transaction, then answers all of it. What the
//! database does not take goes to a spool, and from there to the database later.

mod batch;
mod drain;
mod lane;
mod mover;
mod state;
mod stores;
mod writer;

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use opentelemetry::trace::SpanContext;
use parking_lot::Mutex;
use serde_json::Value;
use thiserror::Error as ThisError;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

pub use drain::{Drained, drain};
pub use state::State;
use stores::Stores;

use crate::budget::Share;
use crate::config::{self, Config};
use crate::db::rows::{Event, EventBody};
use crate::db::types::{Json, Timestamp};
use crate::db::{Database, Error};
use crate::ids::Ids;
use crate::metrics::Metrics;
use crate::project::Wake;
use crate::traces::Traces;

/// Deliveries that may wait for the writer. Their bodies are bounded by the receiver's budget.
const QUEUE: usize = 4_096;
/// How long a delivery may wait for a place in the queue, or for a place that takes it.
const PATIENCE: Duration = Duration::from_secs(8);
/// How long the start waits for a database before it goes on with the spool.
const START: Duration = Duration::from_secs(10);
/// How long the end waits for a page that is being moved.
const PAGE: Duration = Duration::from_secs(1);

/// A delivery as received.
pub struct Arrival {
    /// The sender's address.
    pub remote_ip: Option<String>,
    /// The header, a hint at the format.
    pub content_type: Option<String>,
    /// All headers but those that hold secrets.
    pub headers: Value,
    /// The raw body.
    pub body: Bytes,
    /// Where its trace goes on.
    pub trace: Option<SpanContext>,
    /// The memory it takes, until it is stored.
    pub share: Option<Share>,
}

/// Nothing could be stored: the sender should try again.
#[derive(Debug, ThisError, PartialEq, Eq)]
pub enum Refused {
    /// The queue stayed full.
    #[error("too many deliveries are waiting to be stored")]
    Full,
    /// Neither the database nor the spool took it.
    #[error("the delivery cannot be stored at the moment")]
    Unavailable,
}

/// Records deliveries durably.
#[derive(Clone)]
pub struct Recorder {
    queue: mpsc::Sender<Waiting>,
    ids: Arc<Mutex<Ids>>,
    /// Which instance this is, in `webhook_events.receiver`.
    receiver: Arc<str>,
    /// Where deliveries are followed to their rows.
    pub traces: Traces,
    /// What takes deliveries at the moment.
    pub state: Arc<State>,
}

/// The tasks behind a [`Recorder`].
pub struct Recording {
    /// Cancelled once the database can be projected into.
    pub prepared: CancellationToken,
    writer: JoinHandle<()>,
    mover: JoinHandle<()>,
    stop: CancellationToken,
}

struct Waiting {
    event: Event,
    body: EventBody,
    since: Instant,
    share: Option<Share>,
    stored: Answer,
}

/// Tells the sender: the id under which it is stored, or that it is not.
type Answer = oneshot::Sender<std::result::Result<i64, Refused>>;

impl Recorder {
    /// Migrates the database and starts to record. A database that cannot be reached is waited for, with deliveries
    /// going to the spool meanwhile; one that can be reached and not be used is an error.
    pub async fn start(config: &Config, database: &Database, wake: Wake) -> anyhow::Result<(Self, Recording)> {
        let stores = Arc::new(Stores::new(config, database, wake)?);
        let prepared = timeout(START, stores.prepare()).await.unwrap_or(Err(Error::Slow(START)));
        match prepared {
            Err(error) if !error.is_outage() => return Err(error.into()),
            Err(error) => stores.state.database_refused(&error),
            Ok(()) => {}
        }
        match stores.spool(|_| Ok(())).await {
            Err(Error::File { path, source }) => {
                let reason = format!("cannot use {path}: {source}; name a file in a folder that can be written");
                return Err(config::wrong("SPOOL_PATH", reason).into());
            }
            Err(foreign @ Error::Schema(_)) => return Err(foreign.into()),
            Err(error) if !error.is_outage() => {
                let path = config.spool_path.display();
                let reason = format!("cannot use {path}: {error}; name another file, which need not be there yet");
                return Err(config::wrong("SPOOL_PATH", reason).into());
            }
            // Such as another process that is about to end: the file is tried again.
            Err(_) | Ok(()) => {}
        }
        let (queue, waiting) = mpsc::channel(QUEUE);
        let host = gethostname::gethostname().to_string_lossy().into_owned();
        let recorder = Self {
            queue,
            ids: Arc::clone(&stores.ids),
            receiver: format!("{host}-{:08x}", rand::random::<u32>()).into(),
            traces: Traces::default(),
            state: Arc::clone(&stores.state),
        };
        stores.state.metrics.keep_up();
        let stop = CancellationToken::new();
        let recording = Recording {
            prepared: stores.prepared.clone(),
            writer: tokio::spawn(writer::run(Arc::clone(&stores), waiting)),
            mover: tokio::spawn(mover::run(stores, stop.clone())),
            stop,
        };
        Ok((recorder, recording))
    }

    /// Traces deliveries.
    #[must_use]
    pub fn traced_by(self, traces: Traces) -> Self {
        Self { traces, ..self }
    }

    /// What is counted of this service.
    pub fn metrics(&self) -> &Metrics {
        &self.state.metrics
    }

    /// Stores a delivery. When this returns an id, it is on disk.
    pub async fn record(&self, arrival: Arrival) -> std::result::Result<i64, Refused> {
        let (stored, answer) = oneshot::channel();
        if let Err(waiting) = self.queue_now(arrival, stored) {
            let place = timeout(PATIENCE, self.queue.reserve()).await;
            place.map_err(|_| Refused::Full)?.map_err(|_| Refused::Unavailable)?.send(*waiting);
        }
        let answer = timeout(PATIENCE * 2, answer).await;
        // Whether it was stored is not known: the sender may repeat it, which changes nothing.
        answer.map_err(|_| Refused::Unavailable)?.unwrap_or(Err(Refused::Unavailable))
    }

    /// Gives the id and queues the delivery in one step, so that an earlier one is not committed after a later one.
    /// Where the queue is full it keeps its id, and waits.
    fn queue_now(&self, arrival: Arrival, stored: Answer) -> std::result::Result<(), Box<Waiting>> {
        let mut ids = self.ids.lock();
        let now = Utc::now();
        let waiting = self.waiting(ids.next(now), now, arrival, stored);
        self.queue.try_send(waiting).map_err(|error| Box::new(error.into_inner()))
    }

    fn waiting(&self, id: i64, now: DateTime<Utc>, arrival: Arrival, stored: Answer) -> Waiting {
        self.traces.follow(id, arrival.trace);
        let event = Event {
            remote_ip: arrival.remote_ip,
            content_type: arrival.content_type,
            ..Event::pending(id, &self.receiver, Timestamp(now))
        };
        let body = EventBody { event_id: id, headers: Json(arrival.headers), body: arrival.body.into() };
        Waiting { event, body, since: Instant::now(), share: arrival.share, stored }
    }
}

impl Recording {
    /// Waits until all that was queued is stored; every [`Recorder`] has to be gone before.
    pub async fn finish(self) {
        let _ = self.writer.await;
        self.stop.cancel();
        // What is still in the spool is moved by the next process.
        let _ = timeout(PAGE, self.mover).await;
    }
}
