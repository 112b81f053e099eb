//! `run_steps`: the enabled steps of each run, the Assembler's last.

use brickwork_engine::{ModelRef, Role, RunId, RunStatus, StepRecord, StepReport};
use rusqlite::{Connection, Row, params};

use crate::column::{At, Id, Json, Word};
use crate::error::Fault;
use crate::table::run_events;

/// The table. `text_bytes` counts the text of a running step that is in `run_events` after number `text_after_seq`.
pub(crate) const CREATE: &str = "
CREATE TABLE run_steps (
    run_id         TEXT NOT NULL REFERENCES orchestration_runs (run_id) ON DELETE CASCADE,
    position       INTEGER NOT NULL,
    step_name      TEXT NOT NULL,
    role           TEXT NOT NULL,
    model_id       TEXT NOT NULL,
    model_path     TEXT NOT NULL,
    stand_in       INTEGER NOT NULL CHECK (stand_in IN (0, 1)),
    status         TEXT NOT NULL CHECK (status IN ('PENDING', 'RUNNING', 'SUCCESS', 'FAILED', 'CANCELLED')),
    prompt         TEXT NOT NULL,
    result         TEXT NOT NULL,
    error_code     TEXT,
    error          TEXT,
    finish_reason  TEXT,
    warnings       TEXT NOT NULL,
    execution_time REAL NOT NULL,
    timings        TEXT,
    started_at     INTEGER,
    finished_at    INTEGER,
    text_bytes     INTEGER NOT NULL DEFAULT 0,
    text_after_seq INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (run_id, position)
) STRICT;
";

/// Which run carried out a step that another one took over.
pub(crate) const ADD_REUSED_FROM: &str = "ALTER TABLE run_steps ADD COLUMN reused_from TEXT;";

/// What the user has made of a step: the model's own output where theirs is in its place.
pub(crate) const ADD_EDITS: &str = "
ALTER TABLE run_steps ADD COLUMN original_result TEXT;
ALTER TABLE run_steps ADD COLUMN artifacts_edited INTEGER NOT NULL DEFAULT 0 CHECK (artifacts_edited IN (0, 1));
";

/// The cause of a failed step in a form that can be put into another language.
pub(crate) const ADD_ERROR_PHRASE: &str = "ALTER TABLE run_steps ADD COLUMN error_phrase TEXT;";
/// What is known of a step's output besides its artifacts; NULL for a step of earlier versions.
pub(crate) const ADD_REPORT: &str = "ALTER TABLE run_steps ADD COLUMN report TEXT;";

/// Adds a step of a new run.
pub(crate) fn insert(connection: &Connection, run_id: RunId, step: &StepRecord) -> Result<(), Fault> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO run_steps (run_id, position, step_name, role, model_id, model_path, stand_in, status, prompt,
                                result, warnings, execution_time)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, '', '', '[]', 0.0)",
    )?;
    let StepRecord { position, step_name, role, model, status, .. } = step;
    let (run_id, role, status) = (Id(run_id), Word(role), Word(status));
    statement.execute(params![run_id, position, step_name, role, model.id, model.path, model.stand_in, status])?;
    Ok(())
}

/// Writes everything that changes in a step's life. `seq` is the number of the change that did it.
pub(crate) fn update(connection: &Connection, run_id: RunId, step: &StepRecord, seq: u64) -> Result<(), Fault> {
    let mut statement = connection.prepare_cached(
        "UPDATE run_steps
         SET status = ?3, prompt = ?4, result = ?5, error_code = ?6, error = ?7, finish_reason = ?8, warnings = ?9,
             execution_time = ?10, timings = ?11, started_at = ?12, finished_at = ?13, text_bytes = 0,
             text_after_seq = ?14, reused_from = ?15, original_result = ?16, artifacts_edited = ?17, report = ?18,
             error_phrase = ?19
         WHERE run_id = ?1 AND position = ?2",
    )?;
    statement.execute(params![
        Id(run_id),
        step.position,
        Word(step.status),
        step.prompt,
        step.result,
        step.error_code.map(Word),
        step.error,
        step.finish_reason.map(Word),
        Json(&step.warnings),
        step.execution_time,
        step.timings.map(Json),
        step.started_at.map(At),
        step.finished_at.map(At),
        seq,
        step.reused_from.map(Id),
        step.original_result,
        step.artifacts_edited,
        Json(&step.report),
        step.error_phrase.as_ref().map(Json),
    ])?;
    Ok(())
}

