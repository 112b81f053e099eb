//! The hub from which models come: where it is, what it is shown of us, and what it holds.
//!
//! Invariant: the token is kept with the program's secrets under the hub's origin, and no view, setting or log names it. The
//! token of the environment goes to the hub that the environment or nobody names, not to one of the settings alone.

mod source;

use brickwork_engine::Phrase;
use brickwork_models::hub::{Endpoint, HubModel, HubRepository};
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::error::AppError;
use crate::request::{invalid, line};
use crate::secrets::{Secret, SecretsKind};
use crate::settings::out_of_range;

pub(crate) use source::HubAccess;

const KEY: &str = "hub";
/// The most downloads at once.
const MAX_AT_ONCE: u8 = 8;
/// The highest speed limit that makes sense, 64 GiB/s in KiB/s.
const MAX_KIB_S: u64 = 1 << 26;
/// The most repositories that a search lists.
const MAX_FOUND: u16 = 100;
/// The longest text that is searched for, in characters.
const MAX_QUERY: usize = 200;
/// The longest token, in bytes.
const MAX_TOKEN: usize = 4096;

/// How models are fetched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct HubSettings {
    /// Address of the hub, or of a mirror of it; the Hugging Face Hub when absent. The variable `HF_ENDPOINT` goes before it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<String>,
    /// The most downloads that are under way at once.
    #[schema(minimum = 1, maximum = 8)]
    pub max_downloads: u8,
    /// The most that all downloads together take, in KiB per second; no limit when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 67_108_864)]
    pub speed_limit_kib_s: Option<u64>,
}

impl Default for HubSettings {
    fn default() -> Self {
        Self { endpoint: None, max_downloads: 2, speed_limit_kib_s: None }
    }
}

/// Where the hub's address comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EndpointOrigin {
    /// Nobody names another one.
    Default,
    /// The settings.
    Setting,
    /// The variable `HF_ENDPOINT`.
    Environment,
}

/// Where the hub's token comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum HubTokenOrigin {
    /// There is none.
    None,
    /// The variable `HF_TOKEN`.
    Environment,
    /// The keyring of this system.
    Keyring,
    /// This program's memory; it is gone when the program ends.
    Memory,
}

/// The hub, and how models are fetched from it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct HubView {
    /// Its address.
    pub endpoint: String,
    /// Where the address comes from.
    pub endpoint_from: EndpointOrigin,
    /// The address of the settings, which holds as soon as `HF_ENDPOINT` is not set; absent where they name none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stored_endpoint: Option<String>,
    /// Where the token comes from that it is shown. The token itself is in no view.
    pub token: HubTokenOrigin,
    /// The most downloads that are under way at once.
    pub max_downloads: u8,
    /// The most that all downloads together take, in KiB per second; no limit when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub speed_limit_kib_s: Option<u64>,
}

/// A token for the hub.
#[derive(Clone, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HubTokenRequest {
    /// The token. It is kept in the keyring of this system, or in memory where there is none, and never shown again.
    #[schema(min_length = 1, max_length = 4096)]
    pub token: String,
}

/// What a search on the hub has found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct HubSearchView {
    /// The hub that was asked.
    pub endpoint: String,
    /// Repositories with GGUF files, the most downloaded first.
    pub repositories: Vec<HubModel>,
}

impl App {
    /// The hub as it is asked now.
    ///
    /// # Errors
    /// When the database cannot be read or holds an address that is none.
    pub async fn hub(&self) -> Result<HubView, AppError> {
        let settings = self.hub_settings().await?;
        let access = &self.inner().hub;
        let (endpoint, endpoint_from) = access.endpoint(&settings)?;
        Ok(HubView {
            token: access.token_origin(&endpoint, endpoint_from).await,
            endpoint: endpoint.to_string(),
            endpoint_from,
            stored_endpoint: settings.endpoint,
            max_downloads: settings.max_downloads,
            speed_limit_kib_s: settings.speed_limit_kib_s,
        })
    }

