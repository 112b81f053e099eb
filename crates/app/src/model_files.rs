//! The model files of this machine: those of other programs, imports, checks, removal, names, and room on the disk.

mod checks;
mod found;
mod import;
mod relocate;
mod usage;

use brickwork_engine::{Journal, Phrase, Role};
use brickwork_models::transfer::{Outcome, TransferKind, TransferProblem};
use brickwork_models::{
    BindingChoice, CheckError, CheckedFile, DEFAULT_MODEL_ID, ModelFile, RemoveError, check_file, files_of_model,
    remove_model, rename_model,
};
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::error::{AppError, ModelUse};
use crate::export::blocking;
use crate::file_work::{FileWork, cancelled};
use crate::models::ModelsView;
use crate::request::invalid;
use crate::said::Said;

pub(crate) use checks::changed_model;
pub use found::{FoundModelView, FoundModelsView, FoundProblemView};
pub use import::{ImportReport, ImportedModel, ModelImportRequest};
pub use relocate::ModelRelocateRequest;
pub use usage::{CheckedState, ModelUsageView, ModelsUsageView, PartialUsageView};

/// Which model to compare with its checksum.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ModelVerifyRequest {
    /// The model's id.
    pub id: String,
    /// Takes the files as they are now, whatever was known of them, and records that.
    #[serde(default)]
    pub accept: bool,
}

/// Another name for a model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ModelRenameRequest {
    /// The model's id.
    pub id: String,
    /// Its new id, which becomes its file's name.
    #[schema(min_length = 1, max_length = 200)]
    pub name: String,
}

/// What a check has found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct VerifyReport {
    /// The model.
    pub id: String,
    /// Its files.
    pub files: Vec<CheckedFile>,
}

impl App {
    /// Compares a model's files with what is known of them: what the hub gave, the catalog, what was recorded before.
    /// What they have is recorded; a file that is another one is not used from then on.
    ///
    /// # Errors
    /// [`AppError::Unknown`] when there is no such model.
    pub async fn verify_model(&self, request: ModelVerifyRequest) -> Result<FileWork<VerifyReport>, AppError> {
        let ModelVerifyRequest { id, accept } = request;
        let model = self.listed_model(&id).await?;
        let dir = self.config().models_dir.clone();
        let files = files_of_model(&model);
        let total_bytes = files.iter().map(|path| path.metadata().map_or(0, |about| about.len())).sum();
        let path = model.path.clone();
        let outcome = move |report: &VerifyReport| Outcome {
            model_id: Some(report.id.clone()),
            path: Some(path),
            ..Outcome::default()
        };
        let work = move |pace: &mut crate::file_work::Pace<'_>| {
            let check = |path| check_file(&dir, &model.id, path, accept, &mut |n_bytes| pace.step(n_bytes));
            let files = files.iter().map(std::path::PathBuf::as_path).map(check).collect::<Result<_, _>>();
            Ok(VerifyReport { id: model.id.clone(), files: files.map_err(|error| problem_of_check(&error))? })
        };
        Ok(self.begin_work((TransferKind::Verify, id, total_bytes), work, outcome))
    }

    /// Removes a model's files, or only its entry where it is used in place.
    ///
    /// # Errors
    /// [`AppError::Unknown`] when there is no such model; a conflict when a role or a run needs it, unless `force`; or
    /// when a file cannot be removed.
    pub async fn remove_model(&self, id: &str, force: bool) -> Result<ModelsView, AppError> {
        let model = self.listed_model(id).await?;
        if !force {
            self.refuse_needed(&model).await?;
            let roles = self.roles_served_by(&model).await?;
            if !roles.is_empty() {
                return Err(AppError::ModelInUse {
                    id: id.to_owned(),
                    by: ModelUse::Roles(roles.iter().map(|role| role.name()).collect::<Vec<_>>().join(", ")),
                });
            }
        }
        let dir = self.config().models_dir.clone();
        let removed = blocking(move || remove_model(&dir, &model)).await?.map_err(refusal_of_removal)?;
        tracing::info!(id, removed.freed_bytes, removed.was_link, "removed a model");
        self.models().await
    }

    /// Gives a model another id, and its roles with it.
    ///
    /// # Errors
    /// [`AppError::Unknown`] when there is no such model; [`AppError::InvalidRequest`] for a name that cannot be; a
    /// conflict when the name is taken or a run needs the model; or when a file cannot be renamed.
    pub async fn rename_model(&self, request: ModelRenameRequest) -> Result<ModelsView, AppError> {
        let ModelRenameRequest { id, name } = request;
        let model = self.listed_model(&id).await?;
        self.refuse_needed(&model).await?;
        let (dir, new_id) = (self.config().models_dir.clone(), name.strip_suffix(".gguf").unwrap_or(&name).to_owned());
        let present = model.clone();
        let taken = self.model_list().await?.iter().any(|other| other.id == new_id);
        if taken {
            return Err(refusal_of_removal(RemoveError::NameTaken(new_id)));
        }
        let path = blocking(move || rename_model(&dir, &present, &name)).await?.map_err(refusal_of_removal)?;
        let mut bindings = self.bindings().await?;
        let bound: Vec<Role> = Role::ALL.into_iter().filter(|role| names(bindings.get(*role), &model)).collect();
        for role in &bound {
            bindings.set(*role, BindingChoice::File { file: new_id.clone() });
        }
        if !bound.is_empty() {
            self.keep_bindings(&bindings).await?;
        }
        tracing::info!(id, new_id, path = %path.display(), "renamed a model");
        self.models().await
    }

    /// The models in the models folder, listed on a thread that may block.
    pub(crate) async fn model_list(&self) -> Result<Vec<ModelFile>, AppError> {
        let app = self.clone();
        blocking(move || app.scan_models()).await
    }

    /// The listed model of that id.
    pub(crate) async fn listed_model(&self, id: &str) -> Result<ModelFile, AppError> {
        self.model_list().await?.into_iter().find(|model| model.id == id).ok_or_else(|| AppError::Unknown {
            what: "model",
            id: id.to_owned(),
            remedy: "List the models to find its id.".into(),
        })
    }

    /// Refuses what would pull a model from under a run that has not ended.
    async fn refuse_needed(&self, model: &ModelFile) -> Result<(), AppError> {
        let path = model.path.to_string_lossy();
        for run in self.store().unfinished().await? {
            let Some(record) = self.store().load(run.run_id).await? else { continue };
            if record.plan.models.iter().any(|used| used.path == path) {
                let by = ModelUse::Run { run_id: run.run_id, name: run.name };
                return Err(AppError::ModelInUse { id: model.id.clone(), by });
            }
        }
        Ok(())
    }

    /// The roles that the model serves.
    async fn roles_served_by(&self, model: &ModelFile) -> Result<Vec<Role>, AppError> {
        let bindings = self.bindings().await?;
        let serves = |role: &Role| match bindings.get(*role) {
            BindingChoice::Default => model.id == DEFAULT_MODEL_ID,
            choice => names(choice, model),
        };
        Ok(Role::ALL.into_iter().filter(serves).collect())
    }
}

