//! The roles, the model files on disk, and which file serves which role.

use brickwork_engine::{AssemblerMode, ModelRef, Parameters, Phrase, Pipeline, Role};
use brickwork_models::{BindingChoice, Bindings, DEFAULT_MODEL_ID, ModelFile, ModelsFolder, resolve};
use serde::Serialize;

use crate::app::App;
use crate::error::AppError;
use crate::remotes::RemoteView;
use crate::role_options::RoleOptions;
use crate::said::Said;

const KEY: &str = "bindings";

/// What serves a role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct BindingView {
    /// The model's id.
    pub id: String,
    /// Its file; for a model that a server runs, the base address of that server's interface.
    pub path: String,
    /// The server that runs it, to which the text of the role's steps is sent; absent for a model of this program's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remote: Option<RemoteView>,
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
    /// The same in a form that can be put into another language.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem_phrase: Option<Phrase>,
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
    /// How that is computed.
    pub options: RoleOptions,
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
    /// The same in a form that can be put into another language.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem_phrase: Option<Phrase>,
    /// How it is stored: `gguf` or `safetensors`.
    pub format: &'static str,
    /// Whether it can serve a role.
    pub runnable: bool,
    /// The model's own name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its parameters: the elements of all tensors.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub n_params: Option<u64>,
    /// The licence that it names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub licence: Option<String>,
    /// Whether it brings a chat template.
    pub has_chat_template: bool,
    /// Its tokenizer: the kind, and how it splits text first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tokenizer: Option<String>,
    /// The program that keeps it, where it is used in place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
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
        let mut options = self.role_options().await?;
        let files = self.model_list().await?;
        let mut models: Vec<RoleView> = Role::ALL.into_iter().map(|role| role_view(role, &bindings, &files)).collect();
        for (role, view) in Role::ALL.into_iter().zip(&mut models) {
            view.binding.remote = self.remote_view(bindings.get(role)).await;
            view.options = options.remove(&role).unwrap_or_default();
        }
        Ok(ModelsView { models, files: files.into_iter().map(file_view).collect() })
    }

    /// Binds a role to a model: an id of the list, a file's path, `scripted`, or `default`.
    ///
    /// # Errors
    /// [`AppError::Unknown`] for an unknown role, [`AppError::ModelProblem`] when the model cannot run.
    pub async fn bind(&self, role: &str, model: &str) -> Result<ModelsView, AppError> {
        let role = role_named(role)?;
        let mut bindings = self.bindings().await?;
        let choice = BindingChoice::named(model);
        bindings.set(role, choice);
        let model = model_for(role, &bindings, &self.model_list().await?)?;
        self.refuse_changed(&[model]).await?;
        self.store().set_setting(KEY, &bindings).await?;
        self.models().await
    }

    /// One model per list position of the pipeline's steps, then the Assembler's.
    pub(crate) async fn models_of(&self, pipeline: &Pipeline) -> Result<Vec<ModelRef>, AppError> {
        let bindings = self.bindings().await?;
        let files = self.model_list().await?;
        let roles = pipeline.steps.iter().map(|step| step.model_type);
        let mut models: Vec<ModelRef> =
            roles.map(|role| model_for(role, &bindings, &files)).collect::<Result<_, AppError>>()?;
        models.push(match pipeline.assembler_mode() {
            AssemblerMode::Model => model_for(Role::Assembler, &bindings, &files)?,
            AssemblerMode::Deterministic => ModelRef::none(),
        });
        self.refuse_changed(&models).await?;
        Ok(models)
    }

    /// The model that serves a role.
    pub(crate) async fn model_of(&self, role: Role) -> Result<ModelRef, AppError> {
        let bindings = self.bindings().await?;
        let model = model_for(role, &bindings, &self.model_list().await?)?;
        self.refuse_changed(std::slice::from_ref(&model)).await?;
        Ok(model)
    }

    pub(crate) fn scan_models(&self) -> Vec<ModelFile> {
        ModelsFolder::scan(&self.config().models_dir).unwrap_or_else(|error| {
            tracing::warn!(%error, "the models folder cannot be read");
            Vec::new()
        })
    }

    pub(crate) async fn bindings(&self) -> Result<Bindings, AppError> {
        Ok(self.store().setting(KEY).await?.unwrap_or_default())
    }

    pub(crate) async fn keep_bindings(&self, bindings: &Bindings) -> Result<(), AppError> {
        Ok(self.store().set_setting(KEY, bindings).await?)
    }
}

