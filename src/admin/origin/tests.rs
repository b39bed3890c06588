//! Forms of other pages are told from ours.

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
