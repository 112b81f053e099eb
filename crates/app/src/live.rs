//! A run that this program carries out: who listens, and how it is told to stop.

use std::sync::{Mutex, PoisonError};

use brickwork_engine::{QueuedRun, RunChange, RunEvent, RunEventKind, RunSignalGivers, SignalGiver};
use tokio::sync::{broadcast, watch};
use tokio::task::JoinHandle;

/// Events that a slow listener may fall behind before it has to read the journal again.
const BACKLOG: usize = 4096;

/// A run that this program carries out.
pub(crate) struct LiveRun {
    /// As the queue sees it.
    pub(crate) queued: QueuedRun,
    listeners: broadcast::Sender<RunEvent>,
    /// Text of the running step that no recorded chunk holds yet, so that a listener who joins late misses nothing.
    tail: Mutex<Vec<RunEvent>>,
    cancel: Mutex<Option<SignalGiver>>,
    pause: Mutex<Option<SignalGiver>>,
    park: Mutex<Option<SignalGiver>>,
    ended: watch::Sender<bool>,
    task: Mutex<Option<JoinHandle<()>>>,
}

impl LiveRun {
    pub(crate) fn new(queued: QueuedRun, givers: RunSignalGivers) -> Self {
        Self {
            queued,
            listeners: broadcast::channel(BACKLOG).0,
            tail: Mutex::default(),
            cancel: Mutex::new(Some(givers.cancel)),
            pause: Mutex::new(Some(givers.pause)),
            park: Mutex::new(Some(givers.park)),
            ended: watch::channel(false).0,
            task: Mutex::default(),
        }
    }

    /// Names the task that carries the run out.
    pub(crate) fn set_task(&self, task: JoinHandle<()>) {
        *self.task.lock().unwrap_or_else(PoisonError::into_inner) = Some(task);
    }

    /// Stops the task where it is, without an end of the run, and waits until it does nothing more.
    pub(crate) async fn abandon(&self) {
        let task = self.task.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(task) = task {
            task.abort();
            // It was aborted, or had ended: both is what was wanted.
            let _ = task.await;
        }
    }

    /// Passes an event on to whoever listens.
    pub(crate) fn announce(&self, event: RunEvent) {
        let mut tail = self.tail.lock().unwrap_or_else(PoisonError::into_inner);
        match &event.kind {
            RunEventKind::Text { .. } => tail.push(event.clone()),
            RunEventKind::Change {
                change: RunChange::StepText { .. } | RunChange::StepAttempted { .. } | RunChange::StepFinished { .. },
            } => tail.clear(),
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

    /// Ends the run at once.
    pub(crate) fn cancel(&self) {
        give(&self.cancel);
    }

    /// Lets the run wait for the user after its running step.
    pub(crate) fn pause(&self) {
        give(&self.pause);
    }

    /// Lets the run go back to its place in the queue after its running step.
    pub(crate) fn park(&self) {
        give(&self.park);
    }

    pub(crate) fn set_ended(&self) {
        self.ended.send_replace(true);
    }

    /// Waits until this program has done with the run.
    pub(crate) async fn ended(&self) {
        // The sender lives as long as `self`, so waiting can only end by the value.
        let _ = self.ended.subscribe().wait_for(|ended| *ended).await;
    }
}

fn give(signal: &Mutex<Option<SignalGiver>>) {
    if let Some(giver) = signal.lock().unwrap_or_else(PoisonError::into_inner).take() {
        giver.give();
    }
}
