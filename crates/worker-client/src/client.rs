//! The client: a queue before one worker process.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use brickwork_engine::ports::{Generation, Inference, InferenceError, InferenceErrorCode, InferenceEvent};
use brickwork_engine::{ModelRef, Phrase};
use brickwork_worker_protocol::{Device, FromWorker, JobId, ResidentModel, ToWorker, WorkerHello};
use futures::StreamExt;
use futures::stream::{self, BoxStream};
use tokio::sync::{Mutex, mpsc, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use crate::config::{Compute, Residency, WorkerConfig};
use crate::job;
use crate::process::WorkerProcess;

/// Events that wait for a slow reader before the worker has to wait too.
const EVENT_CAPACITY: usize = 64;

/// How long the worker may take to end in good order.
pub(crate) const SHUTDOWN_LIMIT: Duration = Duration::from_secs(2);

/// What the worker is doing.
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

/// What jobs share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) config: WorkerConfig,
    /// The worker, if it runs. Whoever holds the lock has the worker to itself; waiters get it in order.
    pub(crate) worker: Mutex<Option<WorkerProcess>>,
    pub(crate) closing: CancellationToken,
    pub(crate) status: watch::Sender<WorkerStatus>,
    orders: std::sync::Mutex<Orders>,
    hello: std::sync::Mutex<Option<WorkerHello>>,
    /// What was in the worker's memory at its last job.
    memory: std::sync::Mutex<Vec<ResidentModel>>,
    /// Ends the worker when nobody asks for it; dropped, it waits no more.
    idle_wait: std::sync::Mutex<Option<AbortOnDropHandle<()>>>,
}

/// How generations are to be computed.
#[derive(Debug, Clone, Default)]
struct Orders {
    compute: Compute,
    /// By the path of the model's file.
    compute_of: BTreeMap<String, Compute>,
    residency: Residency,
}

impl Shared {
    /// What the next generation with `model` is computed with, and how long models stay.
    pub(crate) fn orders(&self, model: &ModelRef) -> (Compute, Residency) {
        let orders = self.orders.lock().unwrap_or_else(PoisonError::into_inner);
        let compute = orders.compute_of.get(&model.path).unwrap_or(&orders.compute);
        (compute.clone(), orders.residency)
    }

    /// Keeps what is in the worker's memory.
    pub(crate) fn set_memory(&self, models: Vec<ResidentModel>) {
        *self.memory.lock().unwrap_or_else(PoisonError::into_inner) = models;
    }

    /// Keeps what a worker said of itself.
    pub(crate) fn set_hello(&self, hello: WorkerHello) {
        *self.hello.lock().unwrap_or_else(PoisonError::into_inner) = Some(hello);
    }

    /// Puts `wait` in the place of the wait before.
    pub(crate) fn set_idle_wait(&self, wait: AbortOnDropHandle<()>) {
        *self.idle_wait.lock().unwrap_or_else(PoisonError::into_inner) = Some(wait);
    }
}

impl WorkerClient {
    /// A client that starts its worker at the first job.
    #[must_use]
    pub fn new(config: WorkerConfig) -> Self {
        let shared = Shared {
            config,
            worker: Mutex::new(None),
            closing: CancellationToken::new(),
            status: watch::Sender::new(WorkerStatus::Idle),
            orders: std::sync::Mutex::default(),
            hello: std::sync::Mutex::default(),
            memory: std::sync::Mutex::default(),
            idle_wait: std::sync::Mutex::default(),
        };
        Self { shared: Arc::new(shared) }
    }

    /// What the worker is doing now.
    #[must_use]
    pub fn status(&self) -> WorkerStatus {
        self.shared.status.borrow().clone()
    }

    /// The worker's process id, when it runs and no job has it.
    #[must_use]
    pub fn idle_process_id(&self) -> Option<u32> {
        self.shared.worker.try_lock().ok()?.as_ref()?.id()
    }

