//! The models that stay in memory between jobs.
//!
//! Each is kept until its file changes, the program asks to unload it, nobody has used it for a while, or memory is
//! needed for another one: by the machine, or by the budget that the program sets. Then the one that was used least
//! recently goes first. The jobs that run have one model, the last of the list, so nothing in use is ever freed. What a model's
//! cache holds is put into files before it goes, where the program gave a folder for that.

use std::ffi::OsStr;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use brickwork_worker_protocol::{
    Compute, ContextLimits, FailureCode, Generate, PromptCache, Residency, ResidentModel, sizing,
};
use llama_cpp_2::llama_backend::LlamaBackend;
use llama_cpp_2::token::LlamaToken;

use super::Model;
use super::context::{Context, ContextSize, Layout, Manner, Place};
use super::draft_model::DraftModel;
use super::load::{self, Extent, Placement};
use super::rehearsal::Rehearsal;
use super::shelf::Shelf;
use super::shelf::disk::Disk;
use super::vocabulary::{Reader, Vocabulary};
use crate::encoder_decoder::{self, EncoderDecoder, Reading};
use crate::failure::{Failure, Stopped};
use crate::log::{self, Buffer, Purpose};
use crate::rpc::Servers;

/// The least context that llama.cpp works with, in tokens.
const LEAST_CONTEXT: u32 = 16;

/// Memory that must stay free beside a model's file when it is loaded, in bytes.
const MEMORY_MARGIN_BYTES: u64 = 512 << 20;

/// The most vocabularies that are kept without their models: one for each role.
const MOST_VOCABULARIES: usize = 4;

/// A file as it was when it was loaded.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Stamp {
    size_bytes: u64,
    modified: Option<SystemTime>,
}

/// One model in memory.
#[derive(Debug)]
struct Resident {
    path: String,
    stamp: Stamp,
    last_used: Instant,
    body: Body,
}

/// What runs a model.
#[derive(Debug)]
enum Body {
    Llama(Box<Llama>),
    EncoderDecoder(Box<EncoderDecoder>),
}

