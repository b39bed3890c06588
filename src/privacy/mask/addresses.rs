//! Addresses that a document's masked fields held, wherever else it repeats them. All are looked for at once: a document
//! may hold as many as fit into it.

use std::collections::HashMap;
use std::net::IpAddr;

use aho_corasick::{AhoCorasick, Input, MatchKind};

use crate::privacy::words;

/// Bytes of the longest address there can be. What is longer is no address, and is masked where its field is.
const LONGEST: usize = 320;
/// What stands between the addresses of a list, or around one.
const BETWEEN: &[char] = &[' ', ',', ';', '<', '>', '"', '\t', '\n', '\r'];

/// Addresses, in lower case of ASCII, with what becomes of each.
pub(super) struct Addresses<F> {
    fates: HashMap<String, F>,
    /// None where there are none.
    search: Option<AhoCorasick>,
}

impl<F: Copy> Addresses<F> {
    /// Those among these values, and within them.
    pub(super) fn of<'v>(values: impl Iterator<Item = (&'v String, F)>) -> Self {
        let mut fates = HashMap::new();
        for (value, fate) in values {
            for part in value.split(BETWEEN).chain([value.as_str()]).filter(|part| is_address(part)) {
                fates.insert(part.to_owned(), fate);
            }
        }
        let mut builder = AhoCorasick::builder();
        builder.ascii_case_insensitive(true).match_kind(MatchKind::LeftmostLongest);
        // It fails for more of them than a document has room for.
        let search = if fates.is_empty() { None } else { builder.build(fates.keys()).ok() };
        Self { fates, search }
    }

    /// Replaces them in any case of their letters; `None` where the text holds none as a word of its own.
    pub(super) fn replace(&self, text: &str, instead: impl Fn(&str, F) -> String) -> Option<String> {
        let search = self.search.as_ref()?;
        let (mut out, mut done, mut from) = (String::new(), 0, 0);
        while let Some(found) = search.find(Input::new(text).range(from..)) {
            let start = found.start();
            if let Some((end, value, fate)) = self.alone(text, start, found.end()) {
                out.push_str(&text[done..start]);
                out.push_str(&instead(&value, fate));
                (done, from) = (end, end);
            } else {
                from = start + text[start..].chars().next().map_or(1, char::len_utf8);
            }
        }
        out.push_str(&text[done..]);
        (done > 0).then_some(out)
    }

    /// The longest that begins here as a word of its own, where the longest of all is.
    fn alone(&self, text: &str, start: usize, longest: usize) -> Option<(usize, String, F)> {
        let ends = (start + 1..=longest).rev().filter(|end| text.is_char_boundary(*end));
        ends.filter(|end| words::is_alone(text, start..*end)).find_map(|end| {
            let value = text[start..end].to_ascii_lowercase();
            self.fates.get(&value).copied().map(|fate| (end, value, fate))
        })
    }
}

fn is_address(value: &str) -> bool {
    value.len() <= LONGEST && (value.contains('@') || value.parse::<IpAddr>().is_ok())
}

#[cfg(test)]
mod tests;
