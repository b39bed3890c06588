//! Where a request comes from: this machine, and a page of ours?

use std::net::IpAddr;

use axum::http::HeaderMap;
use axum::http::header::{HOST, ORIGIN};

/// Whatever a proxy or a tunnel adds: with one of these, a request only looks as if it came from this machine.
const FORWARDED: [&str; 9] = [
    "forwarded",
    "via",
    "true-client-ip",
    "fastly-client-ip",
    "fly-client-ip",
    "client-ip",
    "ngrok-trace-id",
    "cdn-loop",
    "x-client-ip",
];
const FORWARDED_PREFIXES: [&str; 7] =
    ["x-forwarded", "x-real-", "cf-", "x-original-", "x-cluster-", "x-envoy-", "tailscale-"];

/// Whether it comes from this machine, was meant for it, and nobody passed it on.
///
/// `Host` counts, since a name that a foreign page has made to point here would be another.
pub(super) fn is_local(peer: IpAddr, headers: &HeaderMap) -> bool {
    let forwarded = headers
        .keys()
        .map(axum::http::HeaderName::as_str)
        .any(|name| FORWARDED.contains(&name) || FORWARDED_PREFIXES.iter().any(|prefix| name.starts_with(prefix)));
    let mut hosts = headers.get_all(HOST).iter();
    let (host, more) = (hosts.next(), hosts.next());
    let host = host.and_then(|host| host.to_str().ok()).is_some_and(is_loopback);
    peer.to_canonical().is_loopback() && host && more.is_none() && !forwarded
}

/// `localhost`, or an address of this machine, with or without a port.
fn is_loopback(host: &str) -> bool {
    let name = match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, _)) => address,
        None => host.rsplit_once(':').map_or(host, |(name, _)| name),
    };
    name.eq_ignore_ascii_case("localhost") || name.parse::<IpAddr>().is_ok_and(|ip| ip.to_canonical().is_loopback())
}

/// Whether a form was sent by a page of ours. Browsers say so where the connection is safe; elsewhere they name the
/// page's origin, which has to be the host that was asked. A client that says neither is no browser.
pub fn is_own_form(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    if let Some(site) = text("sec-fetch-site") {
        return matches!(site, "same-origin" | "none");
    }
    let Some(origin) = text(ORIGIN.as_str()) else { return true };
    let origin = origin.split_once("://").map_or("", |(_, host)| host);
    let asked = [text(HOST.as_str()), text("x-forwarded-host")];
    !origin.is_empty() && asked.into_iter().flatten().any(|host| host.eq_ignore_ascii_case(origin))
}

#[cfg(test)]
mod tests;
