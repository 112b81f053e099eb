//! Moving a model to another folder, and back into the models folder.

use std::path::PathBuf;

use brickwork_engine::{Phrase, Role};
use brickwork_models::transfer::{Outcome, TransferKind};
use brickwork_models::{BindingChoice, ImportError, plan_relocation, relocate};
use serde::{Deserialize, Serialize};

use super::import::{ImportedModel, problem_of, refusal, view};
use super::names;
use crate::app::App;
use crate::error::AppError;
use crate::export::blocking;
use crate::file_work::{FileWork, Pace};
use crate::request::invalid;

/// Which model to move, and where to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ModelRelocateRequest {
    /// The model's id, which it keeps.
    pub id: String,
    /// Absolute path of the folder that its files go to, from where they are used in place; the models folder when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub folder: Option<String>,
}

impl App {
    /// Moves a model's files to another folder, which may be on another disk, or back into the models folder. They are
    /// compared with their recorded checksums on the way; the model keeps its id and its roles.
    ///
    /// # Errors
    /// [`AppError::Unknown`] when there is no such model; a conflict when a run needs it, its name is taken there, or the
    /// disk has too little room; [`AppError::InvalidRequest`] for a folder that cannot be and a model of another program.
    pub async fn relocate_model(&self, request: ModelRelocateRequest) -> Result<FileWork<ImportedModel>, AppError> {
        let ModelRelocateRequest { id, folder } = request;
        let model = self.listed_model(&id).await?;
        self.refuse_needed(&model).await?;
        let (dir, present, folder) = (self.config().models_dir.clone(), model.clone(), folder.map(PathBuf::from));
        let planned = blocking(move || plan_relocation(&dir, &present, folder.as_deref())).await?;
        let relocation = planned.map_err(|error| refused(&error))?;
        // A role that names the file by its path would look for it in vain afterwards.
        let mut bindings = self.bindings().await?;
        let is_bound = |role: &Role| {
            let choice = bindings.get(*role);
            names(choice, &model) && *choice != BindingChoice::File { file: id.clone() }
        };
        let bound: Vec<Role> = Role::ALL.into_iter().filter(is_bound).collect();
        for role in &bound {
            bindings.set(*role, BindingChoice::File { file: id.clone() });
        }
        if !bound.is_empty() {
            self.keep_bindings(&bindings).await?;
        }
        let total_bytes = relocation.total_bytes();
        let work = move |pace: &mut Pace<'_>| {
            let moved = relocate(&relocation, &mut |n_bytes| pace.step(n_bytes)).map_err(|error| problem_of(&error))?;
            Ok(view(moved))
        };
        let outcome = |moved: &ImportedModel| Outcome {
            model_id: Some(moved.id.clone()),
            path: Some(moved.path.clone()),
            ..Outcome::default()
        };
        Ok(self.begin_work((TransferKind::Import, id, total_bytes), work, outcome))
    }
}

/// A refusal with its place in this request.
fn refused(error: &ImportError) -> AppError {
    let text = format!("{error}.");
    match error {
        ImportError::InModelsFolder(path) => {
            invalid("already_there", "$.folder", text, "Name the folder that the model is to go to.")
                .saying(Phrase::new("relocate_already_there").with("path", path))
        }
        ImportError::NotAbsolute(_) => invalid("not_absolute", "$.folder", text, "Give the folder's full path."),
        ImportError::IsLink(_) => invalid("is_link", "$.id", text, "Remove the link, and import the file itself."),
        ImportError::Io { .. } | ImportError::NoModel { .. } | ImportError::MissingShard(_) => {
            invalid("no_model", "$.id", text, "Get the model's files back, or remove it from the list.")
        }
        other => refusal(other),
    }
}
