//! The judges against spelled-out and made-up requests.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use proptest::prelude::*;

use super::*;

const OWN: &str = "127.0.0.1:7860";

fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        headers.append(HeaderName::from_bytes(name.as_bytes()).unwrap(), HeaderValue::from_str(value).unwrap());
    }
    headers
}

fn rule<'a>(local: &str, allowed: &'a [AllowedHost]) -> HostRule<'a> {
    HostRule { local: local.parse().unwrap(), allowed }
}

#[test]
fn a_loopback_connection_may_use_loopback_names() {
    let check = |local: &str, name: &str, expected: bool| {
        let found = host(&headers(&[("host", name)]), &Uri::from_static("/"), rule(local, &[])).is_ok();
        assert_eq!(found, expected, "{name:?} at {local}");
    };
    check(OWN, "localhost:7860", true);
    check(OWN, "LOCALHOST:7860", true);
    check(OWN, "127.0.0.1:7860", true);
    check(OWN, "[::1]:7860", true);
    check("[::1]:7860", "127.0.0.1:7860", true);
    check("[::ffff:127.0.0.1]:7860", "localhost:7860", true);
    check("127.0.0.2:7860", "127.0.0.2:7860", true);
    check("127.0.0.1:80", "localhost", true);
    check("127.0.0.1:80", "localhost:80", true);
    check(OWN, "localhost", false);
    check(OWN, "localhost:80", false);
    check(OWN, "localhost:7861", false);
    check(OWN, "127.0.0.2:7860", false);
    check(OWN, "evil.com", false);
    check(OWN, "evil.com:7860", false);
    check(OWN, "127.0.0.1.evil.com:7860", false);
    check(OWN, "localhost.evil.com:7860", false);
    check(OWN, "localhost.:7860", false);
    check(OWN, "127.0.0.1.:7860", false);
    check(OWN, "user@127.0.0.1:7860", false);
    check(OWN, "evil.com@127.0.0.1:7860", false);
    check(OWN, "127.0.0.1:7860@evil.com", false);
    check(OWN, "127.1:7860", false);
    check(OWN, "2130706433:7860", false);
    check(OWN, "0.0.0.0:7860", false);
    check(OWN, "[::ffff:127.0.0.1]:7860", false);
    check(OWN, "", false);
}

#[test]
fn another_connection_may_use_the_address_that_it_reached() {
    let check = |name: &str, expected: bool| {
        let found = host(&headers(&[("host", name)]), &Uri::from_static("/"), rule("192.168.1.20:7860", &[])).is_ok();
        assert_eq!(found, expected, "{name:?}");
    };
    check("192.168.1.20:7860", true);
    check("192.168.1.21:7860", false);
    check("192.168.1.20", false);
    check("localhost:7860", false);
    check("127.0.0.1:7860", false);
    check("studio.local:7860", false);
}

#[test]
fn allowed_names_are_allowed_as_spelled() {
    let allowed = ["studio.local", "tunnel:9000", "proxy:80"].map(|name| name.parse().unwrap());
    let check = |name: &str, expected: bool| {
        let found = host(&headers(&[("host", name)]), &Uri::from_static("/"), rule(OWN, &allowed)).is_ok();
        assert_eq!(found, expected, "{name:?}");
    };
    check("studio.local:7860", true);
    check("Studio.Local:7860", true);
    check("studio.local", false);
    check("studio.local:9000", false);
    check("a.studio.local:7860", false);
    check("tunnel:9000", true);
    check("tunnel:7860", false);
    check("proxy", true);
    check("proxy:80", true);
}

#[test]
fn the_one_host_is_what_counts() {
    let check = |pairs: &[(&str, &str)], uri: &'static str, expected: bool| {
        let found = host(&headers(pairs), &Uri::from_static(uri), rule(OWN, &[])).is_ok();
        assert_eq!(found, expected, "{pairs:?} {uri}");
    };
    let good = ("host", "localhost:7860");
    check(&[], "/", false);
    check(&[good, good], "/", false);
    check(&[good, ("host", "evil.com")], "/", false);
    check(&[("host", "evil.com"), ("x-forwarded-host", "localhost:7860")], "/", false);
    check(&[("host", "evil.com"), ("forwarded", "host=localhost:7860")], "/", false);
    check(&[good, ("x-forwarded-host", "evil.com")], "/", true);
    check(&[good], "http://localhost:7860/", true);
    check(&[good], "http://evil.com/", false);
    check(&[good], "http://127.0.0.1:7860/", false);
    check(&[good], "http://evil.com@localhost:7860/", false);
    check(&[good], "https://localhost:7860/", false);
    check(&[("host", "evil.com")], "http://localhost:7860/", false);
}

