//! A model's context: the key/value cache of several sequences, and the ids of the tokens that each of them holds.
//!
//! Invariant: the ids of a sequence are exactly its tokens in the cache, at positions 0 to their number, whatever failed
//! or was cancelled. So a job can take the longest common start with its own prompt from any of them.
//!
//! All sequences share one pool of cells. A sequence is *held* by a job, or idle: then its cells are free for whoever needs
//! them, and what it holds goes to the shelf ([`super::shelf`]) before they are taken.
#![allow(
    unsafe_code,
    reason = "a context borrows its model, and states go through C functions; each block says why it is sound"
)]

mod room;
mod sequence;

use std::num::NonZeroU32;
use std::ops::Range;
use std::sync::Arc;

use brickwork_worker_protocol::{CacheType, Compute, FailureCode, sizing};
use llama_cpp_2::context::LlamaContext;
use llama_cpp_2::context::params::{KvCacheType, LlamaContextParams};
use llama_cpp_2::context::session::LlamaStateSeqFlags;
use llama_cpp_2::llama_backend::LlamaBackend;
use llama_cpp_2::llama_batch::LlamaBatch;
use llama_cpp_2::model::LlamaModel;
use llama_cpp_2::sampling::LlamaSampler;
use llama_cpp_2::token::LlamaToken;

use sequence::Sequence;
pub(crate) use sequence::{SequenceId, common_start};

use super::shelf::Shelf;
use crate::failure::Failure;
use crate::log::{self, Buffer};
use crate::pace::Costs;

/// A shorter start than this is not worth to be kept or fetched, in tokens.
const LEAST_KEPT: usize = 32;

/// The size of a context, in tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ContextSize {
    /// Tokens that it can hold, of all sequences together.
    pub(crate) n_ctx: u32,
    /// Tokens that are processed at once. Cancel is polled between such batches.
    pub(crate) n_batch: u32,
}

/// How a context computes, and how it keeps keys and values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Manner {
    /// Threads on the processor for one token.
    pub(crate) threads: u32,
    /// Threads on the processor for several tokens at once.
    pub(crate) batch_threads: u32,
    pub(crate) layout: Layout,
}

/// How keys and values lie in memory. A state fits only where the layout is the same.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub(crate) struct Layout {
    pub(crate) cache_type: CacheType,
    /// Whether attention is computed in one pass; where the device can when absent (see [`sizing::flash_attention`]).
    pub(crate) flash_attention: Option<bool>,
}

impl Layout {
    /// The layout that `compute` asks for.
    pub(crate) fn of(compute: &Compute, uses_gpu: bool) -> Self {
        let cache_type = compute.cache_type;
        Self { cache_type, flash_attention: sizing::flash_attention(compute.flash_attention, cache_type, uses_gpu) }
    }

    fn element(self) -> KvCacheType {
        match self.cache_type {
            CacheType::F16 => KvCacheType::F16,
            CacheType::Q8_0 => KvCacheType::Q8_0,
            CacheType::Q4_0 => KvCacheType::Q4_0,
        }
    }

    /// The number by which llama.cpp knows the choice (`llama_flash_attn_type`).
    fn flash_attention_policy(self) -> llama_cpp_sys_2::llama_flash_attn_type {
        match self.flash_attention {
            None => llama_cpp_sys_2::LLAMA_FLASH_ATTN_TYPE_AUTO,
            Some(true) => llama_cpp_sys_2::LLAMA_FLASH_ATTN_TYPE_ENABLED,
            Some(false) => llama_cpp_sys_2::LLAMA_FLASH_ATTN_TYPE_DISABLED,
        }
    }
}

/// A context and what its cache holds.
pub(crate) struct Context {
    // Fields are dropped in order: the context goes before the model that it points to.
    inner: LlamaContext<'static>,
    batch: LlamaBatch<'static>,
    sequences: Vec<Sequence>,
    /// What the batch holds of each sequence, in order.
    pending: Vec<(SequenceId, LlamaToken)>,
    size: ContextSize,
    manner: Manner,
    buffers: Vec<Buffer>,
    /// The most cells that held tokens since they were last moved to the front: about so far back may one lie.
    extent: usize,
    /// Its state cannot be cut back to an earlier token.
    is_recurrent: bool,
    /// What batches take in it.
    pub(crate) costs: Costs,
    _model: Arc<LlamaModel>,
}

/// Where a job's tokens go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) sequence: SequenceId,
    /// How many of the prompt's tokens were there already.
    pub(crate) n_cached: usize,
}

