//! `orchestration_runs`: one row per run.

use brickwork_engine::{Pipeline, RunId, RunPlan, RunRecord, RunStatus};
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Row, params, params_from_iter};
use uuid::Uuid;

use crate::column::{At, Id, Json, Word};
use crate::error::Fault;
use crate::page::{Cursor, RunFilter, RunSummary, RunsPage};

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

/// Adds a new run, without its steps, at the end of the queue.
pub(crate) fn insert(connection: &Connection, run: &RunRecord) -> Result<(), Fault> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO orchestration_runs (run_id, project_id, name, name_folded, status, interrupted, simulated,
                                         pipeline, models, seeds, total_steps, created_at, seq, project_context,
                                         step_timeout_s, derived_from, queue_rank)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16,
                 (SELECT coalesce(max(queue_rank), 0) + 1 FROM orchestration_runs
                  WHERE status IN ('PENDING', 'RUNNING')))",
    )?;
    let name = &run.plan.pipeline.name;
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
    ])?;
    Ok(())
}

/// Writes everything that changes in a run's life, but for steps and artifacts.
pub(crate) fn update(connection: &Connection, run: &RunRecord) -> Result<(), Fault> {
    let mut statement = connection.prepare_cached(
        "UPDATE orchestration_runs
         SET status = ?2, interrupted = ?3, error = ?4, final_artifacts_from = ?5, started_at = ?6, finished_at = ?7,
             seq = ?8, paused = ?9, pause_requested = ?10, cancel_requested = ?11
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
    ])?;
    Ok(())
}

/// A run's own fields with an empty pipeline and neither steps nor artifacts: enough to judge the next change.
pub(crate) fn outline(connection: &Connection, run_id: RunId) -> Result<Option<RunRecord>, Fault> {
    let mut statement = connection.prepare_cached(
        "SELECT status, interrupted, error, final_artifacts_from, created_at, started_at, finished_at, seq, paused,
                pause_requested, cancel_requested, project_id
         FROM orchestration_runs WHERE run_id = ?1",
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
        |row: &Row<'_>| from_row(row, run_id, RunPlan::new(row.get::<_, Id>(11)?.0, pipeline, Vec::new(), Vec::new()));
    Ok(statement.query_row([Id(run_id)], read).optional()?)
}

/// A run with its plan, without steps and artifacts.
pub(crate) fn get(connection: &Connection, run_id: RunId) -> Result<Option<RunRecord>, Fault> {
    let mut statement = connection.prepare_cached(
        "SELECT status, interrupted, error, final_artifacts_from, created_at, started_at, finished_at, seq, paused,
                pause_requested, cancel_requested, project_id, pipeline, models, seeds, project_context, step_timeout_s,
                derived_from
         FROM orchestration_runs WHERE run_id = ?1",
    )?;
    let read = |row: &Row<'_>| {
        let plan = RunPlan {
            project_id: row.get::<_, Id>(11)?.0,
            pipeline: row.get::<_, Json<_>>(12)?.0,
            models: row.get::<_, Json<_>>(13)?.0,
            seeds: row.get::<_, Json<_>>(14)?.0,
            project_context: row.get::<_, Json<_>>(15)?.0,
            step_timeout_s: row.get(16)?,
            derived_from: row.get::<_, Option<Json<_>>>(17)?.map(|json| json.0),
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
        created_at: row.get::<_, At>(4)?.0,
        started_at: row.get::<_, Option<At>>(5)?.map(|at| at.0),
        finished_at: row.get::<_, Option<At>>(6)?.map(|at| at.0),
        seq: row.get(7)?,
    })
}

/// At most `limit` runs that pass `filter`, the newest first, from the one after `before` on.
pub(crate) fn page(
    connection: &Connection,
    filter: &RunFilter,
    before: Option<Cursor>,
    limit: usize,
) -> Result<RunsPage, Fault> {
    let (sql, values) = page_query(filter, before, limit + 1);
    let mut statement = connection.prepare_cached(&sql)?;
    let rows = statement.query_map(params_from_iter(values), summary)?;
    let mut runs: Vec<RunSummary> = rows.collect::<Result<_, _>>()?;
    let more = runs.len() > limit;
    runs.truncate(limit);
    let next = runs.last().filter(|_| more).map(|run| Cursor { created_at: run.created_at, run_id: run.run_id });
    Ok(RunsPage { runs, next })
}

