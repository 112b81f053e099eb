//! The models that other programs on this machine hold.

use std::collections::HashMap;
use std::path::PathBuf;

use brickwork_models::found::{FoundModel, FoundProblem, find_models};
use serde::Serialize;

use crate::app::App;
use crate::error::AppError;
use crate::export::blocking;

/// A model of another program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct FoundModelView {
    /// The program that keeps it: `ollama`, `lm_studio`, `jan` or `hugging_face`.
    pub program: &'static str,
    /// That program's name for people.
    pub program_title: &'static str,
    /// What the program calls the model.
    pub name: String,
    /// Its file, or the first one of several.
    pub path: String,
    /// Number of its files.
    pub n_files: usize,
    /// Bytes of all its files.
    pub size_bytes: u64,
    /// SHA-256 that the program gives for the file at `path`, in hexadecimal digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// The id under which the models folder lists it already.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model_id: Option<String>,
    /// The architecture that it names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub architecture: Option<String>,
    /// Its quantization.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quantization: Option<String>,
    /// Its parameters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub n_params: Option<u64>,
    /// Tokens of its context window.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context_length: Option<u64>,
    /// Why it cannot be used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

/// A place of another program that could not be looked into, or an entry that is not to be trusted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct FoundProblemView {
    /// The program, as in the models.
    pub program: &'static str,
    /// The file or folder.
    pub path: String,
    /// What is wrong with it.
    pub message: String,
}

/// What other programs hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct FoundModelsView {
    /// The models, program by program.
    pub models: Vec<FoundModelView>,
    /// What could not be read or is not to be trusted.
    pub problems: Vec<FoundProblemView>,
}

impl App {
    /// The models that Ollama, LM Studio, Jan and the Hugging Face cache hold on this machine. Nothing of them is changed.
    ///
    /// # Errors
    /// Never but for a fault of the program itself: what cannot be read is told in the view.
    pub async fn found_models(&self) -> Result<FoundModelsView, AppError> {
        let listed = self.model_list().await?;
        let listed: HashMap<PathBuf, String> = listed.into_iter().map(|model| (model.path, model.id)).collect();
        let surroundings = self.config().surroundings.clone();
        let found = blocking(move || find_models(&surroundings)).await?;
        let models = found.models.into_iter().map(|model| {
            let id = listed.get(&model.path).cloned();
            view(model, id)
        });
        Ok(FoundModelsView { models: models.collect(), problems: found.problems.into_iter().map(problem).collect() })
    }
}

fn view(model: FoundModel, model_id: Option<String>) -> FoundModelView {
    let FoundModel { program, name, path, parts, size_bytes, sha256, info } = model;
    let (info, problem) = match info {
        Ok(info) => (Some(info), None),
        Err(problem) => (None, Some(problem)),
    };
    FoundModelView {
        program: program.name(),
        program_title: program.title(),
        name,
        path: path.display().to_string(),
        n_files: parts.len(),
        size_bytes,
        sha256,
        model_id,
        architecture: info.as_ref().map(|info| info.architecture.clone()),
        quantization: info.as_ref().and_then(|info| info.quantization.clone()),
        n_params: info.as_ref().and_then(|info| info.n_params),
        context_length: info.as_ref().and_then(|info| info.context_length),
        problem,
    }
}

fn problem(problem: FoundProblem) -> FoundProblemView {
    let FoundProblem { program, path, message } = problem;
    FoundProblemView { program: program.name(), path: path.display().to_string(), message }
}
