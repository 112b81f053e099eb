//! What a model takes of memory before it is loaded: weights, key/value cache, room for computing, and the rest.
//!
//! The figures follow what the worker does with llama.cpp: one sequence, batches that are processed in one piece, a cache
//! that keeps every position also in layers with a sliding window (`swa_full`).
//! Weights are mapped from the file, so they count once whoever else has the file in memory. Nothing is loaded or
//! allocated here; a header is all that is read.

mod advice;
mod cache;
mod run;
mod t5gemma;

use serde::{Deserialize, Serialize};

use crate::gguf::GgufInfo;

pub use advice::{Advice, conversion, longest_context, most_gpu_layers};
pub use run::{RunFit, RunModel, RunStep, fit_run};
pub use t5gemma::T5GemmaFigures;

/// What the worker takes before it has a model, in bytes. Measured with the worker of this release on Linux.
const WORKER_BYTES: u64 = 8 << 20;

/// What one token of a vocabulary takes in llama.cpp's tables, in bytes: with byte-pair encoding, which has a table of
/// merges beside the tokens, and without. Measured with vocabularies of 49,152 and 262,144 tokens.
const BPE_TOKEN_BYTES: u64 = 400;
const OTHER_TOKEN_BYTES: u64 = 190;

/// Contexts are rounded up to multiples of this, in tokens (`llama_context`).
const CONTEXT_PADDING: u64 = 256;

/// How a model would be run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct FitRequest {
    /// Tokens that the context holds.
    pub context_tokens: u32,
    /// Sequences that share the context.
    pub sequences: u32,
    /// Tokens that are processed at once (`n_ubatch`).
    pub batch_tokens: u32,
    /// How keys and values are kept.
    pub cache_type: CacheType,
    /// Whether attention is computed in one pass, without its matrix in memory.
    pub flash_attention: bool,
    /// Layers that go to a GPU, the output counting as one, as llama.cpp counts them; 0 for the CPU alone.
    pub gpu_layers: u32,
}

/// How keys and values are kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CacheType {
    /// 16 bits an element; what the worker uses unless it is told otherwise.
    #[default]
    F16,
    /// 8 bits an element and a scale for 32 of them.
    Q8_0,
    /// 4 bits an element and a scale for 32 of them.
    Q4_0,
}

impl CacheType {
    /// All of them, from the most bits to the fewest.
    pub const ALL: [Self; 3] = [Self::F16, Self::Q8_0, Self::Q4_0];

    /// Its name in the interfaces.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::F16 => "f16",
            Self::Q8_0 => "q8_0",
            Self::Q4_0 => "q4_0",
        }
    }

    /// The one that the interfaces call `name`.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|cache_type| cache_type.name() == name)
    }

    /// Bytes of `n` elements.
    const fn bytes(self, n: u64) -> u64 {
        match self {
            Self::F16 => n.saturating_mul(2),
            Self::Q8_0 => n.saturating_mul(34) / 32,
            Self::Q4_0 => n.saturating_mul(18) / 32,
        }
    }
}

/// What one device holds, in bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Share {
    /// Weights.
    pub weights_bytes: u64,
    /// Key/value cache, and the state of recurrent layers.
    pub kv_bytes: u64,
    /// Intermediate results and scores.
    pub compute_bytes: u64,
    /// The worker itself and the vocabulary.
    pub other_bytes: u64,
}

impl Share {
    /// Everything together.
    #[must_use]
    pub const fn total_bytes(&self) -> u64 {
        self.weights_bytes
            .saturating_add(self.kv_bytes)
            .saturating_add(self.compute_bytes)
            .saturating_add(self.other_bytes)
    }
}

/// What a model takes of memory.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Estimate {
    /// Of the machine's memory.
    pub machine: Share,
    /// Of the GPU's memory; zeros where none is used.
    pub gpu: Share,
    /// Bytes that llama.cpp reserves on top and never writes, so that they take no memory: the scores of a batch's tokens
    /// but for the last, as far as nothing else is put in their place.
    pub unwritten_bytes: u64,
}

impl Estimate {
    /// Everything together, on all devices, in bytes.
    #[must_use]
    pub const fn total_bytes(&self) -> u64 {
        self.machine.total_bytes().saturating_add(self.gpu.total_bytes())
    }

    /// What of [`Estimate::machine`] cannot be read back from the file, and so must be free for certain, in bytes.
    #[must_use]
    pub const fn unmapped_bytes(&self) -> u64 {
        self.machine.total_bytes().saturating_sub(self.machine.weights_bytes)
    }
}

