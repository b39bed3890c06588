//! What came about a booking: its own deliveries, its payments', and those that wait or failed and name it.

use std::collections::BTreeMap;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use serde_json::{Map, Value};

use super::{Payment, Stored};
use crate::db::events::{self, Delivery as Logged};
use crate::db::rows::{Account, Event, EventBody};
use crate::db::types::{EventState, Timestamp};
use crate::db::{Result, Tx};
use crate::privacy::{Keys, SEALED};
use crate::{parse, project};

/// A delivery of the booking, or of one of its payments.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Delivery {
    /// `webhook_events.id`: the order of receipt.
    pub event_id: i64,
    /// When it was received.
    pub received_at: Timestamp,
    /// `webhook` or `api`
    pub source: String,
    /// `json`, `xml` or `form`
    pub format: Option<String>,
    /// `booking`, `transaction` or, where it cannot be read, `unknown`
    pub kind: String,
    /// As the body names it.
    pub action: Option<String>,
    /// What identifies the object: the code, or the payment's id.
    pub entity_key: Option<String>,
    /// What was decided.
    pub state: EventState,
    /// Why, and what was odd about it.
    pub error: Option<String>,
    /// Whether its body is still there.
    pub has_body: bool,
    /// Whether it is the first that described the booking, or the payment.
    pub is_first: bool,
    /// What it changed in the booking, or the payment: `column -> [old, new]`.
    pub changes: Map<String, Value>,
}

/// An event that is not decided, or failed, and names the booking.
pub(super) struct Naming {
    event: Event,
    kind: Option<&'static str>,
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

/// All of them, in the order of receipt; notes beside each payment which are its own.
pub(super) fn list(
    tx: &mut Tx<'_>,
    account: Option<&Account>,
    code: &str,
    stored: &Stored,
    payments: &mut [Payment],
    undecided: Undecided,
) -> Result<Vec<Delivery>> {
    let mut found: BTreeMap<i64, (Event, Option<&'static str>)> = BTreeMap::new();
    if let Some(account) = account {
        let own = events::of_entities(tx, account.account_id, "booking", &[code.to_owned()])?;
        let ids: Vec<_> = payments.iter().map(|payment| payment.row.transaction_id.clone()).collect();
        let paid = events::of_entities(tx, account.account_id, "transaction", &ids)?;
        for payment in payments {
            let own = paid.iter().filter(|event| event.entity_key.as_ref() == Some(&payment.row.transaction_id));
            payment.events = own.map(|event| event.id).collect();
        }
        found.extend(own.into_iter().chain(paid).map(|event| (event.id, (event, None))));
    }
    for (id, naming) in undecided {
        found.entry(id).or_insert((naming.event, naming.kind));
    }
    let ids: Vec<_> = found.keys().copied().collect();
    let mut bare = Vec::new();
    for ids in ids.chunks(1_000) {
        bare.extend(events::without_body(tx, ids)?);
    }
    let first = stored.booking.as_ref().map(|booking| booking.first_event_id);
    let delivery = |(event, kind): (Event, Option<&str>)| Delivery {
        event_id: event.id,
        received_at: event.received_at,
        source: event.source,
        format: event.format,
        kind: event.kind.or(kind.map(str::to_owned)).unwrap_or_else(|| "unknown".to_owned()),
        action: event.action,
        entity_key: event.entity_key,
        state: event.state,
        error: event.error,
        has_body: !bare.contains(&event.id),
        is_first: first == Some(event.id),
        changes: changes_of(stored, event.id),
    };
    Ok(found.into_values().map(delivery).collect())
}

fn changes_of(stored: &Stored, id: i64) -> Map<String, Value> {
    let step = stored.history.iter().find(|step| step.event_id == id);
    step.and_then(|step| step.changes.0.as_object().cloned()).unwrap_or_default()
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
