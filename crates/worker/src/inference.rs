//! The thread that does the jobs, each answered with exactly one last frame.
//!
//! Generations on the same model are computed together ([`batch`]): one that comes while others run joins them as soon as
//! the cache has room for it. One on another model waits until those that came before it have ended, and so do those behind it,
//! so none is passed over for ever. Questions that need no weights are answered between two batches.

mod batch;

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, TryRecvError};
use std::time::{Duration, Instant};

use brickwork_worker_protocol::{
    CountTexts, CountTokens, Done, FailureCode, FromWorker, Generate, JobId, Prompt, Render, Rendered, Role,
};
use llama_cpp_2::llama_backend::LlamaBackend;
use llama_cpp_2::token::LlamaToken;

use crate::devices;
use crate::failure::{Failure, Stopped};
use crate::generation::{Ended, Generation, Plan};
use crate::model::context::Place;
use crate::model::residents::{self, AtWork, Loaded, Residents, Wanted};
use crate::output::{Cancels, Output};
use crate::outputs::Outputs;

/// Least time between two reports of load progress.
const LOAD_REPORT_INTERVAL: Duration = Duration::from_millis(50);

/// Least time between two looks for idle models.
const LEAST_IDLE_WAIT: Duration = Duration::from_millis(10);

/// After this time without a job, what was computed is put into files.
const SAVE_AFTER: Duration = Duration::from_secs(1);

/// The most threads that a job may ask for; llama.cpp's own bound.
const MOST_THREADS: u32 = 512;

/// A piece of work.
#[derive(Debug)]
pub(crate) enum Request {
    Generate(Box<Generate>),
    CountTokens(CountTokens),
    Render(Render),
    CountTexts(CountTexts),
    Devices(JobId),
    Unload(String),
    /// The last one: nothing more is done, and what is worth it is put into files.
    End,
}

/// The worker's models, its jobs, and the way to the program.
#[derive(Debug)]
pub(crate) struct Inference {
    residents: Residents,
    output: Arc<Output>,
    cancels: Arc<Cancels>,
    /// Generations and wishes to unload that have not begun, in the order in which they came.
    waiting: VecDeque<Request>,
    /// Generations on the model that was loaded last.
    running: Vec<Generation>,
    /// How many batches were computed; those whose turn it is come first.
    n_batches: usize,
    is_ending: bool,
}

impl Inference {
    pub(crate) fn new(backend: LlamaBackend, threads: u32, output: Arc<Output>, cancels: Arc<Cancels>) -> Self {
        let residents = Residents::new(backend, threads);
        let (waiting, running) = (VecDeque::new(), Vec::new());
        Self { residents, output, cancels, waiting, running, n_batches: 0, is_ending: false }
    }

    /// Does jobs until no more can come.
    pub(crate) fn run(mut self, requests: &Receiver<Request>) {
        while !self.is_ending {
            if self.running.is_empty() && self.waiting.is_empty() {
                let Some(request) = self.next(requests) else { return };
                self.take(request);
            }
            loop {
                match requests.try_recv() {
                    Ok(request) => self.take(request),
                    Err(TryRecvError::Empty) => break,
                    Err(TryRecvError::Disconnected) => return,
                }
            }
            self.drop_cancelled();
            self.begin_waiting();
            self.compute_batch();
        }
        self.residents.save_all();
    }

    /// The next request; models that nobody uses are freed meanwhile, and what they computed is saved. `None` when no more can
    /// come.
    fn next(&mut self, requests: &Receiver<Request>) -> Option<Request> {
        let idle_since = Instant::now();
        let (mut is_saved, mut is_rehearsed) = (false, false);
        loop {
            let is_busy = !is_saved || !is_rehearsed;
            let until_save = is_busy.then(|| SAVE_AFTER.saturating_sub(idle_since.elapsed()));
            let wait = self.residents.free_idle().into_iter().chain(until_save).min();
            let received = match wait {
                Some(wait) => requests.recv_timeout(wait.max(LEAST_IDLE_WAIT)),
                None => requests.recv().map_err(|_| RecvTimeoutError::Disconnected),
            };
            match received {
                Ok(request) => return Some(request),
                Err(RecvTimeoutError::Timeout) => {
                    if idle_since.elapsed() >= SAVE_AFTER {
                        if !is_saved {
                            is_saved = !self.residents.save_one();
                        } else if !is_rehearsed {
                            is_rehearsed = !self.residents.rehearse();
                        }
                    }
                }
                Err(RecvTimeoutError::Disconnected) => return None,
            }
        }
    }

