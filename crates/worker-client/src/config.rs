//! How the worker is found, how long it may be silent, and what it may use.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use brickwork_engine::ModelRef;
use brickwork_worker_protocol::CacheType;

/// Sampler settings that belong to a model rather than to a step. They apply at temperatures above 0 only: greedy
/// output is always the model's own.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct SamplerDefaults {
    /// Divides the score of recently generated tokens; 1 changes nothing.
    pub repeat_penalty: Option<f32>,
    /// Strength of the DRY penalty on repeated sequences; 0 changes nothing.
    pub dry_multiplier: Option<f32>,
}

/// Looks up a model's sampler defaults, e.g. in its catalog entry.
#[derive(Clone)]
pub struct SamplerDefaultsOf(Arc<dyn Fn(&ModelRef) -> SamplerDefaults + Send + Sync>);

impl SamplerDefaultsOf {
    /// A lookup by `find`.
    pub fn new(find: impl Fn(&ModelRef) -> SamplerDefaults + Send + Sync + 'static) -> Self {
        Self(Arc::new(find))
    }

    /// The defaults of `model`.
    #[must_use]
    pub fn get(&self, model: &ModelRef) -> SamplerDefaults {
        (self.0)(model)
    }
}

impl Default for SamplerDefaultsOf {
    /// No model has any.
    fn default() -> Self {
        Self::new(|_| SamplerDefaults::default())
    }
}

impl fmt::Debug for SamplerDefaultsOf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SamplerDefaultsOf")
    }
}

/// How long models stay in the worker's memory; without a limit where one is absent. The one at work is never freed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Residency {
    /// What all models in memory may take together, in bytes. A model alone may take more.
    pub budget_bytes: Option<u64>,
    /// Time after its last job at which a model is freed.
    pub idle: Option<Duration>,
    /// What the files of computed prompts may take, in bytes, in place of [`PromptCache::limit_bytes`]; none are kept at 0.
    pub prompt_cache_bytes: Option<u64>,
}

/// What models are computed with; the worker decides what is absent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Compute {
    /// Name of the one device that computes: the CPU alone, or this GPU beside it.
    pub device: Option<String>,
    /// The largest context window, in tokens.
    pub max_context_tokens: Option<u32>,
    /// Threads on the CPU, 1 to 512.
    pub threads: Option<u32>,
    /// Layers that are put on GPUs; without effect where there is none.
    pub gpu_layers: Option<u32>,
    /// Addresses (`HOST:PORT`) of llama.cpp's RPC servers over which a model's layers are spread.
    pub rpc_servers: Vec<String>,
    /// How keys and values are kept.
    pub cache_type: CacheType,
    /// Whether attention is computed in one pass; on GPUs that can when absent.
    pub flash_attention: Option<bool>,
    /// Absolute path of the file of a smaller model with the same vocabulary that guesses ahead; none when absent.
    pub draft_model: Option<String>,
}

/// A folder for computed prompts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PromptCache {
    /// Its absolute path; made where it is missing, for its user alone.
    pub folder: PathBuf,
    /// What its files may take together, in bytes; those that were used least recently go first.
    pub limit_bytes: u64,
}

/// How a [`crate::WorkerClient`] runs its worker.
#[derive(Debug, Clone)]
pub struct WorkerConfig {
    /// The worker's program file; see [`crate::find_worker_program`].
    pub program: PathBuf,
    /// Longest silence of the worker while it has a job. A worker that is slow but talks is left alone.
    pub silence_limit: Duration,
    /// Longest time in which a cancelled job must end before the worker is killed, so that the next job can run.
    pub cancel_limit: Duration,
    /// Sampler settings by model.
    pub sampler_defaults: SamplerDefaultsOf,
    /// The largest context window, in tokens; the model's own when absent.
    pub max_context_tokens: Option<u32>,
    /// The most tokens that are processed at once; the worker's choice when absent.
    pub max_batch_tokens: Option<u32>,
    /// Where to keep what is computed of prompts beyond the worker's life; nowhere when absent.
    pub prompt_cache: Option<PromptCache>,
    /// Time without a job after which the worker is ended, to be started anew when it is needed; kept when absent.
    pub idle_limit: Option<Duration>,
    /// Environment variables for the worker beside the passed-on ones, for diagnosis (`BRICKWORK_WORKER_LOG=debug`).
    pub environment: Vec<(String, String)>,
}

impl WorkerConfig {
    /// A worker at `program` with 180 s of patience.
    #[must_use]
    pub fn new(program: impl Into<PathBuf>) -> Self {
        Self {
            program: program.into(),
            silence_limit: Duration::from_secs(180),
            cancel_limit: Duration::from_secs(20),
            sampler_defaults: SamplerDefaultsOf::default(),
            max_context_tokens: None,
            max_batch_tokens: None,
            prompt_cache: None,
            idle_limit: None,
            environment: Vec::new(),
        }
    }
}
