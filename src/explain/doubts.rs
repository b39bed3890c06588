//! What somebody should look at before a booking is trusted.

use serde_json::Value;

use super::states::{Rewound, State};
use super::{Delivery, Doubt, DoubtKind, Payment, Stored, sums};
use crate::db::types::{EventState, Json};
use crate::project::Story;

/// As `project` notes it.
const TWICE: &str = "two lines have the line_id";

/// All of them.
pub(super) fn find(
    stored: &Stored,
    rewound: &Rewound,
    story: Option<&Story>,
    deliveries: &[Delivery],
    payments: &[Payment],
) -> Vec<Doubt> {
    let mut doubts = returns(stored, rewound);
    if let Some(booking) = &stored.booking {
        let sums = [
            (DoubtKind::PaidAboveTotal, sums::paid_above_total(booking)),
            (DoubtKind::Payments, sums::payments(booking, payments)),
            (DoubtKind::Lines, sums::lines(stored)),
            (DoubtKind::Taxes, sums::taxes(stored)),
            (DoubtKind::Taxes, sums::line_taxes(stored)),
        ];
        doubts.extend(sums.into_iter().filter_map(|(kind, says)| Some(doubt(kind, says?, Vec::new()))));
        doubts.extend(unexplained(&booking.code, rewound, story));
    }
    let of = |kind, says: &str, is_so: &dyn Fn(&Delivery) -> bool| {
        let events: Vec<_> = deliveries.iter().filter(|one| is_so(one)).map(|one| one.event_id).collect();
        (!events.is_empty()).then(|| doubt(kind, format!("{} {says}", count(events.len())), events))
    };
    let show = |found: Option<Doubt>, command: &str| {
        found.map(|doubt| Doubt { command: doubt.events.first().map(|id| format!("{command} {id}")), ..doubt })
    };
    let failed = of(DoubtKind::Failed, "failed: a dead letter", &|one| one.state == EventState::Failed);
    doubts.extend(show(failed, "events show"));
    doubts.extend(of(DoubtKind::Pending, "not in the tables yet", &|one| one.state == EventState::Pending));
    doubts.extend(of(DoubtKind::Pruned, "without a body: it was dropped by `prune` or RETENTION_DAYS", &|one| {
        !one.has_body
    }));
    let twice = |one: &Delivery| one.error.as_ref().is_some_and(|error| error.contains(TWICE));
    let twice = of(DoubtKind::LineTwice, "with two lines of one id: the last one was taken", &twice);
    doubts.extend(show(twice, "events show"));
    doubts.extend(unknown_fields(stored, payments));
    doubts
}

fn count(deliveries: usize) -> String {
    if deliveries == 1 { "a delivery is".to_owned() } else { format!("{deliveries} deliveries are") }
}

fn doubt(kind: DoubtKind, says: String, events: Vec<i64>) -> Doubt {
    Doubt { kind, says, events, command: None }
}

/// Steps back to what had been said before: a late copy of an old delivery, or a real change back. Nothing in it tells.
fn returns(stored: &Stored, rewound: &Rewound) -> Vec<Doubt> {
    let said: Vec<_> = rewound.states.iter().map(comparable).collect();
    let steps: Vec<_> = stored.history.iter().map(|step| step.event_id).collect();
    let mut doubts = Vec::new();
    for (later, state) in said.iter().enumerate() {
        let earlier = said[..later].iter().rposition(|earlier| earlier == state);
        if let Some(earlier) = earlier.filter(|earlier| later - earlier > 1) {
            let says = format!(
                "event {} says exactly what event {} had said, after event {} had said otherwise: \
                 an old copy that came late, or a real change back; compare it with Checkfront",
                steps[later],
                steps[earlier],
                steps[later - 1]
            );
            doubts.push(doubt(DoubtKind::OlderState, says, vec![steps[earlier], steps[later - 1], steps[later]]));
        }
    }
    doubts
}

/// Without what a delivery does not say itself.
fn comparable(state: &State) -> State {
    let told = state.iter().filter(|(name, _)| *name != "customer_key");
    told.map(|(name, value)| (name.clone(), if name == "deleted_at" { Value::Bool(true) } else { value.clone() }))
        .collect()
}

fn unexplained(code: &str, rewound: &Rewound, story: Option<&Story>) -> Option<Doubt> {
    let command = Some(format!("replay --booking {code} --dry-run"));
    let names: Vec<_> = match story {
        Some(story) if story.differs.is_empty() => return None,
        Some(story) => story.differs.keys().cloned().collect(),
        None if rewound.unexplained.is_empty() => return None,
        None => rewound.unexplained.iter().cloned().collect(),
    };
    let says = format!("no delivery that is known says what stands in {}: it may have been edited", names.join(", "));
    Some(Doubt { command, ..doubt(DoubtKind::Unexplained, says, Vec::new()) })
}

fn unknown_fields(stored: &Stored, payments: &[Payment]) -> Option<Doubt> {
    let booking = stored.booking.iter().map(|booking| (String::new(), &booking.extra));
    let lines = stored.lines.iter().map(|line| (format!("line {}: ", line.line_id), &line.extra));
    let paid = payments.iter().map(|payment| (format!("payment {}: ", payment.row.transaction_id), &payment.row.extra));
    let names = booking.chain(lines).chain(paid).flat_map(|(owner, extra)| {
        let fields = extra.iter().filter_map(|Json(extra)| extra.as_object()).flat_map(serde_json::Map::keys);
        fields.map(|name| format!("{owner}{name}")).collect::<Vec<_>>()
    });
    let names: Vec<_> = names.collect();
    let says = || format!("no column holds these fields, which are kept in extra: {}", names.join(", "));
    (!names.is_empty()).then(|| doubt(DoubtKind::UnknownFields, says(), Vec::new()))
}
