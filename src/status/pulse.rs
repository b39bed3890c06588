//! The pulse: what the overview shows, read at most once a second however many look on.

use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use tokio::sync::Mutex;

use super::figures::{Figures, Minutes, minute};
use crate::metrics::Minute;
use crate::reader::Reader;
use crate::record::State;
use crate::silence::{Silence, Standing};
use crate::spool::Level;

/// How old what is shown may be.
const FRESH: Duration = Duration::from_secs(1);
/// Minutes that are counted again each time: deliveries may be committed a moment later.
const OPEN: i64 = 2;

/// Reads the figures for all who look on.
pub struct Pulse {
    reader: Reader,
    state: Arc<State>,
    silences: Standing,
    last: Mutex<Last>,
}

#[derive(Default)]
struct Last {
    read: Option<(Instant, Look)>,
    /// Minutes that are over, up to the one named.
    minutes: (Minutes, i64),
}

/// What is known at a moment.
#[derive(Clone)]
pub(super) struct Look {
    pub(super) at: DateTime<Utc>,
    /// Whether the database took what it was last given.
    pub(super) is_up: bool,
    /// Whether deliveries can be stored at all.
    pub(super) is_ready: bool,
    pub(super) spool: Level,
    /// Accounts that are silent for improbably long.
    pub(super) silent: Vec<Silence>,
    /// What was answered in each minute of the last hour.
    pub(super) answered: Vec<Minute>,
    /// None where the database does not say.
    pub(super) figures: Option<Arc<Figures>>,
}

impl Pulse {
    /// Reads nothing yet.
    pub fn new(reader: Reader, state: Arc<State>, silences: Standing) -> Self {
        Self { reader, state, silences, last: Mutex::default() }
    }

    /// A look of this second.
    pub(super) async fn look(&self) -> Look {
        let mut last = self.last.lock().await;
        if let Some((at, look)) = &last.read
            && at.elapsed() < FRESH
        {
            return look.clone();
        }
        let (now, spool) = (Utc::now(), self.state.spool());
        // What comes out of the spool belongs to minutes that are over.
        let known = if spool.events > 0 { (Minutes::new(), 0) } else { last.minutes.clone() };
        let figures = self.reader.read(move |tx| Figures::read(tx, now, known.0, known.1)).await.ok().map(Arc::new);
        last.minutes = match &figures {
            Some(figures) if spool.events == 0 => (figures.minutes.clone(), minute(now) - OPEN),
            _ => (Minutes::new(), 0),
        };
        let is_up = self.state.database_is_up();
        let is_ready = self.state.is_ready() && (is_up || self.state.spool_is_usable());
        let look = Look {
            at: now,
            is_up: is_up && figures.is_some(),
            is_ready,
            spool,
            silent: self.silences.now(),
            answered: self.state.metrics().recent(),
            figures,
        };
        last.read = Some((Instant::now(), look.clone()));
        look
    }
}
