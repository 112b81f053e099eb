//! The models that stay in memory between jobs.
//!
//! Each is kept until its file changes, the program asks to unload it, nobody has used it for a while, or memory is
//! needed for another one: by the machine, or by the budget that the program sets. Then the one that was used least
//! recently goes first. The jobs that run have one model, the last of the list, so nothing in use is ever freed. What a model's
//! cache holds is put into files before it goes, where the program gave a folder for that.

mod llama;
mod placing;

use std::path::Path;
use std::time::{Duration, Instant, SystemTime};

use brickwork_worker_protocol::{Compute, FailureCode, Residency, ResidentModel};
use llama_cpp_2::llama_backend::LlamaBackend;

use self::llama::Rehearsed;
pub(crate) use self::llama::{Llama, check_fits};
pub(crate) use self::placing::{AtWork, Wanted};
use super::Model;
use super::draft_model::DraftModel;
use super::load::{self, Extent, Placement};
use super::shelf::Shelf;
use super::vocabulary::{Reader, Vocabulary};
use crate::encoder_decoder::{self, EncoderDecoder, Reading};
use crate::failure::{Failure, Stopped};
use crate::log::{self, Buffer};
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
                || encoder_decoder::memory_bytes(Path::new(path)),
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
                || None,
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
    /// else the one that `load` gives, for which `memory_bytes` are made free, or as many
    /// as its file has. Returns the time that took, in milliseconds.
    fn ensure(
        &mut self,
        path: &str,
        stamp: Stamp,
        memory_bytes: impl Fn() -> Option<u64>,
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
        self.make_room(memory_bytes().unwrap_or(stamp.size_bytes), 0);
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