/// What the model of `info` takes of memory when it is run as `request` says.
///
/// What a header leaves open is taken for nothing, so the estimate is low rather than high.
#[must_use]
pub fn estimate(info: &GgufInfo, request: &FitRequest) -> Estimate {
    if let Some(figures) = &info.t5gemma {
        let machine = figures.share(info.tensor_bytes, u64::from(request.context_tokens));
        return Estimate { machine, ..Estimate::default() };
    }
    let n_layers = info.block_count.unwrap_or(info.layer_bytes.len() as u64);
    let on_gpu = u64::from(request.gpu_layers).min(n_layers + 1);
    // llama.cpp moves the output first and then layers from the end.
    let first_on_gpu = (n_layers + 1).saturating_sub(on_gpu);
    let padded = u64::from(request.context_tokens).next_multiple_of(CONTEXT_PADDING);
    let mut estimate = Estimate::default();
    let mut of_layers = 0_u64;
    for layer in 0..n_layers {
        let place = if on_gpu > 0 && layer >= first_on_gpu { &mut estimate.gpu } else { &mut estimate.machine };
        let index = usize::try_from(layer).unwrap_or(usize::MAX);
        let weights_bytes = info.layer_bytes.get(index).copied().unwrap_or(0);
        of_layers = of_layers.saturating_add(weights_bytes);
        place.weights_bytes = place.weights_bytes.saturating_add(weights_bytes);
        place.kv_bytes = place.kv_bytes.saturating_add(cache::layer_bytes(info, index, n_layers, padded, request));
    }
    // A model whose token embeddings serve as its output has them twice when the output is on a GPU.
    let output_bytes = if info.output_bytes > 0 { info.output_bytes } else { info.token_embedding_bytes };
    let rest = info.tensor_bytes.saturating_sub(of_layers);
    if on_gpu > 0 {
        estimate.gpu.weights_bytes = estimate.gpu.weights_bytes.saturating_add(output_bytes);
        let kept = rest.saturating_sub(info.output_bytes);
        estimate.machine.weights_bytes = estimate.machine.weights_bytes.saturating_add(kept);
    } else {
        estimate.machine.weights_bytes = estimate.machine.weights_bytes.saturating_add(rest);
    }
    let (batch, vocabulary) = (u64::from(request.batch_tokens), info.vocab_size.unwrap_or(0));
    // Scores: a row while they are computed, and one that is kept for each sequence, also for tokens that are guessed ahead.
    let row = vocabulary.saturating_mul(4);
    let sequences = u64::from(request.sequences);
    let working = working_bytes(info, request, padded);
    // The matrix of attention is gone when the scores of the batch are computed, in the same place.
    let (matrix, rows) = (attention_bytes(info, request, padded), row.saturating_mul(batch));
    let kept = row.saturating_mul(sequences);
    if on_gpu > 0 {
        // The memory of a GPU is taken when it is reserved.
        estimate.gpu.compute_bytes = working.saturating_add(rows.max(matrix));
        estimate.machine.compute_bytes = working.saturating_add(kept);
    } else {
        let written = row.max(matrix);
        estimate.machine.compute_bytes = working.saturating_add(kept).saturating_add(written);
        estimate.unwritten_bytes = rows.saturating_sub(written);
    }
    let of_token = match info.tokenizer_model.as_deref() {
        Some("gpt2") | None => BPE_TOKEN_BYTES,
        Some(_) => OTHER_TOKEN_BYTES,
    };
    estimate.machine.other_bytes = WORKER_BYTES.saturating_add(vocabulary.saturating_mul(of_token));
    estimate
}

/// Bytes of the masks and of the widest layer's intermediate results, for a whole batch.
fn working_bytes(info: &GgufInfo, request: &FitRequest, context_tokens: u64) -> u64 {
    let batch = u64::from(request.batch_tokens);
    // A number for each pair of a position and a token, for each kind of attention.
    let n_masks = if info.sliding_window.is_some_and(|window| window > 0) { 2 } else { 1 };
    let of_pair = if request.flash_attention { 2 } else { 4 };
    let masks = context_tokens.saturating_mul(batch).saturating_mul(of_pair * n_masks);
    let width = info.embedding_length.unwrap_or(0);
    let n_active = info.expert_used_count.unwrap_or(1).max(1);
    let forward = info.feed_forward_length.as_ref().and_then(|widths| widths.max()).unwrap_or(0);
    let heads = info.head_count.as_ref().and_then(|heads| heads.max()).unwrap_or(0);
    let attention = heads.saturating_mul(info.key_length.unwrap_or(0));
    let widest = forward.saturating_mul(n_active).max(attention).saturating_add(width.saturating_mul(2));
    masks.saturating_add(batch.saturating_mul(4).saturating_mul(widest))
}

/// Bytes of the matrix that attention in two passes has in memory: how much each token of a batch attends to each position, in each
/// head.
fn attention_bytes(info: &GgufInfo, request: &FitRequest, context_tokens: u64) -> u64 {
    if request.flash_attention {
        return 0;
    }
    let heads = info.head_count.as_ref().and_then(|heads| heads.max()).unwrap_or(0);
    heads.saturating_mul(u64::from(request.batch_tokens)).saturating_mul(context_tokens).saturating_mul(4)
}

#[cfg(test)]
mod tests;
