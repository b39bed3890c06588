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
mod tests {
    use chrono::{DateTime, NaiveTime, TimeZone, Utc};

    use super::*;
    use crate::db::types::{Amount, Timestamp};

    fn at(minute: u32) -> DateTime<Utc> {
        Utc.with_ymd_and_hms(2026, 5, 12, 7, minute, 30).single().expect("a time")
    }

    fn paid(id: &str, event: &str, cents: i64, minute: u32) -> Paid {
        let time = NaiveTime::from_hms_opt(7, minute, 0);
        let at = Some(Moment { day: at(minute).date_naive(), time, seconds: false });
        let amount = Some(Decimal::new(cents, 2));
        Paid { row: 2, id: String::new(), event: event.to_owned(), amount, at, provider_id: id.to_owned() }
    }

    fn stored(id: &str, event: &str, cents: i64, minute: u32) -> OrderedTransaction {
        OrderedTransaction {
            booking_code: Some("A-1".to_owned()),
            transaction_id: id.to_owned(),
            status_id: event.to_owned(),
            transacted_at: Some(Timestamp(at(minute))),
            amount: Some(Amount(Decimal::new(cents, 2))),
        }
    }

    fn found(paid: &[Paid], stored: &[OrderedTransaction]) -> Vec<Match> {
        let mut found = matches(paid, stored, Tz::UTC);
        found.sort_unstable();
        found
    }

    #[test]
    fn equal_payments_are_matched_one_to_one() {
        let report = [paid("", "PAID", 5_000, 1), paid("", "PAID", 5_000, 1), paid("", "PAID", 5_000, 9)];
        let mirror = [stored("x", "PAID", 5_000, 9), stored("y", "PAID", 5_000, 1)];
        assert_eq!(found(&report, &mirror), [(Some(0), Some(1)), (Some(1), None), (Some(2), Some(0))]);
    }

    #[test]
    fn an_id_comes_first_and_a_refund_has_any_sign() {
        let report = [paid("y", "PAID", 5_000, 1), paid("", "REFUND", 700, 5)];
        let mirror = [stored("x", "PAID", 5_000, 1), stored("y", "PAID", 4_000, 2), stored("y", "REFUND", -700, 5)];
        assert_eq!(found(&report, &mirror), [(None, Some(0)), (Some(0), Some(1)), (Some(1), Some(2))]);
    }

    #[test]
    fn what_differs_in_one_thing_is_the_same_payment() {
        for other in [stored("", "PAID", 5_000, 40), stored("", "PAID", 5_100, 1), stored("", "REFUND", 5_000, 1)] {
            assert_eq!(found(&[paid("", "PAID", 5_000, 1)], &[other]), [(Some(0), Some(0))]);
        }
        let strange = stored("", "PAID", 100, 40);
        assert_eq!(found(&[paid("", "PAID", 5_000, 1)], &[strange]), [(None, Some(0)), (Some(0), None)]);
    }
}
