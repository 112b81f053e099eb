//! The queue: the rows of `orchestration_runs` that have not ended, in the order of their `queue_rank`.

use brickwork_engine::{ModelRef, RunId, RunStatus};
use rusqlite::{Connection, OptionalExtension, params};
use uuid::Uuid;

use super::run_list::{SUMMARY, summary};
use crate::column::{Id, Json, Word};
use crate::error::Fault;
use crate::page::RunSummary;

/// A run that waits for its turn.
#[derive(Debug, Clone, PartialEq)]
pub struct WaitingRun {
    /// The run.
    pub run_id: RunId,
    /// Its project.
    pub project_id: Uuid,
    /// The models that it will use.
    pub models: Vec<ModelRef>,
}

/// What the user wants of a running run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wish {
    /// The run.
    pub run_id: RunId,
    /// That it ends.
    pub cancel: bool,
    /// That it waits after its running step.
    pub pause: bool,
}

/// Where a run stands, without anything else of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Its status.
    pub status: RunStatus,
    /// Whether it is paused or interrupted.
    pub held: bool,
    /// The number of its last change.
    pub seq: u64,
}

/// A RUNNING run, as it is found when its process is gone.
pub(crate) struct Abandoned {
    pub(crate) run_id: RunId,
    pub(crate) cancel_requested: bool,
    pub(crate) pause_requested: bool,
    /// Whether one of its steps was cut off.
    pub(crate) in_step: bool,
}

/// The runs that may start, in order.
pub(crate) fn waiting(connection: &Connection) -> Result<Vec<WaitingRun>, Fault> {
    let mut statement = connection.prepare_cached(
        "SELECT run_id, project_id, models FROM orchestration_runs
         WHERE status IN ('PENDING', 'RUNNING') AND status = 'PENDING' AND NOT interrupted AND NOT paused
         ORDER BY queue_rank, run_id",
    )?;
    let rows = statement.query_map([], |row| {
        Ok(WaitingRun {
            run_id: row.get::<_, Id>(0)?.0,
            project_id: row.get::<_, Id>(1)?.0,
            models: row.get::<_, Json<_>>(2)?.0,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// What is wanted of runs that run.
pub(crate) fn wishes(connection: &Connection) -> Result<Vec<Wish>, Fault> {
    let mut statement = connection.prepare_cached(
        "SELECT run_id, cancel_requested, pause_requested FROM orchestration_runs
         WHERE status IN ('PENDING', 'RUNNING') AND status = 'RUNNING' AND (cancel_requested OR pause_requested)",
    )?;
    let rows = statement
        .query_map([], |row| Ok(Wish { run_id: row.get::<_, Id>(0)?.0, cancel: row.get(1)?, pause: row.get(2)? }))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Where the run stands; `None` when there is no such run.
pub(crate) fn standing(connection: &Connection, run_id: RunId) -> Result<Option<Standing>, Fault> {
    let mut statement = connection.prepare_cached(
        "SELECT status, interrupted OR paused, seq FROM orchestration_runs
                          WHERE run_id = ?1 AND deleted_at IS NULL",
    )?;
    let read = |row: &rusqlite::Row<'_>| {
        Ok(Standing { status: row.get::<_, Word<_>>(0)?.0, held: row.get(1)?, seq: row.get(2)? })
    };
    Ok(statement.query_row([Id(run_id)], read).optional()?)
}

/// The runs that are RUNNING, the oldest first.
pub(crate) fn running(connection: &Connection) -> Result<Vec<Abandoned>, Fault> {
    let mut statement = connection.prepare_cached(
        "SELECT run_id, cancel_requested, pause_requested,
                EXISTS (SELECT 1 FROM run_steps AS s WHERE s.run_id = r.run_id AND s.status = 'RUNNING')
         FROM orchestration_runs AS r WHERE status = 'RUNNING' AND deleted_at IS NULL
         ORDER BY created_at, run_id",
    )?;
    let rows = statement.query_map([], |row| {
        Ok(Abandoned {
            run_id: row.get::<_, Id>(0)?.0,
            cancel_requested: row.get(1)?,
            pause_requested: row.get(2)?,
            in_step: row.get(3)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Everything that has not ended, in the order of the queue.
pub(crate) fn unfinished(connection: &Connection) -> Result<Vec<RunSummary>, Fault> {
    let sql = format!("{SUMMARY} WHERE r.status IN ('PENDING', 'RUNNING') ORDER BY r.queue_rank, r.run_id");
    let mut statement = connection.prepare_cached(&sql)?;
    let rows = statement.query_map([], summary)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Gives the unfinished runs the ranks 1, 2, 3, ... in the order of `order`, which names all of them.
pub(crate) fn rank(connection: &Connection, order: &[RunId]) -> Result<(), Fault> {
    let mut statement = connection.prepare_cached("UPDATE orchestration_runs SET queue_rank = ?2 WHERE run_id = ?1")?;
    for (index, run_id) in order.iter().enumerate() {
        statement.execute(params![Id(*run_id), index + 1])?;
    }
    Ok(())
}
