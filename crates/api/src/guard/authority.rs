//! Reading a host with its port, as a `Host` header, an absolute URI or an origin spells it (RFC 9112 section 3.2).
//!
//! Only the one plain spelling of a host is read. What else a browser or a proxy might understand (user information, a
//! dot at the end, escapes, shortened or hexadecimal addresses) is refused, so that no two readers can disagree on it.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// The longest name, in bytes (RFC 1035 section 2.3.4).
const MAX_NAME_BYTES: usize = 253;

/// The longest label of a name, in bytes (RFC 1035 section 2.3.4).
const MAX_LABEL_BYTES: usize = 63;

/// The port of `http` when none is named.
const HTTP_PORT: u16 = 80;

/// A host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Host {
    /// A name in lower case.
    Name(String),
    /// An address; version 6 stands in brackets.
    Ip(IpAddr),
}

/// A host with its port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Authority {
    pub(crate) host: Host,
    /// The port, when one is named.
    pub(crate) port: Option<u16>,
}

impl Authority {
    /// The authority that `text` spells, when it is a plain one.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if let Some(rest) = text.strip_prefix('[') {
            let (address, port) = rest.split_once(']')?;
            let port = match port {
                "" => None,
                port => Some(parse_port(port.strip_prefix(':')?)?),
            };
            let ip: Ipv6Addr = address.parse().ok()?;
            let is_plain = ip.to_string().eq_ignore_ascii_case(address);
            return is_plain.then_some(Self { host: Host::Ip(ip.into()), port });
        }
        let (host, port) = match text.split_once(':') {
            None => (text, None),
            Some((host, port)) => (host, Some(parse_port(port)?)),
        };
        Some(Self { host: parse_host(host)?, port })
    }

    /// The port that a client meant with this.
    pub(crate) fn effective_port(&self) -> u16 {
        self.port.unwrap_or(HTTP_PORT)
    }
}

fn parse_port(text: &str) -> Option<u16> {
    let is_plain = !text.starts_with('0') && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_plain { text.parse().ok() } else { None }
}

fn parse_host(text: &str) -> Option<Host> {
    if let Ok(ip) = text.parse::<Ipv4Addr>() {
        return Some(Host::Ip(ip.into()));
    }
    let is_label = |label: &str| {
        !label.is_empty()
            && label.len() <= MAX_LABEL_BYTES
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    let is_name = text.len() <= MAX_NAME_BYTES && text.split('.').all(is_label);
    is_name.then(|| Host::Name(text.to_ascii_lowercase()))
}

impl fmt::Display for Authority {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.host {
            Host::Name(name) => formatter.write_str(name)?,
            Host::Ip(IpAddr::V4(ip)) => ip.fmt(formatter)?,
            Host::Ip(IpAddr::V6(ip)) => write!(formatter, "[{ip}]")?,
        }
        self.port.map_or(Ok(()), |port| write!(formatter, ":{port}"))
    }
}

/// One more name under which clients may reach the listener: `NAME` with the listener's port, or `NAME:PORT`, for a
/// tunnel or proxy in front of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllowedHost(pub(crate) Authority);

/// A text that names no host.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no host name. Give a plain name or address, such as `studio.local`, `192.168.1.20` or `localhost:9000`."
)]
pub struct InvalidHost(String);

impl FromStr for AllowedHost {
    type Err = InvalidHost;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Authority::parse(text).map(Self).ok_or_else(|| InvalidHost(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_plain_spellings_are_read() {
        let check = |text: &str, expected: bool| assert_eq!(Authority::parse(text).is_some(), expected, "{text:?}");
        check("localhost", true);
        check("LocalHost:7860", true);
        check("127.0.0.1:7860", true);
        check("[::1]", true);
        check("[::1]:7860", true);
        check("studio-2.example.org:80", true);
        check("", false);
        check(":7860", false);
        check("localhost:", false);
        check("localhost:0", false);
        check("localhost:07860", false);
        check("localhost:+7860", false);
        check("localhost:78600", false);
        check("localhost:7860:7860", false);
        check("localhost.", false);
        check(".localhost", false);
        check("a..b", false);
        check("user@localhost", false);
        check("user:pass@localhost:7860", false);
        check("localhost ", false);
        check("local%68ost", false);
        check("localhost/", false);
        check("localhost,evil.com", false);
        check("::1", false);
        check("[::1", false);
        check("[::1]7860", false);
        check("[::1%25eth0]", false);
        check("[0:0:0:0:0:0:0:1]", false);
        check("[127.0.0.1]", false);
        check("ⓛocalhost", false);
        check("local_host", false);
    }

    #[test]
    fn disguised_addresses_stay_names() {
        for text in ["127.1", "2130706433", "0x7f.0.0.1", "127.0.0.01", "127.0.0.1.evil.com"] {
            assert_eq!(Authority::parse(text).map(|read| read.host), Some(Host::Name(text.to_owned())), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in ".{0,80}") {
            if let Some(read) = Authority::parse(&text) {
                prop_assert_eq!(read.to_string(), text.to_ascii_lowercase(), "what is read is exactly what was written");
            }
        }

        #[test]
        fn texts_like_authorities_are_read_back_as_written(text in r"[\[\]a-f0-9.:@%\-/ x]{0,40}") {
            if let Some(read) = Authority::parse(&text) {
                prop_assert_eq!(read.to_string(), text);
            }
        }
    }
}
