//! One job: from its place in the queue to its last event.

use std::sync::Arc;
use std::time::Duration;

use brickwork_engine::ports::{Completion, Generation, InferenceError, InferenceErrorCode, InferenceEvent};
use brickwork_engine::{ModelRef, Phrase};
use brickwork_worker_protocol::{FromWorker, JobId, ToWorker};
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::client::{Shared, WorkerStatus, closed};
use crate::process::{Lost, WorkerProcess};
use crate::replay::Replay;
use crate::{convert, idle};

/// How often a job is tried whose worker crashes.
const MOST_ATTEMPTS: u32 = 2;

/// How a job ended.
enum End {
    Done(Completion),
    Failed(InferenceError),
    /// Nobody listens any more.
    Cancelled,
}

/// Why the worker was given up in the middle of a job.
enum GivenUp {
    Lost(Lost),
    /// A cancel was not answered in time.
    Unresponsive,
    /// The second attempt does not go on where the first one crashed.
    Diverged,
    /// The client is closing.
    Closing,
}

/// Runs `generation` and sends its events.
pub(crate) async fn generate(shared: &Arc<Shared>, generation: &Generation, events: &mpsc::Sender<InferenceEvent>) {
    let mut worker = tokio::select! {
        biased;
        () = shared.closing.cancelled() => {
            let _ = events.send(InferenceEvent::Failed(closed())).await;
            return;
        }
        () = events.closed() => return,
        worker = shared.worker.lock() => worker,
    };
    shared.status.send_replace(WorkerStatus::Loading { model: generation.model.id.clone() });
    let end = run(shared, &mut worker, generation, events).await;
    shared.status.send_replace(WorkerStatus::Idle);
    drop(worker);
    idle::watch(shared);
    // A closed receiver only means that nobody wants to know.
    let _ = match end {
        End::Done(completion) => events.send(InferenceEvent::Done(completion)).await,
        End::Failed(error) => events.send(InferenceEvent::Failed(error)).await,
        End::Cancelled => Ok(()),
    };
}

async fn run(
    shared: &Shared,
    worker: &mut Option<WorkerProcess>,
    generation: &Generation,
    events: &mpsc::Sender<InferenceEvent>,
) -> End {
    if let Err(error) = check_model(&generation.model).await {
        return End::Failed(error);
    }
    let mut replay = Replay::default();
    let mut crashes: Vec<InferenceError> = Vec::new();
    loop {
        let mut process = match take_process(shared, worker).await {
            Ok(process) => process,
            Err(error) => return End::Failed(crashes.pop().unwrap_or(error)),
        };
        let job = process.next_job();
        replay.begin();
        let request = convert::request(job, generation, &shared.config, shared.orders(&generation.model));
        let outcome = match process.send(&request, shared.config.silence_limit).await {
            Ok(()) => follow(shared, &mut process, (job, generation), events, &mut replay).await,
            Err(lost) => Err(GivenUp::Lost(lost)),
        };
        return match outcome {
            Ok(end) => {
                *worker = Some(process);
                end
            }
            // At most once: a fresh process has no earlier job.
            Err(GivenUp::Lost(Lost::Ended)) if process.died_between_jobs() => continue,
            Err(GivenUp::Lost(Lost::Ended)) => {
                let attempt = u32::try_from(crashes.len()).unwrap_or(u32::MAX) + 1;
                let error = process.crashed(attempt).await;
                if attempt < MOST_ATTEMPTS && !events.is_closed() {
                    tracing::warn!(%error, "the job is tried again with a fresh worker");
                    shared.status.send_replace(WorkerStatus::Loading { model: generation.model.id.clone() });
                    crashes.push(error);
                    continue;
                }
                End::Failed(error)
            }
            Err(GivenUp::Lost(Lost::Silent)) => End::Failed(process.silent(shared.config.silence_limit)),
            Err(GivenUp::Diverged) => End::Failed(crashes.pop().unwrap_or_else(closed)),
            Err(GivenUp::Unresponsive) => End::Cancelled,
            Err(GivenUp::Closing) => End::Failed(closed()),
        };
    }
}

