//! `idempotency_keys`: which run a client's key stands for, so that a request sent twice makes one run.

use brickwork_engine::RunId;
use rusqlite::{Connection, OptionalExtension, params};
use uuid::Uuid;

use crate::column::Id;
use crate::error::Fault;

/// The table. A key is kept as long as its run.
pub(crate) const CREATE: &str = "
CREATE TABLE idempotency_keys (
    project_id  TEXT NOT NULL,
    key         TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    run_id      TEXT NOT NULL REFERENCES orchestration_runs (run_id) ON DELETE CASCADE,
    PRIMARY KEY (project_id, key)
) STRICT;
CREATE INDEX idempotency_keys_of_run ON idempotency_keys (run_id);
";

/// A key of a client, and what its request says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyKey {
    /// The client's word.
    pub key: String,
    /// Equal for equal requests, and different for others.
    pub fingerprint: String,
}

/// The fingerprint and the run of a key, if it was used and its run is not in the trash.
pub(crate) fn get(connection: &Connection, project_id: Uuid, key: &str) -> Result<Option<(String, RunId)>, Fault> {
    let mut statement = connection.prepare_cached(
        "SELECT k.fingerprint, k.run_id FROM idempotency_keys AS k JOIN orchestration_runs AS r USING (run_id)
             WHERE k.project_id = ?1 AND k.key = ?2 AND r.deleted_at IS NULL",
    )?;
    let read = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get::<_, Id>(1)?.0));
    Ok(statement.query_row(params![Id(project_id), key], read).optional()?)
}

/// Notes that `key` stands for `run_id`, and not for a run in the trash any more.
pub(crate) fn insert(
    connection: &Connection,
    project_id: Uuid,
    key: &IdempotencyKey,
    run_id: RunId,
) -> Result<(), Fault> {
    let mut statement = connection.prepare_cached(
        "INSERT OR REPLACE INTO idempotency_keys (project_id, key, fingerprint, run_id) VALUES (?1, ?2, ?3, ?4)",
    )?;
    statement.execute(params![Id(project_id), key.key, key.fingerprint, Id(run_id)])?;
    Ok(())
}
