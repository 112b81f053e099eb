//! `pipelines`: documents that a user saved in a project.

use brickwork_engine::{Pipeline, Timestamp};
use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::column::{At, Id, Json};
use crate::error::Fault;

/// The table.
pub(crate) const CREATE: &str = "
CREATE TABLE pipelines (
    pipeline_id TEXT NOT NULL PRIMARY KEY,
    project_id  TEXT NOT NULL REFERENCES projects (project_id),
    name        TEXT NOT NULL,
    document    TEXT NOT NULL,
    created_at  INTEGER NOT NULL,
    updated_at  INTEGER NOT NULL
) STRICT;
CREATE INDEX pipelines_of_project ON pipelines (project_id, updated_at, pipeline_id);
";

/// A pipeline that a user saved.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SavedPipeline {
    /// Its identifier.
    pub id: Uuid,
    /// The project in which it is saved.
    pub project_id: Uuid,
    /// The document.
    pub pipeline: Pipeline,
    /// When it was first saved.
    pub created_at: Timestamp,
    /// When it was last saved.
    pub updated_at: Timestamp,
}

/// A project's pipelines, the last saved first.
pub(crate) fn of_project(connection: &Connection, project_id: Uuid) -> Result<Vec<SavedPipeline>, Fault> {
    let mut statement = connection.prepare_cached(
        "SELECT pipeline_id, document, created_at, updated_at FROM pipelines
         WHERE project_id = ?1 ORDER BY updated_at DESC, pipeline_id DESC",
    )?;
    let rows = statement.query_map([Id(project_id)], |row| {
        Ok(SavedPipeline {
            id: row.get::<_, Id>(0)?.0,
            project_id,
            pipeline: row.get::<_, Json<_>>(1)?.0,
            created_at: row.get::<_, At>(2)?.0,
            updated_at: row.get::<_, At>(3)?.0,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Adds the pipeline, or replaces the document of the one with its id.
pub(crate) fn put(connection: &Connection, saved: &SavedPipeline) -> Result<(), Fault> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO pipelines (pipeline_id, project_id, name, document, created_at, updated_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT (pipeline_id) DO UPDATE
         SET project_id = excluded.project_id, name = excluded.name, document = excluded.document,
             updated_at = excluded.updated_at",
    )?;
    let SavedPipeline { id, project_id, pipeline, created_at, updated_at } = saved;
    statement.execute(params![
        Id(*id),
        Id(*project_id),
        pipeline.name,
        Json(pipeline),
        At(*created_at),
        At(*updated_at)
    ])?;
    Ok(())
}

/// Removes the pipeline `id`; whether there was one.
pub(crate) fn delete(connection: &Connection, id: Uuid) -> Result<bool, Fault> {
    let mut statement = connection.prepare_cached("DELETE FROM pipelines WHERE pipeline_id = ?1")?;
    Ok(statement.execute([Id(id)])? > 0)
}
