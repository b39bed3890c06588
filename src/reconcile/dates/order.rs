//! The order of day, month and year.

use std::str::FromStr;

use chrono::NaiveDate;

use super::words::{Token, month};
use crate::reconcile::inference::Reading;

/// In which order the numbers of a date stand. A year of four digits in front tells itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DateOrder {
    /// `16/11/2011`
    DayMonth,
    /// `11/16/2011`
    MonthDay,
    /// `11-11-16`
    YearMonth,
}

impl Reading for DateOrder {
    const ALL: &'static [Self] = &[Self::DayMonth, Self::MonthDay, Self::YearMonth];
    const WHAT: &'static str = "a date";
    const REMEDY: &'static str = "right is 2011-11-16, 16/11/2011 07:13 PM or 11/16/11, the same in all rows; \
        --date-format DD/MM/YYYY, MM/DD/YYYY or YY-MM-DD decides";

    fn name(self) -> &'static str {
        match self {
            Self::DayMonth => "day/month/year",
            Self::MonthDay => "month/day/year",
            Self::YearMonth => "year/month/day",
        }
    }
}

impl FromStr for DateOrder {
    type Err = String;

    /// `DD/MM/YYYY`, `m/d/y`, `%d.%m.%Y %H:%M`: what counts is the order of day, month and year.
    fn from_str(text: &str) -> Result<Self, String> {
        let mut found = String::new();
        let mut letters = text.chars().peekable();
        let is_pattern = text.contains('%');
        while let Some(letter) = letters.next() {
            let parts = match (is_pattern, letter) {
                (true, '%') => match letters.find(|letter| !"-_0".contains(*letter)) {
                    Some('d' | 'e') => "d",
                    Some('m' | 'b' | 'B' | 'h') => "m",
                    Some('y' | 'Y') => "y",
                    Some('D') => "mdy",
                    Some('F') => "ymd",
                    _ => "",
                },
                (false, 'D' | 'd') => "d",
                (false, 'M' | 'm') => "m",
                (false, 'Y' | 'y') => "y",
                _ => "",
            };
            let new = parts.chars().filter(|part| !found.contains(*part)).collect::<Vec<_>>();
            found.extend(new);
        }
        match found.as_str() {
            "dmy" => Ok(Self::DayMonth),
            "mdy" => Ok(Self::MonthDay),
            "ymd" => Ok(Self::YearMonth),
            _ => Err("write the order of day, month and year, such as DD/MM/YYYY, MM/DD/YY, YYYY-MM-DD or %d.%m.%Y"
                .to_owned()),
        }
    }
}

/// The day that tokens without a time tell.
pub(super) fn day(tokens: &[Token], order: DateOrder) -> Option<NaiveDate> {
    let numbers = tokens.iter().enumerate().filter_map(|(place, token)| match token {
        Token::Number(value, digits) => Some((place, *value, *digits)),
        _ => None,
    });
    let numbers: Vec<_> = numbers.collect();
    let written = match numbers.as_slice() {
        [(_, value, 8)] if words_are_filler(tokens) => [value / 10_000, value / 100 % 100, value % 100].map(|n| (n, 4)),
        [a, b] => with_month(tokens, a, b)?,
        [a, b, c] if words_are_filler(tokens) => {
            let [a, b, c] = [a, b, c].map(|(_, value, digits)| (*value, *digits));
            match (order, a.1, c.1) {
                (_, 4, ..=2) | (DateOrder::YearMonth, 2, ..=2) => [a, b, c],
                (DateOrder::DayMonth, ..=2, 2 | 4) => [c, b, a],
                (DateOrder::MonthDay, ..=2, 2 | 4) => [c, a, b],
                _ => return None,
            }
        }
        _ => return None,
    };
    let [(year, digits), (month, month_digits), (day, day_digits)] = written;
    if month_digits > 2 && digits != month_digits || day_digits > 2 && digits != day_digits || !matches!(digits, 2 | 4)
    {
        return None;
    }
    let year = match (digits, year) {
        (4, year) => year,
        (_, ..70) => 2_000 + year,
        _ => 1_900 + year,
    };
    NaiveDate::from_ymd_opt(i32::try_from(year).ok().filter(|year| *year > 0)?, month, day)
}

/// Year, month and day, each with its digits, where the month is a word.
fn with_month(
    tokens: &[Token],
    first: &(usize, u32, usize),
    second: &(usize, u32, usize),
) -> Option<[(u32, usize); 3]> {
    let mut months = tokens.iter().enumerate().filter_map(|(place, token)| match token {
        Token::Word(word) => month(word).map(|number| (place, number)),
        _ => None,
    });
    // Of two, the first is a weekday, such as `mar. 15 mars`.
    let (place, number) = months.next_back()?;
    let strange = |(at, token): (usize, &Token)| match token {
        Token::Word(word) => at != place && at != 0 && !is_filler(word),
        _ => false,
    };
    if tokens.iter().enumerate().any(strange) || place > second.0 {
        return None;
    }
    let (first, second) = ((first.1, first.2), (second.1, second.2));
    Some(if first.1 == 4 { [first, (number, 2), second] } else { [second, (number, 2), first] })
}

fn words_are_filler(tokens: &[Token]) -> bool {
    let mut words = tokens.iter().filter_map(|token| if let Token::Word(word) = token { Some(word) } else { None });
    // A weekday may stand in front.
    let in_front = matches!(tokens.first(), Some(Token::Word(_)));
    words.by_ref().take(usize::from(in_front)).for_each(drop);
    words.all(|word| is_filler(word))
}

fn is_filler(word: &str) -> bool {
    matches!(word, "st" | "nd" | "rd" | "th" | "de" | "of" | "at" | "um" | "uhr" | "à" | "t")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_name_an_order() {
        for (text, order) in [
            ("DD/MM/YYYY", DateOrder::DayMonth),
            ("dd.mm.yy", DateOrder::DayMonth),
            ("%d/%m/%Y %I:%M %p", DateOrder::DayMonth),
            ("%e %b %y", DateOrder::DayMonth),
            ("MM/DD/YY", DateOrder::MonthDay),
            ("%m/%d/%y", DateOrder::MonthDay),
            ("%-m/%-d/%y %H:%M", DateOrder::MonthDay),
            ("%D", DateOrder::MonthDay),
            ("YYYY-MM-DD HH:mm", DateOrder::YearMonth),
            ("%F %T", DateOrder::YearMonth),
        ] {
            assert_eq!(text.parse(), Ok(order), "{text}");
        }
        for text in ["", "ISO", "DD/MM", "%H:%M", "YYYY-DD-MM"] {
            assert!(text.parse::<DateOrder>().unwrap_err().contains("DD/MM/YYYY"), "{text}");
        }
    }
}
