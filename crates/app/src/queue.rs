//! Who carries the runs of a data folder out, and in which order.
//!
//! Of all programs that share a data folder one holds the queue's lock and carries runs out. The others write what they
//! want into the database, where it finds it. When the holder is gone, another one takes the lock, settles what was left
//! and goes on.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use brickwork_engine::{
    Clock, Journal, JournalError, Limits, QueuedRun, RunChange, RunEvent, RunEventKind, RunId, RunSignals, RunStatus,
    Runner, startable,
};
use brickwork_store::{Move, QueueLock, RunSummary, WaitingRun};
use serde::Serialize;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::app::{App, Inner, SystemClock};
use crate::config::QueueRole;
use crate::error::AppError;
use crate::live::LiveRun;
use crate::memory::machine_memory;

/// How often a program that does not hold the lock tries to take it.
const RETRY: Duration = Duration::from_secs(1);

/// How often the holder removes what the settings let go.
const PRUNE_INTERVAL: Duration = Duration::from_hours(1);

/// This program's part in the queue.
pub(crate) struct Queue {
    lock: Mutex<Option<QueueLock>>,
    wake: Arc<Notify>,
    stopping: CancellationToken,
    /// Given when this program carries nothing out any more.
    stopped: CancellationToken,
    keeper: Mutex<Option<JoinHandle<()>>>,
    /// Runs that this program submitted and that have not ended as far as it knows: it resumes them itself.
    submitted: Mutex<HashSet<RunId>>,
    /// Whether the end of a run could not be recorded, so that it stands as RUNNING and nobody runs it.
    unsettled: AtomicBool,
    pruned: Mutex<Option<Instant>>,
}

/// Who carries runs out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum QueueHolder {
    /// The program that answers.
    #[serde(rename = "self")]
    This,
    /// Another program on the same data folder.
    Other,
    /// Nobody at the moment.
    None,
}

/// Everything that has not ended.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct QueueView {
    /// Who carries runs out.
    pub holder: QueueHolder,
    /// Runs that are carried out.
    pub running: Vec<RunSummary>,
    /// Runs that wait for their turn, in the order in which they will get it.
    pub waiting: Vec<RunSummary>,
    /// Paused and interrupted runs, which wait to be resumed.
    pub held: Vec<RunSummary>,
}

impl Queue {
    pub(crate) fn new() -> Self {
        Self {
            lock: Mutex::default(),
            wake: Arc::default(),
            stopping: CancellationToken::new(),
            stopped: CancellationToken::new(),
            keeper: Mutex::default(),
            submitted: Mutex::default(),
            unsettled: AtomicBool::new(false),
            pruned: Mutex::default(),
        }
    }