/// Counts `bytes` more of text for the running step.
pub(crate) fn add_text(connection: &Connection, run_id: RunId, position: usize, bytes: usize) -> Result<(), Fault> {
    let mut statement = connection
        .prepare_cached("UPDATE run_steps SET text_bytes = text_bytes + ?3 WHERE run_id = ?1 AND position = ?2")?;
    statement.execute(params![Id(run_id), position, bytes])?;
    Ok(())
}

/// How many bytes of text the running step at `position` has in the events; 0 for an unknown one.
pub(crate) fn text_bytes(connection: &Connection, run_id: RunId, position: usize) -> Result<usize, Fault> {
    let mut statement =
        connection.prepare_cached("SELECT text_bytes FROM run_steps WHERE run_id = ?1 AND position = ?2")?;
    let mut rows = statement.query(params![Id(run_id), position])?;
    Ok(rows.next()?.map_or(Ok(0), |row| row.get(0))?)
}

/// All steps of a run without texts: `result` and `prompt` are empty.
pub(crate) fn outlines(connection: &Connection, run_id: RunId) -> Result<Vec<StepRecord>, Fault> {
    let mut statement = connection.prepare_cached(
        "SELECT position, step_name, role, model_id, model_path, stand_in, status, '', '', error_code, error,
                finish_reason, '[]', execution_time, timings, started_at, finished_at, reused_from, NULL,
                artifacts_edited, NULL, error_phrase
         FROM run_steps WHERE run_id = ?1 ORDER BY position",
    )?;
    let steps = statement.query_map([Id(run_id)], from_row)?.collect::<Result<_, _>>()?;
    Ok(steps)
}

/// What a step has since its beginning, which an outline lacks: its prompt, its warnings and its report.
pub(crate) fn beginning(
    connection: &Connection,
    run_id: RunId,
    position: usize,
) -> Result<(String, Vec<String>, StepReport), Fault> {
    let mut statement = connection
        .prepare_cached("SELECT prompt, warnings, report FROM run_steps WHERE run_id = ?1 AND position = ?2")?;
    let read = |row: &Row<'_>| {
        let report = row.get::<_, Option<Json<_>>>(2)?.map(|json| json.0).unwrap_or_default();
        Ok((row.get(0)?, row.get::<_, Json<_>>(1)?.0, report))
    };
    Ok(statement.query_row(params![Id(run_id), position], read)?)
}

/// All steps of a run, complete but for their artifacts.
pub(crate) fn of_run(connection: &Connection, run_id: RunId) -> Result<Vec<StepRecord>, Fault> {
    let mut statement = connection.prepare_cached(
        "SELECT position, step_name, role, model_id, model_path, stand_in, status, prompt, result, error_code, error,
                finish_reason, warnings, execution_time, timings, started_at, finished_at, reused_from,
                original_result, artifacts_edited, report, error_phrase, text_after_seq
         FROM run_steps WHERE run_id = ?1 ORDER BY position",
    )?;
    let rows = statement.query_map([Id(run_id)], |row| Ok((from_row(row)?, row.get::<_, u64>(22)?)))?;
    let mut steps = Vec::new();
    for row in rows {
        let (mut step, text_after_seq) = row?;
        if step.status == RunStatus::Running {
            step.result = run_events::text_since(connection, run_id, text_after_seq, step.position)?;
        }
        steps.push(step);
    }
    Ok(steps)
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<StepRecord> {
    Ok(StepRecord {
        position: row.get(0)?,
        step_name: row.get(1)?,
        role: row.get::<_, Word<Role>>(2)?.0,
        model: ModelRef { id: row.get(3)?, path: row.get(4)?, stand_in: row.get(5)? },
        status: row.get::<_, Word<_>>(6)?.0,
        prompt: row.get(7)?,
        result: row.get(8)?,
        original_result: row.get(18)?,
        artifacts: Vec::new(),
        artifacts_edited: row.get(19)?,
        error_code: row.get::<_, Option<Word<_>>>(9)?.map(|word| word.0),
        error: row.get(10)?,
        error_phrase: row.get::<_, Option<Json<_>>>(21)?.map(|json| json.0),
        finish_reason: row.get::<_, Option<Word<_>>>(11)?.map(|word| word.0),
        warnings: row.get::<_, Json<_>>(12)?.0,
        execution_time: row.get(13)?,
        timings: row.get::<_, Option<Json<_>>>(14)?.map(|json| json.0),
        started_at: row.get::<_, Option<At>>(15)?.map(|at| at.0),
        finished_at: row.get::<_, Option<At>>(16)?.map(|at| at.0),
        reused_from: row.get::<_, Option<Id>>(17)?.map(|id| id.0),
        report: row.get::<_, Option<Json<_>>>(20)?.map(|json| json.0).unwrap_or_default(),
    })
}
