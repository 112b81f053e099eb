//! The program's one state: places, store, models and the runs that are under way.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use brickwork_engine::{Clock, Journal, JournalError, RunChange, RunId, Timestamp};
use brickwork_models::download::{DownloadOptions, Downloads, HubSource};
use brickwork_models::transfer::Transfers;
use brickwork_store::Store;
use brickwork_worker_client::{Device, DeviceKind};
use futures::FutureExt;
use futures::future::BoxFuture;
use serde::Serialize;

use crate::changes::{self, Changes};
use crate::config::AppConfig;
use crate::error::AppError;
use crate::hub::HubAccess;
use crate::inference::Models;
use crate::live::LiveRun;
use crate::metrics::Metrics;
use crate::queue::{Queue, QueueHolder};
use crate::secrets::Secrets;

/// A handle on the program's state; clones share it.
#[derive(Clone)]
pub struct App {
    inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) config: AppConfig,
    pub(crate) store: Store,
    pub(crate) models: Models,
    pub(crate) changes: Changes,
    pub(crate) queue: Queue,
    /// The runs that this program carries out.
    pub(crate) live: Mutex<HashMap<RunId, Arc<LiveRun>>>,
    pub(crate) metrics: Metrics,
    pub(crate) secrets: Secrets,
    pub(crate) board: Transfers,
    pub(crate) hub: Arc<HubAccess>,
    pub(crate) downloads: Downloads,
}

/// What the worker does at the moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct WorkerState {
    /// `idle`, `loading` or `running`.
    pub state: &'static str,
    /// The model in use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Threads that the model at work computes with; before the first one, those of the worker's own choice. Absent until a
    /// worker has been started.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub threads: Option<u32>,
    /// Where models can run; absent until a worker has been started.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub devices: Option<Vec<DeviceView>>,
}

/// One place where models can run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct DeviceView {
    /// Short name, e.g. `CPU`.
    pub name: String,
    /// What the hardware calls itself.
    pub description: String,
    /// `cpu`, `gpu`, `integrated_gpu` or `accelerator`.
    pub kind: &'static str,
    /// The part of llama.cpp that drives it, e.g. `CPU` or `CUDA`.
    pub backend: String,
    /// Its whole memory.
    pub memory_total_bytes: u64,
    /// Its free memory when the worker was asked.
    pub memory_free_bytes: u64,
}

impl From<Device> for DeviceView {
    fn from(device: Device) -> Self {
        let Device { name, description, kind, backend, memory_total_bytes, memory_free_bytes } = device;
        let kind = match kind {
            DeviceKind::Cpu => "cpu",
            DeviceKind::Gpu => "gpu",
            DeviceKind::IntegratedGpu => "integrated_gpu",
            DeviceKind::Accelerator => "accelerator",
        };
        Self { name, description, kind, backend, memory_total_bytes, memory_free_bytes }
    }
}

/// How many runs have not ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct QueueState {
    /// Who carries runs out.
    pub holder: QueueHolder,
    /// Runs that are carried out.
    pub running: usize,
    /// Runs that wait for their turn.
    pub waiting: usize,
    /// Paused and interrupted runs, which wait to be resumed.
    pub held: usize,
}

/// The state of the program at a glance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Health {
    /// Always `ok` when it can be asked.
    pub status: &'static str,
    /// The program's version.
    pub version: &'static str,
    /// The worker.
    pub worker: WorkerState,
    /// The queue.
    pub queue: QueueState,
    /// The data folder.
    pub data_dir: String,
}

/// The system's clock, but for one thing: when the system sets it back, it stands still until time has caught up, so
/// that no event of a run lies before its cause.
pub(crate) struct SystemClock;

/// The latest instant that was told, in microseconds since the Unix epoch.
static LATEST_MICROS: AtomicI64 = AtomicI64::new(0);

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let now = jiff::Timestamp::now().as_microsecond();
        Timestamp::from_micros(LATEST_MICROS.fetch_max(now, Ordering::Relaxed).max(now))
    }

    fn sleep(&self, seconds: f64) -> BoxFuture<'static, ()> {
        let seconds = Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX);
        tokio::time::sleep(seconds).boxed()
    }
}

