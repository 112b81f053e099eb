//! What a T5Gemma takes, which the worker runs without llama.cpp: nothing of it is mapped, and nothing is reserved before
//! it is needed.

use brickwork_t5gemma_config::Config;
use serde::Serialize;

use super::{OTHER_TOKEN_BYTES, Share, WORKER_BYTES};

/// The figures of a T5Gemma that say what it takes beside its weights.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct T5GemmaFigures {
    /// Layers of the encoder.
    pub encoder_layers: u64,
    /// Layers of the decoder.
    pub decoder_layers: u64,
    /// Tokens that the encoder reads at most.
    pub source_tokens: u64,
    /// Tokens that the decoder writes at most, however long the source is.
    pub output_tokens: u64,
    /// Tokens of the decoder's vocabulary.
    pub vocab_size: u64,
    /// Numbers in the tables of tokens.
    pub n_table_params: u64,
    /// Keys and values for each token of source and output, in bytes.
    pub kv_bytes_per_token: u64,
    /// Intermediate results for each token of the source, in bytes.
    pub compute_bytes_per_token: u64,
}

impl T5GemmaFigures {
    /// The figures of the model that `config` describes.
    #[must_use]
    pub fn of(config: &Config) -> Self {
        Self {
            encoder_layers: config.encoder.layers.len() as u64,
            decoder_layers: config.decoder.layers.len() as u64,
            source_tokens: config.source_limit() as u64,
            output_tokens: config.output_limit() as u64,
            vocab_size: config.decoder.vocab_size as u64,
            n_table_params: config.n_table_params(),
            kv_bytes_per_token: config.kv_bytes_per_token(),
            compute_bytes_per_token: config.encoding_bytes_per_token(),
        }
    }

    /// What the model takes with weights of `weights_bytes`, for a source and an output of `n_tokens` together.
    pub(super) fn share(&self, weights_bytes: u64, n_tokens: u64) -> Share {
        Share {
            weights_bytes,
            kv_bytes: self.kv_bytes_per_token.saturating_mul(n_tokens),
            compute_bytes: self.compute_bytes_per_token.saturating_mul(n_tokens.min(self.source_tokens)),
            other_bytes: WORKER_BYTES.saturating_add(self.vocab_size.saturating_mul(OTHER_TOKEN_BYTES)),
        }
    }

    /// Bytes of the weights of a model of `n_params` numbers that was converted to 8 bits, or to 4 where the tables keep 8.
    #[must_use]
    pub const fn converted_bytes(&self, n_params: u64, to_four_bits: bool) -> u64 {
        let rest = n_params.saturating_sub(self.n_table_params);
        let of_rest = rest.saturating_mul(if to_four_bits { 18 } else { 34 }) / 32;
        ((n_params - rest).saturating_mul(34) / 32).saturating_add(of_rest)
    }
}