#[test]
fn only_pages_of_ours_may_ask() {
    let check = |pairs: &[(&str, &str)], expected: bool| {
        assert_eq!(origin(&headers(pairs), rule(OWN, &[])).is_ok(), expected, "{pairs:?}");
    };
    check(&[], true);
    check(&[("origin", "http://localhost:7860")], true);
    check(&[("origin", "http://127.0.0.1:7860")], true);
    check(&[("origin", "http://[::1]:7860")], true);
    check(&[("origin", "null")], false);
    check(&[("origin", "")], false);
    check(&[("origin", "https://localhost:7860")], false);
    check(&[("origin", "http://localhost")], false);
    check(&[("origin", "http://localhost:3000")], false);
    check(&[("origin", "http://evil.com")], false);
    check(&[("origin", "http://localhost:7860.evil.com")], false);
    check(&[("origin", "http://localhost:7860/")], false);
    check(&[("origin", "http://localhost:7860 http://evil.com")], false);
    check(&[("origin", "file://")], false);
    check(&[("origin", "http://localhost:7860"), ("origin", "http://evil.com")], false);
    check(&[("sec-fetch-site", "none")], true);
    check(&[("sec-fetch-site", "same-origin")], true);
    check(&[("sec-fetch-site", "cross-site")], false);
    check(&[("sec-fetch-site", "Cross-Site ")], false);
    check(&[("origin", "http://localhost:7860"), ("sec-fetch-site", "cross-site")], false);
}

#[test]
fn the_token_is_shown_in_one_header() {
    let token = Token::parse("secret", "test").unwrap();
    let check = |pairs: &[(&str, &str)], expected: bool| {
        assert_eq!(bears(&headers(pairs), &token), expected, "{pairs:?}");
    };
    check(&[("authorization", "Bearer secret")], true);
    check(&[("authorization", "bearer  secret")], true);
    check(&[], false);
    check(&[("authorization", "secret")], false);
    check(&[("authorization", "Bearer")], false);
    check(&[("authorization", "Bearer ")], false);
    check(&[("authorization", "Bearer secre")], false);
    check(&[("authorization", "Bearer secrets")], false);
    check(&[("authorization", "Basic secret")], false);
    check(&[("authorization", "Bearer secret"), ("authorization", "Bearer other")], false);
}

#[test]
fn a_body_is_json() {
    let check = |pairs: &[(&str, &str)], expected: bool| {
        assert_eq!(content_type(&headers(pairs)).is_ok(), expected, "{pairs:?}");
    };
    let body = ("content-length", "2");
    check(&[], true);
    check(&[("content-length", "0")], true);
    check(&[("content-length", "0"), ("content-type", "text/plain")], true);
    check(&[body, ("content-type", "application/json")], true);
    check(&[body, ("content-type", "Application/JSON; charset=UTF-8")], true);
    check(&[body, ("content-type", "application/json;charset=\"utf-8\"")], true);
    check(&[("transfer-encoding", "chunked"), ("content-type", "application/json")], true);
    check(&[body], false);
    check(&[("transfer-encoding", "chunked")], false);
    check(&[body, ("content-type", "text/plain")], false);
    check(&[body, ("content-type", "application/x-www-form-urlencoded")], false);
    check(&[body, ("content-type", "multipart/form-data; boundary=x")], false);
    check(&[body, ("content-type", "application/jsonp")], false);
    check(&[body, ("content-type", "application/json; charset=utf-16")], false);
    check(&[body, ("content-type", "text/plain; application/json")], false);
    check(&[body, ("content-type", "application/json"), ("content-type", "text/plain")], false);
}

proptest! {
    #[test]
    fn row_26_any_host_is_refused_unless_it_is_spelled(name in r"[ -~]{0,60}") {
        let allowed = ["studio.local".parse().unwrap()];
        let headers = headers(&[("host", &name)]);
        let spelled = ["localhost:7860", "127.0.0.1:7860", "[::1]:7860", "studio.local:7860"];
        let expected = spelled.contains(&name.to_ascii_lowercase().as_str());
        prop_assert_eq!(host(&headers, &Uri::from_static("/"), rule(OWN, &allowed)).is_ok(), expected);
    }

    #[test]
    fn row_26_any_variation_of_a_good_host_is_refused(
        good in prop::sample::select(vec!["localhost:7860", "127.0.0.1:7860", "[::1]:7860"]),
        at in 0_usize..20,
        inserted in r"[ -~]{1,3}",
    ) {
        let at = at.min(good.len());
        let name = format!("{}{inserted}{}", &good[..at], &good[at..]);
        let headers = headers(&[("host", &name)]);
        prop_assert!(host(&headers, &Uri::from_static("/"), rule(OWN, &[])).is_err(), "{}", name);
    }

    #[test]
    fn row_29_any_origin_is_refused_unless_it_is_spelled(text in r"(http://|https://|)[ -~]{0,40}") {
        let spelled = ["http://localhost:7860", "http://127.0.0.1:7860", "http://[::1]:7860"];
        let expected = spelled.contains(&text.to_ascii_lowercase().as_str());
        let headers = headers(&[("origin", &text)]);
        prop_assert_eq!(origin(&headers, rule(OWN, &[])).is_ok(), expected);
    }

    #[test]
    fn any_bytes_are_judged_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
        let Ok(value) = HeaderValue::from_bytes(&bytes) else { return Ok(()) };
        let mut headers = HeaderMap::new();
        for name in [header::HOST, header::ORIGIN, header::AUTHORIZATION, header::CONTENT_TYPE, header::CONTENT_LENGTH] {
            headers.insert(name, value.clone());
        }
        let rule = rule(OWN, &[]);
        prop_assert!(origin(&headers, rule).is_err() || host(&headers, &Uri::from_static("/"), rule).is_err());
        let _ = (content_type(&headers), bears(&headers, &Token::parse("secret", "test").unwrap()));
    }
}
