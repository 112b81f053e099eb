//! Requests to a hub.

use std::fmt;
use std::sync::OnceLock;
use std::time::Duration;

use reqwest::header::{
    ACCEPT_ENCODING, AUTHORIZATION, CONTENT_RANGE, ETAG, HeaderMap, HeaderValue, IF_RANGE, LOCATION, RANGE,
};
use reqwest::redirect::Policy;
use reqwest::{Client, Response, StatusCode, Url};
use serde::de::DeserializeOwned;

use super::refusal::Asked;
use super::{Endpoint, HubError, check_path, check_repository, check_revision};

/// How long a connection may take to be made.
const CONNECT_LIMIT: Duration = Duration::from_secs(15);
/// The most redirects that are followed.
const MAX_REDIRECTS: usize = 8;
/// The largest JSON answer that is read, in bytes.
const MAX_JSON_BYTES: usize = 32 << 20;
/// The most pages of one list.
const MAX_PAGES: usize = 50;

/// A token of a hub. It is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct HubToken(HeaderValue);

impl HubToken {
    /// The token that `text` spells; `None` when a header field cannot carry it.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return None;
        }
        let mut value = HeaderValue::from_str(&format!("Bearer {text}")).ok()?;
        value.set_sensitive(true);
        Some(Self(value))
    }
}

impl fmt::Debug for HubToken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("HubToken(not shown)")
    }
}

/// The connections to hubs, which are kept open for a while. They belong to the runtime on which they are used first.
#[derive(Debug, Default)]
pub struct HubConnections {
    near: OnceLock<Client>,
    far: OnceLock<Client>,
}

impl HubConnections {
    /// A client for the hub at `endpoint`. What is on this machine is reached without a proxy.
    fn client(&self, endpoint: &Endpoint) -> Result<Client, HubError> {
        let slot = if endpoint.is_loopback() { &self.near } else { &self.far };
        if let Some(client) = slot.get() {
            return Ok(client.clone());
        }
        let mut builder = Client::builder()
            .user_agent(concat!("brickwork/", env!("CARGO_PKG_VERSION")))
            .redirect(Policy::none())
            .referer(false)
            .connect_timeout(CONNECT_LIMIT);
        if endpoint.is_loopback() {
            builder = builder.no_proxy();
        }
        let client = builder.build().map_err(|error| unreachable(endpoint, &error))?;
        Ok(slot.get_or_init(|| client).clone())
    }
}

/// A hub, with the token that it is shown.
#[derive(Debug, Clone)]
pub struct Hub {
    client: Client,
    endpoint: Endpoint,
    token: Option<HubToken>,
    stall_limit: Duration,
}

/// A file of a hub that is about to be read.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) response: Response,
    /// Where it comes from in the end, without the query, which may hold a signature.
    pub(crate) source: String,
    /// What changes when the file does.
    pub(crate) etag: Option<String>,
    /// Whether `etag` is the answering server's own, so that it can be asked for by it.
    pub(crate) etag_is_own: bool,
    /// The `Content-Range` of a part.
    pub(crate) range: Option<String>,
}

impl Hub {
    /// The hub at `endpoint`. A connection that says nothing for `stall_limit` counts as dead.
    ///
    /// # Errors
    /// [`HubError::Unreachable`] when this system offers no way to connect, such as without any trusted certificate.
    pub fn new(
        connections: &HubConnections,
        endpoint: Endpoint,
        token: Option<HubToken>,
        stall_limit: Duration,
    ) -> Result<Self, HubError> {
        Ok(Self { client: connections.client(&endpoint)?, endpoint, token, stall_limit })
    }

