//! Which payment of the report is which of the mirror: one to one, the surest first.

use std::collections::{BTreeMap, VecDeque};

use chrono_tz::Tz;
use rust_decimal::Decimal;

use super::Paid;
use crate::db::in_order::OrderedTransaction;
use crate::reconcile::dates::Moment;

/// Places in the report and in the mirror.
pub(super) type Match = (Option<usize>, Option<usize>);

/// What payments are matched by; none where that is not known.
type Key = Option<(String, Option<Decimal>, Option<Moment>)>;

/// Matches by the provider's id, then by event, amount and time, then by two of the three; what is left is alone.
pub(super) fn matches(paid: &[Paid], stored: &[OrderedTransaction], zone: Tz) -> Vec<Match> {
    let mut left = ((0..paid.len()).collect::<Vec<_>>(), (0..stored.len()).collect::<Vec<_>>());
    // In the order of time, so that of several equal payments the first belongs to the first.
    left.0.sort_by_key(|place| paid[*place].at);
    left.1.sort_by_key(|place| stored[*place].transacted_at.map(|at| at.0));
    let precision = paid.iter().find_map(|paid| paid.at);
    let mut found: Vec<Match> = Vec::new();
    for round in 0..5 {
        let of_paid = |place: &usize| {
            let paid = &paid[*place];
            key(round, &paid.provider_id, &paid.event, paid.amount, paid.at)
        };
        let of_stored = |place: &usize| {
            let row = &stored[*place];
            let at = row.transacted_at.zip(precision).map(|(at, like)| like.like(at, zone));
            key(round, &row.transaction_id, &row.status_id.to_uppercase(), row.amount.map(|amount| amount.0.abs()), at)
        };
        let mut waiting: BTreeMap<_, VecDeque<usize>> = BTreeMap::new();
        for place in &left.1 {
            if let Some(key) = of_stored(place) {
                waiting.entry(key).or_default().push_back(*place);
            }
        }
        left.0.retain(|place| {
            let other = of_paid(place).and_then(|key| waiting.get_mut(&key)).and_then(VecDeque::pop_front);
            if let Some(other) = other {
                found.push((Some(*place), Some(other)));
                left.1.retain(|place| *place != other);
            }
            other.is_none()
        });
    }
    found.extend(left.0.into_iter().map(|place| (Some(place), None)));
    found.extend(left.1.into_iter().map(|place| (None, Some(place))));
    found
}

fn key(round: u8, id: &str, event: &str, amount: Option<Decimal>, at: Option<Moment>) -> Key {
    let event = event.to_owned();
    match round {
        0 => (!id.is_empty()).then(|| (format!("{event} {id}"), None, None)),
        1 => Some((event, amount, at)),
        2 => Some((event, amount, None)),
        3 => at.map(|at| (event, None, Some(at))),
        _ => at.map(|at| (String::new(), amount, Some(at))),
    }
}

#[cfg(test)]
mod tests;
