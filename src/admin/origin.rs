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
mod tests {
    use axum::http::{HeaderName, HeaderValue};

    use super::*;

    fn headers(lines: &[(&'static str, &'static str)]) -> HeaderMap {
        lines.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn only_this_machine_is_local() {
        let (here, there) = (IpAddr::from([127, 0, 0, 1]), IpAddr::from([192, 0, 2, 1]));
        for host in ["localhost", "LOCALHOST:8080", "127.0.0.1:8080", "127.9.9.9", "[::1]:8080", "[::1]"] {
            assert!(is_local(here, &headers(&[("host", host)])), "{host}");
            assert!(!is_local(there, &headers(&[("host", host)])), "{host}");
        }
        for host in ["example.com", "localhost.example.com", "192.0.2.1", "[2001:db8::1]", "", "[::1"] {
            assert!(!is_local(here, &headers(&[("host", host)])), "{host}");
        }
        assert!(is_local("::ffff:127.0.0.1".parse().unwrap(), &headers(&[("host", "localhost")])));
        assert!(!is_local(here, &headers(&[])));
    }

    #[test]
    fn a_tunnel_is_not_local() {
        for name in [
            "x-forwarded-for",
            "x-forwarded-proto",
            "forwarded",
            "via",
            "x-real-ip",
            "cf-connecting-ip",
            "cf-ray",
            "true-client-ip",
            "tailscale-user-login",
            "cdn-loop",
        ] {
            assert!(!is_local([127, 0, 0, 1].into(), &headers(&[("host", "localhost"), (name, "x")])), "{name}");
        }
    }

    #[test]
    fn foreign_forms_are_told() {
        for (own, lines) in [
            (true, vec![("sec-fetch-site", "same-origin"), ("origin", "https://other")]),
            (false, vec![("sec-fetch-site", "cross-site"), ("origin", "https://mirror"), ("host", "mirror")]),
            (false, vec![("sec-fetch-site", "same-site")]),
            (true, vec![("origin", "http://mirror:8080"), ("host", "mirror:8080")]),
            (false, vec![("origin", "http://mirror:8081"), ("host", "mirror:8080")]),
            (false, vec![("origin", "null"), ("host", "mirror:8080")]),
            (true, vec![("origin", "https://public"), ("host", "inner:8080"), ("x-forwarded-host", "public")]),
            (true, vec![("host", "mirror")]),
        ] {
            assert_eq!(is_own_form(&headers(&lines)), own, "{lines:?}");
        }
    }
}
