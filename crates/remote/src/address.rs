//! The base address of a server: what may be one, and whether it may be spoken to without encryption.

use std::fmt;
use std::net::IpAddr;

use brickwork_engine::Phrase;
use reqwest::Url;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// Why a text is no address that can be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressFault {
    /// It cannot be read as one.
    #[error("`{0}` is no address of a server. Give one such as http://127.0.0.1:8080/v1 or https://example.org/v1.")]
    Unreadable(String),
    /// It carries a user name or a password, which would stand in the database and in every list.
    #[error("The address carries a user name or password. Leave them out, and set a key instead.")]
    Credentials,
    /// It has a query or a fragment, which no path can follow.
    #[error("The address has a part behind `?` or `#`. Give the base address alone, such as https://example.org/v1.")]
    Trailer,
    /// It is public, and without encryption.
    #[error(
        "`{0}` is no private address, and http would send prompts and key through the open network unencrypted. Use https, or allow it for this server."
    )]
    Unencrypted(String),
}

impl AddressFault {
    /// The fault in a form that can be put into another language.
    #[must_use]
    pub fn phrase(&self) -> Phrase {
        match self {
            Self::Unreadable(address) => Phrase::new("no_server_address").with("address", address),
            Self::Credentials => Phrase::new("address_with_credentials"),
            Self::Trailer => Phrase::new("address_with_trailer"),
            Self::Unencrypted(address) => Phrase::new("address_unencrypted").with("address", address),
        }
    }
}

/// The base address of a server: without a slash at its end, in the one spelling that URLs have.
#[derive(Clone, PartialEq, Eq)]
pub struct BaseUrl {
    url: Url,
    allow_insecure: bool,
}

impl BaseUrl {
    /// Reads an address; one without a path gets `/v1`, where these servers have their interface. Unless
    /// `allow_insecure`, http is for private addresses only; a name is looked up when the server is spoken to.
    ///
    /// # Errors
    /// [`AddressFault`] says what to give instead.
    pub fn parse(text: &str, allow_insecure: bool) -> Result<Self, AddressFault> {
        let unreadable = || AddressFault::Unreadable(text.to_owned());
        let mut url = Url::parse(text.trim()).map_err(|_| unreadable())?;
        if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
            return Err(unreadable());
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(AddressFault::Credentials);
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(AddressFault::Trailer);
        }
        let path = url.path().trim_end_matches('/').to_owned();
        url.set_path(if path.is_empty() { "/v1" } else { &path });
        let base = Self { url, allow_insecure };
        if base.must_be_private() && base.ip().is_some_and(|ip| !is_private(ip)) {
            return Err(AddressFault::Unencrypted(base.host()));
        }
        Ok(base)
    }

    /// The address as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.url.as_str()
    }

    /// Scheme, host and port: whom a key is for.
    #[must_use]
    pub fn origin(&self) -> String {
        self.url.origin().ascii_serialization()
    }

    /// The host, with its port where it is not the scheme's own.
    #[must_use]
    pub fn host(&self) -> String {
        let host = self.url.host_str().unwrap_or_default();
        self.url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
    }

    /// Whether the server runs on this machine, so that text sent to it does not leave it.
    #[must_use]
    pub fn is_this_machine(&self) -> bool {
        let is_local_name = self.url.host_str().is_some_and(|name| name == "localhost" || name.ends_with(".localhost"));
        is_local_name || self.ip().is_some_and(|ip| ip.to_canonical().is_loopback())
    }

    /// Whether only private addresses may be spoken to under it.
    pub(crate) fn must_be_private(&self) -> bool {
        self.url.scheme() == "http" && !self.allow_insecure
    }

    /// Whether it lies on this machine or names an address of a private network: nothing stands in between.
    pub(crate) fn is_near(&self) -> bool {
        self.is_this_machine() || self.ip().is_some_and(is_private)
    }

    /// A path of the interface, such as `chat/completions`.
    pub(crate) fn path(&self, path: &str) -> Url {
        let mut url = self.url.clone();
        url.set_path(&format!("{}/{path}", self.url.path().trim_end_matches('/')));
        url
    }

    /// A path of the server itself, beside the interface.
    pub(crate) fn root_path(&self, path: &str) -> Url {
        let mut url = self.url.clone();
        let root = self.url.path().trim_end_matches("/v1");
        url.set_path(&format!("{root}/{path}"));
        url
    }

    fn ip(&self) -> Option<IpAddr> {
        self.url.host_str()?.trim_start_matches('[').trim_end_matches(']').parse().ok()
    }
}

