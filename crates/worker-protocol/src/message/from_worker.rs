//! What the worker answers.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::JobId;

/// From the worker to the program.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum FromWorker {
    /// The answer to the program's `Hello`.
    Hello(WorkerHello),
    /// A model is being read into memory.
    LoadProgress {
        /// The job that needs it.
        job: JobId,
        /// Part done, 0 to 1.
        fraction: f32,
    },
    /// The model that a job needs is in memory.
    Loaded {
        /// The job.
        job: JobId,
        /// What the file says about itself.
        facts: ModelFacts,
        /// Time to load it, 0 when it was there already.
        load_ms: f64,
    },
    /// What is in memory once a job's model and context are there.
    Memory {
        /// The job.
        job: JobId,
        /// The models in memory; the job's own is the last one.
        models: Vec<ResidentModel>,
    },
    /// The answer to [`ToWorker::Devices`](super::ToWorker::Devices).
    Devices {
        /// The request.
        job: JobId,
        /// Where models can run.
        devices: Vec<Device>,
    },
    /// The prompt is being processed.
    PromptProgress {
        /// The job.
        job: JobId,
        /// Tokens processed or taken from the cache.
        done: u32,
        /// Tokens of the whole prompt.
        total: u32,
        /// Tokens taken from the cache.
        cached: u32,
    },
    /// New text, in whole characters.
    Text {
        /// The job.
        job: JobId,
        /// The text that was added.
        text: String,
        /// Tokens generated so far.
        generated: u32,
    },
    /// A generation ended well.
    Done(Done),
    /// The answer to [`ToWorker::CountTokens`](super::ToWorker::CountTokens).
    TokenCount {
        /// The job.
        job: JobId,
        /// Tokens of the whole prompt.
        tokens: u32,
    },
    /// The answer to [`ToWorker::Render`](super::ToWorker::Render).
    Rendered(Rendered),
    /// The answer to [`ToWorker::CountTexts`](super::ToWorker::CountTexts).
    TextCounts {
        /// The job.
        job: JobId,
        /// Tokens of each text, in the order of the request.
        counts: Vec<u32>,
    },
    /// A job ended because it was cancelled. What it added to the cache is gone.
    Cancelled {
        /// The job.
        job: JobId,
    },
    /// A job failed; the worker goes on.
    Failed(Failed),
}

impl FromWorker {
    /// The job that the frame belongs to; `None` for `Hello`.
    #[must_use]
    pub const fn job(&self) -> Option<JobId> {
        match self {
            Self::Hello(_) => None,
            Self::LoadProgress { job, .. }
            | Self::Loaded { job, .. }
            | Self::Memory { job, .. }
            | Self::Devices { job, .. }
            | Self::PromptProgress { job, .. }
            | Self::Text { job, .. }
            | Self::TokenCount { job, .. }
            | Self::TextCounts { job, .. }
            | Self::Cancelled { job } => Some(*job),
            Self::Done(done) => Some(done.job),
            Self::Rendered(rendered) => Some(rendered.job),
            Self::Failed(failed) => Some(failed.job),
        }
    }
}

/// Who the worker is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WorkerHello {
    /// The worker's [`crate::PROTOCOL_VERSION`].
    pub protocol: u32,
    /// The worker's own version.
    pub version: String,
    /// The binding to llama.cpp and its version.
    pub llama_version: String,
    /// Where models can run.
    pub devices: Vec<Device>,
    /// Threads that it computes with.
    pub threads: u32,
    /// The parts of llama.cpp that drive devices.
    #[serde(default)]
    pub modules: Vec<Module>,
}

/// A part of llama.cpp that drives devices, in a file of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Module {
    /// What it is for, with the processor's variant: `cpu-haswell`, `cuda`.
    pub name: String,
    /// Its file.
    pub path: String,
    /// Why it is not in use; absent when it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

/// One place where models can run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    /// Short name, e.g. `CPU`.
    pub name: String,
    /// What the hardware calls itself.
    pub description: String,
    /// Its kind.
    pub kind: DeviceKind,
    /// The part of llama.cpp that drives it, e.g. `CPU` or `CUDA`.
    pub backend: String,
    /// Its whole memory.
    pub memory_total_bytes: u64,
    /// Its free memory when the worker was asked.
    pub memory_free_bytes: u64,
}

