//! The program's one state: places, store, models and the runs that are under way.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use brickwork_engine::{Clock, Journal, JournalError, RunChange, RunId, RunStatus, Timestamp};
use brickwork_store::{RunFilter, Store};
use serde::Serialize;
use tokio::sync::Semaphore;

use crate::config::AppConfig;
use crate::error::AppError;
use crate::inference::Models;
use crate::live::{LiveRun, RunLock};

/// Runs that are looked at together when the program starts.
const PAGE: usize = 500;

/// A handle on the program's state; clones share it.
#[derive(Clone)]
pub struct App {
    inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) config: AppConfig,
    pub(crate) store: Store,
    pub(crate) models: Models,
    /// One run at a time computes; the others wait here in the order in which they came.
    pub(crate) turn: Semaphore,
    pub(crate) live: Mutex<HashMap<RunId, Arc<LiveRun>>>,
}

/// What the worker does at the moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WorkerState {
    /// `idle`, `loading` or `running`.
    pub state: &'static str,
    /// The model in use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
}

/// How many runs are under way in this program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct QueueState {
    /// Runs that compute.
    pub running: usize,
    /// Runs that wait for their turn.
    pub waiting: usize,
}

/// The state of the program at a glance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
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
}

impl App {
    /// Opens the data folder, and marks runs whose program is gone as interrupted.
    ///
    /// # Errors
    /// When the folder or the database in it cannot be used.
    pub async fn open(config: AppConfig) -> Result<Self, AppError> {
        for dir in [&config.data_dir, &config.models_dir, &config.running()] {
            std::fs::create_dir_all(dir).map_err(|source| AppError::DataDir { path: dir.clone(), source })?;
        }
        let store = Store::open(&config.database())?;
        let models = Models::new(&config);
        let app =
            Self { inner: Arc::new(Inner { store, models, turn: Semaphore::new(1), live: Mutex::default(), config }) };
        app.mark_interrupted().await?;
        Ok(app)
    }

    /// Places and limits.
    #[must_use]
    pub fn config(&self) -> &AppConfig {
        &self.inner.config
    }

    /// The program's state at a glance.
    #[must_use]
    pub fn health(&self) -> Health {
        let (running, waiting) = {
            // One look for both numbers: a run that ended between two would be counted in one of them only.
            let live = self.live();
            let running = live.values().filter(|run| run.is_running()).count();
            (running, live.len() - running)
        };
        Health {
            status: "ok",
            version: env!("CARGO_PKG_VERSION"),
            worker: self.inner.models.worker_state(),
            queue: QueueState { running, waiting },
            data_dir: self.inner.config.data_dir.display().to_string(),
        }
    }

    /// Ends the program's work. Runs under way are left as interrupted, with everything that they have finished, and the
    /// worker is ended.
    pub async fn shutdown(&self) {
        let under_way: Vec<(RunId, Arc<LiveRun>)> = self.live().drain().collect();
        for (_, run) in &under_way {
            run.abandon();
        }
        for (run_id, run) in under_way {
            let recorded = self.store().record(run_id, SystemClock.now(), RunChange::Interrupted).await;
            if let Err(error) = recorded {
                // It ended in this very moment, or the next start will find it.
                tracing::debug!(%run_id, %error, "the run was not marked as interrupted");
            }
            run.set_ended();
        }
        self.inner.models.shutdown().await;
    }

    pub(crate) fn inner(&self) -> &Arc<Inner> {
        &self.inner
    }

    pub(crate) fn store(&self) -> &Store {
        &self.inner.store
    }

    pub(crate) fn live(&self) -> MutexGuard<'_, HashMap<RunId, Arc<LiveRun>>> {
        self.inner.live.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A run that is under way holds a lock file; an unfinished run whose lock can be taken has lost its program.
    async fn mark_interrupted(&self) -> Result<(), AppError> {
        for status in [RunStatus::Running, RunStatus::Pending] {
            let filter = RunFilter { status: Some(status), ..RunFilter::default() };
            let mut before = None;
            loop {
                let page = self.store().runs_page(filter.clone(), before, PAGE).await?;
                for run in page.runs.iter().filter(|run| !run.interrupted) {
                    self.mark_if_abandoned(run.run_id).await?;
                }
                before = page.next;
                if before.is_none() {
                    break;
                }
            }
        }
        Ok(())
    }

    async fn mark_if_abandoned(&self, run_id: RunId) -> Result<(), AppError> {
        let Some(_lock) = RunLock::try_acquire(&self.inner.config.running(), run_id)? else { return Ok(()) };
        match self.store().record(run_id, SystemClock.now(), RunChange::Interrupted).await {
            Ok(_) => tracing::warn!(%run_id, "the program that carried out this run ended before it did"),
            // The run ended between the list and the lock.
            Err(JournalError::Illegal(_)) => {}
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_systems_clock_keeps_its_promises() {
        brickwork_engine::compliance::clock::clock_suite(&super::SystemClock);
    }
}
