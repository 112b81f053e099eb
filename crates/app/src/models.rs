//! The roles, the model files on disk, and which file serves which role.

use brickwork_engine::{ModelRef, Parameters, Pipeline, Role};
use brickwork_models::{BindingChoice, Bindings, DEFAULT_MODEL_ID, ModelFile, ModelsFolder, resolve};
use serde::Serialize;

use crate::app::App;
use crate::error::AppError;

const KEY: &str = "bindings";

/// What serves a role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct BindingView {
    /// The model's id.
    pub id: String,
    /// Its file.
    pub path: String,
    /// Whether the default model stands in for the role's own.
    pub stand_in: bool,
    /// Whether it is the scripted placeholder.
    pub simulated: bool,
    /// Whether it can run now.
    pub present: bool,
    /// Bytes on disk.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size_bytes: Option<u64>,
    /// Why it cannot run, and what to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

/// A role: the specification's fields, and what serves it.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct RoleView {
    /// The role's name.
    pub name: &'static str,
    /// One sentence.
    pub description: &'static str,
    /// What it can do.
    pub capabilities: &'static [&'static str],
    /// Where it is recommended.
    pub recommended_for: &'static [&'static str],
    /// What serves it.
    pub binding: BindingView,
    /// The stage's recommended parameters.
    pub recommended_parameters: Parameters,
}

/// A model file on disk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct ModelFileView {
    /// Its id: the file's stem.
    pub id: String,
    /// Its place.
    pub path: String,
    /// Bytes on disk.
    pub size_bytes: u64,
    /// The architecture that it names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub architecture: Option<String>,
    /// Its quantization.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quantization: Option<String>,
    /// Tokens of its context window.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context_length: Option<u64>,
    /// Why it cannot be used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

/// Roles and files.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct ModelsView {
    /// The four roles.
    pub models: Vec<RoleView>,
    /// The files on disk.
    pub files: Vec<ModelFileView>,
}

impl App {
    /// The roles with what serves them, and the model files on disk.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn models(&self) -> Result<ModelsView, AppError> {
        let bindings = self.bindings().await?;
        let files = self.scan_models();
        let models = Role::ALL.into_iter().map(|role| role_view(role, &bindings, &files)).collect();
        Ok(ModelsView { models, files: files.into_iter().map(file_view).collect() })
    }

    /// Binds a role to a model: an id of the list, a file's path, `scripted`, or `default`.
    ///
    /// # Errors
    /// [`AppError::Unknown`] for an unknown role, [`AppError::ModelProblem`] when the model cannot run.
    pub async fn bind(&self, role: &str, model: &str) -> Result<ModelsView, AppError> {
        let role = Role::parse(role).ok_or_else(|| AppError::Unknown {
            what: "role",
            id: role.to_owned(),
            remedy: "The roles are CodeLlama, CodeGemma, T5Gemma and Assembler.".into(),
        })?;
        let mut bindings = self.bindings().await?;
        let choice = BindingChoice::named(model);
        bindings.set(role, choice);
        model_for(role, &bindings, &self.scan_models())?;
        self.store().set_setting(KEY, &bindings).await?;
        self.models().await
    }

    /// One model per list position of the pipeline's steps, then the Assembler's.
    pub(crate) async fn models_of(&self, pipeline: &Pipeline) -> Result<Vec<ModelRef>, AppError> {
        let bindings = self.bindings().await?;
        let files = self.scan_models();
        pipeline
            .steps
            .iter()
            .map(|step| step.model_type)
            .chain([Role::Assembler])
            .map(|role| model_for(role, &bindings, &files))
            .collect()
    }

    /// The model that serves a role.
    pub(crate) async fn model_of(&self, role: Role) -> Result<ModelRef, AppError> {
        let bindings = self.bindings().await?;
        model_for(role, &bindings, &self.scan_models())
    }

    pub(crate) fn scan_models(&self) -> Vec<ModelFile> {
        ModelsFolder::scan(&self.config().models_dir).unwrap_or_else(|error| {
            tracing::warn!(%error, "the models folder cannot be read");
            Vec::new()
        })
    }

    async fn bindings(&self) -> Result<Bindings, AppError> {
        Ok(self.store().setting(KEY).await?.unwrap_or_default())
    }
}

/// The model that serves a role, or why none can.
fn model_for(role: Role, bindings: &Bindings, files: &[ModelFile]) -> Result<ModelRef, AppError> {
    resolve(role, bindings, files).map_err(|problem| AppError::ModelProblem(problem.to_string()))
}

fn role_view(role: Role, bindings: &Bindings, files: &[ModelFile]) -> RoleView {
    let card = role.card();
    let binding = match resolve(role, bindings, files) {
        Ok(model) => BindingView {
            simulated: model.is_simulated(),
            size_bytes: files.iter().find(|file| file.id == model.id).map(|file| file.size_bytes),
            id: model.id,
            path: model.path,
            stand_in: model.stand_in,
            present: true,
            problem: None,
        },
        Err(problem) => BindingView {
            id: chosen(bindings.get(role)).to_owned(),
            path: String::new(),
            stand_in: false,
            simulated: false,
            present: false,
            size_bytes: None,
            problem: Some(problem.to_string()),
        },
    };
    RoleView {
        name: card.name,
        description: card.description,
        capabilities: card.capabilities,
        recommended_for: card.recommended_for,
        binding,
        recommended_parameters: role.recommended_parameters(),
    }
}

fn chosen(choice: &BindingChoice) -> &str {
    match choice {
        BindingChoice::Default => DEFAULT_MODEL_ID,
        BindingChoice::Scripted => ModelRef::SCRIPTED,
        BindingChoice::File { file } => file,
    }
}

fn file_view(file: ModelFile) -> ModelFileView {
    let (info, problem) = match file.info {
        Ok(info) => (Some(info), None),
        Err(problem) => (None, Some(problem)),
    };
    ModelFileView {
        id: file.id,
        path: file.path.display().to_string(),
        size_bytes: file.size_bytes,
        architecture: info.as_ref().map(|info| info.architecture.clone()),
        quantization: info.as_ref().and_then(|info| info.quantization.clone()),
        context_length: info.as_ref().and_then(|info| info.context_length),
        problem,
    }
}
