//! Text to typed values. Nothing is guessed: what is not plainly of its type is `None`.

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;

/// Significant digits that both databases keep exactly.
const SIGNIFICANT: usize = 15;
/// Decimals that both databases keep exactly.
const DECIMALS: usize = 6;

/// `-12.50`: plain digits only, at most 15 significant and 6 decimals.
pub(super) fn money(text: &str) -> Option<Decimal> {
    // The size is judged on the text, before any decimal type sees it.
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, "0"));
    if whole.is_empty() || fraction.is_empty() || text.len() > 64 {
        return None;
    }
    if !whole.bytes().chain(fraction.bytes()).all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let whole = whole.trim_start_matches('0');
    let kept = fraction.trim_end_matches('0');
    let digits = if whole.is_empty() { kept.trim_start_matches('0').len() } else { whole.len() + kept.len() };
    if digits > SIGNIFICANT || kept.len() > DECIMALS {
        return None;
    }
    let amount: Decimal = text.parse().ok()?;
    // Zeros past the sixth decimal say nothing; the rest of the scale is kept as sent.
    Some(if fraction.len() > DECIMALS { amount.trunc_with_scale(6) } else { amount })
}

/// A whole number in plain digits.
pub(super) fn integer<N: std::str::FromStr>(text: &str) -> Option<N> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    (!digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok()).flatten()
}

/// `0` or `1`.
pub(super) fn boolean(text: &str) -> Option<bool> {
    match text {
        "0" => Some(false),
        "1" => Some(true),
        _ => None,
    }
}

/// Unix seconds, up to the end of the year 9999.
pub(super) fn instant(text: &str) -> Option<DateTime<Utc>> {
    let seconds = integer::<i64>(text)?;
    (-62_135_596_800..=253_402_300_799).contains(&seconds).then(|| DateTime::from_timestamp(seconds, 0)).flatten()
}

/// `yyyymmdd`.
pub(super) fn day(text: &str) -> Option<NaiveDate> {
    (text.len() == 8 && text.is_ascii()).then(|| NaiveDate::parse_from_str(text, "%Y%m%d").ok()).flatten()
}

#[cfg(test)]
mod tests;
