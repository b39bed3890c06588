//! Why a question is not answered: one variant per status, as `application/problem+json`.

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::{IntoResponses, ToSchema};

use crate::db::Error;

/// RFC 9457, and which parameter is wrong.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub(super) struct Body {
    /// `about:blank`: the status says it.
    #[serde(rename = "type")]
    kind: &'static str,
    /// The status in words.
    title: Option<&'static str>,
    /// The status.
    status: u16,
    /// What is wrong, and what would be right.
    detail: String,
    /// The parameter at fault.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    parameter: Option<String>,
}

/// Why a question is not answered.
#[derive(Debug)]
pub(super) enum Problem {
    /// 400
    Wrong(Wrong),
    /// 404
    NotFound(NotFound),
    /// 503
    Unavailable(Unavailable),
}

/// A parameter is wrong, or unknown.
#[derive(Debug, IntoResponses)]
#[response(status = 400, content_type = "application/problem+json")]
pub(super) struct Wrong(Body);

/// There is no such object, or no such account.
#[derive(Debug, IntoResponses)]
#[response(status = 404, content_type = "application/problem+json")]
pub(super) struct NotFound(Body);

/// The database does not answer in time; try again later.
#[derive(Debug, IntoResponses)]
#[response(status = 503, content_type = "application/problem+json")]
pub(super) struct Unavailable(Body);

impl Body {
    pub(super) fn new(status: StatusCode, detail: impl Into<String>, parameter: Option<&str>) -> Self {
        Self {
            kind: "about:blank",
            title: status.canonical_reason(),
            status: status.as_u16(),
            detail: detail.into(),
            parameter: parameter.map(str::to_owned),
        }
    }
}

impl IntoResponse for Body {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
        if status == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
        }
        (status, headers, serde_json::to_string(&self).unwrap_or_default()).into_response()
    }
}

impl Problem {
    /// A parameter that is wrong, and what would be right.
    pub(super) fn wrong(parameter: &str, reason: impl Into<String>) -> Self {
        let detail = format!("{parameter}: {}", reason.into());
        Self::Wrong(Wrong(Body::new(StatusCode::BAD_REQUEST, detail, Some(parameter))))
    }

    /// What is not there.
    pub(super) fn not_found(detail: impl Into<String>) -> Self {
        Self::NotFound(NotFound(Body::new(StatusCode::NOT_FOUND, detail, None)))
    }

    /// Nothing is written here.
    pub(super) fn read_only() -> Response {
        Body::new(StatusCode::METHOD_NOT_ALLOWED, "this is read only: ask with GET or HEAD", None).into_response()
    }

    /// The database does not answer, or not in time.
    pub(super) fn unavailable() -> Self {
        let detail = "the database does not answer in time; ask again, or for less at once";
        Self::Unavailable(Unavailable(Body::new(StatusCode::SERVICE_UNAVAILABLE, detail, None)))
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        tracing::warn!(%error, "a question to the read API was not answered");
        Self::unavailable()
    }
}

impl From<diesel::result::Error> for Problem {
    fn from(error: diesel::result::Error) -> Self {
        Error::from(error).into()
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        match self {
            Self::Wrong(Wrong(body)) | Self::NotFound(NotFound(body)) | Self::Unavailable(Unavailable(body)) => {
                body.into_response()
            }
        }
    }
}
