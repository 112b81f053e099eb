//! `projects`: what runs and saved pipelines belong to.

use brickwork_engine::{JsonMap, Timestamp};
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::column::{At, Id, Json};
use crate::error::Fault;

/// The table, with the default project whose id the specification's examples use.
pub(crate) const CREATE: &str = "
CREATE TABLE projects (
    project_id     TEXT NOT NULL PRIMARY KEY,
    name           TEXT NOT NULL,
    folder         TEXT,
    global_context TEXT NOT NULL DEFAULT '{}',
    created_at     INTEGER NOT NULL
) STRICT;
INSERT INTO projects (project_id, name, created_at)
VALUES ('550e8400-e29b-41d4-a716-446655440000', 'Default project', unixepoch() * 1000000);
";

/// A project.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Project {
    /// Its identifier.
    pub id: Uuid,
    /// What it is called.
    pub name: String,
    /// The folder into which its files are exported, if one was chosen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub folder: Option<String>,
    /// Values that every step of its runs sees.
    #[serde(default, skip_serializing_if = "JsonMap::is_empty")]
    #[schema(value_type = Object)]
    pub global_context: JsonMap,
    /// When it was made.
    pub created_at: Timestamp,
}

const COLUMNS: &str = "SELECT project_id, name, folder, global_context, created_at FROM projects";

fn from_row(row: &Row<'_>) -> rusqlite::Result<Project> {
    Ok(Project {
        id: row.get::<_, Id>(0)?.0,
        name: row.get(1)?,
        folder: row.get(2)?,
        global_context: row.get::<_, Json<_>>(3)?.0,
        created_at: row.get::<_, At>(4)?.0,
    })
}

/// All projects, the oldest first.
pub(crate) fn all(connection: &Connection) -> Result<Vec<Project>, Fault> {
    let mut statement = connection.prepare_cached(&format!("{COLUMNS} ORDER BY created_at, project_id"))?;
    let projects = statement.query_map([], from_row)?.collect::<Result<_, _>>()?;
    Ok(projects)
}

/// The project `id`.
pub(crate) fn get(connection: &Connection, id: Uuid) -> Result<Option<Project>, Fault> {
    let mut statement = connection.prepare_cached(&format!("{COLUMNS} WHERE project_id = ?1"))?;
    Ok(statement.query_row([Id(id)], from_row).optional()?)
}

/// Adds the project, or gives the one with its id this name, folder and context.
pub(crate) fn put(connection: &Connection, project: &Project) -> Result<(), Fault> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO projects (project_id, name, folder, global_context, created_at) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (project_id) DO UPDATE
         SET name = excluded.name, folder = excluded.folder, global_context = excluded.global_context",
    )?;
    let Project { id, name, folder, global_context, created_at } = project;
    statement.execute(params![Id(*id), name, folder, Json(global_context), At(*created_at)])?;
    Ok(())
}

/// Removes the project `id`, which nothing refers to any more.
pub(crate) fn delete(connection: &Connection, id: Uuid) -> Result<(), Fault> {
    let mut statement = connection.prepare_cached("DELETE FROM projects WHERE project_id = ?1")?;
    statement.execute([Id(id)])?;
    Ok(())
}

/// Gives the project with this id another name, folder and context; whether there is one.
pub(crate) fn update(connection: &Connection, project: &Project) -> Result<bool, Fault> {
    let mut statement = connection
        .prepare_cached("UPDATE projects SET name = ?2, folder = ?3, global_context = ?4 WHERE project_id = ?1")?;
    let Project { id, name, folder, global_context, .. } = project;
    Ok(statement.execute(params![Id(*id), name, folder, Json(global_context)])? > 0)
}