/// Passes the frames of a job on until its last one. The process must be given up on an error.
async fn follow(
    shared: &Shared,
    process: &mut WorkerProcess,
    (job, generation): (JobId, &Generation),
    events: &mpsc::Sender<InferenceEvent>,
    replay: &mut Replay,
) -> Result<End, GivenUp> {
    let silence_limit = shared.config.silence_limit;
    let mut cancel_deadline: Option<Instant> = None;
    loop {
        let is_cancelled = cancel_deadline.is_some();
        let frame = tokio::select! {
            biased;
            () = shared.closing.cancelled() => return Err(GivenUp::Closing),
            () = events.closed(), if !is_cancelled => None,
            () = sleep_until(cancel_deadline), if is_cancelled => return Err(GivenUp::Unresponsive),
            frame = process.next_frame(silence_limit) => Some(frame.map_err(GivenUp::Lost)?),
        };
        let Some(frame) = frame else {
            cancel_deadline = Some(Instant::now() + shared.config.cancel_limit);
            process.send(&ToWorker::Cancel { job }, shared.config.cancel_limit).await.map_err(GivenUp::Lost)?;
            continue;
        };
        if frame.job() != Some(job) {
            continue;
        }
        match frame {
            FromWorker::Done(done) => return Ok(End::Done(convert::completion(done))),
            FromWorker::Failed(failed) => return Ok(End::Failed(convert::error(failed))),
            FromWorker::Cancelled { .. } => return Ok(End::Cancelled),
            FromWorker::Loaded { .. } => {
                shared.status.send_replace(WorkerStatus::Running { model: generation.model.id.clone() });
            }
            FromWorker::Memory { models, .. } => shared.set_memory(models),
            frame => {
                let event = match convert::event(frame) {
                    Some(InferenceEvent::Text { text, generated }) => {
                        let new = replay.take(&text, generated).map_err(|_| GivenUp::Diverged)?;
                        new.map(|(text, generated)| InferenceEvent::Text { text, generated })
                    }
                    event => event,
                };
                let Some(event) = event else { continue };
                tokio::select! {
                    biased;
                    () = shared.closing.cancelled() => return Err(GivenUp::Closing),
                    // A closed receiver is seen at the top of the loop.
                    _ = events.send(event) => {}
                }
            }
        }
    }
}

async fn sleep_until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}

/// Sends the request that `request` makes of a job's number, and waits for its one answer.
pub(crate) async fn ask(
    shared: &Arc<Shared>,
    model: Option<&ModelRef>,
    request: impl Fn(JobId) -> ToWorker,
) -> Result<FromWorker, InferenceError> {
    if let Some(model) = model {
        check_model(model).await?;
    }
    let mut worker = shared.worker.lock().await;
    let limit = shared.config.silence_limit;
    let answered = loop {
        let mut process = take_process(shared, &mut worker).await?;
        let job = process.next_job();
        break match answer(&mut process, job, request(job), limit).await {
            Ok(answer) => {
                *worker = Some(process);
                answer
            }
            Err(Lost::Ended) if process.died_between_jobs() => continue,
            Err(Lost::Ended) => Err(process.crashed(1).await),
            Err(Lost::Silent) => Err(process.silent(limit)),
        };
    };
    drop(worker);
    idle::watch(shared);
    answered
}

/// Sends a request and waits for its answer. The process must be given up on an error.
async fn answer(
    process: &mut WorkerProcess,
    job: JobId,
    request: ToWorker,
    limit: Duration,
) -> Result<Result<FromWorker, InferenceError>, Lost> {
    process.send(&request, limit).await?;
    loop {
        let frame = process.next_frame(limit).await?;
        if frame.job() != Some(job) {
            continue;
        }
        match frame {
            FromWorker::Failed(failed) => return Ok(Err(convert::error(failed))),
            FromWorker::TokenCount { .. }
            | FromWorker::Rendered(_)
            | FromWorker::TextCounts { .. }
            | FromWorker::Devices { .. } => return Ok(Ok(frame)),
            _ => {}
        }
    }
}

/// Asks the worker, if one runs, to free a model.
pub(crate) async fn unload(shared: &Shared, model: &ModelRef) {
    let mut worker = shared.worker.lock().await;
    if let Some(process) = worker.as_mut() {
        let request = ToWorker::Unload { model: model.path.clone() };
        if process.send(&request, shared.config.silence_limit).await.is_err() {
            *worker = None;
        }
    }
}

/// The running worker, or a fresh one.
async fn take_process(shared: &Shared, worker: &mut Option<WorkerProcess>) -> Result<WorkerProcess, InferenceError> {
    if let Some(mut process) = worker.take()
        && process.is_running()
    {
        return Ok(process);
    }
    tokio::select! {
        biased;
        () = shared.closing.cancelled() => Err(closed()),
        started = WorkerProcess::start(&shared.config) => {
            let (process, hello) = started?;
            shared.set_hello(hello);
            shared.set_memory(Vec::new());
            Ok(process)
        }
    }
}

async fn check_model(model: &ModelRef) -> Result<(), InferenceError> {
    let missing = |what: String, phrase: Phrase| {
        Err(InferenceError::new(
            InferenceErrorCode::ModelMissing,
            format!("{what} Download the model, or bind the role to another one."),
        )
        .saying(phrase.with("id", &model.id)))
    };
    if model.path.is_empty() {
        return missing(format!("Model '{}' has no file.", model.id), Phrase::new("model_without_file"));
    }
    match tokio::fs::metadata(&model.path).await {
        // A folder is a model of several files; whether it is one is for the worker to say.
        Ok(metadata) if metadata.is_file() || metadata.is_dir() => Ok(()),
        Ok(_) => {
            let phrase = Phrase::new("model_no_file_or_folder").with("path", &model.path);
            missing(format!("{} is neither a file nor a folder.", model.path), phrase)
        }
        Err(error) => {
            let phrase =
                Phrase::new("model_file_unreadable").with("path", &model.path).with("cause", error.to_string());
            missing(format!("The file of model '{}' cannot be read at {} ({error}).", model.id, model.path), phrase)
        }
    }
}
