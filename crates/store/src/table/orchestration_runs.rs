//! `orchestration_runs`: one row per run.

use brickwork_engine::{Pipeline, RunId, RunPlan, RunRecord};
use rusqlite::{Connection, OptionalExtension, Row, params};
use uuid::Uuid;

use crate::column::{At, Id, Json, Word};
use crate::error::Fault;
use crate::table::run_list;

/// The table. `name_folded` is the name in lower case, by Unicode's rules, for the list's filter.
pub(crate) const CREATE: &str = "
CREATE TABLE orchestration_runs (
    run_id               TEXT NOT NULL PRIMARY KEY,
    project_id           TEXT NOT NULL REFERENCES projects (project_id),
    name                 TEXT NOT NULL,
    name_folded          TEXT NOT NULL,
    status               TEXT NOT NULL CHECK (status IN ('PENDING', 'RUNNING', 'SUCCESS', 'FAILED', 'CANCELLED')),
    interrupted          INTEGER NOT NULL CHECK (interrupted IN (0, 1)),
    simulated            INTEGER NOT NULL CHECK (simulated IN (0, 1)),
    error                TEXT,
    pipeline             TEXT NOT NULL,
    models               TEXT NOT NULL,
    seeds                TEXT NOT NULL,
    total_steps          INTEGER NOT NULL,
    final_artifacts_from TEXT,
    created_at           INTEGER NOT NULL,
    started_at           INTEGER,
    finished_at          INTEGER,
    seq                  INTEGER NOT NULL
) STRICT;
CREATE INDEX runs_by_time ON orchestration_runs (created_at, run_id);
CREATE INDEX runs_by_project ON orchestration_runs (project_id, created_at, run_id);
CREATE INDEX runs_by_status ON orchestration_runs (status, created_at, run_id);
CREATE INDEX runs_by_project_and_status ON orchestration_runs (project_id, status, created_at, run_id);
";

/// What the queue needs of a run. `queue_rank` orders the runs that wait, and those that run and may wait again.
pub(crate) const ADD_QUEUE: &str = "
ALTER TABLE orchestration_runs ADD COLUMN paused INTEGER NOT NULL DEFAULT 0 CHECK (paused IN (0, 1));
ALTER TABLE orchestration_runs ADD COLUMN pause_requested INTEGER NOT NULL DEFAULT 0 CHECK (pause_requested IN (0, 1));
ALTER TABLE orchestration_runs ADD COLUMN cancel_requested INTEGER NOT NULL DEFAULT 0 CHECK (cancel_requested IN (0, 1));
ALTER TABLE orchestration_runs ADD COLUMN project_context TEXT NOT NULL DEFAULT '{}';
ALTER TABLE orchestration_runs ADD COLUMN step_timeout_s INTEGER;
ALTER TABLE orchestration_runs ADD COLUMN derived_from TEXT;
ALTER TABLE orchestration_runs ADD COLUMN queue_rank INTEGER NOT NULL DEFAULT 0;
UPDATE orchestration_runs SET queue_rank = created_at WHERE status IN ('PENDING', 'RUNNING');
CREATE INDEX runs_in_queue ON orchestration_runs (queue_rank, run_id) WHERE status IN ('PENDING', 'RUNNING');
";

/// The project's files as the run saw them, and whether the user has edited what it made.
pub(crate) const ADD_FILES: &str = "
ALTER TABLE orchestration_runs ADD COLUMN files TEXT NOT NULL DEFAULT '[]';
ALTER TABLE orchestration_runs ADD COLUMN final_artifacts_edited INTEGER NOT NULL DEFAULT 0
    CHECK (final_artifacts_edited IN (0, 1));
";

