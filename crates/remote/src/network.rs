//! The connections: two clients, of which one speaks with private addresses only.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use reqwest::redirect::Policy;

use crate::address::{BaseUrl, PrivateOnly};

/// How long a server may take to accept a connection.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);

/// The program's name in requests.
const USER_AGENT: &str = concat!("brickwork/", env!("CARGO_PKG_VERSION"));

/// Clients are made at the first request: making one reads the system's certificates.
#[derive(Debug, Default)]
pub(crate) struct Network {
    anywhere: OnceLock<Result<reqwest::Client, String>>,
    private: OnceLock<Result<reqwest::Client, String>>,
}

impl Network {
    /// The client that may speak with `base`.
    pub(crate) fn client(&self, base: &BaseUrl) -> Result<&reqwest::Client, String> {
        let client = if base.must_be_private() || base.is_near() {
            self.private.get_or_init(|| {
                // What lies near is never asked over a proxy, which would see it.
                make(builder().no_proxy().dns_resolver(Arc::new(PrivateOnly)))
            })
        } else {
            self.anywhere.get_or_init(|| make(builder()))
        };
        client.as_ref().map_err(Clone::clone)
    }
}

fn builder() -> reqwest::ClientBuilder {
    // A redirect would take prompt and key to a place that the user did not name.
    reqwest::Client::builder()
        .user_agent(USER_AGENT)
        .connect_timeout(CONNECT_LIMIT)
        .redirect(Policy::none())
        .referer(false)
        // A server closes a connection that nobody uses at a moment of its choice, and a request that is sent just then is
        // lost. Beside a generation, a fresh connection for each costs nothing.
        .pool_max_idle_per_host(0)
}

fn make(builder: reqwest::ClientBuilder) -> Result<reqwest::Client, String> {
    builder.build().map_err(|error| crate::fault::causes(&error))
}
