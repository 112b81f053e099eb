//! One row of the board, and the handle of the one who does its work.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use brickwork_engine::{Phrase, Timestamp};
use tokio::sync::watch;
use uuid::Uuid;

use super::speed::Speed;
use super::{
    Ending, LeftOutFile, Resumed, TransferError, TransferKind, TransferProblem, TransferState, TransferView, now,
};

/// A paused worker thread looks this often whether it may go on.
const LOOK: Duration = Duration::from_millis(50);

/// What is wanted of the one who does the work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// To go on.
    Run,
    /// To stand still and keep what there is.
    Pause,
    /// To stop and clear up.
    Cancel,
}

/// The user ended the work: clear up and [`Transfer::finish`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the transfer was cancelled")]
pub struct Cancelled;

/// What work has resulted in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outcome {
    /// The model, by the id under which the models folder lists it.
    pub model_id: Option<String>,
    /// The file; its first shard where there are several.
    pub path: Option<PathBuf>,
    /// Files that were left out.
    pub skipped: Vec<LeftOutFile>,
}

#[derive(Debug)]
pub(super) struct Row {
    pub(super) id: Uuid,
    kind: TransferKind,
    title: String,
    started_at: Timestamp,
    wish: watch::Sender<Wish>,
    facts: Mutex<Facts>,
}

#[derive(Debug)]
struct Facts {
    state: TransferState,
    /// Whether somebody holds a [`Transfer`] of it.
    attached: bool,
    done_bytes: u64,
    total_bytes: Option<u64>,
    speed: Speed,
    problem: Option<TransferProblem>,
    outcome: Outcome,
    ended_at: Option<Timestamp>,
}

impl Row {
    pub(super) fn new(
        id: Uuid,
        kind: TransferKind,
        title: String,
        state: TransferState,
        (done_bytes, total_bytes): (u64, Option<u64>),
    ) -> Self {
        let facts = Facts {
            state,
            attached: false,
            done_bytes,
            total_bytes,
            speed: Speed::default(),
            problem: None,
            outcome: Outcome::default(),
            ended_at: None,
        };
        let wish = watch::Sender::new(if state == TransferState::Paused { Wish::Pause } else { Wish::Run });
        Self { id, kind, title, started_at: now(), wish, facts: Mutex::new(facts) }
    }

    pub(super) fn attach(self: Arc<Self>) -> Transfer {
        self.facts().attached = true;
        Transfer { row: self }
    }

    pub(super) fn take_up(self: Arc<Self>) -> Option<Transfer> {
        let mut facts = self.facts();
        if facts.attached || !matches!(facts.state, TransferState::Paused | TransferState::Failed) {
            return None;
        }
        facts.attached = true;
        facts.state = TransferState::Waiting;
        facts.problem = None;
        facts.ended_at = None;
        facts.speed.clear();
        self.wish.send_replace(Wish::Run);
        drop(facts);
        Some(Transfer { row: self })
    }

    pub(super) fn pause(&self) -> Result<(), TransferError> {
        let mut facts = self.facts();
        match facts.state {
            TransferState::Waiting | TransferState::Running if *self.wish.borrow() != Wish::Cancel => {
                facts.state = TransferState::Paused;
                facts.speed.clear();
                self.wish.send_replace(Wish::Pause);
                Ok(())
            }
            TransferState::Paused => Ok(()),
            state => Err(TransferError::State { id: self.id, state, wish: "paused" }),
        }
    }

    pub(super) fn resume(&self) -> Result<Resumed, TransferError> {
        let mut facts = self.facts();
        match facts.state {
            TransferState::Paused if facts.attached => {
                facts.state = TransferState::Running;
                self.wish.send_replace(Wish::Run);
                Ok(Resumed::GoesOn)
            }
            TransferState::Paused => Ok(Resumed::NeedsWorker),
            TransferState::Failed if self.kind == TransferKind::Download => Ok(Resumed::NeedsWorker),
            TransferState::Waiting | TransferState::Running => Ok(Resumed::GoesOn),
            state => Err(TransferError::State { id: self.id, state, wish: "resumed" }),
        }
    }

    pub(super) fn cancel(&self) -> Ending {
        let mut facts = self.facts();
        if facts.state.has_ended() && !facts.attached {
            return Ending::Removed;
        }
        facts.state = TransferState::Cancelled;
        facts.ended_at = Some(now());
        facts.speed.clear();
        self.wish.send_replace(Wish::Cancel);
        if facts.attached { Ending::Soon } else { Ending::NeedsClearing }
    }

    pub(super) fn is_attached(&self) -> bool {
        self.facts().attached
    }

    pub(super) fn has_ended(&self) -> bool {
        let facts = self.facts();
        facts.state.has_ended() && !facts.attached
    }

