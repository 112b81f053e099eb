//! Runs models in a worker process: [`WorkerClient`] implements the engine's `Inference` port.
//!
//! The worker (`brickwork-worker`) is started at the first job and kept. Jobs are sent to it in the order in which their
//! streams were first polled, as they come; it does them one after another or together, and its frames are passed on by the
//! numbers of the jobs. Whatever happens to the worker - a crash inside llama.cpp, a kill by the system, a hang - becomes at the
//! most one failed job with a typed error, and the next job gets a fresh worker:
//!
//! - A job whose worker crashed is tried a second time, alone in a fresh one, while later jobs wait. Of several jobs that were in
//!   it, all that it had begun are, one after another; those that it had not begun are tried again together (`fate.rs`).
//! - A worker is taken for hung when none of its jobs heard anything for the silence limit, or when a cancelled job that it has
//!   begun does not end within the cancel limit. The job of a hung worker fails; of several, all are tried again.
//! - A listener that is slow, or does not listen at all, holds up nobody: its text is joined and waits (`mailbox.rs`).
//!
//! The worker gets no secret in its environment, dies with this program, and its standard error always goes to the log
//! (`tracing`, target `brickwork::worker`). This crate neither links llama.cpp nor reads model files.

mod admission;
mod client;
mod config;
mod convert;
mod door;
mod environment;
mod exit;
mod fate;
mod idle;
mod job;
mod lend;
mod mailbox;
mod process;
mod program;
mod quantize;
mod question;
mod rendering;
mod replay;
mod routes;
mod shared;
mod spawn;
mod syntax;
mod task;
mod variants;
mod words;
mod worker;

pub use brickwork_worker_protocol::{
    CacheType, Device, DeviceKind, Module, PROTOCOL_VERSION, ResidentModel, WorkerHello, sizing,
};
pub use client::{WorkerClient, WorkerStatus};
pub use config::{Compute, PromptCache, Residency, SamplerDefaults, SamplerDefaultsOf, WorkerConfig};
pub use lend::lend;
pub use program::{PROGRAM_VARIABLE, ProgramNotFound, find_worker_program};
pub use quantize::quantize;
pub use rendering::Rendering;
pub use syntax::SyntaxClient;