/// The role of that name.
pub(crate) fn role_named(name: &str) -> Result<Role, AppError> {
    Role::parse(name).ok_or_else(|| AppError::Unknown {
        what: "role",
        id: name.to_owned(),
        remedy: "The roles are CodeLlama, CodeGemma, T5Gemma and Assembler.".into(),
    })
}

/// The model that serves a role, or why none can.
fn model_for(role: Role, bindings: &Bindings, files: &[ModelFile]) -> Result<ModelRef, AppError> {
    resolve(role, bindings, files)
        .map_err(|problem| AppError::ModelProblem(Said::new(problem.to_string(), problem.phrase())))
}

fn role_view(role: Role, bindings: &Bindings, files: &[ModelFile]) -> RoleView {
    let card = role.card();
    let binding = match resolve(role, bindings, files) {
        Ok(model) => BindingView {
            simulated: model.is_simulated(),
            size_bytes: files.iter().find(|file| model.is_local() && file.id == model.id).map(|file| file.size_bytes),
            remote: None,
            id: model.id,
            path: model.path,
            stand_in: model.stand_in,
            present: true,
            problem: None,
            problem_phrase: None,
        },
        Err(problem) => BindingView {
            id: chosen(bindings.get(role)).to_owned(),
            path: String::new(),
            stand_in: false,
            simulated: false,
            remote: None,
            present: false,
            size_bytes: None,
            problem: Some(problem.to_string()),
            problem_phrase: Some(problem.phrase()),
        },
    };
    RoleView {
        name: card.name,
        description: card.description,
        capabilities: card.capabilities,
        recommended_for: card.recommended_for,
        binding,
        options: RoleOptions::default(),
        recommended_parameters: role.recommended_parameters(),
    }
}

fn chosen(choice: &BindingChoice) -> &str {
    match choice {
        BindingChoice::Default => DEFAULT_MODEL_ID,
        BindingChoice::Scripted => ModelRef::SCRIPTED,
        BindingChoice::File { file } => file,
        BindingChoice::Remote { model, .. } => model,
    }
}

/// A model file as it is listed.
pub(crate) fn file_view(file: ModelFile) -> ModelFileView {
    let runnable = file.is_runnable();
    let (info, folder, problem) = (file.gguf.as_ref(), file.safetensors.as_ref(), file.problem.clone());
    let tokenizer = info.map(|info| [&info.tokenizer_model, &info.tokenizer_pre]).map(|parts| {
        let parts: Vec<&str> = parts.into_iter().flatten().map(String::as_str).collect();
        parts.join(", ")
    });
    ModelFileView {
        id: file.id,
        path: file.path.display().to_string(),
        size_bytes: file.size_bytes,
        architecture: info.map(|info| &info.architecture).or(folder.map(|folder| &folder.model_type)).cloned(),
        quantization: info
            .and_then(|info| info.quantization.as_ref())
            .or(folder.map(|folder| &folder.tensor_type))
            .cloned(),
        context_length: info.and_then(|info| info.context_length).or(folder.map(|folder| folder.context_length)),
        problem,
        problem_phrase: file.problem_phrase.clone(),
        format: file.format.name(),
        runnable,
        name: info.and_then(|info| info.name.clone()),
        n_params: info.and_then(|info| info.n_params).or(folder.map(|folder| folder.n_params)),
        licence: info.and_then(|info| info.licence.clone()),
        has_chat_template: info
            .map_or_else(|| folder.is_some_and(|folder| folder.has_chat_template), |info| info.has_chat_template),
        tokenizer: tokenizer.filter(|tokenizer| !tokenizer.is_empty()),
        origin: file.origin,
    }
}
