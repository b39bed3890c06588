//! A date's numbers, words and signs; its time; months by name.

use chrono::NaiveTime;

/// A piece of a date.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    /// Its value, and how many digits it is written with.
    Number(u32, usize),
    /// In lower case.
    Word(String),
    /// Anything else that is no white space.
    Sign(char),
}

/// A time of day.
pub(super) struct Time {
    pub(super) clock: NaiveTime,
    pub(super) seconds: bool,
    /// Seconds east of UTC, where that is written.
    pub(super) offset: Option<i32>,
}

/// Beginnings of months in English, German, French, Spanish, Italian, Dutch and Portuguese.
const MONTHS: [&[&str]; 12] = [
    &["jan", "gen", "ene"],
    &["feb", "fév", "fev"],
    &["mar", "mär", "mrz", "maa", "mrt"],
    &["apr", "avr", "abr"],
    &["may", "mai", "mag", "mei", "mayo"],
    &["jun", "juin", "giu"],
    &["jul", "juil", "lug"],
    &["aug", "aoû", "aou", "ago"],
    &["sep", "set"],
    &["oct", "okt", "ott", "out"],
    &["nov"],
    &["dec", "dez", "déc", "dic"],
];

/// The number of a month that is a word.
pub(super) fn month(word: &str) -> Option<u32> {
    let found = MONTHS.iter().position(|begins| begins.iter().any(|begin| word.starts_with(begin)))?;
    u32::try_from(found + 1).ok()
}

/// Takes a text apart. A number too large for a date becomes a sign, which no date has.
pub(super) fn tokens(text: &str) -> Vec<Token> {
    let text = text.trim().to_lowercase().replace("a.m.", "am").replace("p.m.", "pm");
    let mut rest = text.as_str();
    let mut tokens = Vec::new();
    while let Some(first) = rest.chars().next() {
        let is_same = |c: char| match first {
            '0'..='9' => c.is_ascii_digit(),
            _ => first.is_alphabetic() && c.is_alphabetic(),
        };
        let end = rest
            .find(|c: char| !is_same(c))
            .filter(|end| *end > 0)
            .unwrap_or_else(|| if is_same(first) { rest.len() } else { first.len_utf8() });
        let (piece, after) = rest.split_at(end);
        rest = after;
        if first.is_ascii_digit() {
            tokens.push(piece.parse().map_or(Token::Sign('?'), |value| Token::Number(value, piece.len())));
        } else if first.is_alphabetic() {
            tokens.push(Token::Word(piece.to_owned()));
        } else if !first.is_whitespace() {
            tokens.push(Token::Sign(first));
        }
    }
    tokens
}

/// Takes the time out of the tokens, of which the given one is its first colon; none where there is no such time.
pub(super) fn take_time(tokens: &mut Vec<Token>, colon: usize) -> Option<Time> {
    let number = |place: usize| match tokens.get(place) {
        Some(Token::Number(value, 1 | 2)) => Some(*value),
        _ => None,
    };
    let is = |place: usize, sign: char| tokens.get(place) == Some(&Token::Sign(sign));
    let start = colon.checked_sub(1)?;
    let (mut hour, minute) = (number(start)?, number(colon + 1)?);
    let mut end = colon + 2;
    let mut second = None;
    if is(end, ':') {
        second = Some(number(end + 1)?);
        end += 2;
        if is(end, '.') && matches!(tokens.get(end + 1), Some(Token::Number(..))) {
            end += 2;
        }
    }
    let mut offset = None;
    match tokens.get(end) {
        Some(Token::Word(word)) if word == "am" || word == "pm" => {
            if !(1..=12).contains(&hour) {
                return None;
            }
            hour = hour % 12 + if word == "pm" { 12 } else { 0 };
            end += 1;
        }
        Some(Token::Word(word)) if word == "z" || word == "utc" => {
            offset = Some(0);
            end += 1;
        }
        Some(Token::Sign(sign @ ('+' | '-'))) => {
            let (length, hours, minutes) = match (tokens.get(end + 1), is(end + 2, ':')) {
                (Some(Token::Number(hours, 2)), true) => (4, *hours, number(end + 3)?),
                (Some(Token::Number(both, 4)), _) => (2, both / 100, both % 100),
                _ => return None,
            };
            let seconds = i32::try_from(hours * 3_600 + minutes * 60).ok()?;
            offset = Some(if *sign == '-' { -seconds } else { seconds });
            end += length;
        }
        _ => {}
    }
    let clock = NaiveTime::from_hms_opt(hour, minute, second.unwrap_or(0))?;
    tokens.drain(start..end);
    Some(Time { clock, seconds: second.is_some(), offset })
}
