//! Group commit: one writer drains what waits, commits it in one transaction, then answers all of it.
//!
//! A lone delivery is committed at once; a batch is only ever what came in while the last one was committed.

use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use parking_lot::Mutex;
use serde_json::Value;
use thiserror::Error;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use crate::db::rows::{Event, EventBody};
use crate::db::types::{Json, Timestamp};
use crate::db::{Database, Result, Session, Tx};
use crate::ids::Ids;
use crate::project::Wake;
use crate::receive::Share;

/// Deliveries that may wait for the writer. Their bodies are bounded by the receiver's budget.
const QUEUE: usize = 4_096;
/// Deliveries in one transaction.
const BATCH: usize = 1_000;
/// How long a delivery may wait for a place in the queue, or for a database that takes it.
const PATIENCE: Duration = Duration::from_secs(8);
/// Between two tries while the database takes nothing.
const PAUSE: Duration = Duration::from_millis(200);

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
    /// The memory it takes, until it is stored.
    pub share: Option<Share>,
}

/// Nothing could be stored: the sender should try again.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum Refused {
    /// The queue stayed full.
    #[error("too many deliveries are waiting to be stored")]
    Full,
    /// The database took nothing.
    #[error("the database does not take the delivery")]
    Unavailable,
}

/// Records deliveries durably.
#[derive(Clone)]
pub struct Recorder {
    queue: mpsc::Sender<Waiting>,
    ids: Arc<Mutex<Ids>>,
    /// Which instance this is, in `webhook_events.receiver`.
    receiver: Arc<str>,
    refused: LastRefusal,
}

struct Waiting {
    event: Event,
    body: EventBody,
    since: Instant,
    /// Held, not read.
    _share: Option<Share>,
    stored: Answer,
}

/// Tells the sender: the id under which it is stored, or that it is not.
type Answer = oneshot::Sender<std::result::Result<i64, Refused>>;

/// When the database last refused deliveries, until it takes one again.
type LastRefusal = Arc<Mutex<Option<Instant>>>;

impl Recorder {
    /// Starts the writer on a thread of its own; it ends when the last clone of the recorder is gone.
    pub fn start(database: &Database, wake: Wake) -> anyhow::Result<(Self, JoinHandle<()>)> {
        let (queue, waiting) = mpsc::channel(QUEUE);
        let highest = database.read(Event::highest_id)?;
        let host = gethostname::gethostname().to_string_lossy().into_owned();
        let recorder = Self {
            queue,
            ids: Arc::new(Mutex::new(Ids::above(highest))),
            receiver: format!("{host}-{:08x}", rand::random::<u32>()).into(),
            refused: LastRefusal::default(),
        };
        let (ids, refused) = (Arc::clone(&recorder.ids), Arc::clone(&recorder.refused));
        let writer = Writer { session: database.session(), ids, refused, wake };
        let thread = thread::Builder::new().name("recorder".to_owned()).spawn(move || writer.run(waiting))?;
        Ok((recorder, thread))
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

    /// Whether the database took the last delivery, or none was refused for a while.
    pub fn is_healthy(&self) -> bool {
        self.refused.lock().is_none_or(|at| at.elapsed() > PATIENCE)
    }

    fn waiting(&self, id: i64, now: DateTime<Utc>, arrival: Arrival, stored: Answer) -> Waiting {
        let event = Event {
            remote_ip: arrival.remote_ip,
            content_type: arrival.content_type,
            ..Event::pending(id, &self.receiver, Timestamp(now))
        };
        let body = EventBody { event_id: id, headers: Json(arrival.headers), body: arrival.body.into() };
        Waiting { event, body, since: Instant::now(), _share: arrival.share, stored }
    }
}

struct Writer {
    session: Session,
    ids: Arc<Mutex<Ids>>,
    refused: LastRefusal,
    wake: Wake,
}

impl Writer {
    fn run(mut self, mut queue: mpsc::Receiver<Waiting>) {
        while let Some(first) = queue.blocking_recv() {
            let mut batch = vec![first];
            while batch.len() < BATCH
                && let Ok(next) = queue.try_recv()
            {
                batch.push(next);
            }
            self.commit(batch);
            self.wake.signal();
        }
    }

    fn commit(&mut self, mut batch: Vec<Waiting>) {
        let mut events: Vec<_> = batch.iter().map(|waiting| waiting.event.clone()).collect();
        let mut bodies: Vec<_> = batch
            .iter_mut()
            .map(|waiting| EventBody { body: std::mem::take(&mut waiting.body.body), ..waiting.body.clone() })
            .collect();
        let mut warned = false;
        loop {
            let error = match self.session.transaction(|tx| insert(tx, &mut events, &mut bodies, &self.ids)) {
                Ok(()) => {
                    *self.refused.lock() = None;
                    for (waiting, event) in batch.into_iter().zip(&events) {
                        // The sender may have gone; the delivery is stored all the same.
                        let _ = waiting.stored.send(Ok(event.id));
                    }
                    return;
                }
                Err(error) => error,
            };
            if !std::mem::replace(&mut warned, true) {
                tracing::error!(deliveries = batch.len(), %error, "cannot store deliveries; trying again");
            }
            if batch.iter().any(|waiting| waiting.since.elapsed() > PATIENCE) || !error.is_outage() {
                *self.refused.lock() = Some(Instant::now());
                tracing::error!(deliveries = batch.len(), %error, "deliveries were refused with 503");
                for waiting in batch {
                    let _ = waiting.stored.send(Err(Refused::Unavailable));
                }
                return;
            }
            thread::sleep(PAUSE);
        }
    }
}

/// Inserts events and bodies. An id that another receiver has taken gives way to the next free one; one that this
/// receiver has stored already, in a commit whose answer was lost, is left as it is.
fn insert(tx: &mut Tx<'_>, events: &mut [Event], bodies: &mut [EventBody], ids: &Mutex<Ids>) -> Result<()> {
    let mut taken = Event::insert(tx, events)?;
    taken.retain(|(id, receiver)| events.iter().any(|event| event.id == *id && event.receiver != *receiver));
    for (id, _) in taken {
        let Some(index) = events.iter().position(|event| event.id == id) else { continue };
        loop {
            events[index].id = ids.lock().next(events[index].received_at.0);
            if Event::insert(tx, std::slice::from_ref(&events[index]))?.is_empty() {
                break;
            }
        }
        bodies[index].event_id = events[index].id;
    }
    EventBody::insert(tx, bodies)
}
