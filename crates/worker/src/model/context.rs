//! A model's context: the key/value cache and the ids of the tokens that it holds.
//!
//! Invariant: [`Context::ids`] are exactly the tokens in the cache, at positions 0 to their number, whatever failed or
//! was cancelled. So a job can take the longest common start with its own prompt from the cache.
#![allow(unsafe_code, reason = "a context borrows its model; one block extends that borrow to the shared owner's life")]

use std::num::NonZeroU32;
use std::sync::Arc;

use brickwork_worker_protocol::FailureCode;
use llama_cpp_2::context::LlamaContext;
use llama_cpp_2::context::params::LlamaContextParams;
use llama_cpp_2::llama_backend::LlamaBackend;
use llama_cpp_2::llama_batch::LlamaBatch;
use llama_cpp_2::model::LlamaModel;
use llama_cpp_2::sampling::LlamaSampler;
use llama_cpp_2::token::LlamaToken;

use crate::failure::Failure;
use crate::log::{self, Buffer};

/// The one sequence of a context.
const SEQUENCE: i32 = 0;

/// The size of a context, in tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ContextSize {
    /// Tokens that it can hold.
    pub(crate) n_ctx: u32,
    /// Tokens that are processed at once. Cancel is polled between such batches.
    pub(crate) n_batch: u32,
}

/// A context and what its cache holds.
pub(crate) struct Context {
    // Fields are dropped in order: the context goes before the model that it points to.
    inner: LlamaContext<'static>,
    batch: LlamaBatch<'static>,
    ids: Vec<LlamaToken>,
    size: ContextSize,
    threads: u32,
    buffers: Vec<Buffer>,
    /// Its state cannot be cut back to an earlier token.
    is_recurrent: bool,
    _model: Arc<LlamaModel>,
}

impl Context {
    /// Makes a context of `size` with an empty cache. `None` when llama.cpp refuses; the reason is in its log.
    pub(crate) fn new(backend: &LlamaBackend, model: Arc<LlamaModel>, size: ContextSize, threads: u32) -> Option<Self> {
        let n_threads = i32::try_from(threads).unwrap_or(1);
        let params = LlamaContextParams::default()
            .with_n_ctx(Some(NonZeroU32::new(size.n_ctx)?))
            .with_n_batch(size.n_batch)
            .with_n_ubatch(size.n_batch)
            .with_n_seq_max(1)
            .with_n_threads(n_threads)
            .with_n_threads_batch(n_threads)
            // A sliding window's cache that keeps all positions can be cut back like any other.
            .with_swa_full(true);
        // SAFETY: `model` is shared ownership of a model that is never moved or changed while it is owned. The context
        // is dropped before this owner (field order), so the reference is valid for the context's whole life.
        let borrowed: &'static LlamaModel = unsafe { &*Arc::as_ptr(&model) };
        log::take_buffers();
        let inner = borrowed.new_context(backend, params).ok()?;
        let buffers = log::take_buffers();
        let size = ContextSize { n_ctx: inner.n_ctx().min(size.n_ctx), n_batch: inner.n_batch().min(size.n_batch) };
        let batch = LlamaBatch::new(size.n_batch as usize, 1);
        let is_recurrent = model.is_recurrent() || model.is_hybrid();
        Some(Self { inner, batch, ids: Vec::new(), size, threads, buffers, is_recurrent, _model: model })
    }

    /// Its size.
    pub(crate) const fn size(&self) -> ContextSize {
        self.size
    }

    /// What llama.cpp allocated for it.
    pub(crate) fn buffers(&self) -> &[Buffer] {
        &self.buffers
    }

    /// The threads that compute in it.
    pub(crate) const fn threads(&self) -> u32 {
        self.threads
    }

    /// How many tokens the cache holds.
    pub(crate) fn len(&self) -> usize {
        self.ids.len()
    }

    /// Cuts the cache back to the longest start that it shares with `prompt`, its last token excluded, and returns
    /// that length. The last token is always computed, since its result is what the first new token is chosen from.
    pub(crate) fn keep_common_start(&mut self, prompt: &[LlamaToken]) -> usize {
        let common = self.ids.iter().zip(prompt).take_while(|(cached, wanted)| cached == wanted).count();
        self.cut_back_to(common.min(prompt.len().saturating_sub(1)));
        self.ids.len()
    }

    /// Cuts the cache back to its first `length` tokens; where that is impossible the cache becomes empty.
    pub(crate) fn cut_back_to(&mut self, length: usize) {
        if length >= self.ids.len() {
            return;
        }
        let is_cut = length > 0
            && !self.is_recurrent
            && u32::try_from(length)
                .is_ok_and(|from| self.inner.clear_kv_cache_seq(Some(0), Some(from), None) == Ok(true))
            && self.inner.kv_cache_seq_pos_min(SEQUENCE) == 0
            && usize::try_from(self.inner.kv_cache_seq_pos_max(SEQUENCE)).is_ok_and(|last| last + 1 == length);
        if is_cut {
            self.ids.truncate(length);
        } else {
            self.clear();
        }
    }

    /// Empties the cache.
    pub(crate) fn clear(&mut self) {
        self.inner.clear_kv_cache();
        self.ids.clear();
    }

    /// Computes `tokens`, at most [`ContextSize::n_batch`] of them, behind those in the cache. The last one's result is
    /// what [`Context::sample`] chooses from.
    ///
    /// # Errors
    /// [`FailureCode::Internal`]; the cache is then empty.
    pub(crate) fn compute(&mut self, tokens: &[LlamaToken]) -> Result<(), Failure> {
        let outcome = self.decode(tokens);
        match outcome {
            Ok(()) => {
                self.ids.extend_from_slice(tokens);
                Ok(())
            }
            Err(reason) => {
                self.clear();
                Err(Failure::new(
                    FailureCode::Internal,
                    format!("llama.cpp could not compute {} tokens ({reason}). Run the step again.", tokens.len()),
                )
                .saying("compute_failed")
                .count("tokens", u32::try_from(tokens.len()).unwrap_or(u32::MAX))
                .text("cause", reason))
            }
        }
    }

    fn decode(&mut self, tokens: &[LlamaToken]) -> Result<(), String> {
        self.batch.clear();
        for (index, token) in tokens.iter().enumerate() {
            let position = i32::try_from(self.ids.len() + index).map_err(|error| error.to_string())?;
            let is_last = index + 1 == tokens.len();
            self.batch.add(*token, position, &[SEQUENCE], is_last).map_err(|error| error.to_string())?;
        }
        self.inner.decode(&mut self.batch).map_err(|error| error.to_string())
    }

    /// Chooses the next token from the result of the last computed one.
    pub(crate) fn sample(&self, sampler: &mut LlamaSampler) -> LlamaToken {
        sampler.sample(&self.inner, -1)
    }
}

impl std::fmt::Debug for Context {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Context").field("size", &self.size).field("cached", &self.ids.len()).finish_non_exhaustive()
    }
}
