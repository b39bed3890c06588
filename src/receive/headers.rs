//! The headers worth keeping: all but those that hold credentials, or the URL with the secret in it.

use axum::http::HeaderMap;
use serde_json::{Map, Value};

use crate::verify::Verifier;

const SECRET: [&str; 12] = [
    "authorization",
    "proxy-authorization",
    "cookie",
    "set-cookie",
    "x-api-key",
    "x-auth-token",
    "referer",
    "x-original-url",
    "x-original-uri",
    "x-rewrite-url",
    "x-forwarded-uri",
    "x-envoy-original-path",
];

/// Name to value; a repeated header's values are joined by commas.
pub(super) fn without_secrets(headers: &HeaderMap, verifier: &Verifier) -> Value {
    let secret = verifier.secret.as_ref().map(|secret| secret.reveal());
    let mut kept = Map::new();
    for name in headers.keys().filter(|name| !SECRET.contains(&name.as_str())) {
        let values = headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes()));
        let text = values.collect::<Vec<_>>().join(", ");
        let shows = secret.is_some_and(|secret| text.contains(secret));
        kept.insert(name.to_string(), if shows { "[secret]".into() } else { text.into() });
    }
    Value::Object(kept)
}