/// What the list of runs needs: marks, the trash (`deleted_at`), the saved pipeline that a run was made from, and
/// `search_id`, its number in `run_search`: when it was made, in units of 2^16 microseconds, or just after, so that each run
/// has its own and they follow the order of the list.
pub(crate) const ADD_HISTORY: &str = "
ALTER TABLE orchestration_runs ADD COLUMN favourite INTEGER NOT NULL DEFAULT 0 CHECK (favourite IN (0, 1));
ALTER TABLE orchestration_runs ADD COLUMN deleted_at INTEGER;
ALTER TABLE orchestration_runs ADD COLUMN pipeline_id TEXT REFERENCES pipelines (pipeline_id) ON DELETE SET NULL;
ALTER TABLE orchestration_runs ADD COLUMN pipeline_version INTEGER;
ALTER TABLE orchestration_runs ADD COLUMN search_id INTEGER;
UPDATE orchestration_runs SET search_id = places.place
FROM (SELECT run_id AS id, n + max((created_at >> 16) - n) OVER (ORDER BY n) AS place
      FROM (SELECT run_id, created_at, row_number() OVER (ORDER BY created_at, run_id) AS n FROM orchestration_runs))
     AS places
WHERE run_id = places.id;
";

/// How long nobody worked on a run that had begun, and since when nobody does.
pub(crate) const ADD_HELD: &str = "
ALTER TABLE orchestration_runs ADD COLUMN held_micros INTEGER NOT NULL DEFAULT 0;
ALTER TABLE orchestration_runs ADD COLUMN held_since INTEGER;
";

/// How the final artifacts came about; NULL until then, and for a run of earlier versions.
pub(crate) const ADD_ASSEMBLY: &str = "ALTER TABLE orchestration_runs ADD COLUMN assembly TEXT;";

/// Adds a new run, without its steps, at the end of the queue.
pub(crate) fn insert(connection: &Connection, run: &RunRecord) -> Result<(), Fault> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO orchestration_runs (run_id, project_id, name, name_folded, status, interrupted, simulated,
                                         pipeline, models, seeds, total_steps, created_at, seq, project_context,
                                         step_timeout_s, derived_from, files, search_id, queue_rank)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18,
                 (SELECT coalesce(max(queue_rank), 0) + 1 FROM orchestration_runs
                  WHERE status IN ('PENDING', 'RUNNING')))",
    )?;
    let name = &run.plan.pipeline.name;
    let search_id = run_list::free_search_id(connection, run.created_at)?;
    statement.execute(params![
        Id(run.run_id),
        Id(run.plan.project_id),
        name,
        name.to_lowercase(),
        Word(run.status),
        run.interrupted,
        run.is_simulated(),
        Json(&run.plan.pipeline),
        Json(&run.plan.models),
        Json(&run.plan.seeds),
        run.steps.len().saturating_sub(1),
        At(run.created_at),
        run.seq,
        Json(&run.plan.project_context),
        run.plan.step_timeout_s,
        run.plan.derived_from.as_ref().map(Json),
        Json(&run.plan.files),
        search_id,
    ])?;
    Ok(())
}

/// Writes everything that changes in a run's life, but for steps and artifacts.
pub(crate) fn update(connection: &Connection, run: &RunRecord) -> Result<(), Fault> {
    let mut statement = connection.prepare_cached(
        "UPDATE orchestration_runs
         SET status = ?2, interrupted = ?3, error = ?4, final_artifacts_from = ?5, started_at = ?6, finished_at = ?7,
             seq = ?8, paused = ?9, pause_requested = ?10, cancel_requested = ?11, final_artifacts_edited = ?12,
             held_micros = ?13, held_since = ?14, assembly = ?15
         WHERE run_id = ?1",
    )?;
    statement.execute(params![
        Id(run.run_id),
        Word(run.status),
        run.interrupted,
        run.error,
        run.final_artifacts_from.map(Word),
        run.started_at.map(At),
        run.finished_at.map(At),
        run.seq,
        run.paused,
        run.pause_requested,
        run.cancel_requested,
        run.final_artifacts_edited,
        run.held_micros,
        run.held_since.map(At),
        run.assembly.as_ref().map(Json),
    ])?;
    Ok(())
}

/// Notes the number of the run's last change, where that is all that changed of it.
pub(crate) fn set_seq(connection: &Connection, run_id: RunId, seq: u64) -> Result<(), Fault> {
    let mut statement = connection.prepare_cached("UPDATE orchestration_runs SET seq = ?2 WHERE run_id = ?1")?;
    statement.execute(params![Id(run_id), seq])?;
    Ok(())
}

