//! One model that llama.cpp runs: its weights, its context, and what is kept of what it computed.

use std::ffi::OsStr;
use std::path::Path;

use brickwork_worker_protocol::{Compute, ContextLimits, FailureCode, PromptCache, ResidentModel, sizing};
use llama_cpp_2::llama_backend::LlamaBackend;

use super::{LEAST_CONTEXT, Stamp};
use crate::failure::Failure;
use crate::log::{Buffer, Purpose};
use crate::model::Model;
use crate::model::context::{Context, ContextSize, Layout, Manner};
use crate::model::draft_model::DraftModel;
use crate::model::load::Placement;
use crate::model::rehearsal::Rehearsal;
use crate::model::shelf::Shelf;
use crate::model::shelf::disk::Disk;
use crate::threads;

/// A model that llama.cpp runs.
#[derive(Debug)]
pub(crate) struct Llama {
    pub(super) path: String,
    pub(super) placement: Placement,
    /// What llama.cpp allocated for its weights.
    pub(super) buffers: Vec<Buffer>,
    // Dropped before the model that they belong to.
    pub(super) context: Option<Context>,
    pub(super) rehearsal: Rehearsed,
    /// What guesses for it.
    pub(super) draft_model: Option<DraftModel>,
    pub(super) shelf: Shelf,
    pub(crate) model: Model,
}

/// Whether it is known with how many threads a model writes fastest.
#[derive(Debug, Default)]
pub(super) enum Rehearsed {
    /// It has not been asked for yet.
    #[default]
    No,
    /// It is being found out.
    Under(Box<Rehearsal>),
    /// It is.
    Done(Option<u32>),
}

impl Llama {
    /// Lays aside what idle sequences hold, and puts one thing of it into a file. Returns whether there was one.
    pub(super) fn save_one(&mut self) -> bool {
        if self.shelf.has_disk()
            && let Some(context) = &mut self.context
        {
            context.shelve_idle(&mut self.shelf);
        }
        self.shelf.save_one()
    }

    /// Has what is computed kept where `cache` says.
    pub(super) fn keep_in(&mut self, cache: Option<&PromptCache>, stamp: &Stamp, layout: Layout) {
        let name = Path::new(&self.path).file_name();
        let key = (name, stamp, &self.placement, layout, crate::LLAMA_VERSION);
        let place = |cache: &PromptCache| Disk::place_of(Path::new(&cache.folder), &key, cache.limit_bytes);
        if self.shelf.place() != cache.map(place) {
            self.shelf.set_disk(cache.map(|cache| Disk::open(Path::new(&cache.folder), &key, cache.limit_bytes)));
        }
    }

    /// How a job with `compute` is carried out where the machine has `usual` cores.
    pub(super) fn manner(&self, compute: &Compute, usual: u32) -> Manner {
        let rehearsed = if let Rehearsed::Done(threads) = self.rehearsal { threads } else { None };
        Manner {
            threads: compute.threads.or(rehearsed).unwrap_or(usual),
            batch_threads: compute.threads.unwrap_or(usual),
            layout: Layout::of(compute, self.placement.uses_gpu()),
        }
    }

    /// Computes a token to find out with how many threads the model writes fastest. Returns whether there is more to be done.
    /// Only a model that has answered already is asked, and none that a GPU computes.
    pub(super) fn rehearse(&mut self, backend: &LlamaBackend) -> bool {
        match &mut self.rehearsal {
            Rehearsed::Done(_) => return false,
            Rehearsed::No => {
                let Some(context) = &self.context else { return false };
                let Manner { threads, layout, .. } = context.manner();
                // What the user's own number takes says nothing of the usual one.
                let usual_ms = context.costs.shortest_ms().filter(|_| threads == threads::physical_cores());
                let rehearsal = (!self.placement.uses_gpu())
                    .then(|| Rehearsal::of(backend, &self.model.weights, layout, usual_ms))
                    .flatten();
                self.rehearsal =
                    rehearsal.map_or(Rehearsed::Done(None), |rehearsal| Rehearsed::Under(Box::new(rehearsal)));
            }
            Rehearsed::Under(rehearsal) => {
                if let Some(threads) = rehearsal.step() {
                    self.rehearsal = Rehearsed::Done(Some(threads));
                }
            }
        }
        true
    }

