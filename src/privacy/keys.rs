//! Keys derived from `PRIVACY_KEY`: one that hashes, one that encrypts. Neither is ever stored.

use std::fmt;

use chacha20poly1305::aead::{Aead, KeyInit as _};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use sha2::Sha256;

use crate::config::Secret;

/// What a sealed body begins with; no format begins with a NUL and goes on like this.
pub const SEALED: &[u8] = b"\0checkfront-mirror sealed 1\n";
/// Bytes of a nonce: long enough to be chosen at random.
const NONCE: usize = 24;
/// Hexadecimal digits of a hash: 128 bits.
const DIGITS: usize = 32;

/// What hashes and encrypts.
#[derive(Clone)]
pub struct Keys {
    hash: [u8; 32],
    seal: [u8; 32],
}

/// A body that cannot be opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("PRIVACY_KEY is not the one that the body was encrypted with, or the body was changed")]
pub struct Sealed;

impl Keys {
    /// Derives both keys (HKDF-SHA256, RFC 5869).
    pub fn derive(secret: &Secret) -> Self {
        let derivation = Hkdf::<Sha256>::new(Some(b"checkfront-mirror"), secret.reveal().as_bytes());
        let derive = |purpose: &[u8]| {
            let mut key = [0; 32];
            // Fails for keys of more than 8,160 bytes only.
            let _ = derivation.expand(purpose, &mut key);
            key
        };
        Self { hash: derive(b"hash of a person's value"), seal: derive(b"encryption of a body") }
    }

    /// HMAC-SHA256 of a value, 32 hexadecimal digits. Letters' case and blanks around it make no difference.
    pub fn hash(&self, value: &str) -> String {
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.hash) else { return String::new() };
        mac.update(value.trim().to_lowercase().as_bytes());
        let mut digits = hex::encode(mac.finalize().into_bytes());
        digits.truncate(DIGITS);
        digits
    }

    /// Encrypts a body (XChaCha20-Poly1305) under a random nonce.
    pub fn seal(&self, body: &[u8]) -> Vec<u8> {
        let nonce: [u8; NONCE] = rand::random();
        // Fails for bodies of more than 256 GiB only; an empty text is better then than the plain one.
        let sealed = self.cipher().encrypt(&XNonce::from(nonce), body).unwrap_or_default();
        [SEALED, &nonce, &sealed].concat()
    }

    /// The body inside a sealed one; `None` for a body that is not sealed.
    pub fn open(&self, body: &[u8]) -> Option<Result<Vec<u8>, Sealed>> {
        let (nonce, sealed) = body.strip_prefix(SEALED)?.split_first_chunk::<NONCE>()?;
        Some(self.cipher().decrypt(&XNonce::from(*nonce), sealed).map_err(|_| Sealed))
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(&Key::from(self.seal))
    }
}

/// Whether a stored body is encrypted.
pub fn is_sealed(body: &[u8]) -> bool {
    body.starts_with(SEALED)
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keys(..)")
    }
}

#[cfg(test)]
mod tests;
