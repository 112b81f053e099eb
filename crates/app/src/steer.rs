//! What a user can do with a run under way: cancel, pause, resume.
//!
//! Each wish is recorded first, so that it reaches whichever program carries the run out, also after a death.

use std::time::Duration;

use brickwork_engine::{Clock, Journal, JournalError, RunChange, RunEvent, RunEventKind, RunId, RunStatus};

use crate::app::{App, SystemClock};
use crate::error::AppError;
use crate::views::RunView;

/// How long a cancel waits for the program that carries the run out.
const CANCEL_WAIT: Duration = Duration::from_secs(10);

impl App {
    /// Cancels a run: a running one stops within its next token, a waiting one never starts. When whoever carries it out
    /// takes longer than 10 s, the run is returned as it is, with `cancel_requested`.
    ///
    /// # Errors
    /// [`AppError::UnknownRun`], [`AppError::RunEnded`], or a fault of the database.
    pub async fn cancel_run(&self, run_id: RunId) -> Result<RunView, AppError> {
        loop {
            let done = match self.open_run(run_id).await? {
                RunStatus::Running => self.wish(run_id, RunChange::CancelRequested).await?,
                _ => self.note(run_id, RunChange::cancelled()).await?,
            };
            if done {
                break;
            }
        }
        if let Some(live) = self.live_run(run_id) {
            live.cancel();
        }
        self.wake_queue();
        match tokio::time::timeout(CANCEL_WAIT, self.wait(run_id)).await {
            Ok(ended) => ended,
            Err(_) => self.run(run_id).await,
        }
    }

    /// Lets a run wait for the user: a running one after its running step, a waiting one at once.
    ///
    /// # Errors
    /// [`AppError::UnknownRun`], [`AppError::RunEnded`], or a fault of the database.
    pub async fn pause_run(&self, run_id: RunId) -> Result<RunView, AppError> {
        loop {
            let done = match self.open_run(run_id).await? {
                RunStatus::Running => self.wish(run_id, RunChange::PauseRequested).await?,
                _ if self.standing(run_id).await?.held => true,
                _ => self.note(run_id, RunChange::Paused).await?,
            };
            if done {
                break;
            }
        }
        if let Some(live) = self.live_run(run_id) {
            live.pause();
        }
        self.wake_queue();
        self.run(run_id).await
    }

    /// Lets a paused or interrupted run take its place in the queue again. It goes on at its first unfinished step;
    /// finished ones never run again.
    ///
    /// # Errors
    /// [`AppError::UnknownRun`], [`AppError::RunEnded`], [`AppError::NotHeld`] when it waits for nobody, or a fault of
    /// the database.
    pub async fn resume_run(&self, run_id: RunId) -> Result<RunView, AppError> {
        let status = self.open_run(run_id).await?;
        if status == RunStatus::Running || !self.note(run_id, RunChange::Resumed).await? {
            return Err(AppError::NotHeld(run_id));
        }
        self.keeper().submitted(run_id);
        let run = self.run(run_id).await?;
        self.wake_queue();
        Ok(run)
    }

    /// The status of a run that has not ended.
    async fn open_run(&self, run_id: RunId) -> Result<RunStatus, AppError> {
        let status = self.standing(run_id).await?.status;
        if status.has_ended() {
            return Err(AppError::RunEnded { run_id, status: status.as_str() });
        }
        Ok(status)
    }

    /// Records a wish about a running run; false when it is no longer running. That it was wished before is as good.
    async fn wish(&self, run_id: RunId, wish: RunChange) -> Result<bool, AppError> {
        Ok(self.note(run_id, wish).await? || self.standing(run_id).await?.status == RunStatus::Running)
    }

    /// Records a change and tells it to those who listen here; false when the run has moved on meanwhile.
    pub(crate) async fn note(&self, run_id: RunId, change: RunChange) -> Result<bool, AppError> {
        let at = SystemClock.now();
        let seq = match self.store().record(run_id, at, change.clone()).await {
            Ok(seq) => seq,
            Err(JournalError::Illegal(_)) => return Ok(false),
            Err(error) => return Err(error.into()),
        };
        let event = RunEvent { run_id, seq: Some(seq), at, kind: RunEventKind::Change { change } };
        self.metrics().observe(&event);
        if let Some(live) = self.live_run(run_id) {
            live.announce(event);
        }
        self.changes().bump();
        Ok(true)
    }
}