    /// Where it is.
    #[must_use]
    pub const fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Opens a file of a repository at `first_byte`. With `etag` only as long as the file is still that one, otherwise from
    /// its beginning; the answer's status tells.
    pub(crate) async fn open(
        &self,
        (repository, revision, path): (&str, &str, &str),
        first_byte: u64,
        etag: Option<&str>,
    ) -> Result<Opened, HubError> {
        check_repository(repository)?;
        check_revision(revision)?;
        check_path(path)?;
        let asked = Asked { endpoint: &self.endpoint, repository, revision, path };
        let segments = repository.split('/').chain(["resolve", revision]).chain(path.split('/'));
        let mut headers = HeaderMap::new();
        // Ranges count the bytes of the file, so it must come as it is.
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        if first_byte > 0 {
            let range = HeaderValue::from_str(&format!("bytes={first_byte}-"));
            headers.extend(range.ok().map(|range| (RANGE, range)));
            let wanted = etag.and_then(|etag| HeaderValue::from_str(etag).ok());
            headers.extend(wanted.map(|etag| (IF_RANGE, etag)));
        }
        let (response, linked) = self.get(self.endpoint.below(segments), &headers, asked).await?;
        let own_etag = text_of(response.headers(), &ETAG);
        Ok(Opened {
            source: shown(response.url()),
            etag_is_own: linked.is_none() && own_etag.as_ref().is_some_and(|etag| etag.starts_with('"')),
            etag: linked.or(own_etag),
            range: text_of(response.headers(), &CONTENT_RANGE),
            response,
        })
    }

    /// The next piece of an opened file; `None` at its end.
    pub(crate) async fn next_piece(&self, opened: &mut Opened) -> Result<Option<Vec<u8>>, HubError> {
        match tokio::time::timeout(self.stall_limit, opened.response.chunk()).await {
            Ok(Ok(piece)) => Ok(piece.map(Into::into)),
            Ok(Err(error)) => Err(HubError::Cut { url: opened.source.clone(), cause: cause_of(&error) }),
            Err(_) => Err(HubError::Stalled { url: opened.source.clone(), limit_s: self.stall_limit.as_secs() }),
        }
    }

    /// The JSON document at `segments` below the hub, with this query; all its pages, which must be lists.
    pub(super) async fn json_pages<T: DeserializeOwned>(
        &self,
        segments: &[&str],
        query: &[(&str, &str)],
        most: usize,
        asked: Asked<'_>,
    ) -> Result<Vec<T>, HubError> {
        let mut url = self.endpoint.below(segments.iter().copied());
        url.query_pairs_mut().extend_pairs(query);
        let mut items = Vec::new();
        for _ in 0..MAX_PAGES {
            let (response, _) = self.get(url.clone(), &HeaderMap::new(), asked).await?;
            let next = next_page(response.headers(), response.url());
            items.extend(self.read_json::<Vec<T>>(response).await?);
            match next {
                // The next page of a list is the hub's own, too; a list that leads elsewhere ends here.
                Some(next) if self.endpoint.is_own(&next) && items.len() < most => url = next,
                _ => break,
            }
        }
        items.truncate(most);
        Ok(items)
    }

    /// The JSON document at `segments` below the hub.
    pub(super) async fn json<T: DeserializeOwned>(&self, segments: &[&str], asked: Asked<'_>) -> Result<T, HubError> {
        let url = self.endpoint.below(segments.iter().copied());
        let (response, _) = self.get(url, &HeaderMap::new(), asked).await?;
        self.read_json(response).await
    }

    async fn read_json<T: DeserializeOwned>(&self, mut response: Response) -> Result<T, HubError> {
        let unreadable = |cause: String| HubError::Unreadable { endpoint: self.endpoint.to_string(), cause };
        let mut bytes = Vec::new();
        loop {
            let piece = tokio::time::timeout(self.stall_limit, response.chunk()).await;
            match piece.map_err(|_| self.stalled(response.url()))? {
                Ok(Some(piece)) if bytes.len() + piece.len() <= MAX_JSON_BYTES => bytes.extend_from_slice(&piece),
                Ok(Some(_)) => return Err(unreadable("it is too large".into())),
                Ok(None) => break,
                Err(error) => return Err(HubError::Cut { url: shown(response.url()), cause: cause_of(&error) }),
            }
        }
        serde_json::from_slice(&bytes).map_err(|error| unreadable(error.to_string()))
    }

