//! T5Gemma: encoder-decoder models, which llama.cpp does not run. The model itself on candle, from its files to the next
//! token; no process, no protocol.
//!
//! - [`ModelFiles`] checks a folder of safetensors files, or a file that was converted from one, by its headers alone.
//! - [`Vocabulary`] lays prompts out ([`prompt`] documents how) and counts.
//! - [`T5Gemma`] is a model in memory: [`T5Gemma::start`] encodes a source once, [`Generation::advance`] writes a token.
//! - [`Network`] is what lies beneath: a source is encoded, a [`Session`] is advanced, also for batches.
//! - [`quantize()`] converts a folder into one file with weights of 8 or 4 bits.
//!
//! Everything is computed in 32 bits. Weights in 16 bits become 32-bit ones when they are loaded; quantized ones stay as
//! they are in memory, embeddings included.

mod error;
mod files;
mod generate;
mod model;
pub mod prompt;
mod quantize;
mod sampling;
mod threads;
mod tokenizer;

pub use brickwork_t5gemma_config::{Config, LayerConfig, SideConfig};
pub use candle_core::{Device, Tensor};
pub use error::T5GemmaError;
pub use files::ModelFiles;
pub use generate::{Generation, Step, T5Gemma, Vocabulary};
pub use model::{Batch, Encoded, Network, Observer, Session};
pub use prompt::{Message, Prompt, Source, Speaker};
pub use quantize::{Quantization, Quantized, quantize, quantized_path};
pub use sampling::Sampling;
pub use tokenizer::Tokenizer;
