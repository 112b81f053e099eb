//! How large the database is, and which runs may go.
//!
//! Invariant: only a run that has ended is ever removed, judged in the transaction that removes it. Everything of a run
//! goes with its row. What is in the trash goes first.

use brickwork_engine::{RunId, Timestamp};
use rusqlite::{Connection, TransactionBehavior, params};
use uuid::Uuid;

use crate::column::{At, Id};
use crate::error::{Fault, StoreError};
use crate::store::Store;

/// An index for finding the runs that ended first.
pub(crate) const CREATE: &str = "
CREATE INDEX runs_by_end ON orchestration_runs (finished_at, run_id) WHERE finished_at IS NOT NULL;
";

/// Runs that one transaction removes, so that others can write between two of them.
const BATCH: u64 = 20;

/// Which ended runs may go. Without any limit, none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RetentionLimits {
    /// Those that ended before this instant.
    pub ended_before: Option<Timestamp>,
    /// And then the first to have ended, until the database uses no more bytes than this.
    pub max_used_bytes: Option<u64>,
    /// Those that were moved to the trash before this instant.
    pub trashed_before: Option<Timestamp>,
}

/// What a pruning removed, or would.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Pruned {
    /// Runs, those in the trash included.
    pub runs: u64,
    /// Runs that were in the trash.
    pub trashed_runs: u64,
    /// Bytes in use that became free.
    pub freed_bytes: u64,
    /// Bytes still in use.
    pub used_bytes: u64,
}

/// Sizes and counts of a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoreSize {
    /// The file, free pages included, in bytes.
    pub file_bytes: u64,
    /// Pages of the file that hold something, in bytes.
    pub used_bytes: u64,
    /// All runs outside the trash.
    pub runs: u64,
    /// Runs in the trash.
    pub trashed_runs: u64,
    /// Runs that have not ended.
    pub unfinished_runs: u64,
    /// All artifacts, those of runs in the trash included.
    pub artifacts: u64,
    /// All projects.
    pub projects: u64,
    /// All saved pipelines.
    pub pipelines: u64,
    /// All versions of them.
    pub pipeline_versions: u64,
    /// When the oldest run outside the trash was accepted.
    pub oldest_run_at: Option<Timestamp>,
}

impl Store {
    /// Sizes and counts.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn size(&self) -> Result<StoreSize, StoreError> {
        self.read(size).await
    }

    /// Removes ended runs as `limits` say, in several transactions; a run that has not ended is never touched. The file
    /// keeps its size, and what became free is used again: see [`Store::vacuum`].
    ///
    /// A dry run removes them in one transaction that is rolled back, so it tells exactly what would happen, and holds up
    /// other writers meanwhile.
    ///
    /// # Errors
    /// When the database cannot be written. Runs that were removed before stay removed.
    pub async fn prune(&self, limits: RetentionLimits, dry_run: bool) -> Result<Pruned, StoreError> {
        let batch = if dry_run { u64::MAX } else { BATCH };
        let mut all = Pruned::default();
        loop {
            let one = self
                .write(move |connection| {
                    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
                    let pruned = prune(&transaction, limits, batch)?;
                    if dry_run {
                        transaction.rollback()?
                    } else {
                        transaction.commit()?
                    }
                    Ok(pruned)
                })
                .await?;
            all.runs += one.runs;
            all.trashed_runs += one.trashed_runs;
            all.freed_bytes += one.freed_bytes;
            all.used_bytes = one.used_bytes;
            if one.runs < batch {
                return Ok(all);
            }
        }
    }

    /// Gives free pages back to the file system by writing the whole database anew, which needs as much room again for a
    /// while and holds up writers.
    ///
    /// # Errors
    /// [`StoreError::Full`] without that room, [`StoreError::Busy`] when another process goes on writing; the database
    /// is then as it was.
    pub async fn vacuum(&self) -> Result<(), StoreError> {
        self.write(|connection| {
            connection.execute_batch("VACUUM")?;
            // The new pages are in the log until a checkpoint writes them, and only then the file shrinks.
            connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
            Ok(())
        })
        .await
    }
}