/// The model of the present job, which its kind decides how to work with.
pub(crate) enum Loaded<'a> {
    /// llama.cpp runs it; each job gets a place in its context ([`Residents::place`]).
    Llama(&'a Llama),
    EncoderDecoder(&'a mut EncoderDecoder),
}

/// A model that llama.cpp runs.
#[derive(Debug)]
pub(crate) struct Llama {
    path: String,
    placement: Placement,
    /// What llama.cpp allocated for its weights.
    buffers: Vec<Buffer>,
    // Dropped before the model that they belong to.
    context: Option<Context>,
    rehearsal: Rehearsed,
    /// What guesses for it.
    draft_model: Option<DraftModel>,
    shelf: Shelf,
    pub(crate) model: Model,
}

/// Whether it is known with how many threads a model writes fastest.
#[derive(Debug, Default)]
enum Rehearsed {
    /// It has not been asked for yet.
    #[default]
    No,
    /// It is being found out.
    Under(Box<Rehearsal>),
    /// It is.
    Done(Option<u32>),
}

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

impl Resident {
    /// What it takes of memory.
    fn memory(&self) -> ResidentModel {
        let model = self.path.clone();
        match &self.body {
            Body::Llama(llama) => llama.memory(model),
            Body::EncoderDecoder(body) => ResidentModel {
                model,
                weights_bytes: body.weights_bytes,
                kv_bytes: body.kv_bytes,
                compute_bytes: 0,
                n_ctx: body.n_ctx,
                n_batch: 0,
                threads: 0,
            },
        }
    }

    /// Whether a part of it may be on the server at `address`.
    fn is_on(&self, address: &str) -> bool {
        matches!(&self.body, Body::Llama(llama) if llama.placement.is_on(address))
    }
}

impl Llama {
    /// Lays aside what idle sequences hold, and puts one thing of it into a file. Returns whether there was one.
    fn save_one(&mut self) -> bool {
        if self.shelf.has_disk()
            && let Some(context) = &mut self.context
        {
            context.shelve_idle(&mut self.shelf);
        }
        self.shelf.save_one()
    }

    /// Has what is computed kept where `cache` says.
    fn keep_in(&mut self, cache: Option<&PromptCache>, stamp: &Stamp, layout: Layout) {
        let name = Path::new(&self.path).file_name();
        let key = (name, stamp, &self.placement, layout, crate::LLAMA_VERSION);
        let place = |cache: &PromptCache| Disk::place_of(Path::new(&cache.folder), &key, cache.limit_bytes);
        if self.shelf.place() != cache.map(place) {
            self.shelf.set_disk(cache.map(|cache| Disk::open(Path::new(&cache.folder), &key, cache.limit_bytes)));
        }
    }

    /// How a job with `compute` is carried out where the machine has `usual` cores.
    fn manner(&self, compute: &Compute, usual: u32) -> Manner {
        let rehearsed = if let Rehearsed::Done(threads) = self.rehearsal { threads } else { None };
        Manner {
            threads: compute.threads.or(rehearsed).unwrap_or(usual),
            batch_threads: compute.threads.unwrap_or(usual),
            layout: Layout::of(compute),
        }
    }

    /// Computes a token to find out with how many threads the model writes fastest. Returns whether there is more to be done.
    /// Only a model that has answered already is asked, and none that a GPU computes.
    fn rehearse(&mut self, backend: &LlamaBackend) -> bool {
        match &mut self.rehearsal {
            Rehearsed::Done(_) => return false,
            Rehearsed::No => {
                let Some(context) = &self.context else { return false };
                let layout = context.manner().layout;
                let rehearsal =
                    (!self.placement.uses_gpu()).then(|| Rehearsal::of(backend, &self.model.weights, layout)).flatten();
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

    fn memory(&self, model: String) -> ResidentModel {
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

/// All models in memory.
#[derive(Debug)]
pub(crate) struct Residents {
    backend: LlamaBackend,
    threads: u32,
    /// Machines over which models are spread.
    servers: Servers,
    /// As the latest job asked for.
    residency: Residency,
    /// The model of the present or of the last job is the last one.
    loaded: Vec<Resident>,
    /// The files whose tokens were counted without loading them, the one that was used last at the end.
    vocabularies: Vec<(String, Stamp, Vocabulary)>,
}

impl Residents {
    pub(crate) fn new(backend: LlamaBackend, threads: u32) -> Self {
        let residency = Residency::default();
        let servers = Servers::default();
        Self { backend, threads, servers, residency, loaded: Vec::new(), vocabularies: Vec::new() }
    }

    /// Sets how long models stay from now on.
    pub(crate) const fn set_residency(&mut self, residency: Residency) {
        self.residency = residency;
    }

    /// What the models in memory take, the one of the present job last.
    pub(crate) fn memory(&self) -> Vec<ResidentModel> {
        self.loaded.iter().map(Resident::memory).collect()
    }

    /// Frees the models that nobody has used for the idle time, and returns how long it is until the next one may go;
    /// `None` when none will. To be called between jobs only.
    pub(crate) fn free_idle(&mut self) -> Option<Duration> {
        let limit = Duration::from_millis(self.residency.idle_ms?);
        self.free_all(|resident| resident.last_used.elapsed() >= limit);
        let idle_longest = self.loaded.iter().map(|resident| resident.last_used.elapsed()).max()?;
        Some(limit.saturating_sub(idle_longest))
    }

    /// Starts the idle time of the model that was worked with last.
    pub(crate) fn end_of_job(&mut self) {
        if let Some(resident) = self.loaded.last_mut() {
            resident.last_used = Instant::now();
        }
    }

    /// The model at `path`, loaded if it is not in memory in the place that `compute` asks for, and the time that took in
    /// milliseconds.
    ///
    /// # Errors
    /// Those of [`load::load`], of [`EncoderDecoder::load`] and of [`Placement::of`], and [`FailureCode::ModelMissing`].
    pub(crate) fn model(
        &mut self,
        path: &str,
        compute: &Compute,
        on_progress: impl FnMut(f32) -> bool + Clone + 'static,
    ) -> Result<(Loaded<'_>, f64), Stopped> {
        let stamp = stamp(path)?;
        let load_ms = if encoder_decoder::is_for(Path::new(path)) {
            self.ensure(
                path,
                stamp,
                |body| matches!(body, Body::EncoderDecoder(body) if body.suits(compute)),
                |_| {
                    let body = EncoderDecoder::load(Path::new(path), compute, on_progress.clone())?;
                    Ok(Body::EncoderDecoder(Box::new(body)))
                },
            )?
        } else {
            let loaded = &self.loaded;
            let is_in_use = |address: &str| loaded.iter().any(|resident| resident.is_on(address));
            let placement = Placement::of(compute, &mut self.servers, is_in_use)?;
            self.ensure(
                path,
                stamp,
                |body| matches!(body, Body::Llama(llama) if llama.placement == placement),
                |residents| {
                    let (model, buffers) = residents.load(path, &placement, on_progress.clone())?;
                    let (path, placement) = (path.to_owned(), placement.clone());
                    let (context, shelf, rehearsal) = (None, Shelf::default(), Rehearsed::default());
                    let draft_model = None;
                    let llama = Llama { path, placement, buffers, context, rehearsal, draft_model, shelf, model };
                    Ok(Body::Llama(Box::new(llama)))
                },
            )? + self.ensure_draft_model(compute.draft_model.as_deref(), on_progress)?
        };
        let loaded = match &mut self.last()?.body {
            Body::Llama(llama) => Loaded::Llama(llama),
            Body::EncoderDecoder(body) => Loaded::EncoderDecoder(body),
        };
        Ok((loaded, load_ms))
    }

    /// Gives the model of the present job the draft model at `path`, or none. Returns the time that took, in milliseconds.
    ///
    /// # Errors
    /// Those of [`load::load`] and of [`DraftModel::new`], and [`FailureCode::ModelMissing`].
    fn ensure_draft_model(
        &mut self,
        path: Option<&str>,
        on_progress: impl FnMut(f32) -> bool + 'static,
    ) -> Result<f64, Stopped> {
        let llama = self.llama()?;
        if llama.draft_model.as_ref().map(|draft_model| &*draft_model.path) == path {
            return Ok(0.0);
        }
        llama.draft_model = None;
        let Some(path) = path else { return Ok(0.0) };
        let started = Instant::now();
        let size_bytes = stamp(path)?.size_bytes;
        self.make_room(size_bytes, 1);
        let placement = self.llama()?.placement.clone();
        let weights = load::load(&self.backend, path, &Extent::Weights(placement), on_progress)?;
        let buffers = log::take_buffers();
        let llama = self.llama()?;
        llama.draft_model = Some(DraftModel::new(path, weights, buffers, &llama.model.weights)?);
        Ok(started.elapsed().as_secs_f64() * 1000.0)
    }

    /// Makes the model at `path` the last one of the list: the one that is there, if its file is the same and it `suits`,
    /// else the one that `load` gives. Returns the time that took, in milliseconds.
    fn ensure(
        &mut self,
        path: &str,
        stamp: Stamp,
        suits: impl Fn(&Body) -> bool,
        load: impl Fn(&Self) -> Result<Body, Stopped>,
    ) -> Result<f64, Stopped> {
        if let Some(index) = self.loaded.iter().position(|resident| resident.path == path) {
            let mut resident = self.loaded.remove(index);
            if resident.stamp == stamp && suits(&resident.body) {
                resident.last_used = Instant::now();
                self.loaded.push(resident);
                return Ok(0.0);
            }
            retire(resident);
        }
        let started = Instant::now();
        self.make_room(stamp.size_bytes, 0);
        let body = match load(self) {
            Err(Stopped::Failed(failure)) if failure.code == FailureCode::OutOfMemory && !self.loaded.is_empty() => {
                self.free_all(|_| true);
                load(self)?
            }
            other => other?,
        };
        self.loaded.push(Resident { path: path.to_owned(), stamp, last_used: Instant::now(), body });
        Ok(started.elapsed().as_secs_f64() * 1000.0)
    }

    /// The model of the present job, where it is an encoder-decoder.
    ///
    /// # Errors
    /// When it is none.
    pub(crate) fn encoder_decoder(&mut self) -> Result<&mut EncoderDecoder, Failure> {
        match &mut self.last()?.body {
            Body::EncoderDecoder(body) => Ok(body),
            Body::Llama(_) => Err(Failure::new(FailureCode::Internal, "The model that was just read is gone.")),
        }
    }

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

    /// The model at `path` for laying prompts out and counting tokens: the loaded one, or only its vocabulary.
    ///
    /// # Errors
    /// Those of [`Residents::model`].
    pub(crate) fn vocabulary(&mut self, path: &str) -> Result<Reader<'_>, Stopped> {
        let stamp = stamp(path)?;
        let is_this = |resident: &Resident| {
            resident.path == path && resident.stamp == stamp && matches!(resident.body, Body::Llama(_))
        };
        if let Some(index) = self.loaded.iter().position(is_this)
            && let Body::Llama(llama) = &self.loaded[index].body
        {
            return Ok(Reader::Llama(&llama.model));
        }
        match self.vocabularies.iter().position(|(kept, at, _)| kept == path && *at == stamp) {
            Some(index) => self.vocabularies[index..].rotate_left(1),
            None => {
                self.vocabularies.retain(|(kept, ..)| kept != path);
                let vocabulary = if encoder_decoder::is_for(Path::new(path)) {
                    Vocabulary::EncoderDecoder(Box::new(Reading::open(Path::new(path))?))
                } else {
                    let weights = load::load(&self.backend, path, &Extent::Vocabulary, |_| true)?;
                    Vocabulary::Llama(Box::new(Model::new(weights, path)?))
                };
                if self.vocabularies.len() >= MOST_VOCABULARIES {
                    self.vocabularies.remove(0);
                }
                self.vocabularies.push((path.to_owned(), stamp, vocabulary));
            }
        }
        match self.vocabularies.last() {
            Some((_, _, Vocabulary::Llama(model))) => Ok(Reader::Llama(model)),
            Some((_, _, Vocabulary::EncoderDecoder(reading))) => Ok(Reader::EncoderDecoder(reading)),
            None => Err(Failure::new(FailureCode::Internal, "The vocabulary that was just read is gone.").into()),
        }
    }

    /// Frees the model at `path`.
    pub(crate) fn unload(&mut self, path: &str) {
        self.free_all(|resident| resident.path == path);
    }

    /// Puts one thing that was computed into a file, where files are wanted. Returns whether there was one.
    pub(crate) fn save_one(&mut self) -> bool {
        self.loaded.iter_mut().any(|resident| match &mut resident.body {
            Body::Llama(llama) => llama.save_one(),
            Body::EncoderDecoder(_) => false,
        })
    }

    /// Puts all that was computed into files, where files are wanted.
    pub(crate) fn save_all(&mut self) {
        while self.save_one() {}
    }

    /// Goes on with finding out with how many threads the models here write fastest. Returns whether there is more to be done.
    pub(crate) fn rehearse(&mut self) -> bool {
        let backend = &self.backend;
        self.loaded.iter_mut().any(|resident| match &mut resident.body {
            Body::Llama(llama) => llama.rehearse(backend),
            Body::EncoderDecoder(_) => false,
        })
    }

    /// Frees the models for which `is_over` holds.
    fn free_all(&mut self, is_over: impl Fn(&Resident) -> bool) {
        let (over, rest) = std::mem::take(&mut self.loaded).into_iter().partition(is_over);
        self.loaded = rest;
        Vec::into_iter(over).for_each(retire);
    }

    fn load(
        &self,
        path: &str,
        placement: &Placement,
        on_progress: impl FnMut(f32) -> bool + 'static,
    ) -> Result<(Model, Vec<Buffer>), Stopped> {
        let weights = load::load(&self.backend, path, &Extent::Weights(placement.clone()), on_progress)?;
        let buffers = log::take_buffers();
        Ok((Model::new(weights, path)?, buffers))
    }

    /// Frees the least recently used models, but never the last `n_kept` ones, while the budget or the machine's free memory has
    /// no room for a file of `size_bytes`. Loading would not fail: the system would begin to swap, or kill.
    fn make_room(&mut self, size_bytes: u64, n_kept: usize) {
        self.keep_to_budget(size_bytes, n_kept);
        while self.loaded.len() > n_kept && free_memory_bytes() < size_bytes.saturating_add(MEMORY_MARGIN_BYTES) {
            retire(self.loaded.remove(0));
        }
    }

    /// Frees the least recently used models until `more_bytes` beside the others keep to the budget, but never the last
    /// `n_kept` ones. Each job moves its model to the end of the list, so the first one was used least recently.
    fn keep_to_budget(&mut self, more_bytes: u64, n_kept: usize) {
        let Some(budget_bytes) = self.residency.budget_bytes else { return };
        while self.loaded.len() > n_kept {
            let taken: u64 = self.loaded.iter().map(|resident| resident.memory().total_bytes()).sum();
            if taken.saturating_add(more_bytes) <= budget_bytes {
                return;
            }
            retire(self.loaded.remove(0));
        }
    }

    /// The model of the present job, where llama.cpp runs it.
    fn llama(&mut self) -> Result<&mut Llama, Failure> {
        match &mut self.last()?.body {
            Body::Llama(llama) => Ok(llama),
            Body::EncoderDecoder(_) => {
                Err(Failure::new(FailureCode::Internal, "The model that was just read is gone."))
            }
        }
    }

    fn last(&mut self) -> Result<&mut Resident, Failure> {
        self.loaded.last_mut().ok_or_else(|| Failure::new(FailureCode::Internal, "No model is loaded."))
    }
}

/// Frees a model; what it has computed goes into files first, where files are wanted.
fn retire(mut resident: Resident) {
    if let Body::Llama(llama) = &mut resident.body {
        while llama.save_one() {}
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
fn context_size(resident: &Llama, n_needed: u32, limits: ContextLimits, cpu_threads: Option<u32>) -> ContextSize {
    let window = window(resident, limits);
    let facts = &resident.model.facts;
    let batch = sizing::batch_tokens(facts.n_params, facts.n_vocab, cpu_threads);
    let batch = batch.min(limits.max_batch_tokens.unwrap_or(u32::MAX)).max(1);
    // Several jobs together may need more than any of them alone may have.
    let n_ctx = sizing::context_tokens(n_needed, window.max(n_needed));
    ContextSize { n_ctx, n_batch: batch.min(n_ctx) }
}

/// The file at `path`, or the files of the folder there taken together.
fn stamp(path: &str) -> Result<Stamp, Failure> {
    let missing = || {
        let remedy = "Download it again, or bind the role to another model.";
        Failure::new(FailureCode::ModelMissing, format!("There is no model file at {path}. {remedy}"))
            .saying("no_model_file")
            .text("path", path)
    };
    let about = std::fs::metadata(path).map_err(|_| missing())?;
    if !about.is_dir() {
        return Ok(Stamp { size_bytes: about.len(), modified: about.modified().ok() });
    }
    let entries = std::fs::read_dir(path).map_err(|_| missing())?;
    let files = entries.flatten().filter_map(|entry| std::fs::metadata(entry.path()).ok());
    let files: Vec<_> = files.filter(std::fs::Metadata::is_file).collect();
    let size_bytes = files.iter().map(std::fs::Metadata::len).sum();
    let modified = files.iter().filter_map(|file| file.modified().ok()).max();
    Ok(Stamp { size_bytes, modified })
}

/// Memory that programs can take, within the limits of a container; boundless where the system does not tell.
pub(super) fn free_memory_bytes() -> u64 {
    let Ok(mut system) = sysinfo::System::new() else { return u64::MAX };
    system.refresh_memory();
    // A container counts the cached pages of model files as used; its resident set does not.
    let of_container = system.cgroup_limits().map(|limits| limits.total_memory.saturating_sub(limits.rss));
    let of_machine = system.available_memory();
    of_container.map_or(of_machine, |free| free.min(of_machine))
}
