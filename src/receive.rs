//! `POST /webhook`: verify, read, record, and only then answer.

mod body;
mod headers;
mod request_id;

use std::net::{IpAddr, SocketAddr};
use std::time::Instant;

use axum::extract::{ConnectInfo, Path, Request, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use bytes::Bytes;
use opentelemetry::trace::SpanContext;

pub use request_id::identified;

use crate::app::AppState;
use crate::problem::Problem;
use crate::record::{Arrival, Refused};
use crate::verify::Verdict;

/// Takes a delivery. 200 means that it is on disk; nothing of its content is judged here.
pub async fn receive(
    State(app): State<AppState>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    secret: Option<Path<String>>,
    request: Request,
) -> Result<StatusCode, Problem> {
    let began = Instant::now();
    let (parts, incoming) = request.into_parts();
    let verifier = &app.verifier;
    let remote_ip = verifier.remote_ip(peer.ip(), &parts.headers);
    let path = secret.as_ref().map(|Path(secret)| secret.as_str());
    let verdict = verifier.check(remote_ip, path, parts.uri.query(), &parts.headers);
    if verdict == Verdict::Refused {
        if !body::is_held_back(&parts.headers) {
            body::discard(incoming).await;
        }
        return Err(refused(&app, remote_ip, "secret"));
    }
    let body = body::read(&parts.headers, incoming, &app).await?;
    if verdict == Verdict::NeedsBody && !verifier.is_signed(&parts.headers, &body.bytes) {
        return Err(refused(&app, remote_ip, "signature"));
    }
    let content_type = parts.headers.get(CONTENT_TYPE);
    let content_type = content_type.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
    let body = body::Read { bytes: masked(&app, body.bytes, content_type.clone()).await?, ..body };
    let traces = &app.recorder.traces;
    let trace = parts.extensions.get::<SpanContext>();
    let storing = traces.part("store", trace);
    let arrival = Arrival {
        remote_ip: Some(remote_ip.to_string()),
        content_type,
        headers: headers::without_secrets(&parts.headers, verifier),
        body: body.bytes,
        trace: trace.cloned(),
        share: body.share,
    };
    let stored = app.recorder.record(arrival).await;
    storing.stored(stored.as_ref().ok().copied());
    let id = stored?;
    tracing::debug!(event.id = id, duration_ms = began.elapsed().as_secs_f64() * 1e3, "a delivery is stored");
    Ok(StatusCode::OK)
}

/// A wrong credential: 401, or 429 where they come too often.
fn refused(app: &AppState, remote_ip: IpAddr, lacks: &str) -> Problem {
    let failure = app.throttle.failed(remote_ip, Instant::now());
    if let Some(deliveries) = failure.log {
        tracing::warn!(deliveries, "refused: wrong or missing {lacks}, or an address that may not send");
    }
    failure.retry_after.map_or(Problem::Unauthorized, |time| Problem::Throttled(time.as_secs() + 1))
}

/// What may be stored of a body: all of it, unless fields are masked. Reading a long one would hold up other requests.
async fn masked(app: &AppState, body: Bytes, content_type: Option<String>) -> Result<Bytes, Problem> {
    if app.privacy.keeps_bodies() {
        return Ok(body);
    }
    let privacy = app.privacy.clone();
    let masking = tokio::task::spawn_blocking(move || privacy.storable(body, content_type.as_deref()));
    Ok(masking.await.map_err(|_| Refused::Unavailable)?)
}

/// GET and HEAD: a probe finds the place, and learns nothing of the secret.
pub async fn probe() -> &'static str {
    "Deliveries are sent here with POST.\n"
}
