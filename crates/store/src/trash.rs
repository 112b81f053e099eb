//! The trash: runs that the user deleted and may bring back for a while, and the marks of runs.
//!
//! Invariant: only a run that has ended is ever in the trash, and whoever asks for a run there is told that there is none.
//! Its row and everything of it stay as they were until [`Store::prune`] removes it.

use brickwork_engine::{RunId, Timestamp};
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};
use uuid::Uuid;

use crate::column::{At, Id};
use crate::error::{Fault, StoreError};
use crate::queue::Removal;
use crate::retention;
use crate::store::Store;
use crate::table::queue;

/// What is kept of a run beside what it did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RunMarks {
    /// Whether the user marked it as a favourite.
    pub favourite: bool,
    /// The saved pipeline that it was made from and the version of that, if the pipeline is still there.
    pub origin: Option<(Uuid, u32)>,
}

impl Store {
    /// Moves runs that have ended to the trash, all in one transaction, and says of each what came of it.
    ///
    /// # Errors
    /// When the database cannot be written; then none was moved.
    pub async fn trash_runs(&self, run_ids: Vec<RunId>, at: Timestamp) -> Result<Vec<(RunId, Removal)>, StoreError> {
        self.write(move |connection| in_one(connection, &run_ids, |connection, run_id| trash(connection, run_id, at)))
            .await
    }

    /// Takes runs out of the trash again, all in one transaction, and says of each whether it is there now.
    ///
    /// # Errors
    /// When the database cannot be written; then none was taken out.
    pub async fn restore_runs(&self, run_ids: Vec<RunId>) -> Result<Vec<(RunId, bool)>, StoreError> {
        self.write(move |connection| in_one(connection, &run_ids, restore)).await
    }

    /// Removes a run that has ended, with its steps, artifacts and events, also one in the trash.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn remove_run(&self, run_id: RunId) -> Result<Removal, StoreError> {
        self.write(move |connection| {
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            if retention::delete_run(&transaction, run_id)? {
                transaction.commit()?;
                return Ok(Removal::Done);
            }
            Ok(queue::standing(&transaction, run_id)?.map_or(Removal::Unknown, |_| Removal::Unfinished))
        })
        .await
    }

    /// Marks a run as a favourite, or not any more; whether there is such a run.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn set_favourite(&self, run_id: RunId, favourite: bool) -> Result<bool, StoreError> {
        self.write(move |connection| {
            let mut statement = connection.prepare_cached(
                "UPDATE orchestration_runs SET favourite = ?2 WHERE run_id = ?1 AND deleted_at IS NULL",
            )?;
            Ok(statement.execute(params![Id(run_id), favourite])? > 0)
        })
        .await
    }

    /// The marks of a run; `None` when there is no such run.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn run_marks(&self, run_id: RunId) -> Result<Option<RunMarks>, StoreError> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT favourite, pipeline_id, pipeline_version FROM orchestration_runs
                 WHERE run_id = ?1 AND deleted_at IS NULL",
            )?;
            let read = |row: &rusqlite::Row<'_>| {
                let id: Option<Id> = row.get(1)?;
                let version: Option<u32> = row.get(2)?;
                Ok(RunMarks { favourite: row.get(0)?, origin: id.map(|id| id.0).zip(version) })
            };
            Ok(statement.query_row([Id(run_id)], read).optional()?)
        })
        .await
    }
}

fn in_one<T>(
    connection: &mut Connection,
    run_ids: &[RunId],
    each: impl Fn(&Connection, RunId) -> Result<T, Fault>,
) -> Result<Vec<(RunId, T)>, Fault> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let done =
        run_ids.iter().map(|run_id| Ok((*run_id, each(&transaction, *run_id)?))).collect::<Result<_, Fault>>()?;
    transaction.commit()?;
    Ok(done)
}

fn trash(connection: &Connection, run_id: RunId, at: Timestamp) -> Result<Removal, Fault> {
    match queue::standing(connection, run_id)? {
        None => return Ok(Removal::Unknown),
        Some(standing) if !standing.status.has_ended() => return Ok(Removal::Unfinished),
        Some(_) => {}
    }
    let mut statement = connection.prepare_cached("UPDATE orchestration_runs SET deleted_at = ?2 WHERE run_id = ?1")?;
    statement.execute(params![Id(run_id), At(at)])?;
    Ok(Removal::Done)
}

fn restore(connection: &Connection, run_id: RunId) -> Result<bool, Fault> {
    let mut statement =
        connection.prepare_cached("UPDATE orchestration_runs SET deleted_at = NULL WHERE run_id = ?1")?;
    Ok(statement.execute([Id(run_id)])? > 0)
}