    /// Answers a question, or puts a job behind those that wait.
    fn take(&mut self, request: Request) {
        let (job, outcome) = match request {
            Request::End => {
                self.is_ending = true;
                return;
            }
            Request::Generate(_) | Request::Unload(_) => return self.waiting.push_back(request),
            Request::CountTokens(request) => (request.job, self.count_tokens(&request)),
            Request::Render(request) => (request.job, self.render(request)),
            Request::CountTexts(request) => (request.job, self.count_texts(&request)),
            Request::Devices(job) => (job, Ok(FromWorker::Devices { job, devices: devices::local() })),
        };
        self.finish(job, outcome);
    }

    /// Sends the last frame of a job.
    fn finish(&mut self, job: JobId, outcome: Result<FromWorker, Stopped>) {
        self.output.send(&match outcome {
            Ok(frame) => frame,
            Err(Stopped::Cancelled) => FromWorker::Cancelled { job },
            Err(Stopped::Failed(failure)) => FromWorker::Failed(failure.of_job(job)),
        });
        let oldest = self.running.iter().map(Generation::job).chain(self.waiting.iter().filter_map(job_of)).min();
        self.cancels.forget(job, oldest);
        self.residents.end_of_job();
    }

    /// Ends the jobs that the program no longer wants.
    fn drop_cancelled(&mut self) {
        let cancels = Arc::clone(&self.cancels);
        let is_cancelled = |job: JobId| cancels.contains(job);
        let waiting = std::mem::take(&mut self.waiting);
        let (ended, waiting): (VecDeque<_>, _) =
            waiting.into_iter().partition(|request| job_of(request).is_some_and(is_cancelled));
        self.waiting = waiting;
        let mut jobs: Vec<JobId> = ended.iter().filter_map(job_of).collect();
        let (ended, running): (Vec<_>, _) =
            std::mem::take(&mut self.running).into_iter().partition(|generation| is_cancelled(generation.job()));
        self.running = running;
        for generation in ended {
            // What the job added goes, so the cache is as if it had never run.
            self.residents.give_back(generation.place(), true);
            jobs.push(generation.job());
        }
        jobs.into_iter().for_each(|job| self.finish(job, Err(Stopped::Cancelled)));
    }

    /// Begins what waits, in order, as far as it can be done beside what runs.
    fn begin_waiting(&mut self) {
        while let Some(request) = self.waiting.pop_front() {
            match request {
                Request::Unload(path) if self.running.is_empty() || !self.residents.is_at_work(&path) => {
                    self.residents.unload(&path);
                }
                Request::Generate(request) => {
                    let job = request.job;
                    match self.begin(request) {
                        Ok(Begun::Runs) => {}
                        Ok(Begun::Ended(done)) => self.finish(job, Ok(FromWorker::Done(done))),
                        Ok(Begun::Waits(request)) => return self.waiting.push_front(Request::Generate(request)),
                        Err(stopped) => self.finish(job, Err(stopped)),
                    }
                }
                request => return self.waiting.push_front(request),
            }
        }
    }

