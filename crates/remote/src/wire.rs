//! The JSON that servers answer with, as far as it is read. Everything may be missing: no two servers say the same.

use serde::Deserialize;
use serde_json::Value;

/// A chunk of a streamed answer, or a whole answer.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Chunk {
    pub(crate) choices: Vec<Choice>,
    pub(crate) usage: Option<Usage>,
    /// llama.cpp's own figures.
    pub(crate) timings: Option<ServerTimings>,
    /// How far llama.cpp has read the prompt.
    pub(crate) prompt_progress: Option<Progress>,
    /// A fault in the midst of a stream.
    pub(crate) error: Option<Value>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Choice {
    /// New text of a chat, in a stream.
    pub(crate) delta: Option<Delta>,
    /// The text of a chat, in a whole answer.
    pub(crate) message: Option<Delta>,
    /// Text of a plain completion.
    pub(crate) text: Option<String>,
    pub(crate) finish_reason: Option<String>,
    /// vLLM: the stop string that appeared.
    pub(crate) stop_reason: Option<Value>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Delta {
    pub(crate) content: Option<String>,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Usage {
    pub(crate) prompt_tokens: u32,
    pub(crate) completion_tokens: u32,
    pub(crate) prompt_tokens_details: Option<PromptDetails>,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(default)]
pub(crate) struct PromptDetails {
    pub(crate) cached_tokens: Option<u32>,
}

/// Tokens, and milliseconds.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ServerTimings {
    /// Tokens of the prompt that came from the cache.
    pub(crate) cache_n: u32,
    /// Tokens of the prompt that were computed.
    pub(crate) prompt_n: u32,
    pub(crate) prompt_ms: f64,
    pub(crate) predicted_n: u32,
    pub(crate) predicted_ms: f64,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Progress {
    pub(crate) total: u32,
    pub(crate) cache: u32,
    /// Cached tokens included.
    pub(crate) processed: u32,
}

/// The list of models.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ModelList {
    pub(crate) data: Vec<ListedModel>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ListedModel {
    pub(crate) id: String,
    pub(crate) owned_by: Option<String>,
    /// vLLM: tokens of the context window.
    pub(crate) max_model_len: Option<u32>,
    /// llama.cpp.
    pub(crate) meta: Option<ModelMeta>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ModelMeta {
    pub(crate) n_ctx: Option<u32>,
    pub(crate) n_ctx_train: Option<u32>,
}

/// The answer of llama.cpp's `/apply-template`.
#[derive(Debug, Deserialize)]
pub(crate) struct Applied {
    pub(crate) prompt: String,
}

/// The answer of llama.cpp's `/tokenize`.
#[derive(Debug, Deserialize)]
pub(crate) struct Tokenized {
    pub(crate) tokens: Vec<serde::de::IgnoredAny>,
}