impl Context {
    /// A context of `size` with an empty cache. `None` when llama.cpp refuses; the reason is in its log.
    pub(crate) fn new(
        backend: &LlamaBackend,
        model: Arc<LlamaModel>,
        size: ContextSize,
        manner: Manner,
    ) -> Option<Self> {
        let n_threads = |threads| i32::try_from(threads).unwrap_or(1);
        let is_recurrent = model.is_recurrent() || model.is_hybrid();
        // A recurrent model has a whole state for each sequence, whether it is used or not.
        // llama.cpp wants room in a batch for one token of each.
        let n_sequences = if is_recurrent { 1 } else { sizing::MOST_SEQUENCES.min(size.n_batch) };
        let params = LlamaContextParams::default()
            .with_n_ctx(Some(NonZeroU32::new(size.n_ctx)?))
            .with_n_batch(size.n_batch)
            .with_n_ubatch(size.n_batch)
            .with_n_seq_max(n_sequences)
            // One pool of cells, which a start in common takes once.
            .with_kv_unified(true)
            .with_type_k(manner.layout.element())
            .with_type_v(manner.layout.element())
            .with_flash_attention_policy(manner.layout.flash_attention_policy())
            .with_n_threads(n_threads(manner.threads))
            .with_n_threads_batch(n_threads(manner.batch_threads))
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
        let sequences = (0..n_sequences).map(|_| Sequence::default()).collect();
        let (pending, costs) = (Vec::new(), Costs::default());
        Some(Self {
            inner,
            batch,
            sequences,
            pending,
            size,
            manner,
            buffers,
            extent: 0,
            is_recurrent,
            costs,
            _model: model,
        })
    }

    /// Its size.
    pub(crate) const fn size(&self) -> ContextSize {
        self.size
    }

    /// What llama.cpp allocated for it.
    pub(crate) fn buffers(&self) -> &[Buffer] {
        &self.buffers
    }

    /// How it computes.
    pub(crate) const fn manner(&self) -> Manner {
        self.manner
    }

    /// Whether a sequence can be cut back to an earlier token.
    pub(crate) const fn can_cut(&self) -> bool {
        !self.is_recurrent
    }

    /// How many tokens `sequence` holds.
    pub(crate) fn len(&self, sequence: SequenceId) -> usize {
        self.sequences[sequence.index()].ids.len()
    }

    /// The tokens that `sequence` holds.
    pub(crate) fn ids(&self, sequence: SequenceId) -> &[LlamaToken] {
        &self.sequences[sequence.index()].ids
    }

    /// Empties all other sequences unless there is room for `n_needed` tokens of this one beside them.
    pub(crate) fn clear_others_unless_room(&mut self, sequence: SequenceId, n_needed: usize) {
        let taken: usize = self.others(sequence).map(|id| self.len(id)).sum();
        if taken + n_needed > self.size.n_ctx as usize {
            self.others(sequence).for_each(|id| self.clear(id));
        }
    }

    /// The most tokens that jobs may need at once: those that jobs hold have a right to as many as they asked for.
    pub(crate) fn n_reserved(&self) -> usize {
        self.sequences.iter().map(|sequence| sequence.reserved).sum()
    }

    /// Whether there is a sequence that no job holds.
    pub(crate) fn has_free_sequence(&self) -> bool {
        self.sequences.iter().any(|sequence| !sequence.is_held())
    }

    /// Whether a job that needs `n_needed` tokens finds room beside those that are at work.
    pub(crate) fn has_room_for(&self, n_needed: u32) -> bool {
        self.has_free_sequence() && self.n_reserved() + n_needed as usize <= self.size.n_ctx as usize
    }

    /// Gives a sequence to a job whose prompt and output need `n_needed` tokens. It holds the longest start of `prompt` that
    /// is in the cache or on the shelf, its last token excluded: that is always computed, since its result is what the
    /// first new token is chosen from. `None` when there is no room ([`Context::has_room_for`]).
    pub(crate) fn place(&mut self, prompt: &[LlamaToken], n_needed: u32, shelf: &mut Shelf) -> Option<Place> {
        if !self.has_room_for(n_needed) {
            return None;
        }
        let wanted = &prompt[..prompt.len().saturating_sub(1)];
        let shared = |sequence: &Sequence| common_start(&sequence.ids, wanted);
        let ids = || (0..self.sequences.len()).map(SequenceId::of);
        let best = ids().max_by_key(|id| {
            let sequence = &self.sequences[id.index()];
            // Between two that share as much, the idle one needs no copy; between idle ones the one that loses less.
            (shared(sequence), !sequence.is_held(), std::cmp::Reverse(sequence.ids.len()))
        })?;
        let n_here = shared(&self.sequences[best.index()]);
        let on_shelf = shelf.best(wanted).filter(|found| found.n_shared >= n_here + LEAST_KEPT);
        let place = match on_shelf {
            Some(found) => {
                let target = self.empty_one(shelf, None)?;
                match shelf.with_state(found.key, |state| self.restore(target, &state.ids, &state.bytes)) {
                    Some(true) => self.cut_back_to(target, found.n_shared),
                    _ => self.clear(target),
                }
                target
            }
            None if self.sequences[best.index()].is_held() => {
                let target = self.empty_one(shelf, Some(best))?;
                self.fork(best, target, n_here);
                target
            }
            None => {
                if self.len(best) >= n_here + LEAST_KEPT {
                    self.shelve(best, shelf);
                }
                self.cut_back_to(best, n_here);
                best
            }
        };
        let is_alone = self.n_reserved() == 0;
        self.sequences[place.index()].hold(n_needed as usize);
        self.make_room(shelf);
        if is_alone && self.has_useless_cells(place) {
            self.move_to_front(place, shelf);
        }
        Some(Place { sequence: place, n_cached: self.len(place) })
    }