    pub(super) fn memory(&self, model: String) -> ResidentModel {
        let of_context = self.context.as_ref().map_or(&[][..], Context::buffers);
        let of_draft_model = self.draft_model.iter().flat_map(DraftModel::all_buffers);
        let of_draft_model: Vec<&Buffer> = of_draft_model.collect();
        let sum = |purpose| {
            let buffers = self.buffers.iter().chain(of_context).chain(of_draft_model.iter().copied());
            let of_purpose = buffers.filter(|buffer| buffer.purpose == purpose);
            of_purpose.map(|buffer| buffer.size_bytes).sum()
        };
        let size = self.context.as_ref().map(Context::size);
        ResidentModel {
            model,
            weights_bytes: sum(Purpose::Weights),
            kv_bytes: sum(Purpose::Cache) + self.shelf.n_bytes(),
            compute_bytes: sum(Purpose::Compute),
            n_ctx: size.map_or(0, |size| size.n_ctx),
            n_batch: size.map_or(0, |size| size.n_batch),
            threads: self.context.as_ref().map_or(0, |context| context.manner().threads),
        }
    }
}

/// The most tokens that a job with this model may need.
pub(crate) fn window(resident: &Llama, limits: ContextLimits) -> u32 {
    resident.model.facts.n_ctx_train.min(limits.max_context_tokens.unwrap_or(u32::MAX))
}

/// Checks that prompt and output fit into the window.
///
/// # Errors
/// [`FailureCode::PromptTooLong`] with the counts and what to change, or [`FailureCode::BadRequest`] for a window that
/// holds nothing.
pub(crate) fn check_fits(
    resident: &Llama,
    n_prompt: usize,
    max_tokens: u32,
    limits: ContextLimits,
) -> Result<u32, Failure> {
    let window = window(resident, limits);
    if window < LEAST_CONTEXT {
        let message = format!("A context of {window} tokens is too small; at least {LEAST_CONTEXT} are needed.");
        let failure = Failure::new(FailureCode::BadRequest, message).saying("context_too_small");
        return Err(failure.count("tokens", window).count("least", LEAST_CONTEXT));
    }
    let n_prompt = u32::try_from(n_prompt).unwrap_or(u32::MAX);
    let needed = n_prompt.saturating_add(max_tokens);
    if needed <= window {
        return Ok(needed);
    }
    // The file's own name: the one inside it is often the training run's, which no user knows.
    let name =
        Path::new(&resident.path).file_stem().map_or_else(|| resident.path.clone().into(), OsStr::to_string_lossy);
    let room = window.saturating_sub(n_prompt);
    let remedy = match room {
        0 => "Shorten the prompt, let the step see fewer earlier steps, or choose a model with a larger context."
            .to_owned(),
        room => format!("Lower max_tokens to at most {room}, or shorten the prompt."),
    };
    let message = format!(
        "The prompt has {n_prompt} tokens and max_tokens asks for {max_tokens} more, but the context of {name} holds \
         {window}. {remedy}"
    );
    let reason = if room == 0 { "prompt_too_long" } else { "prompt_and_output_too_long" };
    let failure = Failure::new(FailureCode::PromptTooLong, message).saying(reason).text("model", name);
    let failure = failure.count("prompt", n_prompt).count("output", max_tokens).count("context", window);
    Err(if room == 0 { failure } else { failure.count("room", room) })
}

/// The context for `n_needed` tokens of all jobs together. `cpu_threads` is absent where a GPU computes.
pub(super) fn context_size(
    resident: &Llama,
    n_needed: u32,
    limits: ContextLimits,
    cpu_threads: Option<u32>,
) -> ContextSize {
    let window = window(resident, limits);
    let facts = &resident.model.facts;
    let batch = sizing::batch_tokens(facts.n_params, facts.n_vocab, cpu_threads);
    let batch = batch.min(limits.max_batch_tokens.unwrap_or(u32::MAX)).max(1);
    // Several jobs together may need more than any of them alone may have.
    let n_ctx = sizing::context_tokens(n_needed, window.max(n_needed));
    ContextSize { n_ctx, n_batch: batch.min(n_ctx) }
}
