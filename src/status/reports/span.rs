//! The spans of time that a chart has a bar for: days, or where these were too many, weeks, months or years.

use chrono::{Datelike, Days, Months, NaiveDate};

/// Bars that fit.
const MOST: i64 = 120;

/// How long a span is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Unit {
    Day,
    /// From Monday on.
    Week,
    Month,
    /// So many.
    Years(i32),
}

/// From the shortest.
const UNITS: [Unit; 6] = [Unit::Day, Unit::Week, Unit::Month, Unit::Years(1), Unit::Years(10), Unit::Years(100)];

impl Unit {
    /// The shortest of which bars fit, and which is no shorter than what rows are of.
    pub(super) fn of(from: NaiveDate, to: NaiveDate, rows: Self) -> Self {
        let fits = |unit: &Self| *unit >= rows && unit.between(from, to) < MOST;
        UNITS.into_iter().find(fits).unwrap_or(Self::Years(100))
    }

    /// The first day of the span that has this day.
    pub(super) fn begin(self, day: NaiveDate) -> NaiveDate {
        let begin = match self {
            Self::Day => Some(day),
            Self::Week => day.checked_sub_days(Days::new(day.weekday().num_days_from_monday().into())),
            Self::Month => day.with_day(1),
            Self::Years(years) => NaiveDate::from_ymd_opt(day.year() - day.year().rem_euclid(years), 1, 1),
        };
        begin.unwrap_or(day)
    }

    /// Steps from the span of one day to that of another.
    fn between(self, from: NaiveDate, to: NaiveDate) -> i64 {
        let (from, to) = (self.begin(from), self.begin(to));
        match self {
            Self::Day => (to - from).num_days(),
            Self::Week => (to - from).num_days() / 7,
            Self::Month => i64::from((to.year() - from.year()) * 12) + i64::from(to.month()) - i64::from(from.month()),
            Self::Years(years) => i64::from((to.year() - from.year()) / years),
        }
    }

    fn next(self, begin: NaiveDate) -> Option<NaiveDate> {
        match self {
            Self::Day => begin.succ_opt(),
            Self::Week => begin.checked_add_days(Days::new(7)),
            Self::Month => begin.checked_add_months(Months::new(1)),
            Self::Years(years) => begin.checked_add_months(Months::new(12 * years.unsigned_abs())),
        }
    }

    /// The first days of all spans that have days of a range.
    pub(super) fn spans(self, from: NaiveDate, to: NaiveDate) -> impl Iterator<Item = NaiveDate> {
        std::iter::successors(Some(self.begin(from)), move |begin| self.next(*begin))
            .take_while(move |begin| *begin <= to)
    }

    /// As it is called in `by day`.
    pub(super) fn name(self) -> String {
        match self {
            Self::Day => "day".to_owned(),
            Self::Week => "week".to_owned(),
            Self::Month => "month".to_owned(),
            Self::Years(1) => "year".to_owned(),
            Self::Years(years) => format!("{years} years"),
        }
    }

    /// The heading over the spans.
    pub(super) fn heading(self) -> &'static str {
        match self {
            Self::Day => "Day",
            Self::Week => "Week from",
            Self::Month => "Month",
            Self::Years(1) => "Year",
            Self::Years(_) => "Years from",
        }
    }

    /// A span, by a day of it.
    pub(super) fn label(self, day: NaiveDate) -> String {
        match self {
            Self::Day | Self::Week => day.to_string(),
            Self::Month => day.format("%Y-%m").to_string(),
            Self::Years(_) => day.format("%Y").to_string(),
        }
    }
}

#[cfg(test)]
mod tests;
