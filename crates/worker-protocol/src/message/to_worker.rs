//! What the program asks of the worker.

use serde::{Deserialize, Serialize};

use super::JobId;

/// From the program to the worker.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ToWorker {
    /// The first frame.
    Hello {
        /// The program's [`crate::PROTOCOL_VERSION`].
        protocol: u32,
    },
    /// Generate text.
    Generate(Box<Generate>),
    /// Count the tokens of a prompt as [`ToWorker::Generate`] would lay it out.
    CountTokens(CountTokens),
    /// Lay a prompt out as [`ToWorker::Generate`] would, and count its tokens; the weights are not needed.
    Render(Render),
    /// Count the tokens of texts, each by itself; the weights are not needed.
    CountTexts(CountTexts),
    /// Stop a job, whether it waits or runs. A job that has ended already is not an error.
    Cancel {
        /// The job.
        job: JobId,
    },
    /// Free a model's memory once no job uses it.
    Unload {
        /// Absolute path of its file.
        model: String,
    },
    /// Tell where models can run and what of their memory is free now.
    Devices {
        /// The request's number.
        job: JobId,
    },
    /// End in good order.
    Shutdown,
}

/// One generation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Generate {
    /// Its number.
    pub job: JobId,
    /// Absolute path of the model's GGUF file.
    pub model: String,
    /// What to continue.
    pub prompt: Prompt,
    /// The most tokens to generate, at least 1.
    pub max_tokens: u32,
    /// How to choose tokens.
    pub sampling: Sampling,
    /// Texts at which to stop; never part of the output. Empty ones are ignored.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stop: Vec<String>,
    /// Bounds on the context's size.
    #[serde(default)]
    pub limits: ContextLimits,
    /// What it is computed with.
    #[serde(default)]
    pub compute: Compute,
    /// How long models stay in memory.
    #[serde(default)]
    pub residency: Residency,
    /// Where to keep what is computed of prompts beyond the worker's life; nowhere when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache: Option<PromptCache>,
}

/// A folder for computed prompts. They tell what was asked, so the folder is made readable for its user alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PromptCache {
    /// Its absolute path; made where it is missing.
    pub folder: String,
    /// What its files may take together, in bytes; those that were used least recently go first.
    pub limit_bytes: u64,
}

/// How long models stay in memory. Absent means without a limit. The model of the present job is never freed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Residency {
    /// What all models in memory may take together, in bytes. A model alone may take more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget_bytes: Option<u64>,
    /// Time after its last job at which a model is freed, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idle_ms: Option<u64>,
}

/// What models are computed with. Absent means that the worker decides.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Compute {
    /// Name of the one device that computes, as in [`WorkerHello::devices`](super::WorkerHello::devices): the CPU alone, or
    /// this GPU beside it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
    /// Threads on the CPU, at least 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threads: Option<u32>,
    /// Layers that are put on GPUs; without effect where the worker has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gpu_layers: Option<u32>,
    /// Addresses (`HOST:PORT`) of llama.cpp's RPC servers over which the model's layers are spread, beside the GPUs here.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rpc_servers: Vec<String>,
    /// How keys and values are kept.
    #[serde(default, skip_serializing_if = "CacheType::is_default")]
    pub cache_type: CacheType,
    /// Whether attention is computed in one pass, without its matrix in memory; on GPUs that can when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flash_attention: Option<bool>,
    /// Absolute path of the GGUF file of a smaller model with the same vocabulary that guesses ahead; none when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub draft_model: Option<String>,
}

/// How the key/value cache is kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CacheType {
    /// 16 bits an element.
    #[default]
    F16,
    /// 8 bits an element and a scale for 32 of them. Needs flash attention.
    Q8_0,
    /// 4 bits an element and a scale for 32 of them. Needs flash attention.
    Q4_0,
}

impl CacheType {
    /// Whether it is the one that nobody chose.
    #[must_use]
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// A request to count tokens.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CountTokens {
    /// Its number.
    pub job: JobId,
    /// Absolute path of the model's GGUF file.
    pub model: String,
    /// What to count.
    pub prompt: Prompt,
}

/// A request to lay a prompt out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Render {
    /// Its number.
    pub job: JobId,
    /// Absolute path of the model's GGUF file.
    pub model: String,
    /// What to lay out.
    pub prompt: Prompt,
    /// Whether the answer is to hold the text; a count alone is a short frame.
    pub with_text: bool,
}

/// A request to count the tokens of texts. Each is tokenised by itself, as a part of a message is: no control token is
/// found in it and none is added.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CountTexts {
    /// Its number.
    pub job: JobId,
    /// Absolute path of the model's GGUF file.
    pub model: String,
    /// The texts.
    pub texts: Vec<String>,
}

/// How tokens are chosen. At `temperature` 0 the likeliest token is taken and everything else here is ignored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sampling {
    /// 0 is deterministic; 1 leaves the model's distribution as it is.
    pub temperature: f32,
    /// Seed of the random choice.
    pub seed: u32,
    /// Nucleus sampling: the smallest set of tokens whose probability reaches this. When absent, tokens with less than
    /// a twentieth of the likeliest one's probability are left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub top_p: Option<f32>,
    /// Divides the score of tokens among the last [`Sampling::REPEAT_WINDOW`] generated ones; 1 changes nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repeat_penalty: Option<f32>,
    /// Strength of the DRY penalty on repeated sequences; 0 changes nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dry_multiplier: Option<f32>,
}

impl Sampling {
    /// How many of the last generated tokens [`Sampling::repeat_penalty`] looks at.
    pub const REPEAT_WINDOW: u32 = 64;

    /// The likeliest token, always.
    #[must_use]
    pub const fn greedy() -> Self {
        Self { temperature: 0.0, seed: 0, top_p: None, repeat_penalty: None, dry_multiplier: None }
    }
}

/// Bounds on a context, for small machines and for tests. Absent means that the worker decides.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContextLimits {
    /// The largest context window, in tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_context_tokens: Option<u32>,
    /// The most tokens that are processed at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_batch_tokens: Option<u32>,
}

/// What the model continues.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Prompt {
    /// A conversation, laid out with the model's chat template.
    Chat(Vec<ChatMessage>),
    /// Plain text.
    Raw(String),
}

/// One message of a conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatMessage {
    /// Who wrote it.
    pub role: Role,
    /// Its text; data, never parsed for control tokens.
    pub content: String,
}

/// Who wrote a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The system text.
    System,
    /// An instruction.
    User,
    /// A model's output.
    Assistant,
}

impl Role {
    /// The word that chat templates know it by.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::User => "user",
            Self::Assistant => "assistant",
        }
    }
}
