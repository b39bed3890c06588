//! Deliveries that wait or failed, and name a booking.

use std::collections::BTreeMap;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::db::events::{self, Delivery as Logged};
use crate::db::rows::{Event, EventBody};
use crate::db::{Result, Tx};
use crate::privacy::{Keys, SEALED};
use crate::{parse, project};

/// An event that is not decided, or failed, and names the booking.
pub(super) struct Naming {
    pub(super) event: Event,
    pub(super) kind: Option<&'static str>,
    /// The account; `None` where the body cannot be read.
    pub(super) host: Option<String>,
}

pub(super) type Undecided = BTreeMap<i64, Naming>;

/// Events that wait or failed, and name the booking: in their content, or, where that cannot be read, as a word.
///
/// What was encrypted is opened with `keys`, where they are the ones that encrypted it.
pub(super) fn undecided(tx: &mut Tx<'_>, code: &str, default_host: &str, keys: Option<&Keys>) -> Result<Undecided> {
    if code.is_empty() {
        return Ok(Undecided::new());
    }
    let texts = written(code, keys.is_some());
    events::undecided_naming(tx, &texts, |delivery| naming(code, default_host, opened(delivery, keys)))
}

/// The bytes by which a body that holds the code is found.
fn written(code: &str, is_sealed_too: bool) -> Vec<Vec<u8>> {
    let escaped = code.replace('/', "\\/");
    let encoded = utf8_percent_encode(code, NON_ALPHANUMERIC).to_string();
    let mut texts: Vec<_> = [code.to_owned(), escaped, encoded].map(String::into_bytes).into();
    texts.dedup();
    texts.push(code.encode_utf16().flat_map(u16::to_le_bytes).collect());
    texts.push(code.encode_utf16().flat_map(u16::to_be_bytes).collect());
    if is_sealed_too {
        texts.push(SEALED.to_vec());
    }
    texts
}

/// A delivery as it was before it was encrypted.
fn opened((event, body): Logged, keys: Option<&Keys>) -> Logged {
    let opened = keys.and_then(|keys| keys.open(&body.body)).and_then(std::result::Result::ok);
    (event, EventBody { body: opened.unwrap_or(body.body), ..body })
}

fn naming(code: &str, default_host: &str, delivery: Logged) -> Option<Naming> {
    let bytes = delivery.1.body.clone();
    let reading = project::read(delivery);
    if let Some(named) = reading.booking_code() {
        let body = reading.body.as_ref()?;
        let host = body.host.clone().unwrap_or_else(|| default_host.to_owned());
        return (named == code).then(|| Naming {
            kind: Some(body.kind.as_str()),
            host: Some(host),
            event: reading.event,
        });
    }
    let is_readable = reading.content().is_some();
    let text = parse::text(&bytes, reading.event.content_type.as_deref());
    let decoded = percent_encoding::percent_decode_str(&text).decode_utf8_lossy();
    let named = !is_readable && (has_word(&text, code) || has_word(&decoded, code));
    let host = reading.body.and_then(|body| body.host);
    named.then_some(Naming { kind: None, host, event: reading.event })
}

/// Whether a text holds a code that is no part of a longer one.
fn has_word(text: &str, code: &str) -> bool {
    let is_part = |letter: char| letter.is_alphanumeric() || letter == '-' || letter == '_';
    text.match_indices(code)
        .any(|(start, _)| !text[..start].ends_with(is_part) && !text[start + code.len()..].starts_with(is_part))
}

#[cfg(test)]
mod tests {
    use super::has_word;

    #[test]
    fn a_code_within_a_longer_one_is_another() {
        assert!(has_word("{\"code\": \"KMVQ-060314\"", "KMVQ-060314"));
        assert!(has_word("1570 157", "157"));
        for text in ["KMVQ-0603141", "AKMVQ-060314", "KMVQ-060314-1", ""] {
            assert!(!has_word(text, "KMVQ-060314"), "{text}");
        }
    }
}
