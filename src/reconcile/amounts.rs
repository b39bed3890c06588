//! Amounts as people and spreadsheets write them: `1,234.50`, `1.234,50 €`, `(CA$12)`, `12.50-`. Exact decimals.

use std::str::FromStr;

use rust_decimal::Decimal;

use super::inference::Reading;

/// Digits that SQLite keeps exactly.
const DIGITS: usize = 15;
/// Letters of a currency before or after the figure.
const LETTERS: usize = 3;

/// Which character sets off the decimals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum DecimalMark {
    /// `1,234.50`
    Point,
    /// `1.234,50`
    Comma,
}

impl Reading for DecimalMark {
    const ALL: &'static [Self] = &[Self::Point, Self::Comma];
    const WHAT: &'static str = "an amount";
    const REMEDY: &'static str =
        "right is 1,234.50 or 1.234,50 in all rows, with or without a currency; --decimal point or comma decides";

    fn name(self) -> &'static str {
        match self {
            Self::Point => "1,234.50",
            Self::Comma => "1.234,50",
        }
    }
}

/// The amount in a cell, with as many decimals as are written; none where it cannot be read so.
pub(super) fn read(cell: &str, mark: DecimalMark) -> Option<Decimal> {
    let (negative, core) = figure(cell.trim())?;
    let (point, group) = match mark {
        DecimalMark::Point => ('.', ','),
        DecimalMark::Comma => (',', '.'),
    };
    let (whole, decimals) = core.split_once(point).unwrap_or((core, ""));
    if !decimals.bytes().all(|byte| byte.is_ascii_digit()) || decimals.len() > 6 {
        return None;
    }
    let whole = ungrouped(whole, group)?;
    if whole.len() + decimals.len() > DIGITS || whole.len() + decimals.len() == 0 {
        return None;
    }
    let mut amount = Decimal::from_str(&format!("0{whole}.{decimals}")).ok()?;
    amount.set_sign_negative(negative && !amount.is_zero());
    Some(amount)
}

/// Whether it is negative, and digits with their marks alone.
fn figure(cell: &str) -> Option<(bool, &str)> {
    let is_mark = |c: char| c == '.' || c == ',';
    let (first, last) = (cell.find(|c: char| c.is_ascii_digit())?, cell.rfind(|c: char| c.is_ascii_digit())?);
    let (mut before, core, after) = (&cell[..first], &cell[first..=last], &cell[last + 1..]);
    let mut core = core;
    // `.50`, but not `Fr.50`.
    if before.ends_with(is_mark) && !before.trim_end_matches(is_mark).ends_with(char::is_alphabetic) {
        before = &before[..before.len() - 1];
        core = &cell[first - 1..=last];
    }
    let after = after.strip_prefix(is_mark).unwrap_or(after);
    let around = || before.chars().chain(after.chars());
    let count = |text: &str| text.chars().filter(|c| c.is_alphabetic()).count();
    let is_minus = |c: char| matches!(c, '-' | '\u{2212}' | '\u{2013}');
    let is_strange = |c: char| !c.is_alphabetic() && !c.is_whitespace() && !is_minus(c) && !"()+.'".contains(c);
    // A currency sign such as $ or € is neither letter nor ASCII punctuation other than $.
    let is_sign = |c: char| c == '$' || (!c.is_ascii() && !c.is_numeric());
    if count(before) > LETTERS || count(after) > LETTERS || around().any(|c| is_strange(c) && !is_sign(c)) {
        return None;
    }
    let brackets = (before.contains('('), after.contains(')'));
    let minus = around().filter(|c| is_minus(*c)).count();
    if brackets.0 != brackets.1 || minus + usize::from(brackets.0) > 1 {
        return None;
    }
    Some((minus == 1 || brackets.0, core))
}

/// The digits of a whole number, if its groups are such.
fn ungrouped(whole: &str, group: char) -> Option<String> {
    let is_gap = |c: char| c == group || c == '\'' || c == '\u{2019}' || c.is_whitespace();
    let groups: Vec<_> = whole.split(is_gap).collect();
    let all_digits = groups.iter().all(|group| group.bytes().all(|byte| byte.is_ascii_digit()));
    let is_grouped = match groups.as_slice() {
        [_] => true,
        [first, middle @ .., last] => {
            // India writes 12,34,567.
            let width = middle.first().map_or(3, |group| group.len());
            (1..=3).contains(&first.len())
                && !first.starts_with('0')
                && last.len() == 3
                && (width == 2 || width == 3)
                && middle.iter().all(|group| group.len() == width)
                && first.len() <= width
        }
        [] => false,
    };
    (all_digits && is_grouped).then(|| groups.concat())
}

#[cfg(test)]
mod tests;
