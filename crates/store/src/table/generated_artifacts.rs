//! `generated_artifacts`: the pieces of each step, and the final ones of each run.

use brickwork_artifacts::Artifact;
use brickwork_engine::RunId;
use rusqlite::{Connection, Row, params};
use serde::{Deserialize, Serialize};

use crate::column::{Id, Json};
use crate::error::Fault;

/// The table. `position` is the step's; final artifacts have the Assembler's.
pub(crate) const CREATE: &str = "
CREATE TABLE generated_artifacts (
    artifact_id   INTEGER PRIMARY KEY,
    run_id        TEXT NOT NULL REFERENCES orchestration_runs (run_id) ON DELETE CASCADE,
    is_final      INTEGER NOT NULL CHECK (is_final IN (0, 1)),
    position      INTEGER NOT NULL,
    ordinal       INTEGER NOT NULL,
    type          TEXT NOT NULL,
    name          TEXT NOT NULL,
    content       TEXT NOT NULL,
    named         INTEGER NOT NULL CHECK (named IN (0, 1)),
    closed        INTEGER NOT NULL CHECK (closed IN (0, 1)),
    content_start INTEGER NOT NULL,
    content_end   INTEGER NOT NULL,
    simulated     INTEGER NOT NULL CHECK (simulated IN (0, 1))
) STRICT;
CREATE UNIQUE INDEX generated_artifacts_of_run ON generated_artifacts (run_id, is_final, position, ordinal);
";

/// Whether the content parses; NULL as long as nobody looked.
pub(crate) const ADD_SYNTAX: &str = "ALTER TABLE generated_artifacts ADD COLUMN syntax TEXT;";

/// An artifact with its place in the store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct StoredArtifact {
    /// Its number in the store.
    pub id: i64,
    /// The name of the step that made it; the Assembler's for a final one.
    pub step_name: String,
    /// That step's position.
    pub position: usize,
    /// Whether it is one of the run's final artifacts.
    #[serde(rename = "final")]
    pub is_final: bool,
    /// Whether the scripted placeholder had a part in it.
    pub simulated: bool,
    /// The artifact itself.
    #[serde(flatten)]
    pub artifact: Artifact,
}

/// Whose artifacts are meant.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Owner {
    pub(crate) run_id: RunId,
    pub(crate) position: usize,
    pub(crate) is_final: bool,
    pub(crate) simulated: bool,
}

/// Makes `artifacts` all that `owner` has.
pub(crate) fn replace(connection: &Connection, owner: Owner, artifacts: &[Artifact]) -> Result<(), Fault> {
    let Owner { run_id, position, is_final, simulated } = owner;
    let mut delete = connection
        .prepare_cached("DELETE FROM generated_artifacts WHERE run_id = ?1 AND is_final = ?2 AND position = ?3")?;
    delete.execute(params![Id(run_id), is_final, position])?;
    let mut insert = connection.prepare_cached(
        "INSERT INTO generated_artifacts (run_id, is_final, position, ordinal, type, name, content, named, closed,
                                          content_start, content_end, simulated, syntax)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
    )?;
    for (ordinal, artifact) in artifacts.iter().enumerate() {
        let Artifact { kind, name, content, named, closed, start, end, syntax } = artifact;
        let (run_id, place) = (Id(run_id), (start, end));
        insert.execute(params![
            run_id,
            is_final,
            position,
            ordinal,
            kind,
            name,
            content,
            named,
            closed,
            place.0,
            place.1,
            simulated,
            syntax.as_ref().map(Json)
        ])?;
    }
    Ok(())
}

/// The artifacts of a run: those of the steps in their order, then the final ones.
pub(crate) fn of_run(connection: &Connection, run_id: RunId) -> Result<Vec<StoredArtifact>, Fault> {
    let mut statement = connection.prepare_cached(
        "SELECT a.type, a.name, a.content, a.named, a.closed, a.content_start, a.content_end,
                a.artifact_id, s.step_name, a.position, a.is_final, a.simulated, a.syntax
         FROM generated_artifacts AS a JOIN run_steps AS s ON s.run_id = a.run_id AND s.position = a.position
         WHERE a.run_id = ?1 ORDER BY a.is_final, a.position, a.ordinal",
    )?;
    let rows = statement.query_map([Id(run_id)], |row| {
        Ok(StoredArtifact {
            id: row.get(7)?,
            step_name: row.get(8)?,
            position: row.get(9)?,
            is_final: row.get(10)?,
            simulated: row.get(11)?,
            artifact: from_row(row)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<Artifact> {
    Ok(Artifact {
        kind: row.get(0)?,
        name: row.get(1)?,
        content: row.get(2)?,
        named: row.get(3)?,
        closed: row.get(4)?,
        start: row.get(5)?,
        end: row.get(6)?,
        syntax: row.get::<_, Option<Json<_>>>("syntax")?.map(|json| json.0),
    })
}