    /// Whether this program carries runs out.
    pub(crate) fn is_held(&self) -> bool {
        self.lock.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    /// Notes that this program waits for the run.
    pub(crate) fn submitted(&self, run_id: RunId) {
        self.submitted.lock().unwrap_or_else(PoisonError::into_inner).insert(run_id);
    }

    /// Notes that the run has ended.
    pub(crate) fn forget(&self, run_id: RunId) {
        self.submitted.lock().unwrap_or_else(PoisonError::into_inner).remove(&run_id);
    }

    fn has_submitted(&self, run_id: RunId) -> bool {
        self.submitted.lock().unwrap_or_else(PoisonError::into_inner).contains(&run_id)
    }

    /// Starts nothing more, and waits until what looks after the queue has ended.
    pub(crate) async fn stop(&self) {
        self.stopping.cancel();
        let keeper = self.keeper.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(keeper) = keeper {
            // It ends by itself at its next look; a panic in it was logged and changes nothing here.
            let _ = keeper.await;
        }
    }

    /// Resolves when this program carries nothing out any more.
    pub(crate) async fn stopped(&self) {
        self.stopped.cancelled().await;
    }

    /// Lets another program take the lock.
    pub(crate) fn release(&self) {
        self.stopped.cancel();
        self.lock.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}

impl App {
    /// Everything that has not ended, in the order of the queue.
    ///
    /// # Errors
    /// A fault of the database or of the lock's file.
    pub async fn queue(&self) -> Result<QueueView, AppError> {
        let holder = if self.keeper().is_held() {
            QueueHolder::This
        } else {
            match QueueLock::try_acquire(&self.config().data_dir)? {
                Some(_) => QueueHolder::None,
                None => QueueHolder::Other,
            }
        };
        let mut view = QueueView { holder, running: Vec::new(), waiting: Vec::new(), held: Vec::new() };
        for run in self.store().unfinished().await? {
            match run.status {
                RunStatus::Running => view.running.push(run),
                _ if run.paused || run.interrupted => view.held.push(run),
                _ => view.waiting.push(run),
            }
        }
        Ok(view)
    }

    /// Puts a waiting run before another waiting one, or at the end of the queue. Runs of one project start in the order
    /// of the queue.
    ///
    /// # Errors
    /// [`AppError::UnknownRun`], [`AppError::NotWaiting`], or a fault of the database.
    pub async fn move_run(&self, run_id: RunId, before: Option<RunId>) -> Result<QueueView, AppError> {
        for id in [Some(run_id), before].into_iter().flatten() {
            self.standing(id).await?;
        }
        match self.store().move_run(run_id, before).await? {
            Move::Done => {}
            Move::NotWaiting(run_id) => return Err(AppError::NotWaiting(run_id)),
        }
        self.changes().bump();
        self.queue().await
    }

    /// Begins to look after the queue, or, for a program that only looks, settles what a dead one left.
    pub(crate) async fn join_queue(&self) -> Result<(), AppError> {
        match self.config().queue {
            QueueRole::Look => {
                if let Some(_lock) = QueueLock::try_acquire(&self.config().data_dir)? {
                    self.settle().await?;
                }
            }
            QueueRole::Work => {
                // The first look is part of the start, so that a program finds the queue in order.
                self.tend().await?;
                let keeper = tokio::spawn(keep(Arc::downgrade(self.inner())));
                *self.keeper().keeper.lock().unwrap_or_else(PoisonError::into_inner) = Some(keeper);
            }
        }
        Ok(())
    }

    /// Tells whoever looks after the queue in this program that something changed.
    pub(crate) fn wake_queue(&self) {
        self.changes().bump();
        self.keeper().wake.notify_one();
    }

    /// One look: take the lock if it is free, obey wishes, start what may start.
    async fn tend(&self) -> Result<(), AppError> {
        if !self.keeper().is_held() {
            let Some(lock) = QueueLock::try_acquire(&self.config().data_dir)? else { return Ok(()) };
            self.settle().await?;
            *self.keeper().lock.lock().unwrap_or_else(PoisonError::into_inner) = Some(lock);
            tracing::info!("this program carries out the runs of the data folder");
        }
        if self.keeper().unsettled.load(Ordering::Relaxed) && self.live().is_empty() {
            self.settle().await?;
            self.keeper().unsettled.store(false, Ordering::Relaxed);
        }
        for wish in self.store().wishes().await? {
            let Some(live) = self.live_run(wish.run_id) else { continue };
            if wish.cancel {
                live.cancel();
            }
            if wish.pause {
                live.pause();
            }
        }
        self.start_waiting().await?;
        self.prune_when_due().await
    }

    /// Settles the runs of a program that is gone, and resumes those that this program submitted, or all of them where
    /// the settings say so. The caller has the queue's lock.
    async fn settle(&self) -> Result<(), AppError> {
        let interrupted = self.store().settle_abandoned(SystemClock.now()).await?;
        if interrupted.is_empty() {
            return Ok(());
        }
        let resume_all = self.settings().await.is_ok_and(|settings| settings.resume_interrupted);
        for run_id in interrupted {
            tracing::warn!(%run_id, "the program that carried out this run ended before it did");
            let wants_pause = self.store().load(run_id).await?.is_none_or(|run| run.pause_requested);
            if (resume_all || self.keeper().has_submitted(run_id)) && !wants_pause {
                self.store().record(run_id, SystemClock.now(), RunChange::Resumed).await?;
            }
        }
        self.changes().bump();
        Ok(())
    }

    async fn start_waiting(&self) -> Result<(), AppError> {
        let waiting = self.store().waiting().await?;
        if waiting.is_empty() {
            return Ok(());
        }
        let settings = self.settings().await?;
        let limits = Limits {
            max_running: usize::from(settings.max_concurrent_runs),
            // A system that does not tell is taken for a small one: then one run after another.
            memory_bytes: settings.memory_budget_bytes(machine_memory(self.config())).unwrap_or(0),
        };
        let app = self.clone();
        let waiting = tokio::task::spawn_blocking(move || app.queued(waiting)).await;
        let mut waiting = waiting.map_err(|error| AppError::Internal(error.to_string()))?;
        let running: Vec<QueuedRun> = {
            let live = self.live();
            // One that was started a moment ago may still be listed.
            waiting.retain(|run| !live.contains_key(&run.run_id));
            live.values().map(|run| run.queued.clone()).collect()
        };
        for run_id in startable(&waiting, &running, limits) {
            if let Some(run) = waiting.iter().find(|run| run.run_id == run_id) {
                self.begin(run.clone());
            }
        }
        Ok(())
    }

    /// The runs with what their models take, as the worker counts it against the same budget. Reads headers.
    fn queued(&self, waiting: Vec<WaitingRun>) -> Vec<QueuedRun> {
        let of_run = |run: WaitingRun| {
            let local =
                run.models.into_iter().filter(|model| !model.is_simulated() && !model.is_none() && model.is_local());
            let models = local.map(|model| (model.path.clone(), self.inner().models.least_bytes(&model))).collect();
            QueuedRun { run_id: run.run_id, project_id: run.project_id, models }
        };
        waiting.into_iter().map(of_run).collect()
    }

    /// Carries a run out, in a task of its own.
    fn begin(&self, queued: QueuedRun) {
        let run_id = queued.run_id;
        let (givers, signals) = RunSignals::pair();
        let live = Arc::new(LiveRun::new(queued, givers));
        self.live().insert(run_id, Arc::clone(&live));
        let (app, run) = (self.clone(), Arc::clone(&live));
        live.set_task(tokio::spawn(async move {
            app.carry_out(run_id, &run, &signals).await;
            app.live().remove(&run_id);
            run.set_ended();
            app.wake_queue();
        }));
    }

    async fn carry_out(&self, run_id: RunId, live: &LiveRun, signals: &RunSignals) {
        match self.store().load(run_id).await {
            Ok(Some(record)) => self.metrics().begin(run_id, &record.plan.pipeline),
            Ok(None) => return,
            Err(error) => tracing::warn!(%run_id, %error, "the run could not be read"),
        }
        if let Err(error) = self.adopt_compute().await {
            tracing::warn!(%run_id, %error, "the settings could not be read; those of the last run hold");
        }
        let announce = |event: RunEvent| {
            let is_milestone = !matches!(
                event.kind,
                RunEventKind::Loading { .. }
                    | RunEventKind::Prompt { .. }
                    | RunEventKind::Text { .. }
                    | RunEventKind::Change { change: RunChange::StepText { .. } }
            );
            self.metrics().observe(&event);
            live.announce(event);
            if is_milestone {
                self.changes().bump();
            }
        };
        let checker = self.checker().await;
        let runner = Runner {
            inference: &self.inner().models,
            journal: self.store(),
            clock: &SystemClock,
            checker: &checker,
            announce: &announce,
        };
        match runner.run(run_id, signals).await {
            Ok(record) => {
                tracing::info!(%run_id, status = record.status.as_str(), paused = record.paused, "run left");
                if record.status.has_ended() {
                    self.keeper().forget(run_id);
                }
            }
            // A run that was cancelled or paused while it waited cannot start.
            Err(JournalError::Illegal(refused)) if refused.status != RunStatus::Running => {
                tracing::debug!(%run_id, %refused, "run did not start");
            }
            Err(error) => self.fail(run_id, live, &error).await,
        }
    }

    /// Ends a run whose changes could not be recorded.
    async fn fail(&self, run_id: RunId, live: &LiveRun, error: &JournalError) {
        tracing::error!(%run_id, %error, "the run stopped because it could not be recorded");
        let change = RunChange::Finished {
            status: RunStatus::Failed,
            error: Some(format!("The run stopped because it could not be recorded: {error}")),
            final_artifacts: Vec::new(),
            final_artifacts_from: None,
            assembly: None,
        };
        let at = SystemClock.now();
        match self.store().record(run_id, at, change.clone()).await {
            Ok(seq) => live.announce(RunEvent { run_id, seq: Some(seq), at, kind: RunEventKind::Change { change } }),
            Err(error) => {
                tracing::error!(%run_id, %error, "nor could its end be recorded");
                self.keeper().unsettled.store(true, Ordering::Relaxed);
            }
        }
    }

    async fn prune_when_due(&self) -> Result<(), AppError> {
        {
            let mut pruned = self.keeper().pruned.lock().unwrap_or_else(PoisonError::into_inner);
            if pruned.is_some_and(|at| at.elapsed() < PRUNE_INTERVAL) {
                return Ok(());
            }
            *pruned = Some(Instant::now());
        }
        let retention = self.settings().await?.retention;
        self.sweep(retention).await?;
        Ok(())
    }
}

/// Looks after the queue until the program stops or its state is dropped.
async fn keep(state: Weak<Inner>) {
    loop {
        let Some(app) = state.upgrade().map(App::from_inner) else { return };
        let mut changes = app.changes().subscribe();
        let (stopping, wake) = (app.keeper().stopping.clone(), Arc::clone(&app.keeper().wake));
        if stopping.is_cancelled() {
            return;
        }
        if let Err(error) = app.tend().await {
            tracing::error!(%error, "the queue could not be looked after; it is tried again");
            tokio::time::sleep(RETRY).await;
        }
        // While nothing happens the state is not held, so that it can be dropped.
        drop(app);
        tokio::select! {
            () = stopping.cancelled() => return,
            () = wake.notified() => {}
            _ = changes.changed() => {}
            () = tokio::time::sleep(RETRY) => {}
        }
    }
}