fn page_query(filter: &RunFilter, before: Option<Cursor>, limit: usize) -> (String, Vec<Value>) {
    let mut conditions = vec!["true"];
    let mut values: Vec<Value> = Vec::new();
    let text = |id: Uuid| Value::Text(id.to_string());
    if let Some(project_id) = filter.project_id {
        conditions.push("r.project_id = ?");
        values.push(text(project_id));
    }
    if let Some(status) = filter.status {
        conditions.push("r.status = ?");
        values.push(Value::Text(status.as_str().into()));
    }
    if let Some(part) = filter.text.as_deref().map(str::trim).filter(|part| !part.is_empty()) {
        conditions.push("instr(r.name_folded, ?) > 0");
        values.push(Value::Text(part.to_lowercase()));
    }
    if let Some(Cursor { created_at, run_id }) = before {
        conditions.push("(r.created_at, r.run_id) < (?, ?)");
        values.extend([Value::Integer(created_at.as_micros()), text(run_id)]);
    }
    values.push(Value::Integer(i64::try_from(limit).unwrap_or(i64::MAX)));
    let conditions = conditions.join(" AND ");
    let sql = format!(
        "{SUMMARY} WHERE {conditions}
         ORDER BY r.created_at DESC, r.run_id DESC LIMIT ?"
    );
    (sql, values)
}

/// A row of the list; conditions and order follow.
pub(crate) const SUMMARY: &str = "
    SELECT r.run_id, r.project_id, r.name, r.status, r.interrupted, r.simulated, r.created_at, r.started_at,
           r.finished_at, r.total_steps,
           (SELECT count(*) FROM run_steps AS s WHERE s.run_id = r.run_id AND s.role <> 'Assembler'
               AND s.status IN ('SUCCESS', 'FAILED', 'CANCELLED')),
           (SELECT count(*) FROM generated_artifacts AS a WHERE a.run_id = r.run_id
               AND a.is_final = (r.final_artifacts_from IS NOT NULL)),
           (SELECT total(s.execution_time) FROM run_steps AS s WHERE s.run_id = r.run_id AND s.role <> 'Assembler'),
           r.paused
    FROM orchestration_runs AS r";

/// A run of a row of [`SUMMARY`].
pub(crate) fn summary(row: &Row<'_>) -> rusqlite::Result<RunSummary> {
    Ok(RunSummary {
        run_id: row.get::<_, Id>(0)?.0,
        project_id: row.get::<_, Id>(1)?.0,
        name: row.get(2)?,
        status: row.get::<_, Word<RunStatus>>(3)?.0,
        interrupted: row.get(4)?,
        paused: row.get(13)?,
        simulated: row.get(5)?,
        created_at: row.get::<_, At>(6)?.0,
        started_at: row.get::<_, Option<At>>(7)?.map(|at| at.0),
        finished_at: row.get::<_, Option<At>>(8)?.map(|at| at.0),
        total_steps: row.get(9)?,
        finished_steps: row.get(10)?,
        artifacts: row.get(11)?,
        total_execution_time: row.get(12)?,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use brickwork_engine::Timestamp;

    use super::*;
    use crate::migration::MIGRATIONS;

    #[test]
    fn every_page_query_walks_an_index_in_order() {
        let mut connection = Connection::open_in_memory().unwrap();
        MIGRATIONS.to_latest(&mut connection).unwrap();
        let cursor = Cursor { created_at: Timestamp::from_micros(5), run_id: Uuid::nil() };
        for (project_id, status) in [
            (None, None),
            (Some(Uuid::nil()), None),
            (None, Some(RunStatus::Failed)),
            (Some(Uuid::nil()), Some(RunStatus::Success)),
        ] {
            let filter = RunFilter { project_id, status, text: Some("x".into()) };
            let (sql, values) = page_query(&filter, Some(cursor), 50);
            let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
            let plan: Vec<String> =
                statement.query_map(params_from_iter(values), |row| row.get(3)).unwrap().map(Result::unwrap).collect();
            let plan = plan.join("\n");
            assert!(!plan.contains("TEMP B-TREE") && !plan.contains("SCAN"), "{filter:?}:\n{plan}");
        }
    }
}
