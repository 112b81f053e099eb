//! Projects: what runs and saved pipelines belong to.

use std::path::Path;

use brickwork_engine::{Clock, Diagnostic, JsonMap, Phrase};
use brickwork_store::Project;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::app::{App, SystemClock};
use crate::error::AppError;
use crate::request::line;

/// The longest name, in characters.
const MAX_NAME: usize = 200;
/// The longest path of a folder, in bytes; longer ones exist on no system.
const MAX_FOLDER_BYTES: usize = 4096;

/// A project as it shall be.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProjectRequest {
    /// Its name, 1 to 200 characters; space around it is removed.
    #[schema(min_length = 1, max_length = 200)]
    pub name: String,
    /// Absolute path of the folder into which its files are exported; none when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub folder: Option<String>,
    /// Values that every step of its runs sees.
    #[serde(default, skip_serializing_if = "JsonMap::is_empty")]
    #[schema(value_type = Object)]
    pub global_context: JsonMap,
}

/// The project id that `text` spells.
///
/// # Errors
/// [`AppError::UnknownProject`] when it is no UUID: such a project cannot exist.
pub fn project_id_of(text: &str) -> Result<Uuid, AppError> {
    Uuid::parse_str(text).map_err(|_| AppError::UnknownProject(text.to_owned()))
}

impl App {
    /// A project.
    ///
    /// # Errors
    /// [`AppError::UnknownProject`], or a fault of the database.
    pub async fn project(&self, id: Uuid) -> Result<Project, AppError> {
        self.store().project(id).await?.ok_or_else(|| AppError::UnknownProject(id.to_string()))
    }

    /// Makes a project.
    ///
    /// # Errors
    /// [`AppError::InvalidRequest`] with every fault, or a fault of the database.
    pub async fn create_project(&self, request: ProjectRequest) -> Result<Project, AppError> {
        let ProjectRequest { name, folder, global_context } = checked(request)?;
        let project = Project { id: Uuid::now_v7(), name, folder, global_context, created_at: SystemClock.now() };
        self.store().put_project(project.clone()).await?;
        Ok(project)
    }

    /// Gives a project another name, folder and context: all three, so what the request leaves out is empty then.
    ///
    /// # Errors
    /// [`AppError::UnknownProject`], [`AppError::InvalidRequest`] with every fault, or a fault of the database.
    pub async fn update_project(&self, id: Uuid, request: ProjectRequest) -> Result<Project, AppError> {
        let present = self.project(id).await?;
        let ProjectRequest { name, folder, global_context } = checked(request)?;
        let project = Project { name, folder, global_context, ..present };
        if self.store().update_project(project.clone()).await? {
            Ok(project)
        } else {
            Err(AppError::UnknownProject(id.to_string()))
        }
    }

    /// Removes a project, and with `with_content` its runs and saved pipelines as well.
    ///
    /// # Errors
    /// [`AppError::UnknownProject`]; a conflict for the default project, for one with content unless `with_content`, and
    /// for one with a run that has not ended; or a fault of the database. Nothing is removed then.
    pub async fn delete_project(&self, id: Uuid, with_content: bool) -> Result<(), AppError> {
        let deleted = self.store().delete_project(id, with_content).await?;
        let deleted = deleted.ok_or_else(|| AppError::UnknownProject(id.to_string()))?;
        tracing::info!(project_id = %id, deleted.runs, deleted.pipelines, "deleted a project");
        Ok(())
    }
}

fn checked(request: ProjectRequest) -> Result<ProjectRequest, AppError> {
    let ProjectRequest { name, folder, global_context } = request;
    let mut found = Vec::new();
    let name = line(&name, "$.name", MAX_NAME).unwrap_or_else(|fault| {
        found.push(fault);
        String::new()
    });
    found.extend(folder.as_deref().and_then(folder_fault));
    if found.is_empty() {
        Ok(ProjectRequest { name, folder, global_context })
    } else {
        Err(AppError::InvalidRequest(found))
    }
}

fn folder_fault(folder: &str) -> Option<Diagnostic> {
    let fault = |code: &str, message: String, remedy: &str, phrase: Phrase| {
        Some(Diagnostic::error(code, "$.folder", message, remedy).saying(phrase))
    };
    if folder.len() > MAX_FOLDER_BYTES {
        return fault(
            "too_long",
            format!("This path has {} bytes; no system has such a path.", folder.len()),
            "Shorten it.",
            Phrase::new("path_too_long").with("bytes", folder.len()),
        );
    }
    if folder.chars().any(char::is_control) {
        let message = "This path holds a control character.".into();
        return fault("control_character", message, "Remove it.", Phrase::new("path_with_control_character"));
    }
    if !Path::new(folder).is_absolute() {
        return fault(
            "not_absolute",
            format!("`{folder}` is no absolute path."),
            "Give the full path of the folder, or leave `folder` out.",
            Phrase::new("project_folder_not_absolute").with("folder", folder),
        );
    }
    None
}
