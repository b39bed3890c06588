//! Hours around the changes of clocks: one that is off is found, one that comes twice is not told apart, and sums by day hold.

use chrono::DateTime;
use serde_json::{Value, json};

use crate::reconciling::{found, mirror, on_each, reconcile};
use crate::support::Backend;
use crate::support::exports::{bookings, export, locales, notification};

/// Local moments in Vancouver, half an hour before and after each midnight around both changes of 2025, and, of the hour that
/// comes twice, both.
const MOMENTS: [&str; 14] = [
    "2025-03-08T23:30:00-08:00",
    "2025-03-09T00:30:00-08:00",
    "2025-03-09T01:30:00-08:00",
    "2025-03-09T03:30:00-07:00",
    "2025-03-09T23:30:00-07:00",
    "2025-03-10T00:30:00-07:00",
    "2025-11-01T23:30:00-07:00",
    "2025-11-02T00:30:00-07:00",
    "2025-11-02T01:30:00-07:00",
    "2025-11-02T01:30:00-08:00",
    "2025-11-02T03:30:00-08:00",
    "2025-11-02T23:30:00-08:00",
    "2025-11-03T00:30:00-08:00",
    "2025-11-03T23:30:00-08:00",
];
const DAYS: [&str; 6] = ["2025-03-08", "2025-03-09", "2025-03-10", "2025-11-01", "2025-11-02", "2025-11-03"];

/// A booking at each moment: made, begun and ended on that day.
fn truth() -> Vec<Value> {
    let mut truth = bookings(14);
    for (booking, moment) in truth.iter_mut().zip(MOMENTS) {
        let at = DateTime::parse_from_rfc3339(moment).unwrap().timestamp();
        for name in ["created", "start", "end"] {
            booking[name] = json!(at);
        }
    }
    truth
}

fn of_day<'b>(truth: &'b [Value], day: &str) -> Vec<&'b Value> {
    truth.iter().zip(MOMENTS).filter(|(_, moment)| moment.starts_with(day)).map(|(booking, _)| booking).collect()
}

async fn an_hour_that_is_off_is_found_and_the_hour_that_comes_twice_is_not(backend: Backend) {
    let truth = truth();
    let (app, folder) = mirror(backend, truth.iter().map(notification)).await;
    let (_, locale, _) = &locales()[2];
    for (place, is_told) in [(4, true), (8, false), (9, true), (11, true)] {
        let mut told = truth.clone();
        told[place]["start"] = json!(told[place]["start"].as_i64().unwrap() + 3_600);
        let output = reconcile(&app, &folder, &export("bookings", locale, ("bookings", &told)), &["--json"]);
        let expected = format!("date {} start_at", told[place]["code"].as_str().unwrap());
        let found = found(&output);
        assert_eq!(found.len(), usize::from(is_told), "{place}: {found:?}");
        assert!(found.iter().all(|line| line.starts_with(&expected)), "{place}: {found:?}");
    }
}

async fn sums_by_day_change_with_the_clocks(backend: Backend) {
    let truth = truth();
    let (app, folder) = mirror(backend, truth.iter().map(notification)).await;
    let lines = |booking: &Value, name: &str| {
        booking["lines"].as_array().unwrap().iter().map(|line| line[name].as_i64().unwrap()).sum::<i64>()
    };
    let sums: Vec<Value> = DAYS
        .iter()
        .map(|day| {
            let sold: Vec<_> = of_day(&truth, day).into_iter().filter(|booking| booking["status"] != "STOP").collect();
            let sum = |name: &str| sold.iter().map(|booking| lines(booking, name)).sum::<i64>();
            // Noon, so that no clock moves it to another day.
            let at = DateTime::parse_from_rfc3339(&format!("{day}T12:00:00-08:00")).unwrap().timestamp();
            json!({"at": at, "bookings": sold.len(), "total": sum("total"), "tax": sum("tax")})
        })
        .collect();
    let (_, locale, _) = &locales()[2];
    for by in ["created", "start", "end"] {
        let report = export("days", locale, ("days", &sums));
        let output = reconcile(&app, &folder, &report, &["--by", by]);
        assert_eq!(output.status.code(), Some(0), "{by}: {output:?}");
        for (day, sum) in DAYS.iter().zip(&sums) {
            let arguments = ["--by", by, "--from", day, "--to", day];
            let output = reconcile(&app, &folder, &report, &arguments);
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            let total = sum["total"].as_i64().unwrap();
            let total = format!("the mirror's sum is {}.{:02}", total / 100, total % 100);
            assert!(output.status.code() == Some(0) && said.contains(&total), "{day} by {by}: {total} in {said}");
        }
    }
}

on_each! {
    an_hour_that_is_off_is_found_and_the_hour_that_comes_twice_is_not
    sums_by_day_change_with_the_clocks
}
