//! Payments find each other by their codes, or by amount and day.

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
