//! A silence is told once, and once when it ends.

use super::*;

fn silence(host: &str, minutes: i64, expected: Option<f64>) -> Silence {
    let now: DateTime<Utc> = "2026-06-01T10:00:30Z".parse().unwrap();
    let silent = Duration::minutes(minutes);
    let expected = expected.map(|minutes| Expected { minutes, deliveries: minutes * 2.0 });
    Silence { host: host.to_owned(), last: now - silent, silent, expected }
}

#[test]
fn a_silence_is_told_once_and_once_that_it_ended() {
    let (mut alarm, metrics) = (Alarm::default(), Metrics::default());
    let mut take = |seen: &[Silence]| alarm.take(seen.to_vec(), &metrics);
    let (well, silent) = (silence("b.example", 5, Some(0.5)), silence("a.example", 90, Some(6.92)));
    assert_eq!(take(&[silence("a.example", 80, Some(6.9)), well.clone()]), []);
    assert_eq!(take(&[silent.clone(), well.clone()]), [Change::Began(silent.clone())]);
    assert_eq!(silent.minute(), "2026-06-01T08:30:00Z");
    assert_eq!(take(&[silence("a.example", 95, Some(9.0)), well.clone()]), []);
    let back = silence("a.example", 1, Some(0.1));
    assert_eq!(take(&[back.clone(), well.clone()]), [Change::Ended(back.clone())]);
    assert_eq!(take(&[back, well]), []);
}

#[test]
fn what_is_still_learned_is_never_improbable() {
    let (mut alarm, metrics) = (Alarm::default(), Metrics::default());
    assert_eq!(alarm.take(vec![silence("a.example", 90_000, None)], &metrics), []);
}
