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
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::reconcile::inference::{Inference, Reading};

    fn said(cell: &str) -> Vec<String> {
        let read = |order: &DateOrder| guess(cell, *order, Tz::America__Vancouver).map(|moment| moment.to_string());
        let mut said: Vec<_> = DateOrder::ALL.iter().filter_map(read).collect();
        said.dedup();
        said
    }

    #[test]
    fn dates_as_locales_write_them() {
        for (cell, expected) in [
            ("16/11/2011 07:13 PM", &["2011-11-16 19:13"][..]),
            ("11/16/11", &["2011-11-16"]),
            ("11/12/16", &["2016-12-11", "2016-11-12"]),
            ("11-12-16", &["2016-12-11", "2016-11-12", "2011-12-16"]),
            ("2011-11-16", &["2011-11-16"]),
            ("2011-11-16 19:13:05", &["2011-11-16 19:13:05"]),
            ("2011-11-16T19:13:05-08:00", &["2011-11-16 19:13:05"]),
            ("2011-11-17T03:13:05.000Z", &["2011-11-16 19:13:05"]),
            ("20111116", &["2011-11-16"]),
            ("2011/11/16 19:13", &["2011-11-16 19:13"]),
            ("16.11.2011, 19:13 Uhr", &["2011-11-16 19:13"]),
            ("16.11.11", &["2011-11-16"]),
            ("Wed 16 Nov 2011", &["2011-11-16"]),
            ("Wednesday, November 16, 2011 7:13 pm", &["2011-11-16 19:13"]),
            ("Nov 16, 11 12:05 a.m.", &["2011-11-16 00:05"]),
            ("16 Nov 11 12:05 PM", &["2011-11-16 12:05"]),
            ("16. November 2011", &["2011-11-16"]),
            ("mer. 16 déc. 2011", &["2011-12-16"]),
            ("mar. 15 mars 2011", &["2011-03-15"]),
            ("16 de diciembre de 2011", &["2011-12-16"]),
            ("29/02/2012", &["2012-02-29"]),
            ("01/01/70", &["1970-01-01"]),
        ] {
            assert_eq!(said(cell), expected, "{cell}");
        }
    }

    #[test]
    fn what_is_no_date() {
        for cell in [
            "",
            "x",
            "16",
            "16/11",
            "30/02/2011",
            "29/02/2011",
            "16/11/2011 25:00",
            "2011-13-01",
            "16/11/2011 7 apples",
            "1/2/3/4",
            "99/99/99",
            "16/11/2011 13:61",
            "12 Foo 2011",
            "00/00/0000",
            "126.00",
            "18446744073709551616/1/1",
        ] {
            assert_eq!(said(cell), [""; 0], "{cell}");
        }
    }

    fn infer(cells: &[&str], given: Option<DateOrder>) -> Result<DateOrder, String> {
        let mut inference = Inference::new(given);
        for (index, cell) in cells.iter().enumerate() {
            let place = (index as u64 + 2, "Created", *cell);
            inference.see(place, |order| guess(cell, order, Tz::UTC)).map_err(|error| error.to_string())?;
        }
        inference.decide().map_err(|error| error.to_string())
    }

    #[test]
    fn all_rows_together_tell_the_order() {
        assert_eq!(infer(&["11/12/16", "16/11/11", "11/12/16"], None), Ok(DateOrder::DayMonth));
        assert_eq!(infer(&["11/12/16", "11/16/11"], None), Ok(DateOrder::MonthDay));
        assert_eq!(infer(&["2026-01-02", "2026-01-03"], None), Ok(DateOrder::DayMonth), "it does not matter");
        assert_eq!(infer(&["11/11/11"], None), Ok(DateOrder::DayMonth), "it does not matter");
        assert_eq!(infer(&["11/12/16"], Some(DateOrder::MonthDay)), Ok(DateOrder::MonthDay));
    }

    #[test]
    fn what_no_row_tells_is_refused() {
        let said = infer(&["11/11/16", "11/12/16", "10/12/16"], None).expect_err("open");
        assert!(
            said.starts_with(
                "row 3, `Created`, `11/12/16`: may be a date written as day/month/year or as month/day/year"
            ),
            "{said}"
        );
        assert!(said.contains("--date-format DD/MM/YYYY"), "{said}");
    }

    #[test]
    fn what_contradicts_names_both_rows() {
        let said = infer(&["16/11/2011", "11/16/2011"], None).expect_err("both orders");
        assert!(
            said.starts_with(
                "row 3, `Created`, `11/16/2011`: is a date written as month/day/year, but `16/11/2011` in row 2 is not"
            ),
            "{said}"
        );
        let said = infer(&["16/11/2011"], Some(DateOrder::MonthDay)).expect_err("not so");
        assert!(said.contains("is not a date that is understood"), "{said}");
        let said = infer(&["31/02/2011"], None).expect_err("no such day");
        assert!(said.starts_with("row 2, `Created`, `31/02/2011`: is not a date"), "{said}");
    }

    proptest! {
        #[test]
        fn what_a_locale_writes_is_read(seconds in 1_230_000_000_i64..2_500_000_000) {
            let at = DateTime::from_timestamp(seconds, 0).expect("in range");
            let local = at.with_timezone(&Tz::America__Vancouver).naive_local();
            for (format, order) in [
                ("%d/%m/%Y %I:%M %p", DateOrder::DayMonth), ("%m/%d/%y %I:%M %p", DateOrder::MonthDay), ("%d.%m.%Y %H:%M", DateOrder::DayMonth),
                ("%F %T", DateOrder::MonthDay), ("%a %e %b %Y %l:%M%P", DateOrder::MonthDay), ("%B %d, %Y", DateOrder::DayMonth),
                ("%y-%m-%d", DateOrder::YearMonth), ("%Y-%m-%dT%H:%M:%S", DateOrder::DayMonth), ("%D", DateOrder::MonthDay),
            ] {
                let moment = read(&local.format(format).to_string(), order, Tz::America__Vancouver);
                let moment = moment.expect("a date");
                prop_assert!(moment.is(Timestamp(at), Tz::America__Vancouver), "{}: {}", format, moment);
                prop_assert_eq!(moment.time.is_some(), format.contains(':') || format.contains("%T"));
            }
        }

        #[test]
        fn nothing_makes_it_panic(cell in "\\PC{0,40}") {
            let _ = said(&cell);
        }

        #[test]
        fn so_with_what_looks_alike(cell in "[0-9]{0,5}[-/. ]?[0-9]{0,5}[-/. ]?([A-Za-z]{3})?[0-9]{0,5}[ T]?[0-9:]{0,8} ?[APap]?[Mm]?[-+Z]?[0-9:]{0,5}") {
            let _ = said(&cell);
        }
    }
}
