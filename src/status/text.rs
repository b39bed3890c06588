//! Values as people read them.

use chrono::{DateTime, Utc};
use maud::{Markup, html};
use rust_decimal::Decimal;
use serde_json::Value;

use crate::db::types::{EventState, Timestamp};

/// How long ago, kept current by the script; the moment itself as the title.
pub(super) fn ago(at: Timestamp, now: DateTime<Utc>) -> Markup {
    html! {
        time datetime=(at.0.to_rfc3339()) title=(format!("{} UTC", at.0.format("%F %T"))) data-ago { (distance(at, now)) " ago" }
    }
}

/// A moment, to the second.
pub(super) fn moment(at: Timestamp) -> Markup {
    html! { time datetime=(at.0.to_rfc3339()) { (at.0.format("%F %T")) } }
}

/// The two largest units of a time that has passed.
pub(super) fn distance(at: Timestamp, now: DateTime<Utc>) -> String {
    let seconds = (now - at.0).num_seconds().max(0);
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3_600 => format!("{} min", seconds / 60),
        3_600..172_800 => format!("{} h {} min", seconds / 3_600, seconds % 3_600 / 60),
        _ => format!("{} days", seconds / 86_400),
    }
}

/// With a space between thousands, and the decimals that amounts have.
pub(super) fn amount(amount: Decimal) -> String {
    let text = format!("{:.2}", amount.round_dp(2));
    let (whole, decimals) = text.split_once('.').unwrap_or((&text, "00"));
    let (sign, digits) = whole.strip_prefix('-').map_or(("", whole), |digits| ("-", digits));
    format!("{sign}{}.{decimals}", grouped(digits))
}

/// With a thin space between thousands.
pub(super) fn count(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    format!("{}{}", if number < 0 { "-" } else { "" }, grouped(&digits))
}

fn grouped(digits: &str) -> String {
    let letters = digits.chars().enumerate();
    letters.fold(String::new(), |mut text, (index, digit)| {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push('\u{202f}');
        }
        text.push(digit);
        text
    })
}

/// `1 delivery`, `2 deliveries`
pub(super) fn deliveries(number: i64) -> String {
    format!("{} {}", count(number), if number == 1 { "delivery" } else { "deliveries" })
}

/// Milliseconds, or seconds where there are many.
pub(super) fn milliseconds(value: f64) -> String {
    match value {
        0.0..1_000.0 => format!("{value:.0} ms"),
        1_000.0..120_000.0 => format!("{:.1} s", value / 1_000.0),
        _ => format!("{:.0} min", value / 60_000.0),
    }
}

/// The decision on a delivery.
pub(super) fn state(state: EventState) -> Markup {
    let class = format!("state {}", state.as_str());
    html! { span class=(class) { (state.as_str()) } }
}

/// The name of a column, which a narrow page may break between its words.
pub(super) fn name(column: &str) -> Markup {
    html! { code { @for part in column.split_inclusive('_') { (part) wbr; } } }
}

/// A JSON value as a person reads it.
pub(super) fn value(value: &Value) -> String {
    match value {
        Value::Null => "–".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_and_counts_are_grouped() {
        assert_eq!(amount("1234567.5".parse().unwrap()), "1\u{202f}234\u{202f}567.50");
        assert_eq!(amount("-12.346".parse().unwrap()), "-12.35");
        assert_eq!(count(999), "999");
        assert_eq!(count(-1_000), "-1\u{202f}000");
    }

    #[test]
    fn distances_have_a_unit() {
        let now = Utc::now();
        let before = |seconds| distance(Timestamp(now - chrono::Duration::seconds(seconds)), now);
        assert_eq!(before(-5), "0 s");
        assert_eq!(before(59), "59 s");
        assert_eq!(before(61), "1 min");
        assert_eq!(before(3 * 3_600 + 120), "3 h 2 min");
        assert_eq!(before(3 * 86_400), "3 days");
    }
}
