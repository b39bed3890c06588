//! The door: who is let through, and what everybody else is told.

use std::net::SocketAddr;
use std::time::SystemTime;

use axum::extract::{ConnectInfo, Request, State};
use axum::http::header::{ACCEPT, CACHE_CONTROL};
use axum::http::{HeaderMap, HeaderValue, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};

use super::{Stopped, login};
use crate::app::AppState;
use crate::problem::Problem;

/// Middleware: lets a request through with its pass, or answers it.
pub(super) async fn check(
    State(app): State<AppState>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    mut request: Request,
    next: Next,
) -> Response {
    let gate = &app.gate;
    let headers = request.headers();
    let address = app.verifier.remote_ip(peer.ip(), headers);
    if headers.contains_key("authorization")
        && let Err(problem) = gate.check_rate(address)
    {
        return problem.into_response();
    }
    let judged = gate.judge(peer.ip(), headers, SystemTime::now());
    let for_people = wants_html(headers);
    let mut response = match judged {
        Ok(pass) => {
            request.extensions_mut().insert(pass);
            next.run(request).await
        }
        Err(Stopped::NoToken) if for_people => login::closed(),
        Err(Stopped::NoToken) => Problem::Forbidden.into_response(),
        Err(Stopped::Nothing) if for_people => to_login(&request),
        Err(Stopped::Nothing) => Problem::LoginNeeded.into_response(),
        Err(Stopped::Wrong) => {
            gate.failed(address).map_or(Problem::LoginNeeded, Problem::LoginThrottled).into_response()
        }
    };
    // What is shown of customers stays in no cache, unless the handler says how.
    let fallback = HeaderValue::from_static("no-store");
    response.headers_mut().entry(CACHE_CONTROL).or_insert(fallback);
    response
}

/// The same where there is nothing: only a browser that asks for a page comes to the gate.
pub(super) async fn check_browser(
    app: State<AppState>,
    peer: ConnectInfo<SocketAddr>,
    request: Request,
    next: Next,
) -> Response {
    let is_of_senders = request.uri().path().starts_with("/webhook");
    if is_of_senders || !wants_html(request.headers()) {
        return Problem::NotFound.into_response();
    }
    check(app, peer, request, next).await
}

fn to_login(request: &Request) -> Response {
    let here = request.uri().path_and_query().map_or("/", |path| path.as_str());
    if request.method() != Method::GET || here == "/" {
        return Redirect::to("/login").into_response();
    }
    let query: String = form_urlencoded::Serializer::new(String::new()).append_pair("next", here).finish();
    Redirect::to(&format!("/login?{query}")).into_response()
}

/// Whether a browser asks, and for a page.
pub(crate) fn wants_html(headers: &HeaderMap) -> bool {
    headers.get_all(ACCEPT).iter().any(|value| value.to_str().is_ok_and(|value| value.contains("text/html")))
}
