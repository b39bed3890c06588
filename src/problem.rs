//! Errors at the HTTP edge: one variant per status, as `application/problem+json`.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use thiserror::Error;

use crate::record::Refused;

/// Why a request was refused. Never because of what a delivery says.
#[derive(Debug, Error)]
pub enum Problem {
    /// 400: the connection broke in the body.
    #[error("the body could not be read")]
    Broken,
    /// 401: wrong secret, signature or address.
    #[error("this sender is not known; check the secret at the end of the webhook's URL")]
    Unauthorized,
    /// 401: the page or the API, without a login.
    #[error("log in first: send `Authorization: Bearer` with the value of ADMIN_TOKEN")]
    LoginNeeded,
    /// 403: the page or the API, where no token is set.
    #[error(
        "the status page and the API are closed: set ADMIN_TOKEN to a long random word, and start the service again"
    )]
    Forbidden,
    /// 403: an action that was sent by another site, or from a page of an earlier login.
    #[error("this form was not sent from a page of this service; open the page again, and send it from there")]
    Foreign,
    /// 404
    #[error("there is nothing here; deliveries go to /webhook")]
    NotFound,
    /// 405
    #[error("deliveries are sent with POST")]
    MethodNotAllowed,
    /// 405: a page, or what a form of a page sends.
    #[error("pages are read with GET, and what changes something is sent by their forms with POST")]
    PageMethod,
    /// 408: the sender was too slow.
    #[error("the body did not arrive in time")]
    Timeout,
    /// 413
    #[error("the body is longer than {0} bytes; MAX_BODY_BYTES sets the limit")]
    TooLarge(usize),
    /// 429: this address failed too often; to come back in so many seconds.
    #[error("wrong credentials came too often from this address; check the secret at the end of the webhook's URL")]
    Throttled(u64),
    /// 429: the same for the page and the API.
    #[error("wrong tokens came too often from this address; check ADMIN_TOKEN")]
    LoginThrottled(u64),
    /// 503: nothing could be stored.
    #[error("{0}; please send it again")]
    Unavailable(#[from] Refused),
    /// 503: as many follow the overview as may.
    #[error("as many pages follow the overview as may; this one shows what was when it was loaded")]
    TooManyFollowers,
    /// 503: a page or an answer could not be read from the database, or not in time.
    #[error("the database does not answer now; deliveries are taken all the same; try again")]
    Unread,
}

impl Problem {
    fn status(&self) -> StatusCode {
        match self {
            Self::Broken => StatusCode::BAD_REQUEST,
            Self::Unauthorized | Self::LoginNeeded => StatusCode::UNAUTHORIZED,
            Self::Forbidden | Self::Foreign => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed | Self::PageMethod => StatusCode::METHOD_NOT_ALLOWED,
            Self::Timeout => StatusCode::REQUEST_TIMEOUT,
            Self::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Throttled(_) | Self::LoginThrottled(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Unavailable(_) | Self::Unread | Self::TooManyFollowers => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = self.status();
        let body = json!({
            "type": "about:blank",
            "title": status.canonical_reason(),
            "status": status.as_u16(),
            "detail": self.to_string(),
        });
        let mut response = (status, Json(body)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        match self {
            Self::Unauthorized => {
                headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"webhook\""));
            }
            Self::LoginNeeded => {
                headers
                    .insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"checkfront-mirror\""));
            }
            Self::Throttled(seconds) | Self::LoginThrottled(seconds) => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
            }
            Self::Unavailable(_) | Self::Unread | Self::TooManyFollowers => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
            }
            _ => {}
        }
        response
    }
}
