//! `run_events`: every recorded change of every run, numbered from 1 in each run.
//!
//! While a step runs, its text is kept here only; the step's row takes the whole output when the step ends. So a chunk
//! costs its own length, however long the output already is.

use brickwork_engine::{RunChange, RunEvent, RunEventKind, RunId, Timestamp};
use rusqlite::{Connection, params};

use crate::column::{At, Id, Json};
use crate::error::Fault;

/// The table.
pub(crate) const CREATE: &str = "
CREATE TABLE run_events (
    run_id TEXT NOT NULL REFERENCES orchestration_runs (run_id) ON DELETE CASCADE,
    seq    INTEGER NOT NULL,
    at     INTEGER NOT NULL,
    kind   TEXT NOT NULL,
    change TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX run_events_in_order ON run_events (run_id, seq, kind);
";

/// Appends `change` as number `seq` of the run.
pub(crate) fn append(
    connection: &Connection,
    run_id: RunId,
    seq: u64,
    at: Timestamp,
    change: &RunChange,
) -> Result<(), Fault> {
    let mut statement = connection
        .prepare_cached("INSERT INTO run_events (run_id, seq, at, kind, change) VALUES (?1, ?2, ?3, ?4, ?5)")?;
    statement.execute(params![Id(run_id), seq, At(at), change.name(), Json(change)])?;
    Ok(())
}

/// The run's changes after number `after`, in order.
pub(crate) fn after(connection: &Connection, run_id: RunId, after: u64) -> Result<Vec<RunEvent>, Fault> {
    let mut statement = connection
        .prepare_cached("SELECT seq, at, change FROM run_events WHERE run_id = ?1 AND seq > ?2 ORDER BY seq")?;
    // Numbers are stored as signed 64-bit integers; nothing follows the largest of them.
    let after = after.min(i64::MAX.unsigned_abs());
    let rows = statement.query_map(params![Id(run_id), after], |row| {
        Ok(RunEvent {
            run_id,
            seq: Some(row.get(0)?),
            at: row.get::<_, At>(1)?.0,
            kind: RunEventKind::Change { change: row.get::<_, Json<_>>(2)?.0 },
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The text that the step at `position` has made since change `after`, which started it.
pub(crate) fn text_since(connection: &Connection, run_id: RunId, after: u64, position: usize) -> Result<String, Fault> {
    let mut statement = connection.prepare_cached(
        "SELECT change FROM run_events WHERE run_id = ?1 AND seq > ?2 AND kind = 'step_text' ORDER BY seq",
    )?;
    let mut rows = statement.query(params![Id(run_id), after])?;
    let mut all = String::new();
    while let Some(row) = rows.next()? {
        if let RunChange::StepText { position: of, text, .. } = row.get::<_, Json<_>>(0)?.0
            && of == position
        {
            all.push_str(&text);
        }
    }
    Ok(all)
}
