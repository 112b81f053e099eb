//! `pipeline_drafts`: what an editor has not saved as a version yet, at most one for each pipeline.

use brickwork_engine::{JsonMap, Timestamp};
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::column::{At, Id, Json};
use crate::error::Fault;

/// The table. `editor` is whatever the editor wants back beside the document.
pub(crate) const CREATE: &str = "
CREATE TABLE pipeline_drafts (
    pipeline_id  TEXT NOT NULL PRIMARY KEY REFERENCES pipelines (pipeline_id) ON DELETE CASCADE,
    document     TEXT NOT NULL,
    editor       TEXT,
    base_version INTEGER NOT NULL,
    seq          INTEGER NOT NULL,
    saved_at     INTEGER NOT NULL
) STRICT;
";

/// A draft of a pipeline.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct KeptDraft {
    /// The document as it stands in the editor, perhaps unfinished.
    #[schema(value_type = Object)]
    pub document: JsonMap,
    /// What else the editor wants back: its history, for example.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub editor: Option<Value>,
    /// The version that was edited.
    pub base_version: u32,
    /// Its number, which grows with every draft of an editor.
    pub seq: u64,
    /// When it was kept.
    pub saved_at: Timestamp,
}

/// The draft of a pipeline.
pub(crate) fn get(connection: &Connection, pipeline_id: Uuid) -> Result<Option<KeptDraft>, Fault> {
    let mut statement = connection.prepare_cached(
        "SELECT document, editor, base_version, seq, saved_at FROM pipeline_drafts WHERE pipeline_id = ?1",
    )?;
    let read = |row: &Row<'_>| {
        Ok(KeptDraft {
            document: row.get::<_, Json<_>>(0)?.0,
            editor: row.get::<_, Option<Json<_>>>(1)?.map(|json| json.0),
            base_version: row.get(2)?,
            seq: row.get(3)?,
            saved_at: row.get::<_, At>(4)?.0,
        })
    };
    Ok(statement.query_row([Id(pipeline_id)], read).optional()?)
}

/// Makes `draft` the pipeline's.
pub(crate) fn put(connection: &Connection, pipeline_id: Uuid, draft: &KeptDraft) -> Result<(), Fault> {
    let mut statement = connection.prepare_cached(
        "INSERT OR REPLACE INTO pipeline_drafts (pipeline_id, document, editor, base_version, seq, saved_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    let KeptDraft { document, editor, base_version, seq, saved_at } = draft;
    let editor = editor.as_ref().map(Json);
    statement.execute(params![Id(pipeline_id), Json(document), editor, base_version, seq, At(*saved_at)])?;
    Ok(())
}

/// Removes the pipeline's draft, if it has one.
pub(crate) fn delete(connection: &Connection, pipeline_id: Uuid) -> Result<(), Fault> {
    let mut statement = connection.prepare_cached("DELETE FROM pipeline_drafts WHERE pipeline_id = ?1")?;
    statement.execute([Id(pipeline_id)])?;
    Ok(())
}
