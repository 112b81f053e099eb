//! The frames that the program and its inference worker exchange, and the version handshake.
//!
//! The worker reads [`ToWorker`] on its standard input and writes [`FromWorker`] on its standard output, one JSON
//! object a line ([`frame`]). Neither side trusts the other's bytes: every fault of decoding is a typed
//! [`FrameError`], after which the stream goes on with the next line.
//!
//! A conversation starts with [`ToWorker::Hello`], which the worker answers with [`FromWorker::Hello`]
//! ([`check_protocol`]). Each job then ends with exactly one of [`FromWorker::Done`], [`FromWorker::TokenCount`],
//! [`FromWorker::Rendered`], [`FromWorker::TextCounts`], [`FromWorker::Devices`], [`FromWorker::Cancelled`] and
//! [`FromWorker::Failed`]. Closing the worker's input ends the worker.
//!
//! [`sizing`] holds the rules by which the worker sizes contexts and accepts draft models, for the program to foretell what a model
//! will take and to refuse what the worker would.
//!
//! This crate knows neither the engine nor llama.cpp: it holds plain data.

pub mod frame;
mod message;
pub mod sizing;

pub use frame::{FrameDecoder, FrameError, MAX_FRAME_BYTES, encode};
pub use message::{
    CacheType, ChatMessage, Compute, ContextLimits, CountTexts, CountTokens, Device, DeviceKind, Done, Failed,
    FailureCode, FailureParam, FinishReason, FromWorker, Generate, JobId, ModelFacts, Module, Prompt, PromptCache,
    Render, Rendered, Residency, ResidentModel, Role, Sampling, Timings, ToWorker, WorkerHello,
};

/// The version of this protocol. Program and worker must agree on it exactly, since both ship together.
pub const PROTOCOL_VERSION: u32 = 4;

/// Program and worker speak different versions of the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the worker speaks protocol version {theirs}, but this program speaks {ours}; install both from one release")]
pub struct ProtocolMismatch {
    /// The version of the side that checks.
    pub ours: u32,
    /// The version that the other side announced.
    pub theirs: u32,
}

/// Checks the version that the other side announced in its `Hello`.
///
/// # Errors
/// [`ProtocolMismatch`] when it differs from [`PROTOCOL_VERSION`].
pub const fn check_protocol(theirs: u32) -> Result<(), ProtocolMismatch> {
    if theirs == PROTOCOL_VERSION { Ok(()) } else { Err(ProtocolMismatch { ours: PROTOCOL_VERSION, theirs }) }
}