fn size(connection: &Connection) -> Result<StoreSize, Fault> {
    // One read transaction, so that all numbers are of the same instant.
    let transaction = connection.unchecked_transaction()?;
    let number = |sql: &str| -> Result<u64, Fault> { Ok(transaction.query_row(sql, [], |row| row.get(0))?) };
    let pages = Pages::of(&transaction)?;
    Ok(StoreSize {
        file_bytes: pages.count * pages.size_bytes,
        used_bytes: pages.used_bytes(),
        runs: number("SELECT count(*) FROM orchestration_runs WHERE deleted_at IS NULL")?,
        trashed_runs: number("SELECT count(*) FROM orchestration_runs WHERE deleted_at IS NOT NULL")?,
        unfinished_runs: number("SELECT count(*) FROM orchestration_runs WHERE status IN ('PENDING', 'RUNNING')")?,
        artifacts: number("SELECT count(*) FROM generated_artifacts")?,
        projects: number("SELECT count(*) FROM projects")?,
        pipelines: number("SELECT count(*) FROM pipelines")?,
        pipeline_versions: number("SELECT count(*) FROM pipeline_versions")?,
        oldest_run_at: transaction
            .query_row("SELECT min(created_at) FROM orchestration_runs WHERE deleted_at IS NULL", [], |row| {
                row.get::<_, Option<At>>(0)
            })?
            .map(|at| at.0),
    })
}

/// The pages of the file as the connection sees them, in its own open transaction too.
struct Pages {
    count: u64,
    free: u64,
    size_bytes: u64,
}

impl Pages {
    fn of(connection: &Connection) -> Result<Self, Fault> {
        let pragma = |name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, u64>(0));
        Ok(Self { count: pragma("page_count")?, free: pragma("freelist_count")?, size_bytes: pragma("page_size")? })
    }

    const fn used_bytes(&self) -> u64 {
        self.count.saturating_sub(self.free) * self.size_bytes
    }
}

/// Removes at most `batch` runs within the caller's transaction.
fn prune(connection: &Connection, limits: RetentionLimits, batch: u64) -> Result<Pruned, Fault> {
    let before = Pages::of(connection)?.used_bytes();
    let mut runs = 0;
    if let Some(trashed_before) = limits.trashed_before {
        while runs < batch
            && let Some(run_id) = first_trashed(connection, trashed_before)?
        {
            runs += u64::from(delete_run(connection, run_id)?);
        }
    }
    let trashed_runs = runs;
    if let Some(ended_before) = limits.ended_before {
        while runs < batch
            && let Some(run_id) = first_ended(connection, Some(ended_before))?
        {
            runs += u64::from(delete_run(connection, run_id)?);
        }
    }
    if let Some(max_used_bytes) = limits.max_used_bytes {
        while runs < batch
            && Pages::of(connection)?.used_bytes() > max_used_bytes
            && let Some(run_id) = first_ended(connection, None)?
        {
            runs += u64::from(delete_run(connection, run_id)?);
        }
    }
    let used_bytes = Pages::of(connection)?.used_bytes();
    Ok(Pruned { runs, trashed_runs, freed_bytes: before.saturating_sub(used_bytes), used_bytes })
}

/// The run that ended first, and before `before` where that is given.
fn first_ended(connection: &Connection, before: Option<Timestamp>) -> Result<Option<RunId>, Fault> {
    let before = before.unwrap_or(Timestamp::from_micros(i64::MAX));
    // The plus sign keeps SQLite from looking by status, which would sort all ended runs for every one that goes.
    let mut statement = connection.prepare_cached(
        "SELECT run_id FROM orchestration_runs WHERE finished_at < ?1 AND +status IN ('SUCCESS', 'FAILED', 'CANCELLED')
         ORDER BY finished_at, run_id LIMIT 1",
    )?;
    let mut rows = statement.query([At(before)])?;
    Ok(rows.next()?.map(|row| row.get::<_, Id>(0)).transpose()?.map(|id| id.0))
}

/// The run that has been in the trash for the longest time, and since before `before`.
fn first_trashed(connection: &Connection, before: Timestamp) -> Result<Option<RunId>, Fault> {
    let mut statement = connection.prepare_cached(
        "SELECT run_id FROM orchestration_runs INDEXED BY runs_in_trash WHERE deleted_at < ?1
         ORDER BY deleted_at, run_id LIMIT 1",
    )?;
    let mut rows = statement.query([At(before)])?;
    Ok(rows.next()?.map(|row| row.get::<_, Id>(0)).transpose()?.map(|id| id.0))
}

/// Removes a run with its steps, artifacts and events, if it has ended; whether it was removed.
pub(crate) fn delete_run(connection: &Connection, run_id: RunId) -> Result<bool, Fault> {
    let mut statement = connection.prepare_cached(
        "DELETE FROM orchestration_runs WHERE run_id = ?1 AND status IN ('SUCCESS', 'FAILED', 'CANCELLED')",
    )?;
    Ok(statement.execute(params![Id(run_id)])? > 0)
}

/// Removes all runs of a project that have ended.
pub(crate) fn delete_runs_of_project(connection: &Connection, project_id: Uuid) -> Result<usize, Fault> {
    let mut statement = connection.prepare_cached(
        "DELETE FROM orchestration_runs WHERE project_id = ?1 AND status IN ('SUCCESS', 'FAILED', 'CANCELLED')",
    )?;
    Ok(statement.execute([Id(project_id)])?)
}
