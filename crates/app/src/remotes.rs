//! Roles that a server serves: binding them, the servers' keys, and asking a server what it has.
//!
//! Invariant: a key is kept for one origin (scheme, host and port) and given to that one alone.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use brickwork_engine::{Diagnostic, MAX_TIMEOUT_S, ModelRef, Phrase, Role};
use brickwork_models::{BindingChoice, Bindings};
use brickwork_remote::{BaseUrl, Key, Limits, Peer, PeerOf, RemoteClient};
use futures::FutureExt;
use serde::{Deserialize, Serialize};

pub use brickwork_remote::ServerKind;

use crate::app::App;
use crate::error::AppError;
use crate::models::{ModelsView, role_named};
use crate::request::invalid;
use crate::secrets::{Secret, Secrets, SecretsKind};
use crate::settings::out_of_range;

/// The most times that a request is sent again.
const MOST_RETRIES: u32 = 10;

/// The longest key, in bytes.
const MOST_KEY_BYTES: usize = 4096;

/// What is to serve a role: exactly one of the two.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BindingRequest {
    /// A model file's id or path; `default` for the default model, `scripted` for the placeholder.
    pub id: Option<String>,
    /// A model that a server runs.
    pub remote: Option<RemoteBinding>,
}

/// A model that an OpenAI-compatible server runs. The text of the role's steps is sent there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RemoteBinding {
    /// The base address of the interface, e.g. `http://127.0.0.1:8080/v1`; without a path, `/v1` is meant.
    pub base_url: String,
    /// The name under which the server has the model.
    pub model: String,
    /// Seconds that the server may say nothing before the first token; 300 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 86_400)]
    pub timeout_s: Option<u64>,
    /// How often a request that failed before its first token is sent again; 3 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(maximum = 10)]
    pub retries: Option<u32>,
    /// Whether http may be used although the address is public, so that everyone on the way can read prompts and key.
    #[serde(default)]
    pub allow_insecure: bool,
}

/// A role's server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct RemoteView {
    /// The base address of its interface.
    pub base_url: String,
    /// The name under which it has the model.
    pub model: String,
    /// The host, with its port where the address names one, to which text is sent.
    pub host: String,
    /// Whether that is this machine, so that no text leaves it.
    pub this_machine: bool,
    /// Whether a key is kept for it.
    pub has_key: bool,
    /// Seconds that it may say nothing before the first token.
    pub timeout_s: u64,
    /// How often a request that failed before its first token is sent again.
    pub retries: u32,
    /// Whether http may be used although the address is public.
    pub allow_insecure: bool,
}

/// Which server to ask.
#[derive(Clone, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RemoteCheckRequest {
    /// The base address of its interface.
    pub base_url: String,
    /// The key to try; the one that is kept for it when absent. It is not kept.
    pub key: Option<String>,
    /// Whether http may be used although the address is public.
    #[serde(default)]
    pub allow_insecure: bool,
}

/// A model that a server has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct RemoteModelView {
    /// The name under which it is asked for.
    pub id: String,
    /// Tokens of its context window, where the server tells it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context_length: Option<u32>,
}

/// Why a server cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct RemoteProblem {
    /// A stable word for the kind, e.g. `remote_unreachable`, `remote_refused`.
    pub code: String,
    /// What is wrong, and what to do.
    pub message: String,
    /// The same in a form that can be put into another language.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phrase: Option<Phrase>,
}

/// What a server answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct RemoteCheckView {
    /// The base address as it is kept.
    pub base_url: String,
    /// The host, with its port where the address names one.
    pub host: String,
    /// Whether that is this machine.
    pub this_machine: bool,
    /// Whether it listed its models.
    pub reachable: bool,
    /// The program that it is.
    pub server: ServerKind,
    /// Its models, in its own order.
    pub models: Vec<RemoteModelView>,
    /// Milliseconds until it had answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latency_ms: Option<u64>,
    /// Whether a key was sent.
    pub with_key: bool,
    /// Why it cannot be used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<RemoteProblem>,
}

/// A server's key, to be kept.
#[derive(Clone, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RemoteKeyRequest {
    /// The base address of the server's interface. The key is for its scheme, host and port.
    pub base_url: String,
    /// The key. No answer ever shows it.
    #[schema(min_length = 1, max_length = 4096)]
    pub key: String,
}

/// Where a server's key is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct RemoteKeyView {
    /// Scheme, host and port that the key is for.
    pub origin: String,
    /// Whether a key is kept for it now.
    pub has_key: bool,
    /// Where keys are kept. Those in memory are gone when the program ends.
    pub kept_in: SecretsKind,
}

