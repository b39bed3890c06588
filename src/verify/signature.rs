//! An HMAC of the body in a header, as proxies and relays add it.

use std::str::FromStr;

use axum::http::{HeaderMap, HeaderName};
use base64::Engine;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use hmac::{EagerHash, Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::{Sha256, Sha512};

use crate::config::Secret;

/// What a body has to be signed with.
#[derive(Debug, Clone)]
pub struct Signature {
    /// `WEBHOOK_HMAC_SECRET`: the key.
    pub key: Secret,
    /// `WEBHOOK_HMAC_HEADER`: where the signature is.
    pub header: HeaderName,
    /// `WEBHOOK_HMAC_ALGORITHM`: its hash function.
    pub algorithm: Algorithm,
}

/// The hash function of an HMAC.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Algorithm {
    /// HMAC-SHA1, 20 bytes.
    Sha1,
    /// HMAC-SHA256, 32 bytes.
    #[default]
    Sha256,
    /// HMAC-SHA512, 64 bytes.
    Sha512,
}

impl Signature {
    /// Whether the headers show the body's signature: in hexadecimal or base64, with or without `sha256=` (or the
    /// algorithm's own name) before it.
    pub fn is_shown(&self, headers: &HeaderMap, body: &[u8]) -> bool {
        let shown = headers.get(&self.header).and_then(|value| value.to_str().ok()).map(str::trim);
        match (shown, self.algorithm) {
            (None, _) => false,
            (Some(shown), Algorithm::Sha1) => self.matches::<Sha1>(without_prefix(shown, "sha1="), body),
            (Some(shown), Algorithm::Sha256) => self.matches::<Sha256>(without_prefix(shown, "sha256="), body),
            (Some(shown), Algorithm::Sha512) => self.matches::<Sha512>(without_prefix(shown, "sha512="), body),
        }
    }

    fn matches<D: EagerHash>(&self, shown: &str, body: &[u8]) -> bool
    where
        Hmac<D>: Mac + KeyInit,
    {
        let Ok(mut mac) = <Hmac<D> as KeyInit>::new_from_slice(self.key.reveal().as_bytes()) else { return false };
        mac.update(body);
        decoded(shown).is_some_and(|signature| mac.verify_slice(&signature).is_ok())
    }
}

impl FromStr for Algorithm {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        match name.to_lowercase().replace('-', "").as_str() {
            "sha1" => Ok(Self::Sha1),
            "sha256" => Ok(Self::Sha256),
            "sha512" => Ok(Self::Sha512),
            _ => Err(format!("`{name}` is no algorithm that is known; write sha256, sha1 or sha512")),
        }
    }
}

fn without_prefix<'a>(shown: &'a str, prefix: &str) -> &'a str {
    match shown.split_at_checked(prefix.len()) {
        Some((start, rest)) if start.eq_ignore_ascii_case(prefix) => rest,
        _ => shown,
    }
}

/// Hexadecimal, or base64 of either alphabet. No signature of a known length reads as both.
fn decoded(shown: &str) -> Option<Vec<u8>> {
    let config = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let base64 = |alphabet| GeneralPurpose::new(alphabet, config).decode(shown).ok();
    hex::decode(shown).ok().or_else(|| base64(&STANDARD)).or_else(|| base64(&URL_SAFE))
}
