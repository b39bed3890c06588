//! Where deliveries came in whose rows are not written yet.

use std::collections::BTreeMap;

use opentelemetry::trace::SpanContext;

/// Deliveries that are remembered; of the oldest of more, the trace ends where they are stored.
const MOST: usize = 65_536;

/// By the event's id.
#[derive(Debug, Default)]
pub(super) struct Followed(BTreeMap<i64, SpanContext>);

impl Followed {
    pub(super) fn add(&mut self, event_id: i64, context: SpanContext) {
        if self.0.len() >= MOST {
            self.0.pop_first();
        }
        self.0.insert(event_id, context);
    }

    pub(super) fn take(&mut self, event_id: i64) -> Option<SpanContext> {
        self.0.remove(&event_id)
    }
}