impl App {
    /// Lets a model file or a server's model serve a role.
    ///
    /// # Errors
    /// [`AppError::InvalidRequest`] unless exactly one of the two is named and its values are usable, else those of
    /// [`App::bind`].
    pub async fn bind_to(&self, role: &str, request: BindingRequest) -> Result<ModelsView, AppError> {
        match (request.id, request.remote) {
            (Some(id), None) => self.bind(role, &id).await,
            (None, Some(remote)) => self.bind_remote(role, remote).await,
            _ => {
                let message = "Either `id` or `remote` says what is to serve the role.".to_owned();
                Err(invalid("exactly_one", "$", message, "Give one of them.").saying(Phrase::new("id_or_remote")))
            }
        }
    }

    /// Binds a role to a model that a server runs. The server is not asked.
    ///
    /// # Errors
    /// [`AppError::Unknown`] for an unknown role, [`AppError::InvalidRequest`] for values that cannot be used.
    pub async fn bind_remote(&self, role: &str, remote: RemoteBinding) -> Result<ModelsView, AppError> {
        let role = role_named(role)?;
        let base = address(&remote.base_url, remote.allow_insecure, "$.remote.base_url")?;
        let faults = faults(&remote);
        if !faults.is_empty() {
            return Err(AppError::InvalidRequest(faults));
        }
        let mut bindings = self.bindings().await?;
        let RemoteBinding { model, timeout_s, retries, allow_insecure, .. } = remote;
        let base_url = base.as_str().to_owned();
        bindings.set(role, BindingChoice::Remote { base_url, model, timeout_s, retries, allow_insecure });
        self.keep_bindings(&bindings).await?;
        self.models().await
    }

    /// Asks a server which program it is and which models it has. That it cannot be reached is part of the answer.
    ///
    /// # Errors
    /// [`AppError::InvalidRequest`] for an address that cannot be used.
    pub async fn check_remote(&self, request: RemoteCheckRequest) -> Result<RemoteCheckView, AppError> {
        let base = address(&request.base_url, request.allow_insecure, "$.base_url")?;
        let key = match request.key {
            Some(key) => Some(Key::new(usable_key(key)?.reveal())),
            None => key_of(self.secrets(), &base).await,
        };
        let checked = self.inner().models.remote.check(&base, key.as_ref()).await;
        let mut view = RemoteCheckView {
            base_url: base.as_str().to_owned(),
            host: base.host(),
            this_machine: base.is_this_machine(),
            reachable: checked.is_ok(),
            server: ServerKind::Unknown,
            models: Vec::new(),
            latency_ms: None,
            with_key: key.is_some(),
            problem: None,
        };
        match checked {
            Ok(checked) => {
                view.server = checked.server;
                view.latency_ms = Some(u64::try_from(checked.latency.as_millis()).unwrap_or(u64::MAX));
                let models = checked.models.into_iter();
                view.models = models
                    .map(|model| RemoteModelView { id: model.id, context_length: model.context_length })
                    .collect();
            }
            Err(error) => {
                let code = serde_json::to_value(error.code).ok().and_then(|code| code.as_str().map(str::to_owned));
                view.problem = Some(RemoteProblem {
                    code: code.unwrap_or_default(),
                    message: error.message,
                    phrase: error.phrase,
                });
            }
        }
        Ok(view)
    }

    /// Keeps a server's key, in place of the one before.
    ///
    /// # Errors
    /// [`AppError::InvalidRequest`] for an address or a key that cannot be used.
    pub async fn set_remote_key(&self, request: RemoteKeyRequest) -> Result<RemoteKeyView, AppError> {
        // Whether the server may be spoken to unencrypted is asked where a role is bound to it.
        let base = address(&request.base_url, true, "$.base_url")?;
        let key = usable_key(request.key)?;
        let kept_in = self.secrets().set(&secret_name(&base), key).await;
        Ok(RemoteKeyView { origin: base.origin(), has_key: true, kept_in })
    }

    /// Forgets a server's key.
    ///
    /// # Errors
    /// [`AppError::InvalidRequest`] for an address that cannot be used, [`AppError::Unknown`] when there is no key for it,
    /// [`AppError::Keyring`] when the keyring does not let go of it.
    pub async fn remove_remote_key(&self, base_url: &str) -> Result<RemoteKeyView, AppError> {
        let base = address(base_url, true, "$.base_url")?;
        if !self.secrets().remove(&secret_name(&base)).await? {
            return Err(AppError::Unknown {
                what: "key for the server",
                id: base.origin(),
                remedy: "The list of models tells for which servers one is kept.".into(),
            });
        }
        Ok(RemoteKeyView { origin: base.origin(), has_key: false, kept_in: self.secrets().kind().await })
    }

