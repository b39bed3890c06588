//! `/login` and `/logout`: the token is shown once, and a cookie stands for it from then on.

mod form;

use std::net::SocketAddr;
use std::time::SystemTime;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
pub(super) use form::closed;
use form::{form, page, too_often};
use tokio::time::timeout;

use super::{Pass, behind, is_own_form, session};
use crate::app::AppState;
use crate::problem::Problem;
use crate::status;

/// The longest form.
const LONGEST_FORM: usize = 16 << 10;

/// `/login`, for everybody; `/logout`, for those who are in.
pub fn router(state: &AppState) -> Router<AppState> {
    let logout = Router::new().route("/logout", post(logout)).method_not_allowed_fallback(status::otherwise);
    let inside = behind(logout, state);
    Router::new().route("/login", get(show).post(login)).merge(inside)
}

async fn show(State(app): State<AppState>, uri: Uri) -> Response {
    if app.gate.token.is_none() {
        return closed();
    }
    page(StatusCode::OK, &form(&next(uri.query()), None))
}

async fn login(
    State(app): State<AppState>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    let gate = &app.gate;
    let address = app.verifier.remote_ip(peer.ip(), &parts.headers);
    if gate.token.is_none() {
        return Ok(closed());
    }
    if !is_own_form(&parts.headers) {
        return Err(Problem::Foreign);
    }
    let fields = read_form(&app, body).await?;
    let field = |name: &str| fields.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value.as_str());
    let next = local(field("next")).to_owned();
    if let Err(Problem::LoginThrottled(seconds)) = gate.check_rate(address) {
        return Ok(too_often(&next, seconds));
    }
    if !gate.is_token(field("token").trim()) {
        return Ok(match gate.failed(address) {
            Some(seconds) => too_often(&next, seconds),
            None => page(StatusCode::UNAUTHORIZED, &form(&next, Some("That is not the token."))),
        });
    }
    let secure = is_secure(&app, peer, &parts.headers);
    let value = cookie(&gate.keys.session(SystemTime::now()), session::LIFE.as_secs(), secure);
    Ok(([(SET_COOKIE, value)], Redirect::to(&next)).into_response())
}

async fn logout(
    State(app): State<AppState>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    pass: Pass,
    request: Request,
) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    let fields = read_form(&app, body).await?;
    let key = fields.iter().find(|(name, _)| name == "key").map(|(_, value)| value.as_str());
    if !app.gate.is_meant(&pass, &parts.headers, key) {
        return Err(Problem::Foreign);
    }
    let value = cookie("", 0, is_secure(&app, peer, &parts.headers));
    Ok(([(SET_COOKIE, value)], Redirect::to("/login")).into_response())
}

/// The fields of a form, within limits of size and time.
pub(crate) async fn read_form(app: &AppState, body: Body) -> Result<Vec<(String, String)>, Problem> {
    let bytes = timeout(app.body_time, to_bytes(body, LONGEST_FORM)).await.map_err(|_| Problem::Timeout)?;
    let bytes = bytes.map_err(|_| Problem::TooLarge(LONGEST_FORM))?;
    Ok(form_urlencoded::parse(&bytes).into_owned().collect())
}

/// `Lax` would do as well: what changes anything asks for the key of a form besides.
fn cookie(value: &str, seconds: u64, secure: bool) -> String {
    let name = session::COOKIE_NAME;
    let secure = if secure { "; Secure" } else { "" };
    format!("{name}={value}; Max-Age={seconds}; Path=/; HttpOnly; SameSite=Strict{secure}")
}

/// Whether the browser came by TLS: to us, or to a proxy that is believed.
pub(crate) fn is_secure(app: &AppState, peer: SocketAddr, headers: &HeaderMap) -> bool {
    let forwarded = headers.get("x-forwarded-proto").and_then(|value| value.to_str().ok());
    let https = forwarded.is_some_and(|value| value.trim().eq_ignore_ascii_case("https"));
    app.gate.tls || (https && app.verifier.is_proxy(peer.ip()))
}

/// Where to go after the login: a page of ours.
fn next(query: Option<&str>) -> String {
    let mut pairs = form_urlencoded::parse(query.unwrap_or_default().as_bytes());
    let next = pairs.find_map(|(name, value)| (name == "next").then_some(value));
    local(next.as_deref().unwrap_or("/")).to_owned()
}

/// A path of ours, or `/`: not another host, however a browser may read it.
pub(crate) fn local(path: &str) -> &str {
    let is_local = path.starts_with('/') && !path[1..].starts_with(['/', '\\']);
    let is_plain = path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    if is_local && is_plain { path } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_sent_elsewhere() {
        for there in ["//evil.example", "/\\evil.example", "https://evil.example", "", "x", "/a\\b", "/a\nb", "/é"] {
            assert_eq!(local(there), "/", "{there:?}");
        }
        assert_eq!(local("/bookings/AB-1?x=1"), "/bookings/AB-1?x=1");
        assert_eq!(next(Some("next=%2Fevents%3Fa%3D1")), "/events?a=1");
    }
}