    /// Begins a generation, unless it has to wait for those that run. One with an encoder-decoder is done as a whole.
    fn begin(&mut self, request: Box<Generate>) -> Result<Begun, Stopped> {
        let job = request.job;
        self.check_cancelled(job)?;
        check_request(&request)?;
        if !self.running.is_empty() && !self.residents.runs_as(&request.model, &request.compute) {
            return Ok(Begun::Waits(request));
        }
        let on_progress = progress_report(Arc::clone(&self.output), Arc::clone(&self.cancels), job);
        self.residents.set_residency(request.residency);
        let (loaded, load_ms) = self.residents.model(&request.model, &request.compute, on_progress)?;
        let resident = match loaded {
            Loaded::Llama(llama) => llama,
            Loaded::EncoderDecoder(model) => {
                let facts = model.facts.clone();
                self.output.send(&FromWorker::Loaded { job, facts, load_ms });
                return self.transform(&request, load_ms).map(Begun::Ended);
            }
        };
        let prompt = resident.model.token_ids(&request.prompt)?;
        let n_needed = residents::check_fits(resident, prompt.len(), request.max_tokens, request.limits)?;
        let facts = resident.model.facts.clone();
        self.check_cancelled(job)?;
        let wanted = Wanted { prompt: &prompt, n_needed, request: &request, is_alone: self.running.is_empty() };
        let Some(place) = self.residents.place(&wanted)? else { return Ok(Begun::Waits(request)) };
        self.output.send(&FromWorker::Loaded { job, facts, load_ms });
        self.output.send(&FromWorker::Memory { job, models: self.residents.memory() });
        let AtWork { model, context, .. } = self.residents.at_work()?;
        let turn_stops = model.turn_stops(&request.prompt);
        let drafts = context.can_cut();
        let plan = Plan { place, load_ms, turn_stops, output: Arc::clone(&self.output), drafts };
        self.running.push(Generation::new(&model.weights, prompt, *request, plan));
        Ok(Begun::Runs)
    }

    /// Computes the next tokens of what runs.
    fn compute_batch(&mut self) {
        if self.running.is_empty() {
            return;
        }
        self.n_batches = self.n_batches.wrapping_add(1);
        let outcome =
            self.residents.at_work().and_then(|at_work| batch::compute(at_work, &mut self.running, self.n_batches));
        match outcome {
            Ok(ended) => ended.into_iter().for_each(|(prompt, place, ended)| self.end(&prompt, place, ended)),
            Err(failure) => {
                for generation in std::mem::take(&mut self.running) {
                    self.residents.give_back(generation.place(), true);
                    self.finish(generation.job(), Err(failure.clone().into()));
                }
            }
        }
    }

    fn end(&mut self, prompt: &Prompt, place: Place, ended: Ended) {
        let Ended { done, text, ids_of_text } = ended;
        self.residents.give_back(place, false);
        if let (Some(ids), Ok(AtWork { model, .. })) = (ids_of_text, self.residents.at_work()) {
            remember(&mut model.outputs, prompt, &text, &ids);
        }
        self.finish(done.job, Ok(FromWorker::Done(done)));
    }

    fn count_tokens(&mut self, request: &CountTokens) -> Result<FromWorker, Stopped> {
        self.check_cancelled(request.job)?;
        let (_, n_tokens) = self.residents.vocabulary(&request.model)?.lay_out(&request.prompt)?;
        Ok(FromWorker::TokenCount { job: request.job, tokens: count(n_tokens) })
    }

    fn render(&mut self, request: Render) -> Result<FromWorker, Stopped> {
        let Render { job, model, prompt, with_text } = request;
        self.check_cancelled(job)?;
        let vocabulary = self.residents.vocabulary(&model)?;
        let (text, n_tokens) = vocabulary.lay_out(&prompt)?;
        let facts = vocabulary.facts();
        Ok(FromWorker::Rendered(Rendered {
            job,
            text: with_text.then_some(text),
            tokens: count(n_tokens),
            n_ctx_train: facts.n_ctx_train,
            has_chat_template: facts.has_chat_template,
        }))
    }

    fn count_texts(&mut self, request: &CountTexts) -> Result<FromWorker, Stopped> {
        let job = request.job;
        self.check_cancelled(job)?;
        let model = self.residents.vocabulary(&request.model)?;
        let mut counts = Vec::with_capacity(request.texts.len());
        for text in &request.texts {
            if self.cancels.contains(job) {
                return Err(Stopped::Cancelled);
            }
            counts.push(count(model.count(text)));
        }
        Ok(FromWorker::TextCounts { job, counts })
    }

