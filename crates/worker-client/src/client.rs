//! The client: what callers see of the worker.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use brickwork_engine::ports::{Generation, Inference, InferenceError, InferenceErrorCode, InferenceEvent};
use brickwork_engine::{ModelRef, Phrase};
use brickwork_worker_protocol::{Device, FromWorker, JobId, ResidentModel, ToWorker, WorkerHello};
use futures::StreamExt;
use futures::stream::{self, BoxStream};

use crate::config::{Compute, Residency, WorkerConfig};
use crate::mailbox::mailbox;
use crate::shared::Shared;
use crate::{job, question};

/// How long the worker may take to end in good order.
pub(crate) const SHUTDOWN_LIMIT: Duration = Duration::from_secs(2);

/// What the worker is doing. Of several jobs, this tells of the first whose model is in memory, else of the first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WorkerStatus {
    /// Nothing; it may not even be started.
    Idle,
    /// Starting, or reading a model into memory.
    Loading {
        /// The model's id.
        model: String,
    },
    /// Working on a job.
    Running {
        /// The model's id.
        model: String,
    },
}

/// Runs models in a worker process. Dropping it kills the worker.
#[derive(Debug)]
pub struct WorkerClient {
    shared: Arc<Shared>,
}

impl WorkerClient {
    /// A client that starts its worker at the first job.
    #[must_use]
    pub fn new(config: WorkerConfig) -> Self {
        Self { shared: Arc::new(Shared::new(config)) }
    }

    /// What the worker is doing now.
    #[must_use]
    pub fn status(&self) -> WorkerStatus {
        self.shared.status()
    }

    /// The worker's process id, when it runs and no job is in it.
    #[must_use]
    pub fn idle_process_id(&self) -> Option<u32> {
        self.shared.worker().filter(|worker| worker.routes().is_idle())?.id()
    }

    /// What the last worker that was started said of itself; `None` until one was.
    #[must_use]
    pub fn hello(&self) -> Option<WorkerHello> {
        self.shared.hello()
    }

    /// What generations that begin from now on are computed with. A model in memory is loaded anew where that needs it.
    pub fn set_compute(&self, compute: Compute) {
        self.shared.orders().compute = compute;
    }

    /// What generations with some models are computed with from now on, by the paths of their files;
    /// [`WorkerClient::set_compute`] holds for all others.
    pub fn set_compute_of(&self, models: BTreeMap<String, Compute>) {
        self.shared.orders().compute_of = models;
    }

    /// What a generation with `model` would be computed with now.
    #[must_use]
    pub fn compute_of(&self, model: &ModelRef) -> Compute {
        self.shared.orders_for(model).0
    }

    /// How long models stay in memory from the next generation on.
    pub fn set_residency(&self, residency: Residency) {
        self.shared.orders().residency = residency;
    }

    /// The models that were in the worker's memory when it last began a job, the job's own last. Empty without a worker.
    /// Idle ones may be gone by now.
    #[must_use]
    pub fn resident_models(&self) -> Vec<ResidentModel> {
        self.shared.memory()
    }

    /// Where models can run, with what of their memory is free now. Starts a worker where none runs; one that is at work
    /// answers when it comes to it.
    ///
    /// # Errors
    /// [`InferenceErrorCode::WorkerUnavailable`] when no worker can be started, and those of a worker that is lost.
    pub async fn devices(&self) -> Result<Vec<Device>, InferenceError> {
        match self.ask(None, |job| ToWorker::Devices { job }).await? {
            FromWorker::Devices { devices, .. } => Ok(devices),
            _ => Err(job::unexpected()),
        }
    }

    /// Asks the worker for what has one answer. The file of `model` is looked for first.
    pub(crate) async fn ask(
        &self,
        model: Option<ModelRef>,
        request: impl Fn(JobId) -> ToWorker + Send + Sync + 'static,
    ) -> Result<FromWorker, InferenceError> {
        let shared = Arc::clone(&self.shared);
        let place = shared.door.place();
        // In a task of its own, so that a worker that was started for a caller who stops waiting is there for the next one.
        let answer = tokio::spawn(async move {
            tokio::select! {
                biased;
                () = shared.closing.cancelled() => Err(closed()),
                outcome = question::ask(&shared, &place, model.as_ref(), request) => outcome,
            }
        });
        answer.await.unwrap_or_else(|_| Err(closed()))
    }

    /// Frees `model`'s memory once the jobs that came before have ended. Does nothing when no worker runs.
    pub async fn unload(&self, model: &ModelRef) {
        question::unload(&self.shared, model).await;
    }

    /// Ends all jobs and the worker, in good order if it has none and lets itself be ended within 2 s. Later jobs fail.
    pub async fn shutdown(&self) {
        self.shared.closing.cancel();
        // Those before it in the door leave it now, so no worker is started any more.
        let place = self.shared.door.place();
        let _passage = place.enter().await;
        if let Some(worker) = self.shared.take_worker() {
            worker.end(SHUTDOWN_LIMIT).await;
        }
    }
}

impl Inference for WorkerClient {
    /// The job takes its place in the queue when the stream is first polled, inside a tokio runtime.
    fn generate(&self, generation: Generation) -> BoxStream<'static, InferenceEvent> {
        let shared = Arc::clone(&self.shared);
        stream::once(async move {
            let (events, listener) = mailbox();
            let place = shared.door.place();
            // The task ends by itself: with the job, when the listener is dropped, or when the client closes.
            tokio::spawn(job::generate(shared, generation, place, events));
            stream::unfold(listener, |listener| async move { listener.next().await.map(|event| (event, listener)) })
        })
        .flatten()
        .boxed()
    }
}

impl Drop for WorkerClient {
    fn drop(&mut self) {
        self.shared.closing.cancel();
        if let Some(worker) = self.shared.take_worker() {
            worker.kill();
        }
    }
}

/// The error of jobs after the end.
pub(crate) fn closed() -> InferenceError {
    InferenceError::new(InferenceErrorCode::WorkerUnavailable, "The program is closing, so no model runs any more.")
        .saying(Phrase::new("program_closing"))
}
