//! What bundles are asked with and told by.

use brickwork_engine::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

/// What to put into a bundle.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BundleExportRequest {
    /// Absolute path of the file, which must not exist yet, in a folder that does.
    pub path: String,
    /// Saved pipelines, by their ids.
    #[serde(default)]
    pub pipelines: Vec<Uuid>,
    /// Pipelines that are not saved.
    #[serde(default)]
    #[schema(value_type = Vec<Object>)]
    pub documents: Vec<Value>,
    /// Whether the models' files are put in as well, which makes the bundle as large as they are.
    #[serde(default)]
    pub with_models: bool,
}

/// Which bundle to read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BundleImportRequest {
    /// Absolute path of the bundle.
    pub path: String,
    /// The project to save the pipelines in; the default project when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project_id: Option<Uuid>,
    /// Whether roles that have no model of their own get the one that served them where the bundle was made.
    #[serde(default)]
    pub bind: bool,
}

/// What becomes of a pipeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum BundlePipelineOutcome {
    /// It is saved as a new pipeline.
    New,
    /// The project has the very same already.
    AlreadyThere,
}

/// A pipeline of a bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct BundlePipelineView {
    /// Its name.
    pub name: String,
    /// What becomes of it.
    pub outcome: BundlePipelineOutcome,
    /// Its id once it is saved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pipeline_id: Option<Uuid>,
}

/// What becomes of a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum BundleModelOutcome {
    /// It is taken into the models folder.
    New,
    /// The models folder has the very same already.
    AlreadyThere,
    /// The models folder has another model of that name, so nothing is imported.
    NameTaken,
    /// It is not in the bundle, and has to be got elsewhere.
    Missing,
}

/// A model of a bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct BundleModelView {
    /// Its id.
    pub id: String,
    /// What becomes of it.
    pub outcome: BundleModelOutcome,
    /// Its files in the models folder.
    pub files: Vec<String>,
    /// Bytes of its files.
    pub size_bytes: u64,
    /// SHA-256 of each of its files, in hexadecimal digits.
    pub sha256: Vec<String>,
    /// The repository on a hub that it came from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repository: Option<String>,
    /// The commit of that repository.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revision: Option<String>,
    /// Its licence, as far as it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub licence: Option<String>,
    /// Whether it is in the bundle.
    pub included: bool,
}

/// What becomes of a role's binding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum BundleBindingOutcome {
    /// The role gets the model.
    Bound,
    /// The role keeps the model that the user chose, or none was asked for.
    Kept,
}

/// Which model served a role where the bundle was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct BundleBindingView {
    /// The role's name.
    pub role: &'static str,
    /// The model's id.
    pub model_id: String,
    /// What becomes of it.
    pub outcome: BundleBindingOutcome,
}

/// What an import does, or would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct BundleImportReport {
    /// The bundle.
    pub path: String,
    /// When it was made.
    pub made_at: Timestamp,
    /// The version of the program that made it.
    pub program_version: String,
    /// The pipelines.
    pub pipelines: Vec<BundlePipelineView>,
    /// The models.
    pub models: Vec<BundleModelView>,
    /// Which model served which role.
    pub bindings: Vec<BundleBindingView>,
    /// Bytes that are written.
    pub needed_bytes: u64,
}