    /// A generation with the encoder-decoder that was loaded for it.
    fn transform(&mut self, request: &Generate, load_ms: f64) -> Result<Done, Stopped> {
        let source = self.residents.encoder_decoder()?.prepare(request)?;
        self.check_cancelled(request.job)?;
        self.output.send(&FromWorker::Memory { job: request.job, models: self.residents.memory() });
        let work = Work { job: request.job, output: &self.output, cancels: &self.cancels };
        let model = self.residents.encoder_decoder()?;
        let compute = || model.generate(&source, request, load_ms, work);
        match request.compute.threads {
            None => compute(),
            Some(threads) => {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads as usize).build();
                let failed =
                    |error: rayon::ThreadPoolBuildError| Failure::new(FailureCode::Internal, error.to_string());
                pool.map_err(failed)?.install(compute)
            }
        }
    }

    fn check_cancelled(&self, job: JobId) -> Result<(), Stopped> {
        if self.cancels.contains(job) { Err(Stopped::Cancelled) } else { Ok(()) }
    }
}

/// What a running job needs of the outside.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Work<'a> {
    pub(crate) job: JobId,
    pub(crate) output: &'a Arc<Output>,
    pub(crate) cancels: &'a Cancels,
}

impl Work<'_> {
    /// # Errors
    /// [`Stopped::Cancelled`] when the program no longer wants the job.
    pub(crate) fn check_cancelled(self) -> Result<(), Stopped> {
        if self.cancels.contains(self.job) { Err(Stopped::Cancelled) } else { Ok(()) }
    }
}

/// How far a generation got at once.
#[derive(Debug)]
enum Begun {
    Runs,
    /// It is done already.
    Ended(Done),
    /// It cannot begin yet.
    Waits(Box<Generate>),
}

const fn job_of(request: &Request) -> Option<JobId> {
    match request {
        Request::Generate(request) => Some(request.job),
        _ => None,
    }
}

/// Keeps the ids of `text`, and those of the whole turn where the model went on with one that it had begun.
fn remember(outputs: &mut Outputs, prompt: &Prompt, text: &str, ids: &[LlamaToken]) {
    let begun = match prompt {
        Prompt::Chat(messages) => messages.last().filter(|last| last.role == Role::Assistant),
        Prompt::Raw(_) => None,
    };
    let Some(begun) = begun else { return outputs.remember(text, ids.to_vec()) };
    if let Some(before) = outputs.get(&begun.content) {
        let whole = before.iter().chain(ids).copied().collect();
        outputs.remember(&format!("{}{text}", begun.content), whole);
    }
}

fn check_request(request: &Generate) -> Result<(), Failure> {
    let bad = |message: &str| Err(Failure::new(FailureCode::BadRequest, message));
    let sampling = &request.sampling;
    if request.max_tokens == 0 {
        return bad("max_tokens is 0. Ask for at least 1 token.");
    }
    if !(0.0..=5.0).contains(&sampling.temperature) {
        return bad("The temperature must lie between 0 and 5.");
    }
    if sampling.top_p.is_some_and(|top_p| !(0.0..=1.0).contains(&top_p)) {
        return bad("top_p must lie between 0 and 1.");
    }
    if sampling.repeat_penalty.is_some_and(|penalty| !(0.1..=10.0).contains(&penalty)) {
        return bad("The repeat penalty must lie between 0.1 and 10.");
    }
    if sampling.dry_multiplier.is_some_and(|multiplier| !(0.0..=10.0).contains(&multiplier)) {
        return bad("The DRY multiplier must lie between 0 and 10.");
    }
    if request.compute.threads.is_some_and(|threads| !(1..=MOST_THREADS).contains(&threads)) {
        return bad("The number of threads must lie between 1 and 512.");
    }
    if request.limits.max_batch_tokens == Some(0) {
        return bad("A batch must hold at least 1 token.");
    }
    Ok(())
}

fn progress_report(
    output: Arc<Output>,
    cancels: Arc<Cancels>,
    job: JobId,
) -> impl FnMut(f32) -> bool + Clone + 'static {
    let mut last: Option<Instant> = None;
    move |fraction: f32| {
        if fraction >= 1.0 || last.is_none_or(|last| last.elapsed() >= LOAD_REPORT_INTERVAL) {
            last = Some(Instant::now());
            output.send(&FromWorker::LoadProgress { job, fraction: fraction.clamp(0.0, 1.0) });
        }
        !cancels.contains(job)
    }
}

fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
