//! An id for each request, by which log lines of one are found: the sender's own, or one made here. And its trace, where
//! deliveries are traced.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use tracing::Instrument;
use tracing::field::Empty;

use crate::traces::Traces;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Characters of an id that is taken over.
const LONGEST: usize = 64;

/// Logs what happens to a request under its id, and answers with it.
pub async fn identified(State(traces): State<Traces>, mut request: Request, next: Next) -> Response {
    let id = request_id(request.headers());
    let span = tracing::info_span!("request", request.id = id.to_str().unwrap_or_default(), trace.id = Empty);
    let timed = traces.request(&request);
    if let Some(trace) = timed.context() {
        span.record("trace.id", tracing::field::display(trace.trace_id()));
        request.extensions_mut().insert(trace);
    }
    let mut response = next.run(request).instrument(span).await;
    timed.answered(response.status());
    response.headers_mut().insert(REQUEST_ID, id);
    response
}

/// `X-Request-Id`, where it is one: letters, digits, `-`, `_` and `.`, and not too many.
fn request_id(headers: &HeaderMap) -> HeaderValue {
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.".contains(byte);
    let is_id = |bytes: &[u8]| (1..=LONGEST).contains(&bytes.len()) && bytes.iter().all(is_plain);
    let given = headers.get(REQUEST_ID).filter(|value| is_id(value.as_bytes())).cloned();
    given.unwrap_or_else(|| {
        HeaderValue::from_str(&format!("{:016x}", rand::random::<u64>())).unwrap_or(HeaderValue::from_static("-"))
    })
}
