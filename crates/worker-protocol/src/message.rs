//! The messages themselves.
//!
//! Times are in milliseconds, sizes in bytes, lengths in tokens. Unknown fields are ignored, so a field can be added
//! within one protocol version as long as its absence keeps the old meaning.

mod from_worker;
mod to_worker;

pub use from_worker::{
    Device, DeviceKind, Done, Failed, FailureCode, FailureParam, FinishReason, FromWorker, ModelFacts, Module,
    Rendered, ResidentModel, Timings, WorkerHello,
};
pub use to_worker::{
    CacheType, ChatMessage, Compute, ContextLimits, CountTexts, CountTokens, Generate, Prompt, PromptCache, Render,
    Residency, Role, Sampling, ToWorker,
};

/// Number of a job, chosen by the program; growing, never used twice within one worker's life.
pub type JobId = u64;
