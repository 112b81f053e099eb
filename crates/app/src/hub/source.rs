//! The hub as downloads and searches find it, at the moment of asking.

use std::time::Duration;

use brickwork_models::download::HubSource;
use brickwork_models::hub::{Endpoint, Hub, HubConnections, HubError, HubToken};
use brickwork_store::Store;
use futures::FutureExt;
use futures::future::BoxFuture;

use super::{EndpointOrigin, HubSettings, HubTokenOrigin, KEY, secret_name};
use crate::config::AppConfig;
use crate::error::AppError;
use crate::secrets::{Secret, Secrets};

/// Opens the hub that the settings and the environment name.
pub(crate) struct HubAccess {
    store: Store,
    secrets: Secrets,
    connections: HubConnections,
    endpoint: Option<String>,
    token: Option<Secret>,
    stall_limit: Duration,
}

impl HubAccess {
    pub(crate) fn new(store: &Store, secrets: &Secrets, config: &AppConfig) -> Self {
        Self {
            store: store.clone(),
            secrets: secrets.clone(),
            connections: HubConnections::default(),
            endpoint: config.hub_endpoint.clone(),
            token: config.hub_token.clone(),
            stall_limit: config.stall_limit,
        }
    }

    pub(super) async fn settings(&self) -> Result<HubSettings, AppError> {
        Ok(self.store.setting(KEY).await?.unwrap_or_default())
    }

    /// Where the hub is, and who says so.
    pub(super) fn endpoint(&self, settings: &HubSettings) -> Result<(Endpoint, EndpointOrigin), HubError> {
        let (text, origin) = match (&self.endpoint, &settings.endpoint) {
            (Some(text), _) => (&**text, EndpointOrigin::Environment),
            (None, Some(text)) => (&**text, EndpointOrigin::Setting),
            (None, None) => (Endpoint::DEFAULT, EndpointOrigin::Default),
        };
        Ok((Endpoint::parse(text)?, origin))
    }

    /// The token of the environment, where it is meant for this hub.
    fn token_of_environment(&self, origin: EndpointOrigin) -> Option<&Secret> {
        self.token.as_ref().filter(|_| origin != EndpointOrigin::Setting)
    }

    /// Where the token comes from that the hub is shown.
    pub(super) async fn token_origin(&self, endpoint: &Endpoint, origin: EndpointOrigin) -> HubTokenOrigin {
        if self.token_of_environment(origin).is_some() {
            return HubTokenOrigin::Environment;
        }
        match self.secrets.get(&secret_name(endpoint)).await {
            Some(_) => self.secrets.kind().await.into(),
            None => HubTokenOrigin::None,
        }
    }

    /// The hub as it is asked now.
    pub(crate) async fn now(&self) -> Result<Hub, AppError> {
        let (endpoint, origin) = self.endpoint(&self.settings().await?)?;
        let token = match self.token_of_environment(origin) {
            Some(token) => Some(token.clone()),
            None => self.secrets.get(&secret_name(&endpoint)).await,
        };
        let token = token.and_then(|token| HubToken::new(token.reveal()));
        Ok(Hub::new(&self.connections, endpoint, token, self.stall_limit)?)
    }
}

impl HubSource for HubAccess {
    fn hub(&self) -> BoxFuture<'_, Result<Hub, HubError>> {
        async {
            self.now().await.map_err(|error| match error {
                AppError::Hub(error) => error,
                other => HubError::BadEndpoint { endpoint: "of the settings".into(), reason: other.to_string() },
            })
        }
        .boxed()
    }
}
