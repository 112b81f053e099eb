//! The client: what it knows of servers, and who gives it keys and limits.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use brickwork_engine::{Generation, Inference, InferenceError, InferenceEvent, ModelRef};
use futures::future::BoxFuture;
use futures::stream::BoxStream;
use reqwest::RequestBuilder;
use reqwest::header::{AUTHORIZATION, HeaderValue};
use zeroize::Zeroizing;

use crate::address::BaseUrl;
use crate::generation;
use crate::network::Network;
use crate::survey::{self, Checked, ServerKind};

/// How long a server is taken for the program that it was.
const KNOWN_FOR: Duration = Duration::from_mins(5);

/// A server's key. It is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Key(Zeroizing<String>);

impl Key {
    /// The key with this text.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Key(not shown)")
    }
}

/// How patient the client is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// How long a server may say nothing before the first token of an answer.
    pub first_token: Duration,
    /// How long it may say nothing between tokens.
    pub silence: Duration,
    /// How often a request that failed before its first token is sent again.
    pub retries: u32,
    /// The wait before the first repetition; it doubles with each.
    pub backoff: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            first_token: Duration::from_mins(5),
            silence: Duration::from_mins(1),
            retries: 3,
            backoff: Duration::from_millis(500),
        }
    }
}

/// How a server is to be spoken to.
#[derive(Debug, Clone, Default)]
pub struct Peer {
    /// Its key, sent as a bearer token.
    pub key: Option<Key>,
    /// How patiently.
    pub limits: Limits,
    /// Whether it may be spoken to over http at a public address.
    pub allow_insecure: bool,
}

/// Tells how the server of a model is to be spoken to, asked anew for each generation.
pub type PeerOf = Arc<dyn Fn(ModelRef) -> BoxFuture<'static, Peer> + Send + Sync>;

/// Runs models on servers. Clones share what is known of them.
#[derive(Clone)]
pub struct RemoteClient {
    pub(crate) shared: Arc<Shared>,
}

/// What generations share.
pub(crate) struct Shared {
    pub(crate) network: Network,
    pub(crate) peer_of: PeerOf,
    kinds: Mutex<HashMap<String, (Instant, ServerKind)>>,
}

impl RemoteClient {
    /// A client that asks `peer_of` for keys and limits. No connection is made before the first request.
    #[must_use]
    pub fn new(peer_of: PeerOf) -> Self {
        Self { shared: Arc::new(Shared { network: Network::default(), peer_of, kinds: Mutex::default() }) }
    }

    /// Asks a server which program it is and which models it has.
    ///
    /// # Errors
    /// When it cannot be reached or refuses; the message says what to do.
    pub async fn check(&self, base: &BaseUrl, key: Option<&Key>) -> Result<Checked, InferenceError> {
        let checked = survey::survey(&self.shared.network, base, key).await?;
        self.shared.remember(base, checked.server);
        Ok(checked)
    }
}

impl Shared {
    /// The program that a server is; asked once in a while, and unknown where it does not tell.
    pub(crate) async fn kind(&self, base: &BaseUrl, key: Option<&Key>) -> ServerKind {
        let known = self.kinds().get(base.as_str()).copied();
        if let Some((since, kind)) = known
            && since.elapsed() < KNOWN_FOR
        {
            return kind;
        }
        let Some(kind) = survey::kind(&self.network, base, key).await else { return ServerKind::Unknown };
        self.remember(base, kind);
        kind
    }

    fn remember(&self, base: &BaseUrl, kind: ServerKind) {
        self.kinds().insert(base.as_str().to_owned(), (Instant::now(), kind));
    }

    fn kinds(&self) -> std::sync::MutexGuard<'_, HashMap<String, (Instant, ServerKind)>> {
        self.kinds.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inference for RemoteClient {
    /// The request is sent when the stream is first polled, inside a tokio runtime; dropping the stream closes the
    /// connection, at which servers stop.
    fn generate(&self, generation: Generation) -> BoxStream<'static, InferenceEvent> {
        generation::generate(Arc::clone(&self.shared), generation)
    }
}

impl fmt::Debug for RemoteClient {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("RemoteClient").finish_non_exhaustive()
    }
}

/// `request` with the key, marked so that no log of the connection shows it. A key that no header can carry is left out,
/// and the server then refuses.
pub(crate) fn authorized(request: RequestBuilder, key: Option<&Key>) -> RequestBuilder {
    let Some(key) = key else { return request };
    let bearer = Zeroizing::new(format!("Bearer {}", key.reveal()));
    match HeaderValue::from_str(&bearer) {
        Ok(mut value) => {
            value.set_sensitive(true);
            request.header(AUTHORIZATION, value)
        }
        Err(_) => request,
    }
}
