//! What a step of the projector settles, counted once it is committed.

use std::collections::BTreeMap;

use ::metrics::{counter, with_local_recorder};
use chrono::{DateTime, Utc};

use super::{Metrics, as_f64, names};
use crate::db::events::Settlement;
use crate::db::rows::Event;
use crate::db::types::EventState;

/// Settled in a transaction that is not committed yet.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    deliveries: BTreeMap<(Option<String>, Option<String>, &'static str), u64>,
    again: BTreeMap<&'static str, u64>,
    firsts: Vec<First>,
    events: usize,
}

/// A delivery that is settled for the first time.
#[derive(Debug)]
struct First {
    event_id: i64,
    received: DateTime<Utc>,
    state: &'static str,
}

impl Tally {
    /// Adds what became of events. One that was settled before, and one that was asked for, is no new delivery.
    pub(crate) fn add(&mut self, new: &BTreeMap<i64, DateTime<Utc>>, settlements: &[Settlement]) {
        self.events += settlements.len();
        for settlement in settlements {
            let state = name(settlement.state);
            if let Some(received) = new.get(&settlement.id) {
                self.firsts.push(First { event_id: settlement.id, received: *received, state });
                let key = (settlement.format.clone(), settlement.kind.clone(), state);
                *self.deliveries.entry(key).or_default() += 1;
            } else {
                *self.again.entry(state).or_default() += 1;
            }
        }
    }

    /// The deliveries that are settled for the first time, and what became of them.
    pub(crate) fn firsts(&self) -> impl Iterator<Item = (i64, &'static str)> {
        self.firsts.iter().map(|first| (first.event_id, first.state))
    }

    /// How many events were settled.
    pub(crate) fn events(&self) -> usize {
        self.events
    }

    /// When each event was received that is a delivery, and pending for the first time.
    pub(crate) fn new_of<'e>(events: impl IntoIterator<Item = &'e Event>) -> BTreeMap<i64, DateTime<Utc>> {
        let new = events.into_iter().filter(|event| event.prior_state.is_none() && event.source == "webhook");
        new.map(|event| (event.id, event.received_at.0)).collect()
    }
}

impl Metrics {
    /// Counts what was committed.
    pub(crate) fn settled(&self, tally: &Tally) {
        if tally.events == 0 {
            return;
        }
        with_local_recorder(&self.0.recorder, || {
            for ((format, kind, state), count) in &tally.deliveries {
                let [format, kind] = [format, kind].map(|word| word.clone().unwrap_or_else(|| "none".to_owned()));
                counter!(names::DELIVERIES, "format" => format, "kind" => kind, "state" => *state).increment(*count);
            }
            for (state, count) in &tally.again {
                counter!(names::REPLAYED, "state" => *state).increment(*count);
            }
        });
        self.0.projection_sizes.record(as_f64(tally.events));
        let now = Utc::now();
        for first in &tally.firsts {
            self.0.freshness.record((now - first.received).to_std().unwrap_or_default());
        }
    }
}

fn name(state: EventState) -> &'static str {
    match state {
        EventState::Pending => "pending",
        EventState::Applied => "applied",
        EventState::Unchanged => "unchanged",
        EventState::Superseded => "superseded",
        EventState::Ignored => "ignored",
        EventState::Failed => "failed",
    }
}
