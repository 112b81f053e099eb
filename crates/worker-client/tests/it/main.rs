//! The client with the real worker and real models.
//!
//! The worker must be built (`cargo build -p brickwork-worker`) and both test models must be there (`cargo xtask
//! models`); a test that misses one of them fails and says so.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod cancel;
mod conversation;
#[cfg(unix)]
mod faults;
#[cfg(target_os = "linux")]
mod fit;
mod levers;
mod model_files;
mod prompts;
mod reference;
mod rendering;
mod residency;
mod rpc;
mod support;
mod syntax;
mod t5gemma;
mod together;
#[cfg(unix)]
mod together_faults;
