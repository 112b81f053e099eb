//! `pipeline_versions`: every document that was saved of a pipeline, numbered from 1. A version is never changed, but for
//! its label.

use brickwork_engine::{JsonMap, Timestamp};
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::column::{At, Id, Json};
use crate::error::Fault;
use crate::table::pipelines::SavedPipeline;

/// The table. What `pipelines` held until then becomes version 1.
pub(crate) const CREATE: &str = "
CREATE TABLE pipeline_versions (
    pipeline_id   TEXT NOT NULL REFERENCES pipelines (pipeline_id) ON DELETE CASCADE,
    version       INTEGER NOT NULL CHECK (version >= 1),
    document      TEXT NOT NULL,
    label         TEXT,
    restored_from INTEGER,
    created_at    INTEGER NOT NULL,
    PRIMARY KEY (pipeline_id, version)
) STRICT;
INSERT INTO pipeline_versions (pipeline_id, version, document, created_at)
SELECT pipeline_id, 1, document, updated_at FROM pipelines;
ALTER TABLE pipelines ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
ALTER TABLE pipelines DROP COLUMN document;
";

/// A version in the list of a pipeline's versions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct VersionSummary {
    /// Its number, from 1.
    pub version: u32,
    /// What the user calls it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// The version whose document this is again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restored_from: Option<u32>,
    /// When it was saved.
    pub created_at: Timestamp,
    /// The first run that was made from it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_id: Option<Uuid>,
    /// Runs that were made from it.
    #[serde(default)]
    pub runs: u64,
}

/// A version with its document.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SavedVersion {
    /// The pipeline.
    pub pipeline_id: Uuid,
    /// Its number, from 1.
    pub version: u32,
    /// What the user calls it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// The version whose document this is again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restored_from: Option<u32>,
    /// The document as it was saved.
    #[schema(value_type = Object)]
    pub document: JsonMap,
    /// When it was saved.
    pub created_at: Timestamp,
    /// The first run that was made from it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_id: Option<Uuid>,
    /// Runs that were made from it.
    #[serde(default)]
    pub runs: u64,
}

/// The beginning of a version's row without its document.
const SUMMARY: &str = "
    SELECT version, label, restored_from, created_at,
           (SELECT r.run_id FROM orchestration_runs AS r INDEXED BY runs_by_version
            WHERE r.pipeline_id = v.pipeline_id AND r.pipeline_version = v.version AND r.deleted_at IS NULL
            ORDER BY r.created_at, r.run_id LIMIT 1),
           (SELECT count(*) FROM orchestration_runs AS r INDEXED BY runs_by_version
            WHERE r.pipeline_id = v.pipeline_id AND r.pipeline_version = v.version AND r.deleted_at IS NULL)
    FROM pipeline_versions AS v";

fn from_row(row: &Row<'_>) -> rusqlite::Result<VersionSummary> {
    Ok(VersionSummary {
        version: row.get(0)?,
        label: row.get(1)?,
        restored_from: row.get(2)?,
        created_at: row.get::<_, At>(3)?.0,
        run_id: row.get::<_, Option<Id>>(4)?.map(|id| id.0),
        runs: row.get(5)?,
    })
}

/// A version without its document.
pub(crate) fn summary(
    connection: &Connection,
    pipeline_id: Uuid,
    version: u32,
) -> Result<Option<VersionSummary>, Fault> {
    let mut statement = connection.prepare_cached(&format!("{SUMMARY} WHERE pipeline_id = ?1 AND version = ?2"))?;
    Ok(statement.query_row(params![Id(pipeline_id), version], from_row).optional()?)
}

/// A pipeline's versions, the newest first; none for an unknown pipeline.
pub(crate) fn list(connection: &Connection, pipeline_id: Uuid) -> Result<Vec<VersionSummary>, Fault> {
    let mut statement =
        connection.prepare_cached(&format!("{SUMMARY} WHERE pipeline_id = ?1 ORDER BY version DESC"))?;
    let rows = statement.query_map([Id(pipeline_id)], from_row)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Version `version` of a pipeline.
pub(crate) fn get(connection: &Connection, pipeline_id: Uuid, version: u32) -> Result<Option<SavedVersion>, Fault> {
    let Some(summary) = summary(connection, pipeline_id, version)? else { return Ok(None) };
    let mut statement =
        connection.prepare_cached("SELECT document FROM pipeline_versions WHERE pipeline_id = ?1 AND version = ?2")?;
    let document = statement.query_row(params![Id(pipeline_id), version], |row| row.get::<_, Json<_>>(0))?.0;
    let VersionSummary { version, label, restored_from, created_at, run_id, runs } = summary;
    Ok(Some(SavedVersion { pipeline_id, version, label, restored_from, document, created_at, run_id, runs }))
}

/// Adds the newest version of `saved`, whose row in `pipelines` is there already.
pub(crate) fn insert(connection: &Connection, saved: &SavedPipeline, restored_from: Option<u32>) -> Result<(), Fault> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO pipeline_versions (pipeline_id, version, document, label, restored_from, created_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    let SavedPipeline { id, version, document, label, updated_at, .. } = saved;
    statement.execute(params![Id(*id), version, Json(document), label, restored_from, At(*updated_at)])?;
    Ok(())
}

/// Gives a version another label, or none.
pub(crate) fn set_label(
    connection: &Connection,
    pipeline_id: Uuid,
    version: u32,
    label: Option<&str>,
) -> Result<(), Fault> {
    let mut statement =
        connection.prepare_cached("UPDATE pipeline_versions SET label = ?3 WHERE pipeline_id = ?1 AND version = ?2")?;
    statement.execute(params![Id(pipeline_id), version, label])?;
    Ok(())
}
