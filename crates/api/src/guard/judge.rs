//! The judges of a request's head: pure functions from what a client sent to a verdict.
//!
//! `Forwarded` and `X-Forwarded-*` are never looked at: anybody can write them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use axum::http::{HeaderMap, HeaderName, Uri, header};

use super::authority::{AllowedHost, Authority, Host};
use super::refusal::Refusal;
use crate::token::Token;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Under which names a listener may be reached.
#[derive(Debug, Clone, Copy)]
pub(crate) struct HostRule<'a> {
    /// The listener's side of the accepted connection.
    pub(crate) local: SocketAddr,
    /// More names that the user allows.
    pub(crate) allowed: &'a [AllowedHost],
}

impl HostRule<'_> {
    fn admits(&self, asked: &Authority) -> bool {
        let is_own = self.local.port() == asked.effective_port() && self.is_own(&asked.host);
        is_own || self.allowed.iter().any(|allowed| self.is_spelled(allowed, asked))
    }

    /// A connection that came over loopback may use any loopback name. Every other connection may use the very address
    /// that it reached, and no name, since a name may be made to point anywhere (DNS rebinding).
    fn is_own(&self, host: &Host) -> bool {
        let local = self.local.ip().to_canonical();
        match host {
            Host::Ip(ip) if local.is_loopback() => {
                *ip == local || [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)].contains(ip)
            }
            Host::Ip(ip) => *ip == local,
            Host::Name(name) => local.is_loopback() && name == "localhost",
        }
    }

    fn is_spelled(&self, allowed: &AllowedHost, asked: &Authority) -> bool {
        let port = allowed.0.port.unwrap_or(self.local.port());
        allowed.0.host == asked.host && port == asked.effective_port()
    }
}

/// There is exactly one `Host`, it is one of ours, and an absolute URI names the same.
pub(crate) fn host(headers: &HeaderMap, uri: &Uri, rule: HostRule<'_>) -> Result<(), Refusal> {
    let asked = only(headers, &header::HOST).and_then(Authority::parse);
    let asked = asked.filter(|asked| rule.admits(asked)).ok_or(Refusal::Host)?;
    let is_http = uri.scheme_str().is_none_or(|scheme| scheme.eq_ignore_ascii_case("http"));
    let is_same = uri.authority().is_none_or(|named| Authority::parse(named.as_str()).as_ref() == Some(&asked));
    if is_http && is_same { Ok(()) } else { Err(Refusal::Host) }
}

/// The request comes from no page at all, or from a page of ours.
pub(crate) fn origin(headers: &HeaderMap, rule: HostRule<'_>) -> Result<(), Refusal> {
    let is_cross_site = headers
        .get_all(SEC_FETCH_SITE)
        .iter()
        .any(|value| value.as_bytes().trim_ascii().eq_ignore_ascii_case(b"cross-site"));
    if is_cross_site {
        return Err(Refusal::Origin);
    }
    if !headers.contains_key(header::ORIGIN) {
        return Ok(());
    }
    let page = only(headers, &header::ORIGIN).and_then(|origin| Authority::parse(origin.strip_prefix("http://")?));
    if page.is_some_and(|page| rule.admits(&page)) { Ok(()) } else { Err(Refusal::Origin) }
}

/// The request shows the token as `Authorization: Bearer TOKEN`.
pub(crate) fn bears(headers: &HeaderMap, token: &Token) -> bool {
    let Some((scheme, shown)) = only(headers, &header::AUTHORIZATION).and_then(|value| value.split_once(' ')) else {
        return false;
    };
    scheme.eq_ignore_ascii_case("bearer") && token.is(shown.trim_matches(' '))
}

/// Whether a body comes with the head.
pub(crate) fn has_body(headers: &HeaderMap) -> bool {
    headers.contains_key(header::TRANSFER_ENCODING) || content_length(headers).is_none_or(|length| length > 0)
}

/// The announced length of the body in bytes: 0 when none is announced, `None` when it is no number.
pub(crate) fn content_length(headers: &HeaderMap) -> Option<u64> {
    match headers.get(header::CONTENT_LENGTH) {
        None => Some(0),
        Some(value) => value.to_str().ok()?.parse().ok(),
    }
}

/// A body is JSON in UTF-8 by its content type.
pub(crate) fn content_type(headers: &HeaderMap) -> Result<(), Refusal> {
    let is_fine = !has_body(headers) || only(headers, &header::CONTENT_TYPE).is_some_and(is_json);
    if is_fine { Ok(()) } else { Err(Refusal::ContentType) }
}

fn is_json(content_type: &str) -> bool {
    let mut parts = content_type.split(';').map(str::trim);
    let is_json = parts.next().is_some_and(|media| media.eq_ignore_ascii_case("application/json"));
    is_json
        && parts.all(|parameter| {
            parameter.split_once('=').is_some_and(|(name, value)| {
                name.eq_ignore_ascii_case("charset") && value.trim_matches('"').eq_ignore_ascii_case("utf-8")
            })
        })
}

/// The value of a header that is there exactly once and in visible ASCII.
pub(crate) fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?;
    if values.next().is_some() { None } else { value.to_str().ok() }
}

#[cfg(test)]
mod tests;
