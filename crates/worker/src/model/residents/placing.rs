//! Places for generations in the context of the model at work, which is made, or made larger, where that is needed.

use std::sync::Arc;

use brickwork_worker_protocol::{Compute, FailureCode, Generate};
use llama_cpp_2::token::LlamaToken;

use super::llama::{Llama, context_size, window};
use super::{Body, MEMORY_MARGIN_BYTES, Resident, Residents, free_memory_bytes, retire, stamp};
use crate::failure::Failure;
use crate::log;
use crate::model::Model;
use crate::model::context::{Context, ContextSize, Manner, Place};
use crate::model::draft_model::DraftModel;
use crate::model::load::{self, Placement};

/// What the jobs that run work with.
pub(crate) struct AtWork<'a> {
    pub(crate) model: &'a mut Model,
    pub(crate) context: &'a mut Context,
    /// What guesses for the model.
    pub(crate) draft_model: Option<&'a mut DraftModel>,
}

/// What a generation wants of its model's context.
#[derive(Debug)]
pub(crate) struct Wanted<'a> {
    pub(crate) prompt: &'a [LlamaToken],
    /// Tokens of prompt and output together, at the most.
    pub(crate) n_needed: u32,
    pub(crate) request: &'a Generate,
    /// Nothing else runs.
    pub(crate) is_alone: bool,
}

impl Residents {
    /// Whether a job with the model at `path`, in the place that `compute` asks for, can join those that run.
    pub(crate) fn runs_as(&mut self, path: &str, compute: &Compute) -> bool {
        let Some(resident) = self.loaded.last() else { return false };
        let Body::Llama(llama) = &resident.body else { return false };
        let is_same = resident.path == path
            && llama.draft_model.as_ref().map(|draft_model| &*draft_model.path) == compute.draft_model.as_deref()
            && stamp(path).is_ok_and(|stamp| stamp == resident.stamp)
            && llama
                .context
                .as_ref()
                .is_some_and(|context| context.can_cut() && context.manner() == llama.manner(compute, self.threads));
        let loaded = &self.loaded;
        let is_in_use = |address: &str| loaded.iter().any(|resident| resident.is_on(address));
        is_same
            && Placement::of(compute, &mut self.servers, is_in_use).is_ok_and(|placement| placement == llama.placement)
    }

    /// Whether the jobs that run work with the model at `path`.
    pub(crate) fn is_at_work(&self, path: &str) -> bool {
        self.loaded.last().is_some_and(|resident| resident.path == path)
    }

    /// Gives a generation its place in the context of the model that was loaded last. The context is made, or made larger, where
    /// that is needed. `None` when the generation has to wait until others have ended.
    ///
    /// # Errors
    /// [`FailureCode::OutOfMemory`] or [`FailureCode::LoadFailed`] when llama.cpp makes no context, also after all other
    /// models were freed.
    pub(crate) fn place(&mut self, wanted: &Wanted<'_>) -> Result<Option<Place>, Failure> {
        let Wanted { prompt, n_needed, request, is_alone } = wanted;
        let (usual_threads, stamp) = (self.threads, self.last()?.stamp.clone());
        let resident = self.llama()?;
        let manner = resident.manner(&request.compute, usual_threads);
        resident.keep_in(request.cache.as_ref(), &stamp, manner.layout);
        let cpu_threads = if resident.placement.uses_gpu() { None } else { Some(manner.batch_threads) };
        let n_reserved = resident.context.as_ref().map_or(0, Context::n_reserved);
        let n_in_all = n_needed.saturating_add(u32::try_from(n_reserved).unwrap_or(u32::MAX));
        let size = context_size(resident, n_in_all, request.limits, cpu_threads);
        let suits = |context: &Context| {
            let most = window(resident, request.limits).max(n_in_all);
            context.size().n_batch == size.n_batch
                && context.manner() == manner
                && (!is_alone || (n_in_all..=most).contains(&context.size().n_ctx))
        };
        let is_suited = resident.context.as_ref().is_some_and(suits);
        let is_room = resident.context.as_ref().is_some_and(|context| context.has_room_for(*n_needed));
        if *is_alone {
            if !is_suited || !is_room {
                if let Some(mut context) = resident.context.take() {
                    context.shelve_idle(&mut resident.shelf);
                }
                let context = self.new_context(size, manner)?;
                self.llama()?.context = Some(context);
            }
        } else if !is_suited || (!is_room && !self.grow(size, manner)?) {
            return Ok(None);
        }
        self.suit_draft_context(manner);
        self.keep_to_budget(0, 1);
        let resident = self.llama()?;
        let Some(context) = &mut resident.context else {
            return Err(Failure::new(FailureCode::Internal, "The context that was just made is gone."));
        };
        Ok(context.place(prompt, *n_needed, &mut resident.shelf))
    }