    /// What surfaces show of a role's server.
    pub(crate) async fn remote_view(&self, choice: &BindingChoice) -> Option<RemoteView> {
        let BindingChoice::Remote { base_url, model, allow_insecure, .. } = choice else { return None };
        let base = BaseUrl::parse(base_url, *allow_insecure).ok()?;
        let limits = limits_of(choice);
        Some(RemoteView {
            base_url: base_url.clone(),
            model: model.clone(),
            host: base.host(),
            this_machine: base.is_this_machine(),
            has_key: key_of(self.secrets(), &base).await.is_some(),
            timeout_s: limits.first_token.as_secs(),
            retries: limits.retries,
            allow_insecure: *allow_insecure,
        })
    }
}

/// How patiently each server is spoken to, as the bindings say; shared with the client that speaks to them.
#[derive(Debug, Clone, Default)]
pub(crate) struct RemotePeers {
    /// By base address and the model's name.
    bound: Arc<RwLock<HashMap<(String, String), BindingChoice>>>,
}

impl RemotePeers {
    /// Takes over what the bindings say. What they no longer name has the defaults from then on.
    pub(crate) fn adopt(&self, bindings: &Bindings) {
        let remotes = Role::ALL.into_iter().map(|role| bindings.get(role)).filter_map(|choice| match choice {
            BindingChoice::Remote { base_url, model, .. } => Some(((base_url.clone(), model.clone()), choice.clone())),
            _ => None,
        });
        *self.bound.write().unwrap_or_else(PoisonError::into_inner) = remotes.collect();
    }

    /// A client that speaks to servers as the bindings say, with the keys that are kept for them.
    pub(crate) fn client(&self, secrets: Secrets) -> RemoteClient {
        let peers = self.clone();
        let peer_of: PeerOf = Arc::new(move |model| {
            let (peers, secrets) = (peers.clone(), secrets.clone());
            async move { peers.peer(&model, &secrets).await }.boxed()
        });
        RemoteClient::new(peer_of)
    }

    async fn peer(&self, model: &ModelRef, secrets: &Secrets) -> Peer {
        let key = (model.path.clone(), model.id.clone());
        let choice = self.bound.read().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        let allow_insecure = matches!(choice, Some(BindingChoice::Remote { allow_insecure: true, .. }));
        let base = model.base_url().and_then(|url| BaseUrl::parse(url, allow_insecure).ok());
        let key = match base {
            Some(base) => key_of(secrets, &base).await,
            None => None,
        };
        Peer { key, limits: choice.as_ref().map(limits_of).unwrap_or_default(), allow_insecure }
    }
}

async fn key_of(secrets: &Secrets, base: &BaseUrl) -> Option<Key> {
    secrets.get(&secret_name(base)).await.map(|secret| Key::new(secret.reveal()))
}

fn secret_name(base: &BaseUrl) -> String {
    format!("remote:{}", base.origin())
}

fn limits_of(choice: &BindingChoice) -> Limits {
    let defaults = Limits::default();
    let BindingChoice::Remote { timeout_s, retries, .. } = choice else { return defaults };
    let first_token = timeout_s.map_or(defaults.first_token, Duration::from_secs);
    Limits { first_token, retries: retries.unwrap_or(defaults.retries), ..defaults }
}

fn address(text: &str, allow_insecure: bool, path: &str) -> Result<BaseUrl, AppError> {
    BaseUrl::parse(text, allow_insecure).map_err(|fault| {
        let finding = Diagnostic::error("address", path, fault.to_string(), "Correct the address.");
        AppError::InvalidRequest(vec![finding.saying(fault.phrase())])
    })
}

fn usable_key(key: String) -> Result<Secret, AppError> {
    let key = Secret::new(key);
    let text = key.reveal();
    // It travels in a header of a request, which has visible ASCII only.
    if text.is_empty() || text.len() > MOST_KEY_BYTES || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        let message = format!("A key has 1 to {MOST_KEY_BYTES} visible ASCII characters and no blanks.");
        return Err(invalid("bad_key", "$.key", message, "Copy the key once more, without anything around it.")
            .saying(Phrase::new("bad_server_key").with("limit", MOST_KEY_BYTES)));
    }
    Ok(key)
}

fn faults(remote: &RemoteBinding) -> Vec<Diagnostic> {
    let mut faults = Vec::new();
    let name = remote.model.trim();
    if name.is_empty() || name.len() > 512 || remote.model.chars().any(char::is_control) {
        let message = "The model's name is empty, longer than 512 bytes, or has control characters.";
        let remedy = "Give a name that `brickwork remote check` lists.";
        let finding = Diagnostic::error("bad_name", "$.remote.model", message, remedy);
        faults.push(finding.saying(Phrase::new("bad_remote_model_name")));
    }
    let mut check = |path: &str, value: Option<u64>, least: u64, most: u64| {
        if value.is_some_and(|value| !(least..=most).contains(&value)) {
            faults.push(out_of_range(path, least, most));
        }
    };
    check("$.remote.timeout_s", remote.timeout_s, 1, MAX_TIMEOUT_S);
    check("$.remote.retries", remote.retries.map(u64::from), 0, u64::from(MOST_RETRIES));
    faults
}
