//! Addresses that a document's masked fields held, wherever else it repeats them. All are looked for at once: a document
//! may hold as many as fit into it.

use std::cmp::Reverse;

use aho_corasick::AhoCorasick;

use crate::privacy::words;

/// Bytes of the longest address there can be. What is longer is no address, and is masked where its field is.
const LONGEST: usize = 320;

pub(super) struct Addresses {
    values: Vec<String>,
    /// None where there are none.
    search: Option<AhoCorasick>,
}

impl Addresses {
    /// In lower case of ASCII.
    pub(super) fn of<'v>(values: impl Iterator<Item = &'v String>) -> Self {
        let values: Vec<_> = values.filter(|value| value.len() <= LONGEST).cloned().collect();
        let build = || AhoCorasick::builder().ascii_case_insensitive(true).build(&values);
        // It fails for more patterns than a document has room for.
        let search = if values.is_empty() { None } else { build().ok() };
        Self { values, search }
    }

    /// Replaces them in any case of their letters; `None` where the text holds none as a word of its own.
    pub(super) fn replace(&self, text: &str, instead: impl Fn(&str) -> String) -> Option<String> {
        let found = self.search.as_ref()?.find_overlapping_iter(text);
        let mut found: Vec<_> = found.filter(|found| words::is_alone(text, found.range())).collect();
        // Of those that begin together the longest.
        found.sort_unstable_by_key(|found| (found.start(), Reverse(found.end())));
        let (mut out, mut done) = (String::with_capacity(text.len()), 0);
        for found in &found {
            if found.start() >= done {
                out.push_str(&text[done..found.start()]);
                out.push_str(&instead(&self.values[found.pattern().as_usize()]));
                done = found.end();
            }
        }
        out.push_str(&text[done..]);
        (!found.is_empty()).then_some(out)
    }
}

#[cfg(test)]
mod tests;
