//! The guard's judges of `Host` and `Origin`: of everything that a client may send, only the plain spellings of the
//! listener's own names are let in. The sources of the guard are compiled in as they are.
#![no_main]
#![allow(dead_code, unreachable_pub, reason = "the guard has more than is asked here")]

use std::net::SocketAddr;

use axum::http::{HeaderMap, HeaderValue, Uri, header};
use libfuzzer_sys::fuzz_target;

#[path = "."]
mod guard {
    #[path = "../../../crates/api/src/guard/authority.rs"]
    pub(crate) mod authority;
    #[path = "../../../crates/api/src/guard/judge.rs"]
    pub(crate) mod judge;

    pub(crate) mod refusal {
        /// Stands in for the guard's answers.
        #[derive(Debug, PartialEq, Eq)]
        pub(crate) enum Refusal {
            Host,
            Origin,
            ContentType,
        }
    }
}

mod token {
    /// Stands in for the token, which is not asked for here.
    pub(crate) struct Token;

    impl Token {
        pub(crate) fn is(&self, _shown: &str) -> bool {
            false
        }
    }
}

const LOCAL: &str = "127.0.0.1:7860";
const HOSTS: [&str; 3] = ["127.0.0.1:7860", "[::1]:7860", "localhost:7860"];

fuzz_target!(|data: &[u8]| {
    let mut parts = data.splitn(3, |byte| *byte == b'\n');
    let (host, origin, uri) = (parts.next().unwrap_or_default(), parts.next(), parts.next());
    let mut headers = HeaderMap::new();
    if let Ok(value) = HeaderValue::from_bytes(host) {
        headers.insert(header::HOST, value);
    }
    if let Some(Ok(value)) = origin.map(HeaderValue::from_bytes) {
        headers.insert(header::ORIGIN, value);
    }
    let uri = uri.and_then(|uri| Uri::try_from(uri).ok()).unwrap_or_default();
    let local: SocketAddr = LOCAL.parse().expect("it is an address");
    let rule = guard::judge::HostRule { local, allowed: &[] };
    let is_spelled = |text: &[u8]| HOSTS.iter().any(|host| text.eq_ignore_ascii_case(host.as_bytes()));
    if guard::judge::host(&headers, &uri, rule).is_ok() {
        assert!(is_spelled(host), "the host {:?} was let in", host.escape_ascii().to_string());
        if let Some(named) = uri.authority() {
            assert!(is_spelled(named.as_str().as_bytes()), "the address {uri} was let in");
        }
    }
    if let Some(origin) = headers.get(header::ORIGIN).filter(|_| guard::judge::origin(&headers, rule).is_ok()) {
        let page = origin.as_bytes().strip_prefix(b"http://").expect("only pages over http are ours");
        assert!(is_spelled(page), "the page {origin:?} was let in");
    }
    let _ = guard::judge::content_type(&headers);
});