    /// Asks for `url` and follows redirects by hand. Beside the answer: the entity tag by which the hub itself knows the
    /// file, when it sends on to where the file lies.
    async fn get(
        &self,
        mut url: Url,
        headers: &HeaderMap,
        asked: Asked<'_>,
    ) -> Result<(Response, Option<String>), HubError> {
        let mut linked = None;
        for _ in 0..=MAX_REDIRECTS {
            let mut request = self.client.get(url.clone()).headers(headers.clone());
            let token = self.token.as_ref().filter(|_| self.endpoint.may_see_token(&url));
            if let Some(token) = token {
                request = request.header(AUTHORIZATION, token.0.clone());
            }
            let answer = tokio::time::timeout(self.stall_limit + CONNECT_LIMIT, request.send()).await;
            let response = match answer {
                Ok(Ok(response)) => response,
                Ok(Err(error)) => return Err(unreachable(&self.endpoint, &error)),
                Err(_) => return Err(self.stalled(&url)),
            };
            if self.endpoint.is_own(&url) {
                linked = text_of(response.headers(), "x-linked-etag").or(linked);
            }
            let status = response.status();
            if !status.is_redirection() || status == StatusCode::NOT_MODIFIED {
                // 416 means that the part that is here already is all there is; the caller compares sizes.
                let is_fine = status.is_success() || status == StatusCode::RANGE_NOT_SATISFIABLE;
                let refusal = || asked.refusal(status, response.headers(), &url, token.is_some());
                return if is_fine { Ok((response, linked)) } else { Err(refusal()) };
            }
            url = self.redirected(&url, text_of(response.headers(), &LOCATION))?;
        }
        Err(self.bad_redirect(&url, "there were too many redirects before"))
    }

    fn redirected(&self, from: &Url, location: Option<String>) -> Result<Url, HubError> {
        let to = location.and_then(|location| from.join(&location).ok());
        let Some(to) = to else { return Err(self.bad_redirect(from, "it does not say where to")) };
        match to.scheme() {
            "https" => Ok(to),
            "http" if from.scheme() == "http" => Ok(to),
            "http" => Err(self.bad_redirect(&to, "it leads from https to http")),
            _ => Err(self.bad_redirect(&to, "it leads to something that is no web address")),
        }
    }

    fn bad_redirect(&self, to: &Url, reason: &'static str) -> HubError {
        HubError::BadRedirect { endpoint: self.endpoint.to_string(), to: shown(to), reason }
    }

    fn stalled(&self, url: &Url) -> HubError {
        HubError::Stalled { url: shown(url), limit_s: self.stall_limit.as_secs() }
    }
}

/// The address without query and fragment, which may hold signatures.
fn shown(url: &Url) -> String {
    let mut url = url.clone();
    url.set_query(None);
    url.set_fragment(None);
    // Neither can fail for an address that was connected to.
    let _ = (url.set_username(""), url.set_password(None));
    url.to_string()
}

fn text_of(headers: &HeaderMap, name: impl reqwest::header::AsHeaderName) -> Option<String> {
    Some(headers.get(name)?.to_str().ok()?.to_owned())
}

/// The `rel="next"` of a `Link` field.
fn next_page(headers: &HeaderMap, from: &Url) -> Option<Url> {
    let link = text_of(headers, "link")?;
    let next = link.split(',').find(|part| part.contains("rel=\"next\""))?;
    let (_, rest) = next.split_once('<')?;
    from.join(rest.split_once('>')?.0).ok()
}

fn unreachable(endpoint: &Endpoint, error: &reqwest::Error) -> HubError {
    let (endpoint, cause) = (endpoint.to_string(), cause_of(error));
    // The library for TLS is out of reach behind that for HTTP; this is how its text begins.
    if cause.starts_with("invalid peer certificate") {
        HubError::Untrusted { endpoint, cause }
    } else {
        HubError::Unreachable { endpoint, cause }
    }
}

/// The innermost cause, which says the most; the outer ones may hold whole addresses.
fn cause_of(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    let text = cause.to_string();
    text.trim_end_matches('.').chars().filter(|c| !c.is_control()).take(300).collect()
}