    pub(super) fn view(&self) -> TransferView {
        let facts = self.facts();
        let speed = (facts.state == TransferState::Running)
            .then(|| facts.speed.bytes_per_second(Instant::now(), facts.done_bytes))
            .flatten();
        let left = facts.total_bytes.map(|total| total.saturating_sub(facts.done_bytes));
        TransferView {
            id: self.id,
            kind: self.kind,
            title: self.title.clone(),
            state: facts.state,
            done_bytes: facts.done_bytes,
            total_bytes: facts.total_bytes,
            bytes_per_second: speed,
            remaining_s: left.zip(speed.filter(|speed| *speed > 0)).map(|(left, speed)| left.div_ceil(speed)),
            problem: facts.problem.clone(),
            model_id: facts.outcome.model_id.clone(),
            path: facts.outcome.path.as_ref().map(|path| path.display().to_string()),
            skipped: facts.outcome.skipped.clone(),
            started_at: self.started_at,
            ended_at: facts.ended_at,
        }
    }

    fn facts(&self) -> MutexGuard<'_, Facts> {
        self.facts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The handle of the one who does the work. Dropped without [`Transfer::finish`] or [`Transfer::park`], the work counts as
/// failed.
#[derive(Debug)]
pub struct Transfer {
    row: Arc<Row>,
}

impl Transfer {
    /// Its id.
    #[must_use]
    pub fn id(&self) -> Uuid {
        self.row.id
    }

    /// It as it stands.
    #[must_use]
    pub fn view(&self) -> TransferView {
        self.row.view()
    }

    /// Tells how far the work is, over all its files.
    pub fn progress(&self, done_bytes: u64, total_bytes: Option<u64>) {
        let mut facts = self.row.facts();
        facts.done_bytes = done_bytes;
        facts.total_bytes = total_bytes;
        facts.speed.note(Instant::now(), done_bytes);
    }

    /// Tells that the work no longer waits for others.
    pub fn running(&self) {
        self.set_open_state(TransferState::Running);
    }

    /// Tells that the work waits for others.
    pub fn waiting(&self) {
        self.set_open_state(TransferState::Waiting);
    }

    fn set_open_state(&self, state: TransferState) {
        let mut facts = self.row.facts();
        // A wish that came meanwhile is shown already and must not be covered.
        if *self.row.wish.borrow() == Wish::Run {
            facts.state = state;
        }
    }

    /// What is wanted now.
    #[must_use]
    pub fn wish(&self) -> Wish {
        *self.row.wish.borrow()
    }

    /// Whether the user ended it.
    #[must_use]
    pub fn cancelled(&self) -> bool {
        self.wish() == Wish::Cancel
    }

    /// Whether it is to stand still.
    #[must_use]
    pub fn paused(&self) -> bool {
        self.wish() == Wish::Pause
    }

    /// Waits until something other than going on is wanted, and says what.
    pub async fn interrupted(&self) -> Wish {
        let mut wishes = self.row.wish.subscribe();
        let wish = wishes.wait_for(|wish| *wish != Wish::Run).await.map(|wish| *wish);
        // The sender lives in the row that `self` holds.
        wish.unwrap_or(Wish::Cancel)
    }

    /// For work on a thread of its own, between two pieces: stands still while a pause is wanted.
    ///
    /// # Errors
    /// [`Cancelled`] when the user ended it.
    pub fn checkpoint(&self) -> Result<(), Cancelled> {
        loop {
            match self.wish() {
                Wish::Run => return Ok(()),
                Wish::Cancel => return Err(Cancelled),
                Wish::Pause => std::thread::sleep(LOOK),
            }
        }
    }

    /// Leaves paused work to be taken up later by [`super::Transfers::take_up`].
    ///
    /// # Errors
    /// The handle itself, when something else is wanted by now.
    pub fn park(self) -> Result<(), Self> {
        let mut facts = self.row.facts();
        if self.wish() != Wish::Pause {
            drop(facts);
            return Err(self);
        }
        facts.attached = false;
        drop(facts);
        Ok(())
    }

    /// Ends the work: well, or with a problem. What the user ended stays cancelled.
    pub fn finish(self, result: Result<Outcome, TransferProblem>) {
        self.row.end(result);
    }
}

impl Row {
    fn end(&self, result: Result<Outcome, TransferProblem>) {
        let mut facts = self.facts();
        facts.attached = false;
        facts.speed.clear();
        if facts.state == TransferState::Cancelled && result.is_err() {
            return;
        }
        facts.ended_at = Some(now());
        match result {
            Ok(outcome) => {
                facts.state = TransferState::Done;
                facts.outcome = outcome;
                facts.total_bytes = Some(facts.total_bytes.unwrap_or(facts.done_bytes));
            }
            Err(problem) => {
                facts.state = TransferState::Failed;
                facts.problem = Some(problem);
            }
        }
    }
}

impl Drop for Transfer {
    fn drop(&mut self) {
        let unfinished = {
            let facts = self.row.facts();
            facts.attached
        };
        if unfinished {
            self.row.end(Err(TransferProblem::new(
                "interrupted",
                "The work ended without a result.",
                "Start it again; the log in the data folder says more.",
            )
            .saying(Phrase::new("work_without_result"))));
        }
    }
}
