//! What the last minutes had.

use proptest::prelude::*;

use super::*;

fn at(minute: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000 + minute * 60 + 30, 0).unwrap()
}

proptest! {
    #[test]
    fn a_percentile_is_told_within_an_eighth(micros in prop::collection::vec(1_u64..4_000_000_000, 1..200)) {
        let mut recent = Recent::default();
        recent.add(at(0), &micros.iter().copied().map(Duration::from_micros).collect::<Vec<_>>());
        let minute = *recent.minutes(at(0)).last().unwrap();
        let mut sorted = micros.clone();
        sorted.sort_unstable();
        for (told, percent) in [(minute.p50, 50), (minute.p99, 99)] {
            let exact = sorted[(sorted.len() * percent).div_ceil(100) - 1];
            let told = u64::try_from(told.unwrap().as_micros()).unwrap();
            prop_assert!(told >= exact && told <= exact + exact / 8 + 1, "{told} for {exact}");
        }
    }

    #[test]
    fn an_hour_is_kept_and_no_more(minutes in prop::collection::vec(0_i64..300, 1..50)) {
        let mut recent = Recent::default();
        let mut sorted = minutes.clone();
        sorted.sort_unstable();
        for minute in &sorted {
            recent.add(at(*minute), &[Duration::from_millis(3)]);
        }
        let last = *sorted.last().unwrap();
        let told = recent.minutes(at(last));
        prop_assert_eq!(told.len(), 60);
        let expected = sorted.iter().filter(|minute| **minute > last - 60).count();
        prop_assert_eq!(told.iter().map(|minute| minute.deliveries as usize).sum::<usize>(), expected);
        prop_assert!(recent.0.len() <= 60);
    }
}

#[test]
fn a_minute_without_deliveries_has_no_percentiles_and_the_longest_time_has_a_bucket() {
    let mut recent = Recent::default();
    assert!(recent.minutes(at(0)).iter().all(|minute| minute.p50.is_none() && minute.deliveries == 0));
    recent.add(at(0), &[Duration::ZERO, Duration::from_hours(1)]);
    assert_eq!(recent.minutes(at(0)).last().unwrap().deliveries, 2);
}
