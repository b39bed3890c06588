//! Instants as text, written and read digit by digit: chrono's own formatting reads its pattern anew each time.

use chrono::{DateTime, Datelike, NaiveDate, ParseError, Timelike, Utc};

/// `2026-07-01 09:30:00.500000+00:00`, as SQLite's columns hold it.
const COLUMN: &str = "%F %T%.6f+00:00";
/// `2026-07-01T09:30:00.500000Z`
const JSON: &str = "%FT%T%.6fZ";

/// As a column of SQLite holds it.
pub(super) fn column(at: &DateTime<Utc>) -> String {
    digits(at, ' ', "+00:00").unwrap_or_else(|| at.format(COLUMN).to_string())
}

/// As JSON holds it.
pub(super) fn json(at: &DateTime<Utc>) -> String {
    digits(at, 'T', "Z").unwrap_or_else(|| at.format(JSON).to_string())
}

/// Reads what [`column`] wrote, or a user did.
pub(in crate::db) fn read(text: &str) -> Result<DateTime<Utc>, ParseError> {
    match fixed(text) {
        Some(at) => Ok(at),
        None => DateTime::parse_from_str(text, "%F %T%.f%:z").map(|at| at.to_utc()),
    }
}

/// `None` for years of more than four digits, and leap seconds.
fn digits(at: &DateTime<Utc>, separator: char, zone: &str) -> Option<String> {
    let year = u32::try_from(at.year()).ok().filter(|year| *year <= 9_999)?;
    let micros = Some(at.nanosecond() / 1_000).filter(|micros| *micros < 1_000_000)?;
    let mut text = String::with_capacity(32);
    for (value, width, after) in [
        (year, 4, '-'),
        (at.month(), 2, '-'),
        (at.day(), 2, separator),
        (at.hour(), 2, ':'),
        (at.minute(), 2, ':'),
        (at.second(), 2, '.'),
    ] {
        push(&mut text, value, width);
        text.push(after);
    }
    push(&mut text, micros, 6);
    text.push_str(zone);
    Some(text)
}

fn push(text: &mut String, value: u32, width: u32) {
    for place in (0..width).rev() {
        text.push(char::from_digit(value / 10_u32.pow(place) % 10, 10).unwrap_or('0'));
    }
}

/// Reads the one form that [`column`] writes.
fn fixed(text: &str) -> Option<DateTime<Utc>> {
    let bytes: &[u8; 32] = text.as_bytes().try_into().ok()?;
    let marks = [(4, b'-'), (7, b'-'), (10, b' '), (13, b':'), (16, b':'), (19, b'.')];
    if marks.iter().any(|(place, mark)| bytes[*place] != *mark) || !text.ends_with("+00:00") {
        return None;
    }
    let number = |range: std::ops::Range<usize>| {
        bytes[range].iter().try_fold(0, |number, byte| Some(number * 10 + char::from(*byte).to_digit(10)?))
    };
    let date = NaiveDate::from_ymd_opt(i32::try_from(number(0..4)?).ok()?, number(5..7)?, number(8..10)?)?;
    let at = date.and_hms_micro_opt(number(11..13)?, number(14..16)?, number(17..19)?, number(20..26)?)?;
    Some(at.and_utc())
}

#[cfg(test)]
mod tests;