    /// Takes the sequence back from its job; what it holds stays as long as nobody needs the cells.
    pub(crate) fn release(&mut self, sequence: SequenceId) {
        self.sequences[sequence.index()].release();
    }

    /// Puts what idle sequences hold on the shelf, where it is not there yet.
    pub(crate) fn shelve_idle(&mut self, shelf: &mut Shelf) {
        for id in (0..self.sequences.len()).map(SequenceId::of) {
            if !self.sequences[id.index()].is_held() {
                self.shelve(id, shelf);
            }
        }
    }

    /// Moves all that `other` holds here, whose sequences keep their numbers and their jobs. Returns whether all of what jobs
    /// hold came over; if not, this context is as it was.
    pub(crate) fn take_over(&mut self, other: &Self) -> bool {
        for (index, from) in other.sequences.iter().enumerate().filter(|(_, from)| from.is_held()) {
            let id = SequenceId::of(index);
            let is_over =
                from.ids.is_empty() || other.state(id).is_some_and(|bytes| self.restore(id, &from.ids, &bytes));
            if !is_over {
                self.clear_all();
                return false;
            }
            self.sequences[index].hold(from.reserved);
        }
        true
    }

    /// Adds `token` to the batch that is computed next, behind what `sequence` holds and what of it is in the batch, and
    /// returns its place there. `with_scores` says that something is chosen from its result.
    ///
    /// # Errors
    /// When the batch is full.
    pub(crate) fn add(&mut self, sequence: SequenceId, token: LlamaToken, with_scores: bool) -> Result<i32, Failure> {
        let in_batch = self.pending.iter().filter(|(id, _)| *id == sequence).count();
        let position = i32::try_from(self.len(sequence) + in_batch).unwrap_or(i32::MAX);
        let place = self.batch.n_tokens();
        self.batch
            .add(token, position, &[sequence.number()], with_scores)
            .map_err(|error| Failure::new(FailureCode::Internal, error.to_string()))?;
        self.pending.push((sequence, token));
        Ok(place)
    }

    /// How many tokens the next batch holds already.
    pub(crate) fn n_pending(&self) -> usize {
        self.pending.len()
    }

    /// Computes the batch. The sequences then hold its tokens too.
    ///
    /// # Errors
    /// [`FailureCode::Internal`]; the whole cache is then empty.
    pub(crate) fn compute(&mut self) -> Result<(), Failure> {
        let outcome = self.inner.decode(&mut self.batch);
        let n_tokens = self.pending.len();
        self.batch.clear();
        let computed = std::mem::take(&mut self.pending);
        match outcome {
            Ok(()) => {
                for (sequence, token) in &computed {
                    self.sequences[sequence.index()].ids.push(*token);
                }
                self.note_extent();
                Ok(())
            }
            Err(error) => {
                self.clear_all();
                let reason = error.to_string();
                Err(Failure::new(
                    FailureCode::Internal,
                    format!("llama.cpp could not compute {n_tokens} tokens ({reason}). Run the step again."),
                )
                .saying("compute_failed")
                .count("tokens", u32::try_from(n_tokens).unwrap_or(u32::MAX))
                .text("cause", reason))
            }
        }
    }

    /// Waits until everything that was begun is computed; on the processor it is.
    pub(crate) fn synchronize(&self) {
        self.inner.synchronize();
    }

    /// Cuts `sequence` back to its first `length` tokens; where that is impossible it becomes empty.
    pub(crate) fn cut_back_to(&mut self, sequence: SequenceId, length: usize) {
        if length >= self.len(sequence) {
            return;
        }
        let is_cut = length > 0 && !self.is_recurrent && self.remove(sequence, length..usize::MAX) && {
            let (first, last) = (
                self.inner.kv_cache_seq_pos_min(sequence.number()),
                self.inner.kv_cache_seq_pos_max(sequence.number()),
            );
            first == 0 && usize::try_from(last).is_ok_and(|last| last + 1 == length)
        };
        if is_cut {
            self.sequences[sequence.index()].ids.truncate(length);
        } else {
            self.clear(sequence);
        }
    }

