//! How large the worker makes a context and its batches, how it computes attention, and how much a draft model's vocabulary may
//! differ in size. Pure arithmetic, so that the program can foretell it.

use crate::CacheType;

/// The context that a model starts with, in tokens.
pub const FIRST_CONTEXT: u32 = 8192;

/// Larger contexts are multiples of this, in tokens.
pub const CONTEXT_STEP: u32 = 4096;

/// The most jobs that are computed together in one context, each with a sequence of its own.
pub const MOST_SEQUENCES: u32 = 16;

/// By so many tokens may the vocabularies of a model and of the one that drafts for it differ in size: models of one family pad
/// theirs differently. llama.cpp's own bound.
pub const MOST_MORE_TOKENS: u32 = 128;

/// Logits are reserved for a whole batch; this bounds them, in bytes.
const MOST_LOGIT_BYTES: u64 = 128 << 20;

/// The largest batch, in tokens.
const MOST_BATCH: u64 = 512;

/// Batches on the CPU hold what a thread computes in half a second on a slow or busy machine (in operations), so that a
/// cancel is answered soon.
const CPU_OPERATIONS_PER_THREAD: u64 = 20_000_000_000;

/// Tokens of the context in which `n_needed` tokens are worked on, where at most `window` are possible.
#[must_use]
pub fn context_tokens(n_needed: u32, window: u32) -> u32 {
    // No power of two lies near the largest number, so the step is added with care.
    let above = n_needed.checked_next_multiple_of(CONTEXT_STEP).unwrap_or(u32::MAX);
    let n_ctx = if n_needed <= FIRST_CONTEXT { FIRST_CONTEXT } else { above };
    n_ctx.min(window)
}

/// Tokens that are processed at once by a model of `n_params` weights and `n_vocab` tokens. `cpu_threads` is absent where a
/// GPU computes.
#[must_use]
pub fn batch_tokens(n_params: u64, n_vocab: u32, cpu_threads: Option<u32>) -> u32 {
    let by_logits = MOST_LOGIT_BYTES / (4 * u64::from(n_vocab).max(1));
    let operations_per_token = n_params.max(1).saturating_mul(2);
    let by_time =
        cpu_threads.map_or(MOST_BATCH, |threads| CPU_OPERATIONS_PER_THREAD * u64::from(threads) / operations_per_token);
    let batch = by_logits.min(by_time).clamp(32, MOST_BATCH) / 32 * 32;
    u32::try_from(batch).unwrap_or(32)
}

/// Whether attention is computed in one pass (flash attention), where `chosen` says nothing else; `None` leaves it to llama.cpp,
/// which takes it wherever the device can.
///
/// Processors multiply queries and keys of several tokens as blocks when they do it in two passes, which is up to twice as fast
/// behind long prompts. A packed cache is only computed in one.
#[must_use]
pub fn flash_attention(chosen: Option<bool>, cache_type: CacheType, uses_gpu: bool) -> Option<bool> {
    chosen.or((!uses_gpu && cache_type == CacheType::F16).then_some(false))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contexts_grow_in_steps_up_to_the_window() {
        for (needed, window, expected) in [
            (1, 32_768, 8192),
            (8192, 32_768, 8192),
            (8193, 32_768, 12_288),
            (100, 2048, 2048),
            (30_000, 30_001, 30_001),
            (u32::MAX, u32::MAX, u32::MAX),
        ] {
            assert_eq!(context_tokens(needed, window), expected, "{needed} of {window}");
        }
    }

    #[test]
    fn processors_compute_attention_in_two_passes_where_they_can() {
        for (chosen, cache_type, uses_gpu, expected) in [
            (None, CacheType::F16, false, Some(false)),
            (None, CacheType::F16, true, None),
            (None, CacheType::Q8_0, false, None),
            (Some(true), CacheType::F16, false, Some(true)),
            (Some(false), CacheType::F16, true, Some(false)),
        ] {
            assert_eq!(flash_attention(chosen, cache_type, uses_gpu), expected, "{chosen:?} {cache_type:?} {uses_gpu}");
        }
    }

    #[test]
    fn batches_are_bounded_by_time_and_by_logits() {
        for (n_params, n_vocab, threads, expected) in [
            (135_000_000, 49_152, Some(2), 128),
            (268_000_000, 262_144, Some(2), 64),
            (7_000_000_000, 32_016, Some(8), 32),
            (7_000_000_000, 32_016, None, 512),
            (0, 0, None, 512),
        ] {
            assert_eq!(batch_tokens(n_params, n_vocab, threads), expected, "{n_params} {n_vocab}");
        }
    }
}
