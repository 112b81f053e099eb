//! The thread that does the jobs: one after another, each answered with exactly one last frame.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use brickwork_worker_protocol::{
    CountTexts, CountTokens, Done, FailureCode, FromWorker, Generate, JobId, Prompt, Render, Rendered, Role, Timings,
};
use llama_cpp_2::llama_backend::LlamaBackend;
use llama_cpp_2::token::LlamaToken;

use crate::devices;
use crate::failure::{Failure, Stopped};
use crate::generation::{self, Generated, Plan};
use crate::model::context::Context;
use crate::model::residents::{self, Loaded, Residents};
use crate::output::{Cancels, Output};
use crate::outputs::Outputs;
use crate::text::Stop;

/// Least time between two reports of load progress.
const LOAD_REPORT_INTERVAL: Duration = Duration::from_millis(50);

/// Least time between two looks for idle models.
const LEAST_IDLE_WAIT: Duration = Duration::from_millis(10);

/// The most threads that a job may ask for; llama.cpp's own bound.
const MOST_THREADS: u32 = 512;

/// A piece of work.
#[derive(Debug)]
pub(crate) enum Request {
    Generate(Generate),
    CountTokens(CountTokens),
    Render(Render),
    CountTexts(CountTexts),
    Devices(JobId),
    Unload(String),
}

/// The worker's models, and the way to the program.
#[derive(Debug)]
pub(crate) struct Inference {
    residents: Residents,
    output: Arc<Output>,
    cancels: Arc<Cancels>,
}

impl Inference {
    pub(crate) fn new(backend: LlamaBackend, threads: u32, output: Arc<Output>, cancels: Arc<Cancels>) -> Self {
        Self { residents: Residents::new(backend, threads), output, cancels }
    }

    /// Does jobs until no more can come.
    pub(crate) fn run(mut self, requests: &Receiver<Request>) {
        while let Some(request) = self.next(requests) {
            let (job, outcome) = match request {
                Request::Unload(path) => {
                    self.residents.unload(&path);
                    continue;
                }
                Request::Generate(request) => (request.job, self.generate(&request).map(FromWorker::Done)),
                Request::CountTokens(request) => (request.job, self.count_tokens(&request)),
                Request::Render(request) => (request.job, self.render(request)),
                Request::CountTexts(request) => (request.job, self.count_texts(&request)),
                Request::Devices(job) => (job, Ok(FromWorker::Devices { job, devices: devices::local() })),
            };
            self.output.send(&match outcome {
                Ok(frame) => frame,
                Err(Stopped::Cancelled) => FromWorker::Cancelled { job },
                Err(Stopped::Failed(failure)) => FromWorker::Failed(failure.of_job(job)),
            });
            self.cancels.forget_until(job);
            self.residents.end_of_job();
        }
    }

    /// The next request; models that nobody uses are freed meanwhile. `None` when no more can come.
    fn next(&mut self, requests: &Receiver<Request>) -> Option<Request> {
        loop {
            let received = match self.residents.free_idle() {
                Some(wait) => requests.recv_timeout(wait.max(LEAST_IDLE_WAIT)),
                None => requests.recv().map_err(|_| RecvTimeoutError::Disconnected),
            };
            match received {
                Ok(request) => return Some(request),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return None,
            }
        }
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

    fn generate(&mut self, request: &Generate) -> Result<Done, Stopped> {
        let job = request.job;
        self.check_cancelled(job)?;
        check_request(request)?;
        let on_progress = progress_report(Arc::clone(&self.output), Arc::clone(&self.cancels), job);
        self.residents.set_residency(request.residency);
        let (loaded, load_ms) = self.residents.model(&request.model, &request.compute, on_progress)?;
        let resident = match loaded {
            Loaded::Llama(llama) => llama,
            Loaded::EncoderDecoder(model) => {
                let facts = model.facts.clone();
                self.output.send(&FromWorker::Loaded { job, facts, load_ms });
                return self.transform(request, load_ms);
            }
        };
        let facts = resident.model.facts.clone();
        self.output.send(&FromWorker::Loaded { job, facts, load_ms });
        let prompt = resident.model.token_ids(&request.prompt)?;
        let n_needed = residents::check_fits(resident, prompt.len(), request.max_tokens, request.limits)?;
        self.check_cancelled(job)?;

        self.residents.with_context(n_needed, request.limits, request.compute.threads)?;
        self.output.send(&FromWorker::Memory { job, models: self.residents.memory() });
        let (model, context) = self.residents.with_context(n_needed, request.limits, request.compute.threads)?;
        let n_cached = context.keep_common_start(&prompt);
        let work = Work { job, output: &self.output, cancels: &self.cancels };
        let mut stops: Vec<Stop> =
            request.stop.iter().map(|text| Stop { text: text.clone(), ends_turn: false }).collect();
        stops.extend(model.turn_stops(&request.prompt));
        let plan = Plan { max_tokens: request.max_tokens, sampling: &request.sampling, stops };
        let outcome = process_prompt(context, &prompt, n_cached, work)
            .and_then(|prompt_ms| Ok((prompt_ms, generation::generate(&model.weights, context, plan, work)?)));
        let (prompt_ms, generated) = match outcome {
            Ok(outcome) => outcome,
            Err(stopped) => {
                // What the job added goes, so the cache is as if it had never run.
                context.cut_back_to(n_cached);
                return Err(stopped);
            }
        };
        let Generated { text, ids, n_ids_of_text, finish_reason, generate_ms } = generated;
        if let Some(n) = n_ids_of_text {
            remember(&mut model.outputs, &request.prompt, &text, &ids[..n]);
        }
        let timings = Timings {
            load_ms,
            prompt_ms,
            generate_ms,
            prompt_tokens: count(prompt.len()),
            cached_tokens: count(n_cached),
            generated_tokens: count(ids.len()),
        };
        let token_ids = ids.iter().map(|id| u32::try_from(id.0).unwrap_or_default()).collect();
        Ok(Done { job, finish_reason, timings, token_ids })
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
    pub(crate) output: &'a Output,
    pub(crate) cancels: &'a Cancels,
}

impl Work<'_> {
    /// # Errors
    /// [`Stopped::Cancelled`] when the program no longer wants the job.
    pub(crate) fn check_cancelled(self) -> Result<(), Stopped> {
        if self.cancels.contains(self.job) { Err(Stopped::Cancelled) } else { Ok(()) }
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

/// Computes the prompt behind its first `n_cached` tokens, batch by batch, and returns the time in milliseconds.
fn process_prompt(
    context: &mut Context,
    prompt: &[LlamaToken],
    n_cached: usize,
    work: Work<'_>,
) -> Result<f64, Stopped> {
    let started = Instant::now();
    let report = |done: usize| {
        let (done, total, cached) = (count(done), count(prompt.len()), count(n_cached));
        work.output.send(&FromWorker::PromptProgress { job: work.job, done, total, cached });
    };
    report(n_cached);
    for batch in prompt[n_cached..].chunks(context.size().n_batch as usize) {
        work.check_cancelled()?;
        context.compute(batch)?;
        report(context.len());
    }
    Ok(started.elapsed().as_secs_f64() * 1000.0)
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
