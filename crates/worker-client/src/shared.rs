//! What the jobs of a client share.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use brickwork_engine::ModelRef;
use brickwork_engine::ports::InferenceError;
use brickwork_worker_protocol::{ResidentModel, WorkerHello};
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use crate::client::{WorkerStatus, closed};
use crate::config::{Compute, Residency, WorkerConfig};
use crate::door::Door;
use crate::worker::Worker;

/// What the jobs of a client share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) config: Arc<WorkerConfig>,
    pub(crate) closing: CancellationToken,
    /// The way into the worker.
    pub(crate) door: Arc<Door>,
    /// The last worker that was started.
    worker: Mutex<Option<Worker>>,
    /// The id of the model whose generation is on its way into a worker, which may have to be started for it.
    entering: Mutex<Option<String>>,
    orders: Mutex<Orders>,
    hello: Mutex<Option<WorkerHello>>,
    /// What was in the worker's memory when it last began a job.
    memory: Arc<Mutex<Vec<ResidentModel>>>,
    /// Ends the worker when nobody asks for it; dropped, it waits no more.
    idle_wait: Mutex<Option<AbortOnDropHandle<()>>>,
}

/// How generations are to be computed.
#[derive(Debug, Clone, Default)]
pub(crate) struct Orders {
    pub(crate) compute: Compute,
    /// By the path of the model's file.
    pub(crate) compute_of: BTreeMap<String, Compute>,
    pub(crate) residency: Residency,
}

/// A generation on its way into a worker.
#[derive(Debug)]
pub(crate) struct Entering<'a> {
    shared: &'a Shared,
}

impl Drop for Entering<'_> {
    fn drop(&mut self) {
        *locked(&self.shared.entering) = None;
    }
}

impl Shared {
    pub(crate) fn new(config: WorkerConfig) -> Self {
        Self {
            config: Arc::new(config),
            closing: CancellationToken::new(),
            door: Arc::default(),
            worker: Mutex::default(),
            entering: Mutex::default(),
            orders: Mutex::default(),
            hello: Mutex::default(),
            memory: Arc::default(),
            idle_wait: Mutex::default(),
        }
    }

    /// The last worker that was started; it may have ended since.
    pub(crate) fn worker(&self) -> Option<Worker> {
        locked(&self.worker).clone()
    }

    /// Starts a worker in the place of the last one.
    ///
    /// # Errors
    /// Those of [`Worker::start`].
    pub(crate) async fn start_worker(&self) -> Result<Worker, InferenceError> {
        let (worker, hello) = Worker::start(&self.config, &self.door, &self.memory).await?;
        *locked(&self.hello) = Some(hello);
        *locked(&self.worker) = Some(worker.clone());
        // A client that closes kills the worker that it sees, so it must see this one or be seen here.
        if self.closing.is_cancelled() {
            worker.kill();
            return Err(closed());
        }
        Ok(worker)
    }

    /// Forgets and returns the worker.
    pub(crate) fn take_worker(&self) -> Option<Worker> {
        locked(&self.worker).take()
    }

    /// Takes note that a generation with the model of id `model` goes into a worker.
    pub(crate) fn entering(&self, model: &str) -> Entering<'_> {
        *locked(&self.entering) = Some(model.to_owned());
        Entering { shared: self }
    }

    /// What the worker is doing now.
    pub(crate) fn status(&self) -> WorkerStatus {
        // In this order, since a generation is in the worker before it has left the door.
        let entering = locked(&self.entering).clone();
        match self.worker().and_then(|worker| worker.routes().at_work()) {
            Some((model, true)) => WorkerStatus::Running { model },
            Some((model, false)) => WorkerStatus::Loading { model },
            None => entering.map_or(WorkerStatus::Idle, |model| WorkerStatus::Loading { model }),
        }
    }

    /// What the next generation with `model` is computed with, and how long models stay.
    pub(crate) fn orders_for(&self, model: &ModelRef) -> (Compute, Residency) {
        let orders = self.orders();
        let compute = orders.compute_of.get(&model.path).unwrap_or(&orders.compute);
        (compute.clone(), orders.residency)
    }

    /// How generations are to be computed.
    pub(crate) fn orders(&self) -> MutexGuard<'_, Orders> {
        locked(&self.orders)
    }

    /// What the last worker said of itself.
    pub(crate) fn hello(&self) -> Option<WorkerHello> {
        locked(&self.hello).clone()
    }

    /// What is in the worker's memory.
    pub(crate) fn memory(&self) -> Vec<ResidentModel> {
        locked(&self.memory).clone()
    }

    /// Puts `wait` in the place of the wait before.
    pub(crate) fn set_idle_wait(&self, wait: AbortOnDropHandle<()>) {
        *locked(&self.idle_wait) = Some(wait);
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
