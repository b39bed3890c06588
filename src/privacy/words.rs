//! Finding a value in longer text as a word of its own: `ann@example.org` is not in `joann@example.org`.

/// Where the text holds the value, as byte positions. Both have to be in one case.
pub(super) fn places<'t>(text: &'t str, value: &'t str) -> impl Iterator<Item = usize> + 't {
    text.match_indices(value).map(|(at, _)| at).filter(move |at| {
        let (before, after) = (&text[..*at], &text[at + value.len()..]);
        !before.ends_with(|c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '+')) && !goes_on(after)
    })
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
        let holds = |text: &str| places(text, "ann@example.org").next().is_some();
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
