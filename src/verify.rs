//! Is this sender ours? Compared in constant time; knows no I/O and no clock.

mod signature;

use std::net::{IpAddr, SocketAddr};

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ipnet::IpNet;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

pub use signature::{Algorithm, Signature};

use crate::config::Secret;

/// What a sender must show.
#[derive(Debug, Clone, Default)]
pub struct Verifier {
    /// Expected in the path, in `?token=`, or as the password of HTTP Basic.
    pub secret: Option<Secret>,
    /// Of the raw body, expected in a header.
    pub hmac: Option<Signature>,
    /// Addresses that may send; all where empty.
    pub allow: Vec<IpNet>,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
}

/// What a request shows before its body is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is ours.
    Accepted,
    /// Only the signature of its body can tell.
    NeedsBody,
    /// It is not.
    Refused,
}

impl Verifier {
    /// Whether a sender has to show anything at all.
    pub fn is_configured(&self) -> bool {
        self.secret.is_some() || self.hmac.is_some()
    }

    /// The sender's address: the first one, from the right, that is not a trusted proxy's.
    pub fn remote_ip(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let lines = headers.get_all("x-forwarded-for").iter();
        let lines: Vec<_> = lines.map(|value| String::from_utf8_lossy(value.as_bytes())).collect();
        let hops: Vec<_> = lines.iter().flat_map(|line| line.split(',')).map(str::trim).collect();
        let mut address = peer.to_canonical();
        for hop in hops.into_iter().rev() {
            if !contains(&self.trusted_proxies, address) {
                break;
            }
            // What cannot be read is no address of a trusted proxy: the chain ends there.
            let parsed = hop.parse().or_else(|_| hop.parse::<SocketAddr>().map(|hop| hop.ip()));
            let Ok(previous): Result<IpAddr, _> = parsed else { break };
            address = previous.to_canonical();
        }
        address
    }

    /// Whether it is a proxy whose word is believed.
    pub fn is_proxy(&self, peer: IpAddr) -> bool {
        contains(&self.trusted_proxies, peer.to_canonical())
    }

    /// Judges a request by its address, path, query and headers.
    pub fn check(&self, remote_ip: IpAddr, path: Option<&str>, query: Option<&str>, headers: &HeaderMap) -> Verdict {
        if !self.allow.is_empty() && !contains(&self.allow, remote_ip) {
            return Verdict::Refused;
        }
        let Some(secret) = &self.secret else {
            return if self.hmac.is_some() { Verdict::NeedsBody } else { Verdict::Accepted };
        };
        let token = query.and_then(|query| {
            form_urlencoded::parse(query.as_bytes()).find_map(|(name, value)| (name == "token").then_some(value))
        });
        let password = basic_password(headers);
        let shown = [path, token.as_deref(), password.as_deref()];
        // Each is compared, whatever the others gave.
        let accepted = shown.into_iter().flatten().fold(false, |found, shown| found | equal(secret, shown));
        match (accepted, &self.hmac) {
            (true, _) => Verdict::Accepted,
            (false, Some(_)) => Verdict::NeedsBody,
            (false, None) => Verdict::Refused,
        }
    }

    /// Judges a body by its signature.
    pub fn is_signed(&self, headers: &HeaderMap, body: &[u8]) -> bool {
        self.hmac.as_ref().is_some_and(|signature| signature.is_shown(headers, body))
    }
}

/// Hashed first, so that not even the length shows in the time it takes.
fn equal(secret: &Secret, shown: &str) -> bool {
    Sha256::digest(secret.reveal()).ct_eq(&Sha256::digest(shown)).into()
}

fn basic_password(headers: &HeaderMap) -> Option<String> {
    let (scheme, encoded) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    let decoded = scheme.eq_ignore_ascii_case("basic").then(|| STANDARD.decode(encoded.trim()).ok())??;
    let (_, password) = std::str::from_utf8(&decoded).ok()?.split_once(':')?;
    Some(password.to_owned())
}

fn contains(networks: &[IpNet], address: IpAddr) -> bool {
    networks.iter().any(|network| network.contains(&address))
}
