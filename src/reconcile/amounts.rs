//! Amounts as people and spreadsheets write them: `1,234.50`, `1.234,50 €`, `(CA$12)`, `12.50-`. Exact decimals.

mod currencies;

use std::str::FromStr;

use rust_decimal::Decimal;

use super::inference::Reading;
use currencies::Written;

/// Digits that SQLite keeps exactly.
const DIGITS: usize = 15;

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
    const REMEDY: &'static str = "right is 1,234.50 or 1.234,50 in all rows, with or without a currency such as $, EUR or kr; --decimal point or comma decides";

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
    let (mut first, mut end) =
        (cell.find(|c: char| c.is_ascii_digit())?, cell.rfind(|c: char| c.is_ascii_digit())? + 1);
    let (mut before, mut after) = (&cell[..first], &cell[end..]);
    // `.50`, but not `Fr.50`.
    let is_words_own = |c: char| c.is_alphabetic() || c == '/';
    if before.ends_with(is_mark) && !before.trim_end_matches(is_mark).ends_with(is_words_own) {
        first -= 1;
        before = &cell[..first];
    }
    if let Some(rest) = after.strip_prefix(is_mark) {
        // `12,-` has no cents, and no minus.
        after = rest.trim_start_matches(is_minus);
        end += usize::from(after.len() < rest.len());
    }
    let (before, after) = (Beside::read(before)?, Beside::read(after)?);
    let currencies = [before.currency, after.currency];
    let is_twice = currencies[0].is_some() && currencies[0] == currencies[1];
    let is_wrong = before.closing + after.opening > 0 || before.opening != after.closing;
    let signs = before.signs + after.signs + before.opening;
    let minus = before.minus + after.minus + before.opening;
    (!is_twice && !is_wrong && signs <= 1).then(|| (minus == 1, &cell[first..end]))
}

/// What stands on one side of the digits.
struct Beside {
    currency: Option<Written>,
    minus: usize,
    /// A minus or a plus.
    signs: usize,
    opening: usize,
    closing: usize,
}

impl Beside {
    /// None where it is anything but a currency, signs, brackets and spaces.
    fn read(text: &str) -> Option<Self> {
        // Marks of direction, and an apostrophe that makes a spreadsheet's cell a text.
        let is_nothing = |c: char| c.is_whitespace() || "'\u{200e}\u{200f}\u{61c}\u{feff}".contains(c);
        let count = |of: &dyn Fn(char) -> bool| text.chars().filter(|c| of(*c)).count();
        let currency = text.trim_matches(|c: char| is_nothing(c) || is_minus(c) || "+()".contains(c));
        let currency = if currency.is_empty() { None } else { Some(currencies::written(currency)?) };
        let minus = count(&is_minus);
        let [plus, opening, closing] = ['+', '(', ')'].map(|sign| count(&|c| c == sign));
        Some(Self { currency, minus, signs: minus + plus, opening, closing })
    }
}

fn is_minus(c: char) -> bool {
    matches!(c, '-' | '\u{2212}' | '\u{2013}')
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