/// The kind of a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeviceKind {
    /// The processor, with the machine's memory.
    Cpu,
    /// A graphics processor with memory of its own.
    Gpu,
    /// A graphics processor that shares the machine's memory.
    IntegratedGpu,
    /// Anything else, which works together with the processor.
    Accelerator,
}

/// A model in the worker's memory, and what llama.cpp allocated for it, in bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResidentModel {
    /// Absolute path of its file.
    pub model: String,
    /// Weights, those included that are mapped from the file.
    pub weights_bytes: u64,
    /// The key/value cache; 0 without a context.
    pub kv_bytes: u64,
    /// Room for intermediate results and for the last token's scores; 0 without a context.
    pub compute_bytes: u64,
    /// Tokens that its context holds; 0 without one.
    pub n_ctx: u32,
    /// Tokens that are processed at once; 0 without a context.
    pub n_batch: u32,
    /// Threads of the processor that compute in its context; 0 without one.
    #[serde(default)]
    pub threads: u32,
}

impl ResidentModel {
    /// Everything together.
    #[must_use]
    pub const fn total_bytes(&self) -> u64 {
        self.weights_bytes.saturating_add(self.kv_bytes).saturating_add(self.compute_bytes)
    }
}

/// What a model file says about itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelFacts {
    /// Architecture, e.g. `llama`.
    pub architecture: String,
    /// Its own name, or an empty text.
    pub name: String,
    /// Context window that it was trained with, in tokens.
    pub n_ctx_train: u32,
    /// Number of weights.
    pub n_params: u64,
    /// Size of its vocabulary.
    pub n_vocab: u32,
    /// Whether it brings a chat template of its own.
    pub has_chat_template: bool,
}

/// Why a generation ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FinishReason {
    /// The model ended its turn.
    EndOfTurn,
    /// One of the `stop` texts appeared.
    StopString,
    /// `max_tokens` was reached.
    Length,
}

/// Where time and tokens went.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Timings {
    /// Time to load the model; 0 when it was in memory.
    pub load_ms: f64,
    /// Time to process the prompt's new tokens.
    pub prompt_ms: f64,
    /// Time to generate.
    pub generate_ms: f64,
    /// Tokens of the whole prompt, cached ones included.
    pub prompt_tokens: u32,
    /// Tokens of the prompt that were taken from the cache.
    pub cached_tokens: u32,
    /// Tokens generated.
    pub generated_tokens: u32,
    /// Tokens that were guessed ahead.
    #[serde(default)]
    pub drafted_tokens: u32,
    /// Guessed tokens that were what the model chose; they are among those generated.
    #[serde(default)]
    pub accepted_tokens: u32,
}

/// The end of a generation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Done {
    /// The job.
    pub job: JobId,
    /// Why it ended.
    pub finish_reason: FinishReason,
    /// Where time and tokens went.
    pub timings: Timings,
    /// Ids of the generated tokens, the end-of-turn token excluded.
    pub token_ids: Vec<u32>,
}

/// A prompt as a model gets it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rendered {
    /// The job.
    pub job: JobId,
    /// The whole text, control tokens spelled out; absent unless it was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Tokens of the whole prompt.
    pub tokens: u32,
    /// Context window that the model was trained with, in tokens; 0 when its file does not say.
    pub n_ctx_train: u32,
    /// Whether the model brings a chat template of its own.
    pub has_chat_template: bool,
}

/// The kind of a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureCode {
    /// No file is at the model's path.
    ModelMissing,
    /// The file is not a model that can be loaded.
    ModelInvalid,
    /// llama.cpp refused to load the model or to make a context.
    LoadFailed,
    /// Memory ran out, also after other models were freed.
    OutOfMemory,
    /// Prompt and `max_tokens` together exceed the context window.
    PromptTooLong,
    /// An RPC server that the model is spread over does not answer, or not in this version.
    ServerUnreachable,
    /// A request that this model cannot serve.
    BadRequest,
    /// Anything else.
    Internal,
}

/// A failed job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failed {
    /// The job.
    pub job: JobId,
    /// The kind.
    pub code: FailureCode,
    /// What happened, to which thing, and what to do next.
    pub message: String,
    /// The stable word of that very message; absent where it has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What the message names, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub params: BTreeMap<String, FailureParam>,
}

/// One thing that the message of a failure names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum FailureParam {
    /// A number of things, or a limit.
    Count(u64),
    /// A name, a path, or another program's own words.
    Text(String),
}