    /// Takes a place back. `is_undone` says that what the job added to the cache goes too.
    pub(crate) fn give_back(&mut self, place: Place, is_undone: bool) {
        if let Ok(AtWork { context, .. }) = self.at_work() {
            if is_undone {
                context.cut_back_to(place.sequence, place.n_cached);
            }
            context.release(place.sequence);
        }
    }

    /// The model and the context of the jobs that run.
    ///
    /// # Errors
    /// When there are none.
    pub(crate) fn at_work(&mut self) -> Result<AtWork<'_>, Failure> {
        let resident = self.llama()?;
        match &mut resident.context {
            Some(context) => {
                Ok(AtWork { model: &mut resident.model, context, draft_model: resident.draft_model.as_mut() })
            }
            None => Err(Failure::new(FailureCode::Internal, "The context of the jobs that run is gone.")),
        }
    }

    /// Gives the draft model a context as large as the one of the model that it guesses for. Without room for it there are no
    /// guesses.
    fn suit_draft_context(&mut self, manner: Manner) {
        let backend = &self.backend;
        let Some(Resident { body: Body::Llama(llama), .. }) = self.loaded.last_mut() else { return };
        let Llama { context: Some(context), draft_model: Some(draft_model), .. } = &mut **llama else { return };
        let suits = |own: &Context| own.size() == context.size() && own.manner() == manner;
        if context.can_cut() && !draft_model.context.as_ref().is_some_and(suits) {
            draft_model.context = None;
            draft_model.context = Context::new(backend, Arc::clone(&draft_model.weights), context.size(), manner);
        }
    }

    /// Moves the jobs that run into a context of `size`. Returns whether there was room for one in memory.
    fn grow(&mut self, size: ContextSize, manner: Manner) -> Result<bool, Failure> {
        let resident = self.llama()?;
        let Some(old) = &resident.context else { return Ok(false) };
        // Every job needs a sequence of its own.
        if !old.has_free_sequence() || size.n_ctx <= old.size().n_ctx {
            return Ok(false);
        }
        let memory = resident.memory(String::new());
        let of_new =
            (memory.kv_bytes + memory.compute_bytes) / u64::from(old.size().n_ctx).max(1) * u64::from(size.n_ctx);
        let weights = Arc::clone(&resident.model.weights);
        if free_memory_bytes() < of_new.saturating_add(MEMORY_MARGIN_BYTES) {
            return Ok(false);
        }
        let Some(mut new) = Context::new(&self.backend, weights, size, manner) else { return Ok(false) };
        let resident = self.llama()?;
        let Some(old) = &mut resident.context else { return Ok(false) };
        old.shelve_idle(&mut resident.shelf);
        if !new.take_over(old) {
            return Ok(false);
        }
        resident.context = Some(new);
        Ok(true)
    }

    fn new_context(&mut self, size: ContextSize, manner: Manner) -> Result<Context, Failure> {
        let weights = Arc::clone(&self.llama()?.model.weights);
        for is_retry in [false, true] {
            if is_retry {
                if self.loaded.len() < 2 {
                    break;
                }
                let others = self.loaded.len() - 1;
                self.loaded.drain(..others).for_each(retire);
            }
            log::take_errors();
            if let Some(context) = Context::new(&self.backend, Arc::clone(&weights), size, manner) {
                return Ok(context);
            }
        }
        let errors = log::take_errors();
        let reason = errors.last().map_or("no reason given", String::as_str);
        let path = &self.llama()?.path;
        if errors.is_empty() || load::is_out_of_memory(&errors.join("\n")) {
            let what = format!("a context of {} tokens: {reason}", size.n_ctx);
            let failure = load::out_of_memory(path, &what).saying("not_enough_memory_for_context");
            return Err(failure.count("tokens", size.n_ctx).text("cause", reason));
        }
        let message = format!("llama.cpp made no context for {path}: {reason}. Choose another model.");
        let failure = Failure::new(FailureCode::LoadFailed, message).saying("no_context");
        Err(failure.text("path", path).text("cause", reason))
    }
}
