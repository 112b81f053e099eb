//! `pipelines`: what a user saved in a project. Each document is in `pipeline_versions`; a row here names the newest.

use brickwork_engine::{JsonMap, Timestamp};
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Row, params, params_from_iter};
use serde::{Deserialize, Serialize};
use serde_json::Value as JsonValue;
use uuid::Uuid;

use crate::column::{At, Id, Json};
use crate::error::Fault;
use crate::table::pipeline_drafts::KeptDraft;

/// The table as it was first made. A later migration moved `document` into `pipeline_versions` and added `version`.
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

/// A saved pipeline with its newest document.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SavedPipeline {
    /// Its identifier.
    pub id: Uuid,
    /// The project in which it is saved.
    pub project_id: Uuid,
    /// The document's `name`.
    pub name: String,
    /// The number of the newest version, from 1.
    pub version: u32,
    /// What the user calls that version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// The document as it was saved: a pipeline, perhaps an unfinished one that cannot run yet.
    #[schema(value_type = Object)]
    pub document: JsonMap,
    /// When it was first saved.
    pub created_at: Timestamp,
    /// When its newest version was saved.
    pub updated_at: Timestamp,
    /// What an editor has not saved as a version yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub draft: Option<KeptDraft>,
}

/// A saved pipeline in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct PipelineSummary {
    /// Its identifier.
    pub id: Uuid,
    /// The project in which it is saved.
    pub project_id: Uuid,
    /// The newest document's `name`.
    pub name: String,
    /// The number of the newest version, from 1.
    pub version: u32,
    /// What the user calls that version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Steps in the newest document.
    pub total_steps: usize,
    /// The `description` of the draft, or of the newest document where there is none.
    #[serde(default)]
    pub description: String,
    /// The role of each enabled step, in the order of the list, from the draft or the newest document.
    #[serde(default)]
    pub roles: Vec<String>,
    /// When the draft was kept, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub draft_saved_at: Option<Timestamp>,
    /// When it was first saved.
    pub created_at: Timestamp,
    /// When its newest version was saved.
    pub updated_at: Timestamp,
}

/// The pipelines of a project, or of all projects, the last saved first.
pub(crate) fn list(connection: &Connection, project_id: Option<Uuid>) -> Result<Vec<PipelineSummary>, Fault> {
    let condition = if project_id.is_some() { "p.project_id = ?" } else { "true" };
    let mut statement = connection.prepare_cached(&format!(
        "SELECT p.pipeline_id, p.project_id, p.name, p.version, v.label,
                coalesce(json_array_length(v.document, '$.steps'), 0), p.created_at, p.updated_at,
                coalesce(d.document, v.document), d.saved_at
         FROM pipelines AS p JOIN pipeline_versions AS v ON v.pipeline_id = p.pipeline_id AND v.version = p.version
              LEFT JOIN pipeline_drafts AS d ON d.pipeline_id = p.pipeline_id
         WHERE {condition} ORDER BY p.updated_at DESC, p.pipeline_id DESC"
    ))?;
    let rows = statement.query_map(params_from_iter(project_id.map(|id| Value::Text(id.to_string()))), summary)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn summary(row: &Row<'_>) -> rusqlite::Result<PipelineSummary> {
    let document = row.get::<_, Json<Document>>(8)?.0;
    Ok(PipelineSummary {
        id: row.get::<_, Id>(0)?.0,
        project_id: row.get::<_, Id>(1)?.0,
        name: row.get(2)?,
        version: row.get(3)?,
        label: row.get(4)?,
        total_steps: row.get(5)?,
        created_at: row.get::<_, At>(6)?.0,
        updated_at: row.get::<_, At>(7)?.0,
        description: document.description.as_str().unwrap_or_default().to_owned(),
        roles: roles(&document.steps),
        draft_saved_at: row.get::<_, Option<At>>(9)?.map(|at| at.0),
    })
}

/// What the list shows of a document, which may hold anything.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Document {
    description: JsonValue,
    steps: JsonValue,
}

/// The roles of the steps that are not switched off.
fn roles(steps: &JsonValue) -> Vec<String> {
    let steps = steps.as_array().map(Vec::as_slice).unwrap_or_default();
    let enabled = steps.iter().filter(|step| step["enabled"] != JsonValue::Bool(false));
    enabled.filter_map(|step| Some(step["model_type"].as_str()?.to_owned())).collect()
}

/// The pipeline `id` with its newest document, without its draft.
pub(crate) fn get(connection: &Connection, id: Uuid) -> Result<Option<SavedPipeline>, Fault> {
    let mut statement = connection.prepare_cached(
        "SELECT p.project_id, p.name, p.version, v.label, v.document, p.created_at, p.updated_at
         FROM pipelines AS p JOIN pipeline_versions AS v ON v.pipeline_id = p.pipeline_id AND v.version = p.version
         WHERE p.pipeline_id = ?1",
    )?;
    let read = |row: &Row<'_>| {
        Ok(SavedPipeline {
            id,
            project_id: row.get::<_, Id>(0)?.0,
            name: row.get(1)?,
            version: row.get(2)?,
            label: row.get(3)?,
            document: row.get::<_, Json<_>>(4)?.0,
            created_at: row.get::<_, At>(5)?.0,
            updated_at: row.get::<_, At>(6)?.0,
            draft: None,
        })
    };
    Ok(statement.query_row([Id(id)], read).optional()?)
}

/// Whether there is a pipeline `id`.
pub(crate) fn is_there(connection: &Connection, id: Uuid) -> Result<bool, Fault> {
    let mut statement = connection.prepare_cached("SELECT EXISTS (SELECT 1 FROM pipelines WHERE pipeline_id = ?1)")?;
    Ok(statement.query_row([Id(id)], |row| row.get(0))?)
}

/// Adds the pipeline, or gives the one with its id this name, version and stamp. Its document is not written here.
pub(crate) fn put(connection: &Connection, saved: &SavedPipeline) -> Result<(), Fault> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO pipelines (pipeline_id, project_id, name, version, created_at, updated_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT (pipeline_id) DO UPDATE
         SET name = excluded.name, version = excluded.version, updated_at = excluded.updated_at",
    )?;
    let SavedPipeline { id, project_id, name, version, created_at, updated_at, .. } = saved;
    statement.execute(params![Id(*id), Id(*project_id), name, version, At(*created_at), At(*updated_at)])?;
    Ok(())
}

/// Removes the pipeline `id` with all its versions; whether there was one.
pub(crate) fn delete(connection: &Connection, id: Uuid) -> Result<bool, Fault> {
    let mut statement = connection.prepare_cached("DELETE FROM pipelines WHERE pipeline_id = ?1")?;
    Ok(statement.execute([Id(id)])? > 0)
}

/// Removes all pipelines of a project.
pub(crate) fn delete_of_project(connection: &Connection, project_id: Uuid) -> Result<usize, Fault> {
    let mut statement = connection.prepare_cached("DELETE FROM pipelines WHERE project_id = ?1")?;
    Ok(statement.execute([Id(project_id)])?)
}
