//! The usual rate of an account by hour of its week, and how improbable a silence is beside it. Pure.
//!
//! Deliveries come in bursts; what is held to be random is that a minute has any. Of each hour of the week the busiest
//! week is left out, so that one night's import is not expected again.

use chrono::{DateTime, Datelike, Duration, DurationRound, Timelike, Utc};
use chrono_tz::Tz;

/// Weeks that are looked back on.
pub const WEEKS: usize = 8;
/// With less, nothing is held to be usual.
const LEAST: Duration = Duration::weeks(2);
const HOURS: usize = 7 * 24;
/// Every zone's hours begin at one.
const QUARTER: Duration = Duration::minutes(15);

/// What one hour of the week had.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Cell {
    hours: f64,
    minutes: f64,
    deliveries: f64,
}

/// What is usual, by hour of the week in the account's time zone.
#[derive(Debug, Clone, PartialEq)]
pub struct Rates {
    zone: Tz,
    hours: Vec<Expected>,
}

/// What would usually have come.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Expected {
    /// Minutes with a delivery.
    pub minutes: f64,
    /// Deliveries.
    pub deliveries: f64,
}

impl Expected {
    /// How probable it is that nothing comes at all, from 0 to 1.
    pub fn probability_of_none(&self) -> f64 {
        (-self.minutes).exp()
    }
}

impl Rates {
    /// Learns from the minutes that had deliveries, with how many, up to `end`; `None` where they tell of less than two
    /// weeks.
    pub fn learn(zone: Tz, end: DateTime<Utc>, heard: &[(DateTime<Utc>, u32)]) -> Option<Self> {
        let longest = end - Duration::weeks(i64::try_from(WEEKS).unwrap_or(i64::MAX));
        let heard = || heard.iter().filter(|(minute, _)| *minute >= longest && *minute < end);
        let first = heard().map(|(minute, _)| *minute).min().filter(|first| end - *first >= LEAST)?;
        let mut cells = vec![[Cell::default(); WEEKS]; HOURS];
        let week = |at: DateTime<Utc>| {
            usize::try_from((end - at - Duration::microseconds(1)).num_weeks()).unwrap_or(0).min(WEEKS - 1)
        };
        for at in quarters(first, end) {
            cells[hour(zone, at)][week(at)].hours += 0.25;
        }
        for (minute, count) in heard() {
            let cell = &mut cells[hour(zone, *minute)][week(*minute)];
            cell.minutes += 1.0;
            cell.deliveries += f64::from(*count);
        }
        Some(Self { zone, hours: cells.iter().map(usual).collect() })
    }

    /// What would usually have come between two moments.
    pub fn expected(&self, from: DateTime<Utc>, until: DateTime<Utc>) -> Expected {
        let mut sum = Expected::default();
        for at in quarters(from, until) {
            #[allow(clippy::cast_precision_loss, reason = "a quarter of an hour has few seconds")]
            let hours = ((at + QUARTER).min(until) - at.max(from)).num_seconds() as f64 / 3_600.0;
            let rate = self.hours[hour(self.zone, at)];
            sum.minutes += rate.minutes * hours;
            sum.deliveries += rate.deliveries * hours;
        }
        sum
    }
}

/// The rate of one hour of the week, without its busiest week.
fn usual(weeks: &[Cell; WEEKS]) -> Expected {
    let busiest = (0..WEEKS).max_by(|one, other| weeks[*one].minutes.total_cmp(&weeks[*other].minutes));
    let others = || (0..WEEKS).filter(|week| Some(*week) != busiest).map(|week| weeks[week]);
    let hours: f64 = others().map(|cell| cell.hours).sum();
    if hours == 0.0 {
        return Expected::default();
    }
    Expected {
        minutes: others().map(|cell| cell.minutes).sum::<f64>() / hours,
        deliveries: others().map(|cell| cell.deliveries).sum::<f64>() / hours,
    }
}

/// The quarters of an hour that a span touches, each by its beginning.
fn quarters(from: DateTime<Utc>, until: DateTime<Utc>) -> impl Iterator<Item = DateTime<Utc>> {
    let first = from.duration_trunc(QUARTER).unwrap_or(from);
    (0..).map(move |number| first + QUARTER * number).take_while(move |at| *at < until)
}

/// Monday's first hour is 0.
fn hour(zone: Tz, at: DateTime<Utc>) -> usize {
    let local = at.with_timezone(&zone);
    (local.weekday().num_days_from_monday() * 24 + local.hour()) as usize
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
mod tests;
