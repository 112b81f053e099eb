//! Saved pipelines with their versions. A saved document may be unfinished: only its `name` is asked for, and what else
//! is wrong with it is told when it is validated or run.

use brickwork_engine::{Clock, Diagnostic, JsonMap, Phrase};
use brickwork_store::{PipelineDraft, PipelineSummary, SavedPipeline, SavedVersion, VersionSummary};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::app::{App, SystemClock};
use crate::config::DEFAULT_PROJECT_ID;
use crate::error::AppError;
use crate::request::{invalid, line};

/// The longest name and the longest label, in characters.
const MAX_NAME: usize = 200;
/// What a copy's name ends with.
const COPY_MARK: &str = " (copy)";
/// The largest document, in bytes of its JSON text; a request's body cannot be larger either.
pub(crate) const MAX_DOCUMENT_BYTES: usize = 2 * 1024 * 1024;

/// A pipeline to save for the first time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPipeline {
    /// The project to save it in; the default project when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project_id: Option<Uuid>,
    /// Any JSON object with a text `name`.
    #[schema(value_type = Object)]
    pub document: Value,
    /// What to call this version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
}

/// The next version of a saved pipeline.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PipelineUpdate {
    /// Any JSON object with a text `name`. One that equals the newest version's makes no new version.
    #[schema(value_type = Object)]
    pub document: Value,
    /// What to call this version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// The version that was changed. When it is not the newest any more, nothing is saved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base_version: Option<u32>,
}

/// What to call a version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VersionLabel {
    /// Its name; null takes it away.
    pub label: Option<String>,
}

/// How to copy a saved pipeline.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PipelineCopy {
    /// The copy's name; the pipeline's with `(copy)` when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The project to save it in; the pipeline's when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub project_id: Option<Uuid>,
}

/// The id of a saved pipeline that `text` spells.
///
/// # Errors
/// [`AppError::UnknownPipeline`] when it is no UUID: such a pipeline cannot exist.
pub fn pipeline_id_of(text: &str) -> Result<Uuid, AppError> {
    Uuid::parse_str(text).map_err(|_| AppError::UnknownPipeline(text.to_owned()))
}

/// The number of a pipeline's version that `text` spells.
///
/// # Errors
/// [`AppError::Unknown`] when it is no number from 1: such a version cannot exist.
pub fn version_of(text: &str) -> Result<u32, AppError> {
    text.parse().ok().filter(|version| *version > 0).ok_or_else(|| unknown_version(text))
}

impl App {
    /// The pipelines saved in a project, or in all projects, the last saved first.
    ///
    /// # Errors
    /// [`AppError::UnknownProject`], or a fault of the database.
    pub async fn pipelines(&self, project_id: Option<Uuid>) -> Result<Vec<PipelineSummary>, AppError> {
        if let Some(id) = project_id {
            self.project(id).await?;
        }
        Ok(self.store().pipelines(project_id).await?)
    }

    /// Saves a new pipeline, as its version 1.
    ///
    /// # Errors
    /// [`AppError::InvalidRequest`] with every fault, an unknown project among them; or a fault of the database.
    pub async fn save_pipeline(&self, request: NewPipeline) -> Result<SavedPipeline, AppError> {
        let project_id = request.project_id.unwrap_or(DEFAULT_PROJECT_ID);
        let draft = draft(request.document, request.label, None)?;
        if self.store().project(project_id).await?.is_none() {
            return Err(invalid(
                "unknown_project",
                "$.project_id",
                format!("There is no project {project_id}."),
                "List the projects to find its id, or leave `project_id` out.",
            )
            .saying(Phrase::new("unknown_target_project").with("id", project_id.to_string())));
        }
        Ok(self.store().create_pipeline(Uuid::now_v7(), project_id, draft, SystemClock.now()).await?)
    }

    /// Saves a copy of a pipeline as it stands, its draft's document where there is one, as version 1 of a new pipeline.
    ///
    /// # Errors
    /// [`AppError::UnknownPipeline`], [`AppError::InvalidRequest`] with every fault, an unknown project among them; or a
    /// fault of the database.
    pub async fn copy_pipeline(&self, id: Uuid, request: PipelineCopy) -> Result<SavedPipeline, AppError> {
        let original = self.pipeline(id).await?;
        let mut document = original.draft.map_or(original.document, |draft| draft.document);
        let name = match request.name {
            Some(name) => line(&name, "$.name", MAX_NAME).map_err(|fault| AppError::InvalidRequest(vec![fault]))?,
            None => {
                let name = document.get("name").and_then(Value::as_str).unwrap_or(&original.name);
                name.chars().take(MAX_NAME - COPY_MARK.len()).chain(COPY_MARK.chars()).collect()
            }
        };
        document.insert("name".into(), name.into());
        // A document that names its project can only be run there.
        if request.project_id.is_some_and(|project_id| project_id != original.project_id) {
            document.shift_remove("project_id");
        }
        let project_id = Some(request.project_id.unwrap_or(original.project_id));
        self.save_pipeline(NewPipeline { project_id, document: Value::Object(document), label: None }).await
    }

    /// Calls a version something else, or nothing.
    ///
    /// # Errors
    /// As [`App::pipeline_version`], and [`AppError::InvalidRequest`] for a label that cannot be.
    pub async fn label_version(
        &self,
        id: Uuid,
        version: u32,
        request: VersionLabel,
    ) -> Result<VersionSummary, AppError> {
        let label = request.label.map(|label| line(&label, "$.label", MAX_NAME)).transpose();
        let label = label.map_err(|fault| AppError::InvalidRequest(vec![fault]))?;
        if let Some(labelled) = self.store().label_version(id, version, label).await? {
            return Ok(labelled);
        }
        self.pipeline(id).await?;
        Err(unknown_version(version))
    }