/// Whether a choice means the model.
fn names(choice: &BindingChoice, model: &ModelFile) -> bool {
    matches!(choice, BindingChoice::File { file } if *file == model.id || std::path::Path::new(file) == model.path)
}

fn problem_of_check(error: &CheckError) -> TransferProblem {
    let code = match error {
        CheckError::Mismatch { .. } => "checksum_mismatch",
        CheckError::Cancelled(_) => return cancelled(),
        CheckError::Io { .. } | CheckError::Notes(_) | CheckError::Records(_) => "storage",
    };
    problem(code, &error.to_string(), error.phrase())
}

/// A problem whose text ends with what to do.
pub(crate) fn problem(code: &str, text: &str, phrase: Option<Phrase>) -> TransferProblem {
    let (message, remedy) = told_apart(text);
    TransferProblem::new(code, message, remedy).saying(phrase)
}

/// What happened and what to do next, of a text that says both: the remedy is its last sentence.
pub(crate) fn told_apart(text: &str) -> (String, String) {
    let text = text.trim_end_matches('.');
    match text.rsplit_once(". ").or_else(|| text.rsplit_once(": ")) {
        Some((message, remedy)) => {
            let mut letters = remedy.chars();
            let remedy: String = letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect();
            (format!("{message}."), format!("{remedy}."))
        }
        None => (format!("{text}."), "Correct it, and try again.".into()),
    }
}

fn refusal_of_removal(error: RemoveError) -> AppError {
    match error {
        RemoveError::BadName(bad) => {
            invalid("bad_name", "$.name", format!("{bad}."), "Give another name.").saying(bad.phrase())
        }
        RemoveError::NameTaken(_) | RemoveError::Elsewhere(_) => {
            AppError::ModelFileConflict(Said::new(format!("{error}."), error.phrase()))
        }
        RemoveError::Io { .. } | RemoveError::Notes(_) => {
            AppError::ModelFiles(Said::new(format!("{error}."), error.phrase()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::told_apart;

    #[test]
    fn remedies_are_told_apart() {
        for (text, message, remedy) in [
            ("X is gone. Get it again", "X is gone.", "Get it again."),
            ("X is gone: get it again.", "X is gone.", "Get it again."),
            ("X", "X.", "Correct it, and try again."),
        ] {
            assert_eq!(told_apart(text), (message.to_owned(), remedy.to_owned()));
        }
    }
}