    /// Keeps how models are fetched, which holds at once, also for downloads that are under way.
    ///
    /// # Errors
    /// [`AppError::InvalidRequest`] with every fault, or when the database cannot be written.
    pub async fn set_hub(&self, mut settings: HubSettings) -> Result<HubView, AppError> {
        let mut faults = Vec::new();
        if !(1..=MAX_AT_ONCE).contains(&settings.max_downloads) {
            faults.push(out_of_range("$.max_downloads", 1, MAX_AT_ONCE.into()));
        }
        if settings.speed_limit_kib_s.is_some_and(|limit| !(1..=MAX_KIB_S).contains(&limit)) {
            faults.push(out_of_range("$.speed_limit_kib_s", 1, MAX_KIB_S));
        }
        if !faults.is_empty() {
            return Err(AppError::InvalidRequest(faults));
        }
        if let Some(text) = &settings.endpoint {
            let parsed = Endpoint::parse(text);
            let refuse = |error: &brickwork_models::hub::HubError| {
                invalid(
                    "hub_endpoint",
                    "$.endpoint",
                    error.to_string(),
                    "Give an address such as https://huggingface.co.",
                )
                .saying(error.phrase())
            };
            settings.endpoint = Some(parsed.map_err(|error| refuse(&error))?.to_string());
        }
        self.store().set_setting(KEY, &settings).await?;
        self.adopt_hub().await?;
        self.hub().await
    }

    /// Keeps the token that the hub is shown from now on.
    ///
    /// # Errors
    /// [`AppError::InvalidRequest`] for a text that is no token.
    pub async fn set_hub_token(&self, request: HubTokenRequest) -> Result<HubView, AppError> {
        let token = request.token.trim();
        if token.is_empty() || token.len() > MAX_TOKEN || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            // The text is not repeated: it may be most of a token.
            let message = "This is no token: a token has 1 to 4096 letters, digits and signs.";
            return Err(invalid("no_token", "$.token", message, "Copy the token from the hub's settings once more.")
                .saying(Phrase::new("no_token")));
        }
        let (endpoint, _) = self.inner().hub.endpoint(&self.hub_settings().await?)?;
        self.secrets().set(&secret_name(&endpoint), Secret::new(token)).await;
        self.hub().await
    }

    /// Forgets the token. One of the environment stays.
    ///
    /// # Errors
    /// [`AppError::Keyring`] when the keyring does not let go of it.
    pub async fn remove_hub_token(&self) -> Result<HubView, AppError> {
        let (endpoint, _) = self.inner().hub.endpoint(&self.hub_settings().await?)?;
        self.secrets().remove(&secret_name(&endpoint)).await?;
        self.hub().await
    }

    /// Searches the hub for repositories with GGUF files.
    ///
    /// # Errors
    /// [`AppError::InvalidRequest`] for an empty or overlong text or a limit out of 1 to 100; [`AppError::Hub`].
    pub async fn search_hub(&self, query: &str, limit: Option<u16>) -> Result<HubSearchView, AppError> {
        let query = line(query, "$.q", MAX_QUERY).map_err(|fault| AppError::InvalidRequest(vec![fault]))?;
        let limit = limit.unwrap_or(20);
        if !(1..=MAX_FOUND).contains(&limit) {
            return Err(AppError::InvalidRequest(vec![out_of_range("$.limit", 1, MAX_FOUND.into())]));
        }
        let hub = self.inner().hub.now().await?;
        let repositories = hub.search(&query, limit.into()).await?;
        Ok(HubSearchView { endpoint: hub.endpoint().to_string(), repositories })
    }

    /// What a repository of the hub holds, its files grouped into models.
    ///
    /// # Errors
    /// [`AppError::Hub`].
    pub async fn hub_repository(&self, repository: &str, revision: Option<&str>) -> Result<HubRepository, AppError> {
        let hub = self.inner().hub.now().await?;
        Ok(hub.repository(repository, revision.unwrap_or("main")).await?)
    }

    /// Lets downloads keep to the settings.
    pub(crate) async fn adopt_hub(&self) -> Result<(), AppError> {
        let settings = self.hub_settings().await?;
        let bytes_per_second = settings.speed_limit_kib_s.map(|limit| limit * 1024);
        self.inner().downloads.set_limits(settings.max_downloads.into(), bytes_per_second);
        Ok(())
    }

    async fn hub_settings(&self) -> Result<HubSettings, AppError> {
        self.inner().hub.settings().await
    }
}

/// The name of the secret that is the token of the hub at `endpoint`.
fn secret_name(endpoint: &Endpoint) -> String {
    format!("hub:{}", endpoint.origin())
}

impl From<SecretsKind> for HubTokenOrigin {
    fn from(kind: SecretsKind) -> Self {
        match kind {
            SecretsKind::Keyring => Self::Keyring,
            SecretsKind::Memory => Self::Memory,
        }
    }
}
