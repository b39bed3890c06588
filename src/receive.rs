//! `POST /webhook`: verify, read, record, and only then answer.

mod body;
mod headers;

use std::net::SocketAddr;

use axum::extract::{ConnectInfo, Path, Request, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;

pub use body::{Budget, Share};

use crate::app::AppState;
use crate::problem::Problem;
use crate::record::Arrival;
use crate::verify::Verdict;

/// Takes a delivery. 200 means that it is on disk; nothing of its content is judged here.
pub async fn receive(
    State(app): State<AppState>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    secret: Option<Path<String>>,
    request: Request,
) -> Result<StatusCode, Problem> {
    let (parts, incoming) = request.into_parts();
    let verifier = &app.verifier;
    let remote_ip = verifier.remote_ip(peer.ip(), &parts.headers);
    let path = secret.as_ref().map(|Path(secret)| secret.as_str());
    let verdict = verifier.check(remote_ip, path, parts.uri.query(), &parts.headers);
    if verdict == Verdict::Refused {
        tracing::warn!("a delivery was refused: wrong or missing secret");
        body::discard(&parts.headers, incoming).await;
        return Err(Problem::Unauthorized);
    }
    let body = body::read(&parts.headers, incoming, app.max_body_bytes, &app.budget).await?;
    if verdict == Verdict::NeedsBody && !verifier.is_signed(&parts.headers, &body.bytes) {
        tracing::warn!("a delivery was refused: wrong or missing signature");
        return Err(Problem::Unauthorized);
    }
    let content_type = parts.headers.get(CONTENT_TYPE);
    let arrival = Arrival {
        remote_ip: Some(remote_ip.to_string()),
        content_type: content_type.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()),
        headers: headers::without_secrets(&parts.headers, verifier),
        body: body.bytes,
        share: body.share,
    };
    app.recorder.record(arrival).await?;
    Ok(StatusCode::OK)
}

/// GET and HEAD: a probe finds the place, and learns nothing of the secret.
pub async fn probe() -> &'static str {
    "Deliveries are sent here with POST.\n"
}
