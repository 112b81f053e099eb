//! Why a hub gave nothing.

use std::time::Duration;

/// Why a hub gave nothing. The text says what happened; [`HubError::remedy`] says what to do next.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HubError {
    /// The hub's address cannot be used.
    #[error("`{endpoint}` is no address of a hub: {reason}.")]
    BadEndpoint {
        /// The address.
        endpoint: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A name or checksum that no hub has, or that nobody may use.
    #[error("`{}` is no {what} that can be used: {reason}.", name.escape_debug())]
    BadName {
        /// The kind of name.
        what: &'static str,
        /// The name.
        name: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// No connection.
    #[error("The hub {endpoint} cannot be reached: {cause}.")]
    Unreachable {
        /// The hub.
        endpoint: String,
        /// Why.
        cause: String,
    },
    /// What answers cannot show that it is the hub.
    #[error("The hub {endpoint} cannot be trusted: {cause}.")]
    Untrusted {
        /// The hub.
        endpoint: String,
        /// What is wrong with the certificate.
        cause: String,
    },
    /// The connection said nothing for too long.
    #[error("{url} has sent nothing for {limit_s} seconds.")]
    Stalled {
        /// What was being read, without its query.
        url: String,
        /// The limit in seconds.
        limit_s: u64,
    },
    /// The connection ended in the middle.
    #[error("The connection to {url} was cut: {cause}.")]
    Cut {
        /// What was being read, without its query.
        url: String,
        /// Why.
        cause: String,
    },
    /// No such repository, revision or file.
    #[error("The hub {endpoint} has no {what} `{name}`.")]
    NotFound {
        /// The hub.
        endpoint: String,
        /// What was asked for: a repository, a revision or a file.
        what: &'static str,
        /// Its name.
        name: String,
    },
    /// The hub wants to know who asks.
    #[error("`{repository}` is given only to users who are signed in, or there is no such repository.")]
    TokenNeeded {
        /// The repository.
        repository: String,
        /// Its page.
        page: String,
    },
    /// The hub does not know the token.
    #[error("The hub {endpoint} does not accept the token: it is wrong, or has expired.")]
    TokenRefused {
        /// The hub.
        endpoint: String,
    },
    /// The licence is not accepted yet.
    #[error("The licence of `{repository}` must be accepted first, at {page}.")]
    LicenceNeeded {
        /// The repository.
        repository: String,
        /// Where to accept it.
        page: String,
    },
    /// The token is known and not allowed.
    #[error("The token has no access to `{repository}`.")]
    AccessDenied {
        /// The repository.
        repository: String,
        /// Its page.
        page: String,
    },
    /// Too many requests, or the hub has no time.
    #[error("The hub {endpoint} has no time at the moment (status {status}).")]
    Busy {
        /// The hub.
        endpoint: String,
        /// The status.
        status: u16,
        /// How long it asks to wait.
        retry_after: Option<Duration>,
    },
    /// Any other answer than expected.
    #[error("The hub {endpoint} answered with status {status}{}.", detail.as_deref().map(|text| format!(": {text}")).unwrap_or_default())]
    Failed {
        /// The hub.
        endpoint: String,
        /// The status.
        status: u16,
        /// What it said.
        detail: Option<String>,
    },
    /// An answer that makes no sense.
    #[error("The answer of the hub {endpoint} cannot be read: {cause}.")]
    Unreadable {
        /// The hub.
        endpoint: String,
        /// Why.
        cause: String,
    },
    /// The hub sends us on to a place that is not followed.
    #[error("The hub {endpoint} sends on to {to}, which is not followed: {reason}.")]
    BadRedirect {
        /// The hub.
        endpoint: String,
        /// Where to, without its query.
        to: String,
        /// Why not.
        reason: &'static str,
    },
}

impl HubError {
    /// The stable word for this kind.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::BadEndpoint { .. } => "hub_endpoint",
            Self::BadName { .. } => "bad_name",
            Self::Unreachable { .. } => "hub_unreachable",
            Self::Untrusted { .. } => "hub_untrusted",
            Self::Stalled { .. } => "stalled",
            Self::Cut { .. } => "connection_cut",
            Self::NotFound { .. } => "hub_not_found",
            Self::TokenNeeded { .. } => "hub_token_needed",
            Self::TokenRefused { .. } => "hub_token_refused",
            Self::LicenceNeeded { .. } => "hub_licence_needed",
            Self::AccessDenied { .. } => "hub_access_denied",
            Self::Busy { .. } => "hub_busy",
            Self::Failed { .. } => "hub_failed",
            Self::Unreadable { .. } => "hub_unreadable",
            Self::BadRedirect { .. } => "hub_redirect",
        }
    }

    /// What to do next.
    #[must_use]
    pub fn remedy(&self) -> String {
        match self {
            Self::BadEndpoint { .. } => "Give an address such as https://huggingface.co.".into(),
            Self::BadName { .. } => "Look the name up on the hub and correct it.".into(),
            Self::Unreachable { .. } => {
                "Check the network and the hub's address; models that are on this machine work without it.".into()
            }
            Self::Untrusted { .. } => {
                "Check the hub's address and this machine's clock. For a mirror with a certificate of \
                                       its own, name the file of its authority's certificate in SSL_CERT_FILE."
                    .into()
            }
            Self::Stalled { .. } | Self::Cut { .. } => {
                "Resume it later: what has arrived is kept and checked again.".into()
            }
            Self::NotFound { .. } => "Search the hub for the right name.".into(),
            Self::TokenNeeded { page, .. } => {
                format!("Make a token on the hub, store it with the hub's settings, and see {page} for a licence.")
            }
            Self::TokenRefused { .. } => "Make a new token on the hub and store it with the hub's settings.".into(),
            Self::LicenceNeeded { page, .. } => {
                format!("Open {page} in a browser, sign in as the token's owner and accept the licence; then resume.")
            }
            Self::AccessDenied { page, .. } => {
                format!("Ask for access at {page}, or store a token whose owner and permissions allow reading it.")
            }
            Self::Busy { .. } => "Try again in a few minutes; a token raises the limits of most hubs.".into(),
            Self::Failed { .. } => "Try again later, or name another hub.".into(),
            Self::Unreadable { .. } => "Check that the address is that of a hub of the Hugging Face kind.".into(),
            Self::BadRedirect { .. } => "Name another hub, or a mirror that is reached by https throughout.".into(),
        }
    }

    /// Whether trying again may help.
    #[must_use]
    pub const fn is_transient(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::Stalled { .. } | Self::Cut { .. } | Self::Busy { .. } => true,
            Self::Failed { status, .. } => *status >= 500,
            _ => false,
        }
    }
}
