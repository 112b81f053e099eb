//! T5Gemma: encoder-decoder models, which llama.cpp does not run. The model itself on candle, from its files to the next
//! token; no process, no protocol, no threads of its own.
//!
//! - [`ModelFiles`] checks a folder of safetensors files, or a file that was converted from one, by its headers alone.
//! - [`Network`] holds the weights and computes: a source is encoded once, then a [`Session`] is advanced token by token.
//!
//! Everything is computed in 32 bits. Weights in 16 bits become 32-bit ones when they are loaded; quantized ones stay as
//! they are in memory, embeddings included.

mod config;
mod error;
mod files;
mod model;
mod tokenizer;

pub use candle_core::{Device, Tensor};
pub use config::{Config, LayerConfig, SideConfig};
pub use error::T5GemmaError;
pub use files::ModelFiles;
pub use model::{Batch, Encoded, Network, Observer, Session};
pub use tokenizer::Tokenizer;
