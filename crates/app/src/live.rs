//! A run that is under way in this program: who listens, and the lock that tells other programs that it lives.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

use brickwork_engine::{CancelHandle, RunChange, RunEvent, RunEventKind, RunId};
use tokio::sync::{broadcast, watch};
use tokio::task::AbortHandle;

use crate::error::AppError;

/// Events that a slow listener may fall behind before it has to read the journal again.
const BACKLOG: usize = 4096;

/// A run under way.
pub(crate) struct LiveRun {
    listeners: broadcast::Sender<RunEvent>,
    /// Text of the running step that no recorded chunk holds yet, so that a listener who joins late misses nothing.
    tail: Mutex<Vec<RunEvent>>,
    cancel: Mutex<Option<CancelHandle>>,
    running: AtomicBool,
    ended: watch::Sender<bool>,
    task: OnceLock<AbortHandle>,
}

impl LiveRun {
    pub(crate) fn new(cancel: CancelHandle) -> Self {
        Self {
            listeners: broadcast::channel(BACKLOG).0,
            tail: Mutex::default(),
            cancel: Mutex::new(Some(cancel)),
            running: AtomicBool::new(false),
            ended: watch::channel(false).0,
            task: OnceLock::new(),
        }
    }

    /// Names the task that carries the run out.
    pub(crate) fn set_task(&self, task: AbortHandle) {
        // A run has one task, so there is never another value.
        let _ = self.task.set(task);
    }

    /// Stops the task where it is, without an end of the run.
    pub(crate) fn abandon(&self) {
        if let Some(task) = self.task.get() {
            task.abort();
        }
    }

    /// Passes an event on to whoever listens.
    pub(crate) fn announce(&self, event: RunEvent) {
        let mut tail = self.tail.lock().unwrap_or_else(PoisonError::into_inner);
        match &event.kind {
            RunEventKind::Text { .. } => tail.push(event.clone()),
            RunEventKind::Change { change: RunChange::StepText { .. } | RunChange::StepFinished { .. } } => {
                tail.clear()
            }
            _ => {}
        }
        // Nobody listening is an ordinary state: the journal has everything.
        let _ = self.listeners.send(event);
    }

    /// The text that no recorded chunk holds yet, and everything from now on.
    pub(crate) fn listen(&self) -> (Vec<RunEvent>, broadcast::Receiver<RunEvent>) {
        let tail = self.tail.lock().unwrap_or_else(PoisonError::into_inner);
        (tail.clone(), self.listeners.subscribe())
    }

    pub(crate) fn cancel(&self) {
        if let Some(handle) = self.cancel.lock().unwrap_or_else(PoisonError::into_inner).take() {
            handle.cancel();
        }
    }

    pub(crate) fn set_running(&self) {
        self.running.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_running(&self) -> bool {
        self.running.load(Ordering::Relaxed)
    }

    pub(crate) fn set_ended(&self) {
        self.ended.send_replace(true);
    }

    pub(crate) async fn ended(&self) {
        // The sender lives as long as `self`, so waiting can only end by the value.
        let _ = self.ended.subscribe().wait_for(|ended| *ended).await;
    }
}

/// The lock file of one run; the system frees it when its program ends, however it ends.
pub(crate) struct RunLock {
    path: PathBuf,
    _file: File,
}

impl RunLock {
    /// Takes the lock, or returns `None` when a living program holds it.
    pub(crate) fn try_acquire(dir: &Path, run_id: RunId) -> Result<Option<Self>, AppError> {
        let path = dir.join(format!("{run_id}.lock"));
        let failed = |source| AppError::DataDir { path: path.clone(), source };
        let file = File::options().create(true).truncate(false).write(true).open(&path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self { path, _file: file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(source)) => Err(failed(source)),
        }
    }
}

impl Drop for RunLock {
    fn drop(&mut self) {
        // A file left behind is harmless: the next start takes its lock and removes it.
        let _ = std::fs::remove_file(&self.path);
    }
}