impl App {
    /// Opens the data folder, settles the runs of a program that is gone, and begins to look after the queue.
    ///
    /// # Errors
    /// When the folder or the database in it cannot be used.
    pub async fn open(config: AppConfig) -> Result<Self, AppError> {
        for dir in [&config.data_dir, &config.models_dir] {
            std::fs::create_dir_all(dir).map_err(|source| AppError::DataDir { path: dir.clone(), source })?;
        }
        let secrets = Secrets::new(config.secrets);
        let store = Store::open(&config.database())?;
        let board = Transfers::new();
        let hub = Arc::new(HubAccess::new(&store, &secrets, &config));
        let source: Arc<dyn HubSource> = Arc::<HubAccess>::clone(&hub);
        let inner = Inner {
            downloads: Downloads::new(config.models_dir.clone(), board.clone(), source, DownloadOptions::default()),
            hub,
            store,
            models: Models::new(&config, &secrets),
            changes: Changes::new(),
            queue: Queue::new(),
            live: Mutex::default(),
            metrics: Metrics::new(),
            secrets,
            board,
            config,
        };
        let app = Self { inner: Arc::new(inner) };
        // It ends by itself when the state is dropped.
        tokio::spawn(changes::watch(Arc::downgrade(&app.inner)));
        app.adopt_hub().await?;
        app.join_queue().await?;
        Ok(app)
    }

    /// Places and limits.
    #[must_use]
    pub fn config(&self) -> &AppConfig {
        &self.inner.config
    }

    /// The program's state at a glance.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn health(&self) -> Result<Health, AppError> {
        let queue = self.queue().await?;
        Ok(Health {
            status: "ok",
            version: env!("CARGO_PKG_VERSION"),
            worker: self.inner.models.worker_state(),
            queue: QueueState {
                holder: queue.holder,
                running: queue.running.len(),
                waiting: queue.waiting.len(),
                held: queue.held.len(),
            },
            data_dir: self.inner.config.data_dir.display().to_string(),
        })
    }

    /// Ends the program's work at once: runs that it carries out go back to their places in the queue, with everything
    /// that they have finished, and the worker is ended.
    pub async fn shutdown(&self) {
        self.shutdown_within(Duration::ZERO).await;
    }

    /// Ends the program's work: nothing more is started, and runs get `grace` to finish their running step before they
    /// go back to their places in the queue, from where any program takes them up again.
    pub async fn shutdown_within(&self, grace: Duration) {
        self.end_file_work();
        self.inner.queue.stop().await;
        let under_way: Vec<(RunId, Arc<LiveRun>)> =
            self.live().iter().map(|(run_id, run)| (*run_id, Arc::clone(run))).collect();
        for (_, run) in &under_way {
            run.park();
        }
        if !grace.is_zero() {
            let parked = futures::future::join_all(under_way.iter().map(|(_, run)| run.ended()));
            if tokio::time::timeout(grace, parked).await.is_err() {
                tracing::info!("a step was cut off after {} s; it begins anew later", grace.as_secs());
            }
        }
        for (run_id, run) in under_way {
            run.abandon().await;
            self.live().remove(&run_id);
            match self.store().record(run_id, SystemClock.now(), RunChange::Requeued).await {
                Ok(_) => {}
                // It is no longer running, which is what was wanted.
                Err(JournalError::Illegal(_)) => {}
                Err(error) => tracing::warn!(%run_id, %error, "the run stays as interrupted"),
            }
            run.set_ended();
        }
        self.inner.models.shutdown().await;
        self.inner.queue.release();
    }

    pub(crate) const fn from_inner(inner: Arc<Inner>) -> Self {
        Self { inner }
    }

    pub(crate) const fn inner(&self) -> &Arc<Inner> {
        &self.inner
    }

    pub(crate) fn store(&self) -> &Store {
        &self.inner.store
    }

    pub(crate) fn changes(&self) -> &Changes {
        &self.inner.changes
    }

    pub(crate) fn metrics(&self) -> &Metrics {
        &self.inner.metrics
    }

    pub(crate) fn keeper(&self) -> &Queue {
        &self.inner.queue
    }

    /// The run, if this program carries it out.
    pub(crate) fn live_run(&self, run_id: RunId) -> Option<Arc<LiveRun>> {
        self.live().get(&run_id).cloned()
    }

    pub(crate) fn live(&self) -> MutexGuard<'_, HashMap<RunId, Arc<LiveRun>>> {
        self.inner.live.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    #[tokio::test(flavor = "multi_thread")]
    async fn the_systems_clock_keeps_its_promises() {
        brickwork_engine::compliance::clock::clock_suite(&super::SystemClock);
    }
}
