//! Runs models in a worker process: [`WorkerClient`] implements the engine's `Inference` port.
//!
//! The worker (`brickwork-worker`) is started at the first job and kept. It does one job at a time; others wait in the
//! order in which their streams were first polled. A job whose worker crashed is tried a second time with a fresh one.
//! Whatever else happens to the worker - a second crash inside llama.cpp, a kill by the system, a hang - becomes one
//! failed job with a typed error, and the next job gets a fresh worker.
//!
//! The worker gets no secret in its environment, dies with this program, and its standard error always goes to the log
//! (`tracing`, target `brickwork::worker`). This crate neither links llama.cpp nor reads model files.

mod client;
mod config;
mod convert;
mod environment;
mod exit;
mod idle;
mod job;
mod lend;
mod process;
mod program;
mod quantize;
mod rendering;
mod replay;
mod syntax;
mod task;

pub use brickwork_worker_protocol::{Device, DeviceKind, Module, PROTOCOL_VERSION, ResidentModel, WorkerHello, sizing};
pub use client::{WorkerClient, WorkerStatus};
pub use config::{Compute, PromptCache, Residency, SamplerDefaults, SamplerDefaultsOf, WorkerConfig};
pub use lend::lend;
pub use program::{PROGRAM_VARIABLE, ProgramNotFound, find_worker_program};
pub use quantize::quantize;
pub use rendering::Rendering;
pub use syntax::SyntaxClient;