    /// Chooses a token from the result of the token at `place` of the last batch.
    pub(crate) fn sample(&self, sampler: &mut LlamaSampler, place: i32) -> LlamaToken {
        sampler.sample(&self.inner, place)
    }

    /// The scores of all tokens behind the token at `place` of the last batch, which must have been added with scores.
    pub(crate) fn scores(&self, place: i32) -> &[f32] {
        self.inner.get_logits_ith(place)
    }

    fn shelve(&mut self, sequence: SequenceId, shelf: &mut Shelf) {
        let ids = &self.sequences[sequence.index()].ids;
        if ids.len() < LEAST_KEPT || self.is_recurrent || shelf.holds(ids) {
            return;
        }
        let n_bytes = self.inner.state_seq_get_size_ext(sequence.number(), LlamaStateSeqFlags::empty());
        if shelf.make_room_for(n_bytes)
            && let Some(bytes) = self.state(sequence)
        {
            shelf.keep(self.sequences[sequence.index()].ids.clone(), bytes);
        }
    }

    /// What llama.cpp keeps of a sequence, as bytes.
    fn state(&self, sequence: SequenceId) -> Option<Vec<u8>> {
        let flags = LlamaStateSeqFlags::empty();
        let mut bytes = vec![0; self.inner.state_seq_get_size_ext(sequence.number(), flags)];
        // SAFETY: llama.cpp writes at most as many bytes as it said a moment ago; it gets no more room than there is.
        let n = unsafe { self.inner.state_seq_get_data_ext(bytes.as_mut_ptr(), sequence.number(), flags) };
        (n > 0 && n == bytes.len()).then_some(bytes)
    }

    /// Gives an empty sequence the state `bytes` of a sequence of `ids`. Returns whether it now holds exactly those; if not, it
    /// is empty.
    fn restore(&mut self, sequence: SequenceId, ids: &[LlamaToken], bytes: &[u8]) -> bool {
        // SAFETY: the bytes are a state that llama.cpp gave for a context of the same model and kind, whole (a shelf checks
        // what it read from a file); llama.cpp reads within the slice and refuses what does not suit.
        let is_read =
            unsafe { self.inner.state_seq_set_data_ext(bytes, sequence.number(), LlamaStateSeqFlags::empty()) };
        let last = self.inner.kv_cache_seq_pos_max(sequence.number());
        let is_whole = is_read
            && self.inner.kv_cache_seq_pos_min(sequence.number()) == 0
            && usize::try_from(last).is_ok_and(|last| last + 1 == ids.len());
        if is_whole {
            self.sequences[sequence.index()].ids = ids.to_vec();
            self.note_extent();
        } else {
            self.clear(sequence);
        }
        is_whole
    }

    /// Makes `target`, which is empty, share the first `length` tokens of `source`.
    fn fork(&mut self, source: SequenceId, target: SequenceId, length: usize) {
        if length == 0 || self.is_recurrent {
            return;
        }
        let end = u32::try_from(length).unwrap_or(u32::MAX);
        if self.inner.copy_kv_cache_seq(source.number(), target.number(), Some(0), Some(end)).is_ok() {
            self.sequences[target.index()].ids = self.sequences[source.index()].ids[..length].to_vec();
        }
    }

    fn clear(&mut self, sequence: SequenceId) {
        self.remove(sequence, 0..usize::MAX);
        self.sequences[sequence.index()].ids.clear();
    }

    fn clear_all(&mut self) {
        self.inner.clear_kv_cache();
        self.batch.clear();
        self.pending.clear();
        self.extent = 0;
        self.sequences.iter_mut().for_each(|sequence| sequence.ids.clear());
    }

    /// Removes positions of a sequence from the cache; an open end is `usize::MAX`. Returns whether llama.cpp could.
    fn remove(&mut self, sequence: SequenceId, positions: Range<usize>) -> bool {
        let from = u32::try_from(positions.start).ok();
        let to = u32::try_from(positions.end).ok();
        self.inner.clear_kv_cache_seq(Some(sequence.number().unsigned_abs()), from, to) == Ok(true)
    }
}

impl std::fmt::Debug for Context {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Context").field("size", &self.size).field("sequences", &self.sequences).finish_non_exhaustive()
    }
}

#[cfg(test)]
#[path = "context/tests.rs"]
pub(super) mod tests;
