//! The cookie of a login: a signed date, so that nothing is stored. Another `ADMIN_TOKEN` ends all sessions.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::http::HeaderMap;
use axum::http::header::COOKIE;
use hkdf::Hkdf;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::config::Secret;

/// The cookie's name.
pub(super) const COOKIE_NAME: &str = "checkfront_mirror";
/// How long a login lasts.
pub(super) const LIFE: Duration = Duration::from_hours(7 * 24);

/// What cookies and forms are signed with.
pub struct Keys([u8; 32]);

impl Keys {
    /// From the token; where there is none, for this process alone.
    pub fn new(token: Option<&Secret>) -> Self {
        let random: [u8; 32] = rand::random();
        let secret = token.map_or(&random[..], |token| token.reveal().as_bytes());
        let mut key = [0; 32];
        // 32 bytes are far below what HKDF can give.
        let _ = Hkdf::<Sha256>::new(None, secret).expand(b"checkfront-mirror sessions 1", &mut key);
        Self(key)
    }

    /// A cookie's value: when it ends, a random word, and the signature of both.
    pub(super) fn session(&self, now: SystemTime) -> String {
        let ends = (now + LIFE).duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let word: [u8; 16] = rand::random();
        let signed = format!("{ends}.{}", hex::encode(word));
        let signature = hex::encode(self.sign("session", &signed).finalize().into_bytes());
        format!("{signed}.{signature}")
    }

    /// Whether a cookie is ours and has not ended.
    pub(super) fn is_session(&self, value: &str, now: SystemTime) -> bool {
        let Some((signed, signature)) = value.rsplit_once('.') else { return false };
        let Ok(signature) = hex::decode(signature) else { return false };
        let is_ours = self.sign("session", signed).verify_slice(&signature).is_ok();
        let ends = signed.split_once('.').and_then(|(ends, _)| ends.parse().ok());
        let ends = ends.map(|seconds| UNIX_EPOCH + Duration::from_secs(seconds));
        is_ours && ends.is_some_and(|ends| ends > now && ends <= now + LIFE + Duration::from_mins(5))
    }

    /// What the forms of a session carry.
    pub(super) fn form_key(&self, session: &str) -> String {
        hex::encode(self.sign("form", session).finalize().into_bytes())
    }

    fn sign(&self, what: &str, value: &str) -> Hmac<Sha256> {
        // Any length is a key.
        let mut mac = Hmac::new_from_slice(&self.0).unwrap_or_else(|_| unreachable!("HMAC takes keys of any length"));
        mac.update(what.as_bytes());
        mac.update(&[0]);
        mac.update(value.as_bytes());
        mac
    }
}

/// The cookies of our name; another site on this host may have set one of its own beside ours.
pub(super) fn cookies(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    let lines = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.filter_map(|(name, value)| (name == COOKIE_NAME).then_some(value))
}

#[cfg(test)]
mod tests;
