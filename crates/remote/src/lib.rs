//! Runs models on OpenAI-compatible servers: llama-server, vLLM, Ollama, LM Studio and their like.
//!
//! Invariant: text and keys go to the one address that the user named, and nowhere else: no redirect is followed, and
//! nothing is sent unencrypted to a public address unless the user allowed that. No key is kept here or written anywhere:
//! whoever calls gives it for each request.
//!
//! Source of the interface: OpenAI's API reference for chat completions, and the README of llama.cpp's server for what it
//! adds (`timings`, `prompt_progress`, `/tokenize`, `/apply-template`).

mod address;
mod answer;
mod client;
mod count;
mod fault;
mod generation;
mod network;
mod request;
mod stops;
mod survey;
mod wire;

pub use address::{AddressFault, BaseUrl};
pub use client::{Key, Limits, Peer, PeerOf, RemoteClient};
pub use count::{Counts, estimated_tokens};
pub use survey::{Checked, ServedModel, ServerKind};
