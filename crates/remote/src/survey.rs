//! Which program a server is, and which models it has.

use std::time::{Duration, Instant};

use brickwork_engine::InferenceError;
use futures::StreamExt;
use reqwest::header::{HeaderMap, SERVER};
use serde::Serialize;

use crate::address::BaseUrl;
use crate::client::{Key, authorized};
use crate::fault::{self, Fault};
use crate::network::Network;
use crate::wire::{ListedModel, ModelList};

/// How long a server may take to list its models.
const LIST_LIMIT: Duration = Duration::from_secs(10);

/// The longest list that is read, in bytes.
const MOST_BYTES: usize = 4 << 20;

/// The most models that are told.
const MOST_MODELS: usize = 500;

/// The program that a server is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ServerKind {
    /// llama.cpp's server.
    LlamaCpp,
    /// Ollama.
    Ollama,
    /// vLLM.
    Vllm,
    /// LM Studio.
    LmStudio,
    /// Another one.
    #[default]
    Unknown,
}

/// A model that a server has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServedModel {
    /// The name under which it is asked for.
    pub id: String,
    /// Its context window in tokens, where the server tells it.
    pub context_length: Option<u32>,
}

/// What a server told of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// The program that it is.
    pub server: ServerKind,
    /// Its models, in its own order.
    pub models: Vec<ServedModel>,
    /// How long it took to answer.
    pub latency: Duration,
}

/// Lists a server's models.
pub(crate) async fn survey(network: &Network, base: &BaseUrl, key: Option<&Key>) -> Result<Checked, InferenceError> {
    let asked = Instant::now();
    let listed = tokio::time::timeout(LIST_LIMIT, list(network, base, key)).await;
    let (server, list) =
        listed.unwrap_or_else(|_| Err(fault::silent(base, LIST_LIMIT))).map_err(|fault| fault.error)?;
    let owner = list.data.iter().find_map(|model| model.owned_by.as_deref());
    let models = list.data.iter().filter(|model| !model.id.is_empty()).take(MOST_MODELS).map(served).collect();
    Ok(Checked { server: server.unwrap_or_else(|| by_owner(owner)), models, latency: asked.elapsed() })
}

/// The kind of server, as far as it can be learned: a refusal tells it too.
pub(crate) async fn kind(network: &Network, base: &BaseUrl, key: Option<&Key>) -> Option<ServerKind> {
    survey(network, base, key).await.ok().map(|checked| checked.server)
}

async fn list(network: &Network, base: &BaseUrl, key: Option<&Key>) -> Result<(Option<ServerKind>, ModelList), Fault> {
    let client = network.client(base).map_err(|error| no_client(&error))?;
    let request = authorized(client.get(base.path("models")), key);
    let response = request.send().await.map_err(|error| fault::unreachable(base, error))?;
    let (status, headers) = (response.status(), response.headers().clone());
    let body = read(base, response, MOST_BYTES).await?;
    if !status.is_success() {
        return Err(fault::refusal(base, "", key, status, &headers, &String::from_utf8_lossy(&body)));
    }
    let list = serde_json::from_slice(&body).map_err(|_| fault::nonsense(base, "no list of models"))?;
    Ok((by_header(&headers), list))
}

/// The body of an answer, of at most `most` bytes.
pub(crate) async fn read(base: &BaseUrl, response: reqwest::Response, most: usize) -> Result<Vec<u8>, Fault> {
    let mut body = Vec::new();
    let mut pieces = response.bytes_stream();
    while let Some(piece) = pieces.next().await {
        body.extend_from_slice(&piece.map_err(|error| fault::unreachable(base, error))?);
        if body.len() > most {
            return Err(fault::nonsense(base, "far more than was asked for"));
        }
    }
    Ok(body)
}

/// The certificates of the system cannot be read, or the like.
pub(crate) fn no_client(error: &str) -> Fault {
    let message = format!("No connection can be made on this system: {error}. Look into its certificates.");
    Fault::new(brickwork_engine::InferenceErrorCode::Internal, message)
        .saying(brickwork_engine::Phrase::new("no_connections").with("cause", error))
}

fn served(model: &ListedModel) -> ServedModel {
    let meta = model.meta.as_ref();
    let context_length = meta.and_then(|meta| meta.n_ctx.or(meta.n_ctx_train)).or(model.max_model_len);
    ServedModel { id: model.id.clone(), context_length }
}

fn by_header(headers: &HeaderMap) -> Option<ServerKind> {
    let server = headers.get(SERVER)?.to_str().ok()?;
    (server == "llama.cpp").then_some(ServerKind::LlamaCpp)
}

fn by_owner(owner: Option<&str>) -> ServerKind {
    match owner {
        Some("llamacpp") => ServerKind::LlamaCpp,
        Some("vllm") => ServerKind::Vllm,
        Some("library") => ServerKind::Ollama,
        Some("organization_owner" | "organization-owner") => ServerKind::LmStudio,
        _ => ServerKind::Unknown,
    }
}
