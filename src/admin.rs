//! Who may see the mirror over HTTP: the status page and the API stand behind this gate.
//!
//! [`Pass`] is the proof that a request was let in; [`behind`] puts routes behind the gate.

mod door;
mod login;
mod origin;
mod session;

use std::net::IpAddr;
use std::time::{Instant, SystemTime};

use axum::Router;
use axum::extract::{FromRef, FromRequestParts};
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::middleware::from_fn_with_state;
use axum::routing::{MethodRouter, any};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

pub(crate) use door::wants_html;
pub use login::router as login_router;
pub(crate) use login::{is_secure, local, read_form};
pub use origin::is_own_form;
pub use session::Keys;

use crate::app::AppState;
use crate::config::Config;
use crate::config::Secret;
use crate::problem::Problem;
use crate::status;
use crate::throttle::Throttle;

/// What the gate asks for.
pub struct Gate {
    token: Option<Secret>,
    keys: Keys,
    /// Failed logins; those of senders are counted elsewhere.
    throttle: Throttle,
    /// Whether this process itself speaks TLS.
    tls: bool,
}

/// How a request was let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pass {
    /// It shows the token: a program. No browser sends that by itself.
    Bearer,
    /// It has the cookie of a login; its value.
    Session(String),
    /// No token is set, and it comes from this machine.
    Local,
}

/// Why a request was not let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stopped {
    /// There is no token that it could show.
    NoToken,
    /// It shows none.
    Nothing,
    /// What it shows as a bearer is wrong.
    Wrong,
}

impl Gate {
    /// From `ADMIN_TOKEN`.
    pub fn new(config: &Config) -> Self {
        let keys = Keys::new(config.admin_token.as_ref());
        Self { token: config.admin_token.clone(), keys, throttle: Throttle::default(), tls: config.tls.is_some() }
    }

    /// Judges a request by its peer and headers.
    fn judge(&self, peer: IpAddr, headers: &HeaderMap, now: SystemTime) -> Result<Pass, Stopped> {
        if self.token.is_none() {
            return if origin::is_local(peer, headers) { Ok(Pass::Local) } else { Err(Stopped::NoToken) };
        }
        if let Some(shown) = headers.get(AUTHORIZATION) {
            let shown = shown.to_str().ok().and_then(|value| value.split_once(' '));
            let shown = shown.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
            return match shown {
                Some((_, shown)) if self.is_token(shown.trim()) => Ok(Pass::Bearer),
                _ => Err(Stopped::Wrong),
            };
        }
        let session = session::cookies(headers).find(|value| self.keys.is_session(value, now));
        session.map(|value| Pass::Session(value.to_owned())).ok_or(Stopped::Nothing)
    }

    /// Hashed first, so that not even the length shows in the time it takes.
    fn is_token(&self, shown: &str) -> bool {
        let Some(token) = &self.token else { return false };
        Sha256::digest(token.reveal()).ct_eq(&Sha256::digest(shown)).into()
    }

    /// What a form of this visitor carries, so that no other site can send it.
    pub fn form_key(&self, pass: &Pass) -> String {
        match pass {
            Pass::Session(value) => self.keys.form_key(value),
            Pass::Bearer | Pass::Local => self.keys.form_key(""),
        }
    }

    /// Whether an action is meant by the visitor it comes from: same origin, and the key of a form of ours.
    pub fn is_meant(&self, pass: &Pass, headers: &HeaderMap, form_key: Option<&str>) -> bool {
        let shown = form_key.unwrap_or_default().as_bytes();
        *pass == Pass::Bearer || (is_own_form(headers) && bool::from(self.form_key(pass).as_bytes().ct_eq(shown)))
    }

    /// Refuses to try a token from an address that has failed too often of late.
    fn check_rate(&self, address: IpAddr) -> Result<(), Problem> {
        let blocked = self.throttle.blocked(address, Instant::now());
        blocked.map_or(Ok(()), |time| Err(Problem::LoginThrottled(time.as_secs() + 1)))
    }

    /// Counts a wrong token.
    fn failed(&self, address: IpAddr) -> Option<u64> {
        let failure = self.throttle.failed(address, Instant::now());
        if let Some(logins) = failure.log {
            tracing::warn!(logins, "refused: wrong ADMIN_TOKEN");
        }
        failure.retry_after.map(|time| time.as_secs() + 1)
    }
}

/// Lets only those through to `routes` who may see the mirror; handlers find a [`Pass`].
pub fn behind(routes: Router<AppState>, state: &AppState) -> Router<AppState> {
    routes.route_layer(from_fn_with_state(state.clone(), door::check))
}

/// What is answered where there is nothing: a browser gets a page from behind the gate, so that strangers learn no more
/// of it than of pages that are there; programs and senders get a problem.
pub fn nowhere(state: &AppState) -> MethodRouter {
    let page = any(status::nowhere).layer(from_fn_with_state(state.clone(), door::check_browser));
    page.with_state(state.clone())
}

/// Only routes behind the gate have it.
impl<S: Send + Sync> FromRequestParts<S> for Pass
where
    AppState: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        parts.extensions.get::<Self>().cloned().ok_or(Problem::Forbidden)
    }
}
