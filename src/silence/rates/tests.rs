//! What is usual, learned from made-up histories.

use proptest::prelude::*;

use super::*;

/// A Monday's midnight in UTC.
fn end() -> DateTime<Utc> {
    "2026-06-01T00:00:00Z".parse().unwrap()
}

/// So many busy minutes an hour, with so many deliveries each, in these hours of the day.
fn history(weeks: i64, minutes: i64, each: u32, hours: std::ops::Range<i64>) -> Vec<(DateTime<Utc>, u32)> {
    let days = 0..weeks * 7;
    let at = |day: i64, hour: i64, minute: i64| {
        end() - Duration::days(day + 1) + Duration::hours(hour) + Duration::minutes(minute)
    };
    days.flat_map(|day| {
        hours.clone().flat_map(move |hour| (0..minutes).map(move |minute| (at(day, hour, minute), each)))
    })
    .collect()
}

proptest! {
    #[test]
    fn an_even_history_expects_what_it_had(weeks in 2_i64..9, minutes in 1_i64..60, each in 1_u32..9, hours in 1_i64..400) {
        let rates = Rates::learn(Tz::UTC, end(), &history(weeks, minutes, each, 0..24)).unwrap();
        let expected = rates.expected(end(), end() + Duration::hours(hours));
        let wanted = f64::from(u32::try_from(minutes * hours).unwrap());
        prop_assert!((expected.minutes - wanted).abs() < 1e-6 * wanted);
        prop_assert!((expected.deliveries - wanted * f64::from(each)).abs() < 1e-6 * wanted * f64::from(each));
    }

    #[test]
    fn the_longer_the_silence_the_less_probable(seed in prop::collection::vec((0_i64..80_000, 1_u32..5), 0..400), one in 0_i64..20_000, more in 0_i64..20_000) {
        let heard: Vec<_> = seed.iter().map(|(back, count)| (end() - Duration::minutes(*back + 1), *count)).collect();
        if let Some(rates) = Rates::learn(chrono_tz::Asia::Kathmandu, end(), &heard) {
            let probability = |minutes| rates.expected(end(), end() + Duration::minutes(minutes)).probability_of_none();
            let (short, long) = (probability(one), probability(one + more));
            prop_assert!((0.0..=1.0).contains(&short) && (0.0..=1.0).contains(&long) && long <= short);
        }
    }

    #[test]
    fn two_spans_expect_what_their_sum_does(first in 0_i64..9_000, second in 0_i64..9_000) {
        let rates = Rates::learn(chrono_tz::America::Vancouver, end(), &history(4, 7, 2, 5..21)).unwrap();
        let at = |minutes| end() + Duration::minutes(minutes);
        let sum = rates.expected(at(0), at(first)).minutes + rates.expected(at(first), at(first + second)).minutes;
        prop_assert!((sum - rates.expected(at(0), at(first + second)).minutes).abs() < 1e-6);
    }

    #[test]
    fn one_burst_is_not_expected_again(back in 0_i64..20, minutes in 1_i64..60) {
        let quiet = history(4, 1, 1, 8..20);
        let mut burst = quiet.clone();
        burst.extend((0..minutes).map(|minute| (end() - Duration::days(back + 1) + Duration::minutes(120 + minute), 50)));
        let expected = |heard: &[_]| Rates::learn(Tz::UTC, end(), heard).unwrap().expected(end(), end() + Duration::weeks(1));
        prop_assert_eq!(expected(&burst), expected(&quiet));
    }

    #[test]
    fn less_than_two_weeks_teach_nothing(minutes in 1_i64..20_160) {
        let heard = [(end() - Duration::minutes(minutes - 1), 1), (end() - Duration::minutes(1), 9)];
        prop_assert_eq!(Rates::learn(Tz::UTC, end(), &heard), None);
    }
}

#[test]
fn a_night_is_silent_without_being_improbable_and_a_day_is_not() {
    let rates = Rates::learn(Tz::UTC, end(), &history(8, 4, 1, 8..20)).unwrap();
    let at = |hour: i64| end() + Duration::hours(hour);
    assert!(rates.expected(at(-4), at(8)).probability_of_none() > 0.999);
    assert!(rates.expected(at(-4), at(9)).probability_of_none() > 0.001);
    assert!(rates.expected(at(-4), at(10)).probability_of_none() < 0.001);
}

#[test]
fn hours_are_those_of_the_accounts_clock_through_a_change_of_it() {
    // Nine to ten in Paris, in winter; the clocks go forward on 2026-03-29.
    let zone = chrono_tz::Europe::Paris;
    let end: DateTime<Utc> = "2026-03-23T00:00:00Z".parse().unwrap();
    let heard: Vec<_> = (1..50).map(|day| (end - Duration::days(day) + Duration::hours(8), 10)).collect();
    let rates = Rates::learn(zone, end, &heard).unwrap();
    let expected = |from: &str| {
        let from: DateTime<Utc> = from.parse().unwrap();
        rates.expected(from, from + Duration::hours(1)).minutes
    };
    assert!((expected("2026-03-27T08:00:00Z") - 1.0).abs() < 1e-9);
    assert!((expected("2026-03-30T07:00:00Z") - 1.0).abs() < 1e-9);
    assert!(expected("2026-03-30T08:00:00Z").abs() < 1e-9);
}