impl fmt::Debug for BaseUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// Whether an address belongs to this machine or to a private network: RFC 1918, RFC 4193, link-local addresses of IPv6,
/// and the range of RFC 6598, which virtual private networks use.
fn is_private(ip: IpAddr) -> bool {
    match ip.to_canonical() {
        IpAddr::V4(ip) => {
            let [first, second, ..] = ip.octets();
            ip.is_loopback() || ip.is_private() || (first == 100 && (64..128).contains(&second))
        }
        IpAddr::V6(ip) => ip.is_loopback() || ip.is_unique_local() || ip.is_unicast_link_local(),
    }
}

/// A name that leads to public addresses only, where a private one is asked for.
#[derive(Debug, thiserror::Error)]
#[error("the name leads to no private address")]
pub(crate) struct NotPrivate;

/// Looks names up, and leaves out every address that is not private.
pub(crate) struct PrivateOnly;

impl Resolve for PrivateOnly {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let private: Vec<_> = found.filter(|address| is_private(address.ip())).collect();
            if private.is_empty() {
                return Err(NotPrivate.into());
            }
            let addresses: Addrs = Box::new(private.into_iter());
            Ok(addresses)
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test ends at the first surprise")]

    use super::*;

    #[test]
    fn addresses_have_one_spelling() {
        let check = |text: &str, expected: &str, host: &str| {
            let base = BaseUrl::parse(text, false).unwrap();
            assert_eq!((base.as_str(), &*base.host()), (expected, host), "{text}");
        };
        check("http://127.0.0.1:8080", "http://127.0.0.1:8080/v1", "127.0.0.1:8080");
        check(" http://LocalHost:11434/v1/ ", "http://localhost:11434/v1", "localhost:11434");
        check("https://api.example.org/openai/v1//", "https://api.example.org/openai/v1", "api.example.org");
        check("http://[::1]:1234", "http://[::1]:1234/v1", "[::1]:1234");
        let base = BaseUrl::parse("http://10.0.0.2:8080", false).unwrap();
        assert_eq!(base.path("chat/completions").as_str(), "http://10.0.0.2:8080/v1/chat/completions");
        assert_eq!(base.root_path("tokenize").as_str(), "http://10.0.0.2:8080/tokenize");
        assert_eq!(base.origin(), "http://10.0.0.2:8080");
        let below = BaseUrl::parse("https://example.org/llm/v1", false).unwrap();
        assert_eq!(below.root_path("props").as_str(), "https://example.org/llm/props");
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in ["", "localhost:8080", "ftp://example.org", "file:///etc/passwd", "http://", "not an address"] {
            assert!(matches!(BaseUrl::parse(text, true), Err(AddressFault::Unreadable(_))), "{text}");
        }
        assert_eq!(BaseUrl::parse("https://me:pw@example.org", true), Err(AddressFault::Credentials));
        assert_eq!(BaseUrl::parse("https://example.org/v1?key=1", true), Err(AddressFault::Trailer));
        assert_eq!(BaseUrl::parse("https://example.org/v1#a", true), Err(AddressFault::Trailer));
    }

    #[test]
    fn http_is_for_private_addresses() {
        for text in
            ["http://127.0.0.9", "http://192.168.1.2", "http://172.31.0.1", "http://100.64.0.1", "http://[fd00::1]"]
        {
            assert!(BaseUrl::parse(text, false).is_ok(), "{text}");
        }
        for text in [
            "http://8.8.8.8",
            "http://172.32.0.1",
            "http://[2001:db8::1]",
            "http://[::ffff:8.8.8.8]",
            "http://0x08080808",
        ] {
            assert!(matches!(BaseUrl::parse(text, false), Err(AddressFault::Unencrypted(_))), "{text}");
            assert!(BaseUrl::parse(text, true).is_ok(), "{text}");
        }
        assert!(BaseUrl::parse("https://8.8.8.8", false).is_ok());
        assert!(BaseUrl::parse("http://[::ffff:127.0.0.1]", false).unwrap().is_this_machine());
        assert!(!BaseUrl::parse("http://localhost.example.org", false).unwrap().is_this_machine());
    }
}
