//! The queue as its holder and its submitters see it.

use brickwork_engine::{JsonMap, RunChange, RunId, RunPlan, RunStatus, Timestamp};
use rusqlite::{Connection, TransactionBehavior};
use uuid::Uuid;

use crate::error::{Fault, StoreError};
use crate::journal::append;
use crate::library::keep_version;
use crate::page::RunSummary;
use crate::store::Store;
use crate::table::{IdempotencyKey, Standing, WaitingRun, Wish, idempotency_keys, orchestration_runs, queue};

/// A run to be made.
#[derive(Debug, Clone)]
pub struct NewRun {
    /// Its id, unused so far.
    pub run_id: RunId,
    /// When it is accepted.
    pub at: Timestamp,
    /// What it is to do.
    pub plan: RunPlan,
    /// The steps of an earlier run that it takes over, each a [`RunChange::StepReused`].
    pub reused: Vec<RunChange>,
    /// The client's key, if it gave one.
    pub key: Option<IdempotencyKey>,
}

/// The saved pipeline that a run is made from.
#[derive(Debug, Clone, PartialEq)]
pub struct Origin {
    /// The pipeline.
    pub pipeline_id: Uuid,
    /// The document that is run, which is kept as the pipeline's next version unless it is the newest one.
    pub document: JsonMap,
}

/// What came of making a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Creation {
    /// It waits in the queue.
    Created,
    /// The key stands for this run already, made by an equal request; nothing was made.
    Replayed(RunId),
    /// The key stands for this run, made by another request; nothing was made.
    KeyReused(RunId),
    /// There is no such saved pipeline; nothing was made.
    UnknownPipeline(Uuid),
}

/// What came of moving a run in the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Move {
    /// It has its new place.
    Done,
    /// This run is not waiting, so it cannot be moved, nor moved before.
    NotWaiting(RunId),
}

/// What came of removing a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Removal {
    /// It is gone, or in the trash, with everything of it.
    Done,
    /// There is no such run.
    Unknown,
    /// It has not ended.
    Unfinished,
}

impl Store {
    /// Makes a run, PENDING at the end of the queue, with the steps that it takes over: all of it or nothing.
    ///
    /// # Errors
    /// [`StoreError::Refused`] when its project does not exist; others when the database cannot be written.
    pub async fn create_run(&self, new: NewRun) -> Result<Creation, StoreError> {
        self.create_run_from(new, None).await
    }

    /// [`Store::create_run`] from a saved pipeline, which gets the document as a version in the same transaction.
    ///
    /// # Errors
    /// As [`Store::create_run`].
    pub async fn create_run_from(&self, new: NewRun, origin: Option<Origin>) -> Result<Creation, StoreError> {
        self.write(move |connection| create(connection, &new, origin)).await
    }

    /// The runs that wait for their turn, in the order of the queue.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn waiting(&self) -> Result<Vec<WaitingRun>, StoreError> {
        self.read(queue::waiting).await
    }

    /// Everything that has not ended, in the order of the queue: running, waiting, paused and interrupted runs.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn unfinished(&self) -> Result<Vec<RunSummary>, StoreError> {
        self.read(queue::unfinished).await
    }

    /// What is wanted of runs that run, by whichever process.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn wishes(&self) -> Result<Vec<Wish>, StoreError> {
        self.read(queue::wishes).await
    }

    /// Where a run stands, or `None` when there is no such run.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn standing(&self, run_id: RunId) -> Result<Option<Standing>, StoreError> {
        self.read(move |connection| queue::standing(connection, run_id)).await
    }

    /// Puts a waiting run before another waiting one, or at the end of the queue.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn move_run(&self, run_id: RunId, before: Option<RunId>) -> Result<Move, StoreError> {
        self.write(move |connection| move_run(connection, run_id, before)).await
    }

    /// Settles the RUNNING runs of a process that is gone: one that was to be cancelled is CANCELLED, one that was to
    /// wait and stands between two steps is paused, all others are interrupted. Gives the interrupted ones, the oldest
    /// first. To be called by the holder of the [`QueueLock`](crate::QueueLock) before it starts anything.
    ///
    /// # Errors
    /// When the database cannot be written; then no run was changed.
    pub async fn settle_abandoned(&self, at: Timestamp) -> Result<Vec<RunId>, StoreError> {
        self.write(move |connection| settle_abandoned(connection, at)).await
    }

    /// A number that changes whenever any process has written to the database, this one included.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn data_version(&self) -> Result<i64, StoreError> {
        let version = self
            .first_reader()
            .call(|connection| Ok(connection.pragma_query_value(None, "data_version", |row| row.get(0))?));
        Ok(version.await?)
    }
}

fn create(connection: &mut Connection, new: &NewRun, origin: Option<Origin>) -> Result<Creation, Fault> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let NewRun { run_id, at, plan, reused, key } = new;
    if let Some(key) = key
        && let Some((fingerprint, earlier)) = idempotency_keys::get(&transaction, plan.project_id, &key.key)?
    {
        let same = fingerprint == key.fingerprint;
        return Ok(if same { Creation::Replayed(earlier) } else { Creation::KeyReused(earlier) });
    }
    let origin = match origin {
        None => None,
        Some(Origin { pipeline_id, document }) => match keep_version(&transaction, pipeline_id, document, *at)? {
            None => return Ok(Creation::UnknownPipeline(pipeline_id)),
            Some(version) => Some((pipeline_id, version)),
        },
    };
    append(&transaction, *run_id, *at, &RunChange::Created { plan: plan.clone() })?;
    if let Some((pipeline_id, version)) = origin {
        orchestration_runs::set_origin(&transaction, *run_id, pipeline_id, version)?;
    }
    for change in reused {
        append(&transaction, *run_id, *at, change)?;
    }
    if let Some(key) = key {
        idempotency_keys::insert(&transaction, plan.project_id, key, *run_id)?;
    }
    transaction.commit()?;
    Ok(Creation::Created)
}

fn move_run(connection: &mut Connection, run_id: RunId, before: Option<RunId>) -> Result<Move, Fault> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let runs = queue::unfinished(&transaction)?;
    let is_waiting = |id: RunId| runs.iter().any(|run| run.run_id == id && run.status == RunStatus::Pending);
    for id in [Some(run_id), before].into_iter().flatten() {
        if !is_waiting(id) {
            return Ok(Move::NotWaiting(id));
        }
    }
    if before == Some(run_id) {
        return Ok(Move::Done);
    }
    let mut order: Vec<RunId> = runs.iter().map(|run| run.run_id).filter(|id| *id != run_id).collect();
    let place = order.iter().position(|id| Some(*id) == before).unwrap_or(order.len());
    order.insert(place, run_id);
    queue::rank(&transaction, &order)?;
    transaction.commit()?;
    Ok(Move::Done)
}

fn settle_abandoned(connection: &mut Connection, at: Timestamp) -> Result<Vec<RunId>, Fault> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let mut interrupted = Vec::new();
    for run in queue::running(&transaction)? {
        let change = if run.cancel_requested {
            RunChange::cancelled()
        } else if run.pause_requested && !run.in_step {
            RunChange::Paused
        } else {
            interrupted.push(run.run_id);
            RunChange::Interrupted
        };
        append(&transaction, run.run_id, at, &change)?;
    }
    transaction.commit()?;
    Ok(interrupted)
}
