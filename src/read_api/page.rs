//! Pages by keys: the next one begins after the last key of this one, whatever is written meanwhile.

use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde::de::DeserializeOwned;
use utoipa::ToSchema;

use super::parameters::Asked;
use super::problem::Problem;

/// A page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Page<T> {
    /// What was found, in the order of its keys. A page may have fewer than `limit`, even none, while there is a `next`:
    /// one request looks through a bounded part of a table.
    pub data: Vec<T>,
    /// Where the list goes on; null at its end.
    pub next: Option<String>,
}

/// Where a page of rows ends.
pub(super) enum End<K> {
    /// After this key there may be more.
    After(K),
    /// There is no more.
    Here,
}

/// Of one row more than were asked for, those that were asked for, and where they end. `scanned` is the last key that was
/// looked at, where that was not all.
pub(super) fn cut<R, K>(mut rows: Vec<R>, limit: i64, scanned: Option<K>, key: impl Fn(&R) -> K) -> (Vec<R>, End<K>) {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    if rows.len() > limit {
        rows.truncate(limit);
        let end = rows.last().map_or(End::Here, |row| End::After(key(row)));
        return (rows, end);
    }
    (rows, scanned.map_or(End::Here, End::After))
}

impl<T> Page<T> {
    pub(super) fn new<K: Serialize>(data: Vec<T>, end: &End<K>, asked: &Asked) -> Self {
        let next = match end {
            End::Here => None,
            End::After(key) => {
                let cursor = URL_SAFE_NO_PAD.encode(serde_json::to_string(key).unwrap_or_default());
                Some(asked.with("cursor", &cursor))
            }
        };
        Self { data, next }
    }
}

/// Reads the key that a cursor holds.
pub(super) fn key<K: DeserializeOwned>(cursor: Option<&str>) -> Result<Option<K>, Problem> {
    let Some(cursor) = cursor else { return Ok(None) };
    let json = URL_SAFE_NO_PAD.decode(cursor).ok().and_then(|json| String::from_utf8(json).ok());
    let json = json.filter(|json| !json.contains("\\u0000"));
    let key = json.and_then(|json| serde_json::from_str(&json).ok());
    key.map(Some).ok_or_else(|| Problem::wrong("cursor", "is none of this list; take `next` as it is"))
}

/// A list of nothing.
pub(super) fn nothing<R, K>() -> (Vec<R>, End<K>) {
    (Vec::new(), End::Here)
}

/// What a path names; a name that is no text is one that nothing has.
pub(super) fn named(path: Result<Path<String>, PathRejection>) -> Result<String, Problem> {
    let name = path.map(|Path(name)| name).ok().filter(|name| !name.contains('\0'));
    name.ok_or_else(|| Problem::not_found("there is nothing of this name"))
}