    /// What the last worker that was started said of itself; `None` until one was.
    #[must_use]
    pub fn hello(&self) -> Option<WorkerHello> {
        self.shared.hello.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What generations that begin from now on are computed with. A model in memory is loaded anew where that needs it.
    pub fn set_compute(&self, compute: Compute) {
        self.shared.orders.lock().unwrap_or_else(PoisonError::into_inner).compute = compute;
    }

    /// What generations with some models are computed with from now on, by the paths of their files;
    /// [`WorkerClient::set_compute`] holds for all others.
    pub fn set_compute_of(&self, models: BTreeMap<String, Compute>) {
        self.shared.orders.lock().unwrap_or_else(PoisonError::into_inner).compute_of = models;
    }

    /// What a generation with `model` would be computed with now.
    #[must_use]
    pub fn compute_of(&self, model: &ModelRef) -> Compute {
        self.shared.orders(model).0
    }

    /// How long models stay in memory from the next generation on.
    pub fn set_residency(&self, residency: Residency) {
        self.shared.orders.lock().unwrap_or_else(PoisonError::into_inner).residency = residency;
    }

    /// The models that were in the worker's memory when its last job began, the job's own last. Empty without a worker.
    /// Idle ones may be gone by now.
    #[must_use]
    pub fn resident_models(&self) -> Vec<ResidentModel> {
        self.shared.memory.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Where models can run, with what of their memory is free now. Starts a worker where none runs, and waits for running
    /// jobs.
    ///
    /// # Errors
    /// [`InferenceErrorCode::WorkerUnavailable`] when no worker can be started, and those of a worker that is lost.
    pub async fn devices(&self) -> Result<Vec<Device>, InferenceError> {
        match self.ask(None, |job| ToWorker::Devices { job }).await? {
            FromWorker::Devices { devices, .. } => Ok(devices),
            _ => Err(InferenceError::new(
                InferenceErrorCode::Internal,
                "The model worker answered with another kind of frame. Install program and worker from one release.",
            )
            .saying(Phrase::new("worker_of_another_release"))),
        }
    }

    /// Asks the worker for what has one answer, and waits for running jobs before. The file of `model` is looked for first.
    pub(crate) async fn ask(
        &self,
        model: Option<ModelRef>,
        request: impl Fn(JobId) -> ToWorker + Send + Sync + 'static,
    ) -> Result<FromWorker, InferenceError> {
        let shared = Arc::clone(&self.shared);
        // In a task of its own, so that a caller who stops waiting does not take the worker down.
        let answer = tokio::spawn(async move {
            tokio::select! {
                biased;
                () = shared.closing.cancelled() => Err(closed()),
                outcome = job::ask(&shared, model.as_ref(), request) => outcome,
            }
        });
        answer.await.unwrap_or_else(|_| Err(closed()))
    }

    /// Frees `model`'s memory once running jobs have ended. Does nothing when no worker runs.
    pub async fn unload(&self, model: &ModelRef) {
        job::unload(&self.shared, model).await;
    }

    /// Ends all jobs and the worker, in good order if it lets itself be ended within 2 s. Later jobs fail.
    pub async fn shutdown(&self) {
        self.shared.closing.cancel();
        let process = self.shared.worker.lock().await.take();
        if let Some(process) = process {
            process.end(SHUTDOWN_LIMIT).await;
        }
    }
}

impl Inference for WorkerClient {
    /// The job takes its place in the queue when the stream is first polled, inside a tokio runtime.
    fn generate(&self, generation: Generation) -> BoxStream<'static, InferenceEvent> {
        let shared = Arc::clone(&self.shared);
        stream::once(async move {
            let (events, received) = mpsc::channel(EVENT_CAPACITY);
            // The task ends by itself: with the job, when the receiver is dropped, or when the client closes.
            tokio::spawn(async move { job::generate(&shared, &generation, &events).await });
            stream::unfold(received, |mut received| async move { received.recv().await.map(|event| (event, received)) })
        })
        .flatten()
        .boxed()
    }
}

impl Drop for WorkerClient {
    fn drop(&mut self) {
        self.shared.closing.cancel();
        if let Ok(mut worker) = self.shared.worker.try_lock() {
            *worker = None;
        }
    }
}

/// The error of jobs after the end.
pub(crate) fn closed() -> InferenceError {
    InferenceError::new(InferenceErrorCode::WorkerUnavailable, "The program is closing, so no model runs any more.")
        .saying(Phrase::new("program_closing"))
}
