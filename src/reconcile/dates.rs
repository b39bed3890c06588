//! Dates as locales write them: `16/11/2011 07:13 PM`, `11/16/11`, `2011-11-16`, `Wed 16 Nov 2011`.

mod order;
mod words;

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, Timelike};
use chrono_tz::Tz;

pub use order::DateOrder;

use crate::db::types::Timestamp;

/// Longest text that can be a date.
const LONGEST: usize = 60;

/// A point in local time, as precise as it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Moment {
    /// The calendar day.
    pub(super) day: NaiveDate,
    /// The time, unless only the day is written.
    pub(super) time: Option<NaiveTime>,
    /// Whether the time has seconds.
    pub(super) seconds: bool,
}

impl Moment {
    /// Whether this instant, in the account's zone, is what is written, at the precision of what is written.
    pub(super) fn is(&self, at: Timestamp, zone: Tz) -> bool {
        self.like(at, zone) == *self
    }

    /// The same, no more precise than another.
    pub(super) fn no_finer(self, other: Self) -> Self {
        let time = self.time.filter(|_| other.time.is_some());
        let seconds = self.seconds && other.seconds;
        let time = time.map(|time| if seconds { time } else { time.with_second(0).unwrap_or(time) });
        Self { day: self.day, time, seconds }
    }

    /// An instant in the account's zone, as precise as this one.
    pub(super) fn like(&self, at: Timestamp, zone: Tz) -> Self {
        let local = at.0.with_timezone(&zone).naive_local();
        let format = if self.seconds { "%H:%M:%S" } else { "%H:%M" };
        let time = self.time.and_then(|_| {
            let text = local.format(format).to_string();
            NaiveTime::parse_from_str(&text, format).ok()
        });
        Self { day: local.date(), time, seconds: self.seconds }
    }
}

impl std::fmt::Display for Moment {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{}", self.day)?;
        match self.time {
            Some(time) if self.seconds => write!(out, " {}", time.format("%H:%M:%S")),
            Some(time) => write!(out, " {}", time.format("%H:%M")),
            None => Ok(()),
        }
    }
}

/// The date in a cell, if it can be read with its numbers in this order.
pub(super) fn read(cell: &str, order: DateOrder, zone: Tz) -> Option<Moment> {
    if cell.len() > LONGEST {
        return None;
    }
    let mut tokens = words::tokens(cell);
    let Some(colon) = tokens.iter().position(|token| *token == words::Token::Sign(':')) else {
        return Some(Moment { day: order::day(&tokens, order)?, time: None, seconds: false });
    };
    let time = words::take_time(&mut tokens, colon)?;
    let day = order::day(&tokens, order)?;
    let local = NaiveDateTime::new(day, time.clock);
    let local = match time.offset {
        Some(offset) => in_zone(local, offset, zone)?,
        None => local,
    };
    Some(Moment { day: local.date(), time: Some(local.time()), seconds: time.seconds })
}

/// The same where nobody said in which order: two digits in front are a year only where dashes stand, as in ISO 8601.
pub(super) fn guess(cell: &str, order: DateOrder, zone: Tz) -> Option<Moment> {
    let four_in_front = cell.trim().bytes().take_while(u8::is_ascii_digit).count() == 4;
    let is_odd = order == DateOrder::YearMonth && !four_in_front && !cell.contains('-');
    read(cell, order, zone).filter(|_| !is_odd)
}

fn in_zone(written: NaiveDateTime, offset: i32, zone: Tz) -> Option<NaiveDateTime> {
    let at: DateTime<FixedOffset> = written.and_local_timezone(FixedOffset::east_opt(offset)?).single()?;
    Some(at.with_timezone(&zone).naive_local())
}

#[cfg(test)]
mod tests;