/// Says which version of which saved pipeline the run was made from.
pub(crate) fn set_origin(connection: &Connection, run_id: RunId, id: Uuid, version: u32) -> Result<(), Fault> {
    let mut statement = connection
        .prepare_cached("UPDATE orchestration_runs SET pipeline_id = ?2, pipeline_version = ?3 WHERE run_id = ?1")?;
    statement.execute(params![Id(run_id), Id(id), version])?;
    Ok(())
}

/// A run's own fields with an empty pipeline and neither steps nor artifacts: enough to judge the next change.
pub(crate) fn outline(connection: &Connection, run_id: RunId) -> Result<Option<RunRecord>, Fault> {
    let mut statement = connection.prepare_cached(
        "SELECT status, interrupted, error, final_artifacts_from, created_at, started_at, finished_at, seq, paused,
                pause_requested, cancel_requested, final_artifacts_edited, project_id, held_micros, held_since, assembly
         FROM orchestration_runs WHERE run_id = ?1 AND deleted_at IS NULL",
    )?;
    let pipeline = Pipeline {
        project_id: None,
        name: String::new(),
        description: String::new(),
        steps: Vec::new(),
        global_context: Default::default(),
        metadata: Default::default(),
        assembler: None,
    };
    let read =
        |row: &Row<'_>| from_row(row, run_id, RunPlan::new(row.get::<_, Id>(12)?.0, pipeline, Vec::new(), Vec::new()));
    Ok(statement.query_row([Id(run_id)], read).optional()?)
}

/// A run with its plan, without steps and artifacts.
pub(crate) fn get(connection: &Connection, run_id: RunId) -> Result<Option<RunRecord>, Fault> {
    let mut statement = connection.prepare_cached(
        "SELECT status, interrupted, error, final_artifacts_from, created_at, started_at, finished_at, seq, paused,
                pause_requested, cancel_requested, final_artifacts_edited, project_id, pipeline, models, seeds,
                project_context, step_timeout_s, derived_from, files, held_micros, held_since, assembly
         FROM orchestration_runs WHERE run_id = ?1 AND deleted_at IS NULL",
    )?;
    let read = |row: &Row<'_>| {
        let plan = RunPlan {
            project_id: row.get::<_, Id>(12)?.0,
            pipeline: row.get::<_, Json<_>>(13)?.0,
            models: row.get::<_, Json<_>>(14)?.0,
            seeds: row.get::<_, Json<_>>(15)?.0,
            project_context: row.get::<_, Json<_>>(16)?.0,
            step_timeout_s: row.get(17)?,
            derived_from: row.get::<_, Option<Json<_>>>(18)?.map(|json| json.0),
            files: row.get::<_, Json<_>>(19)?.0,
        };
        from_row(row, run_id, plan)
    };
    Ok(statement.query_row([Id(run_id)], read).optional()?)
}

fn from_row(row: &Row<'_>, run_id: RunId, plan: RunPlan) -> rusqlite::Result<RunRecord> {
    Ok(RunRecord {
        run_id,
        plan,
        status: row.get::<_, Word<_>>(0)?.0,
        interrupted: row.get(1)?,
        paused: row.get(8)?,
        pause_requested: row.get(9)?,
        cancel_requested: row.get(10)?,
        error: row.get(2)?,
        steps: Vec::new(),
        final_artifacts: Vec::new(),
        final_artifacts_from: row.get::<_, Option<Word<_>>>(3)?.map(|word| word.0),
        final_artifacts_edited: row.get(11)?,
        assembly: row.get::<_, Option<Json<_>>>("assembly")?.map(|json| json.0),
        created_at: row.get::<_, At>(4)?.0,
        started_at: row.get::<_, Option<At>>(5)?.map(|at| at.0),
        finished_at: row.get::<_, Option<At>>(6)?.map(|at| at.0),
        held_micros: row.get("held_micros")?,
        held_since: row.get::<_, Option<At>>("held_since")?.map(|at| at.0),
        seq: row.get(7)?,
    })
}
