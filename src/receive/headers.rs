//! The headers worth keeping: all but those that hold credentials, or the URL with the secret in it.

use axum::http::HeaderMap;
use serde_json::{Map, Value};

use crate::config::Secret;
use crate::verify::Verifier;

const SECRET: [&str; 15] = [
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
    "x-forwarded-access-token",
    "x-amzn-oidc-data",
    "cf-access-client-secret",
];

/// Name to value; a repeated header's values are joined by commas.
pub(super) fn without_secrets(headers: &HeaderMap, verifier: &Verifier) -> Value {
    let secret = verifier.secret.as_ref().map(Secret::reveal);
    let encoded = verifier.secret.as_ref().map(Secret::url_encoded);
    let mut kept = Map::new();
    for name in headers.keys().filter(|name| !SECRET.contains(&name.as_str())) {
        let values = headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes()));
        let text = values.collect::<Vec<_>>().join(", ");
        let shows = |secret: &str| text.contains(secret);
        let shows = secret.is_some_and(shows) || encoded.as_deref().is_some_and(shows);
        kept.insert(name.to_string(), if shows { "[secret]".into() } else { text.into() });
    }
    Value::Object(kept)
}
