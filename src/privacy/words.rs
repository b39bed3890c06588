//! Finding a value in longer text as a word of its own: `ann@example.org` is not in `joann@example.org`.

use std::ops::Range;

/// Whether the text holds the value. Both have to be in one case.
pub(super) fn holds(text: &str, value: &str) -> bool {
    text.match_indices(value).any(|(at, _)| is_alone(text, at..at + value.len()))
}

/// Whether a part of the text is a word of its own.
pub(super) fn is_alone(text: &str, part: Range<usize>) -> bool {
    let (before, after) = (&text[..part.start], &text[part.end..]);
    !before.ends_with(|c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '+')) && !goes_on(after)
}

/// A full stop or a hyphen may end the value, or be followed by more of it.
fn goes_on(after: &str) -> bool {
    let mut after = after.chars();
    match after.next() {
        Some('.' | '-') => after.next().is_some_and(char::is_alphanumeric),
        Some(next) => next.is_alphanumeric() || next == '_',
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_a_word_of_its_own() {
        let holds = |text: &str| holds(text, "ann@example.org");
        for text in [
            "ann@example.org",
            "to ann@example.org.",
            "mailto:ann@example.org?x",
            "<ann@example.org>",
            "\"ann@example.org\"",
            "ann@example.org, - ann@example.org-",
        ] {
            assert!(holds(text), "{text}");
        }
        for text in [
            "joann@example.org",
            "jo.ann@example.org",
            "jo-ann@example.org",
            "ann@example.organic",
            "ann@example.org.uk",
            "ann@example.org-x",
            "",
        ] {
            assert!(!holds(text), "{text}");
        }
    }
}
