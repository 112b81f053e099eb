//! Where a hub is.

use std::fmt;
use std::net::IpAddr;

use reqwest::Url;

use super::HubError;

/// The address of a hub: `https://HOST`, for mirrors also with a path before everything.
#[derive(Clone, PartialEq, Eq)]
pub struct Endpoint(Url);

impl Endpoint {
    /// The hub that is asked unless another one is named.
    pub const DEFAULT: &str = "https://huggingface.co";

    /// The address that `text` spells, without what comes after its last `/`.
    ///
    /// # Errors
    /// [`HubError::BadEndpoint`] unless it is a plain `http` or `https` address without a user, a query or a fragment.
    pub fn parse(text: &str) -> Result<Self, HubError> {
        let refuse = |reason: &str| HubError::BadEndpoint { endpoint: text.to_owned(), reason: reason.to_owned() };
        let mut url = Url::parse(text.trim()).map_err(|error| refuse(&error.to_string()))?;
        match () {
            () if !matches!(url.scheme(), "http" | "https") => {
                return Err(refuse("it begins with neither https: nor http:"));
            }
            () if !url.has_host() => return Err(refuse("it names no host")),
            () if !url.username().is_empty() || url.password().is_some() => {
                return Err(refuse("it holds a user's name or password"));
            }
            () if url.query().is_some() || url.fragment().is_some() => return Err(refuse("it holds a ? or a #")),
            () => {}
        }
        let path = url.path().trim_end_matches('/').to_owned();
        url.set_path(&path);
        Ok(Self(url))
    }

    /// The address as text, without a `/` at its end.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str().trim_end_matches('/')
    }

    /// Scheme, host and port, as `https://huggingface.co`.
    #[must_use]
    pub fn origin(&self) -> String {
        self.0.origin().ascii_serialization()
    }

    /// Whether it is this machine.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        is_loopback(&self.0)
    }

    /// The address of what lies below it at these path segments, each of which is escaped as a whole.
    pub(super) fn below<'a>(&self, segments: impl IntoIterator<Item = &'a str>) -> Url {
        let mut url = self.0.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(segments);
        }
        url
    }

    /// Whether `url` is of this hub.
    pub(super) fn is_own(&self, url: &Url) -> bool {
        url.origin() == self.0.origin()
    }

    /// Whether the token may go to `url`: to the hub itself, and unencrypted only within this machine.
    pub(super) fn may_see_token(&self, url: &Url) -> bool {
        self.is_own(url) && (url.scheme() == "https" || is_loopback(url))
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Endpoint({})", self.as_str())
    }
}

fn is_loopback(url: &Url) -> bool {
    let Some(host) = url.host_str() else { return false };
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn addresses_are_checked() {
        for (text, expected) in [
            ("https://huggingface.co", Some("https://huggingface.co")),
            (" https://mirror.example/hf/ ", Some("https://mirror.example/hf")),
            ("http://127.0.0.1:8080", Some("http://127.0.0.1:8080")),
            ("huggingface.co", None),
            ("ftp://huggingface.co", None),
            ("https://user:key@huggingface.co", None),
            ("https://huggingface.co/?a=b", None),
            ("file:///etc", None),
            ("", None),
        ] {
            assert_eq!(Endpoint::parse(text).ok().map(|endpoint| endpoint.to_string()).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn row_19_the_token_is_for_the_hub_alone() {
        let hub = Endpoint::parse("https://hub.example/mirror").unwrap();
        for (url, expected) in [
            ("https://hub.example/x", true),
            ("https://hub.example:443/x", true),
            ("https://hub.example:444/x", false),
            ("http://hub.example/x", false),
            ("https://cdn.hub.example/x", false),
            ("https://hub.example.evil.com/x", false),
        ] {
            assert_eq!(hub.may_see_token(&Url::parse(url).unwrap()), expected, "{url}");
        }
        let open = Endpoint::parse("http://hub.example").unwrap();
        assert!(!open.may_see_token(&Url::parse("http://hub.example/x").unwrap()), "never unencrypted to others");
        let near = Endpoint::parse("http://127.0.0.1:9").unwrap();
        assert!(near.may_see_token(&Url::parse("http://127.0.0.1:9/x").unwrap()));
        assert!(!near.may_see_token(&Url::parse("http://127.0.0.1:10/x").unwrap()));
    }

    #[test]
    fn segments_are_escaped() {
        let hub = Endpoint::parse("https://hub.example/mirror/").unwrap();
        let url = hub.below(["owner", "name", "resolve", "refs/pr/1", "a b#c?.gguf"]);
        assert_eq!(url.as_str(), "https://hub.example/mirror/owner/name/resolve/refs%2Fpr%2F1/a%20b%23c%3F.gguf");
    }
}