    /// A saved pipeline with its newest document and its draft.
    ///
    /// # Errors
    /// [`AppError::UnknownPipeline`], or a fault of the database.
    pub async fn pipeline(&self, id: Uuid) -> Result<SavedPipeline, AppError> {
        self.store().pipeline(id).await?.ok_or_else(|| unknown(id))
    }

    /// Saves the next version of a pipeline, in the place of its draft. The same document makes none, but takes the label.
    ///
    /// # Errors
    /// [`AppError::UnknownPipeline`], [`AppError::InvalidRequest`] with every fault, a conflict when `base_version` is not
    /// the newest version, or a fault of the database.
    pub async fn update_pipeline(&self, id: Uuid, request: PipelineUpdate) -> Result<SavedPipeline, AppError> {
        self.pipeline(id).await?;
        let draft = draft(request.document, request.label, request.base_version)?;
        self.store().update_pipeline(id, draft, SystemClock.now()).await?.ok_or_else(|| unknown(id))
    }

    /// Removes a saved pipeline with all its versions. Runs of it stay: they have their own copy.
    ///
    /// # Errors
    /// [`AppError::UnknownPipeline`], or a fault of the database.
    pub async fn delete_pipeline(&self, id: Uuid) -> Result<(), AppError> {
        if self.store().delete_pipeline(id).await? { Ok(()) } else { Err(unknown(id)) }
    }

    /// The versions of a pipeline, the newest first.
    ///
    /// # Errors
    /// [`AppError::UnknownPipeline`], or a fault of the database.
    pub async fn pipeline_versions(&self, id: Uuid) -> Result<Vec<VersionSummary>, AppError> {
        let versions = self.store().pipeline_versions(id).await?;
        if versions.is_empty() { Err(unknown(id)) } else { Ok(versions) }
    }

    /// One version of a pipeline with its document.
    ///
    /// # Errors
    /// [`AppError::UnknownPipeline`], [`AppError::Unknown`] for an unknown version, or a fault of the database.
    pub async fn pipeline_version(&self, id: Uuid, version: u32) -> Result<SavedVersion, AppError> {
        if let Some(found) = self.store().pipeline_version(id, version).await? {
            return Ok(found);
        }
        self.pipeline(id).await?;
        Err(unknown_version(version))
    }

    /// Makes the document of an earlier version the newest again, as a new version, in the place of the draft.
    ///
    /// # Errors
    /// As [`App::pipeline_version`].
    pub async fn restore_pipeline(&self, id: Uuid, version: u32) -> Result<SavedPipeline, AppError> {
        if let Some(saved) = self.store().restore_pipeline(id, version, SystemClock.now()).await? {
            return Ok(saved);
        }
        self.pipeline(id).await?;
        Err(unknown_version(version))
    }
}

fn unknown(id: Uuid) -> AppError {
    AppError::UnknownPipeline(id.to_string())
}

fn unknown_version(version: impl ToString) -> AppError {
    AppError::Unknown {
        what: "version",
        id: version.to_string(),
        remedy: "List the pipeline's versions to find its number.".into(),
    }
}

fn draft(document: Value, label: Option<String>, base_version: Option<u32>) -> Result<PipelineDraft, AppError> {
    let mut found = Vec::new();
    let label = label
        .filter(|label| !label.trim().is_empty())
        .and_then(|label| line(&label, "$.label", MAX_NAME).map_err(|fault| found.push(fault)).ok());
    match checked_document(document) {
        Ok(document) if found.is_empty() => Ok(PipelineDraft { document, label, base_version }),
        Ok(_) => Err(AppError::InvalidRequest(found)),
        Err(fault) => {
            found.insert(0, fault);
            Err(AppError::InvalidRequest(found))
        }
    }
}

/// The document, if it can be saved; otherwise the fault, at `$.document` or below.
pub(crate) fn checked_document(document: Value) -> Result<JsonMap, Diagnostic> {
    let Value::Object(document) = document else {
        let message = "The document of a pipeline must be an object.";
        return Err(Diagnostic::error("wrong_type", "$.document", message, "Give a JSON object with a `name`.")
            .saying(Phrase::new("document_no_object")));
    };
    let at_name = |code: &str, message: String, remedy: &str, phrase: Phrase| {
        Err(Diagnostic::error(code, "$.document.name", message, remedy).saying(phrase))
    };
    let Some(name) = document.get("name") else {
        let phrase = Phrase::new("missing_field").with("field", "name");
        return at_name("missing_field", "The field `name` is missing.".into(), "Add `name`.", phrase);
    };
    let Some(n_chars) = name.as_str().map(|name| name.chars().count()) else {
        return at_name("wrong_type", "The name must be a text.".into(), "Give a text.", Phrase::new("name_no_text"));
    };
    if n_chars > MAX_NAME {
        let message = format!("The name has {n_chars} characters; {MAX_NAME} are allowed.");
        let phrase = Phrase::new("name_too_long").with("count", n_chars).with("limit", MAX_NAME);
        return at_name("too_long", message, "Shorten it.", phrase);
    }
    let n_bytes = serde_json::to_string(&document).map_or(usize::MAX, |text| text.len());
    if n_bytes > MAX_DOCUMENT_BYTES {
        let message = format!("The document has {n_bytes} bytes; {MAX_DOCUMENT_BYTES} are allowed.");
        let phrase = Phrase::new("document_too_large").with("bytes", n_bytes).with("limit", MAX_DOCUMENT_BYTES);
        return Err(Diagnostic::error("too_large", "$.document", message, "Move large texts out of the pipeline.")
            .saying(phrase));
    }
    Ok(document)
}
