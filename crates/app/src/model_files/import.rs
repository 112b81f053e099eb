//! Taking model files of this machine into the list.

use std::path::{Path, PathBuf};

use brickwork_engine::Phrase;
use brickwork_models::found::find_models;
use brickwork_models::transfer::{LeftOutFile, Outcome, TransferKind, TransferProblem};
use brickwork_models::{
    ImportError, ImportMode, ImportOrder, ImportOrigin, ImportPlan, Imported, RefusedFile, carry_out, plan_import,
};
use serde::{Deserialize, Serialize};

use super::{problem, told_apart};
use crate::app::App;
use crate::error::AppError;
use crate::export::blocking;
use crate::file_work::{FileWork, Pace, cancelled};
use crate::request::invalid;
use crate::said::Said;

/// What to import.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ModelImportRequest {
    /// Absolute path of a model's file, or of a folder: all models directly in it and in its subfolders.
    pub path: String,
    /// Whether it is used where it lies (`link`), copied, or moved.
    #[serde(default)]
    pub mode: ImportMode,
    /// What to call the model; its own name when absent. Not for a folder of several models.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// A model that is listed now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ImportedModel {
    /// Its id.
    pub id: String,
    /// Its file, the first one of several, or its folder.
    pub path: PathBuf,
    /// Whether the very same was there before.
    pub already_there: bool,
}

/// What an import has done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ImportReport {
    /// The models.
    pub models: Vec<ImportedModel>,
    /// Files of the folder that are no models that can be used.
    pub refused: Vec<RefusedFile>,
}

impl App {
    /// Imports a model of this machine, or those of a folder. Every header is read before anything is written; nothing
    /// is overwritten.
    ///
    /// # Errors
    /// [`AppError::InvalidRequest`] when there is no model that can be used, a conflict when its name is taken or the disk
    /// has too little room, or when a file cannot be read.
    pub async fn import_model(&self, request: ModelImportRequest) -> Result<FileWork<ImportReport>, AppError> {
        let ModelImportRequest { path, mode, name } = request;
        let source = PathBuf::from(&path);
        let (dir, surroundings) = (self.config().models_dir.clone(), self.config().surroundings.clone());
        let plan = blocking(move || {
            let found = find_models(&surroundings).models.into_iter().find(|found| found.parts.contains(&source));
            let origin = found.map_or_else(ImportOrigin::default, |found| ImportOrigin {
                program: Some(found.program),
                name: Some(short_name(&found.name)),
                sha256: found.sha256,
            });
            if mode == ImportMode::Move
                && let Some(program) = origin.program
            {
                return Err(needed_by(&source, program.title()));
            }
            let order = ImportOrder { models_dir: &dir, source: &source, name: name.as_deref(), mode, origin: &origin };
            plan_import(order).map_err(|error| refusal(&error))
        })
        .await??;
        Ok(self.begin_import(path, plan))
    }

    fn begin_import(&self, title: String, plan: ImportPlan) -> FileWork<ImportReport> {
        let total_bytes = plan.total_bytes;
        let work = move |pace: &mut Pace<'_>| {
            let imported = carry_out(&plan, &mut |n_bytes| pace.step(n_bytes)).map_err(|error| problem_of(&error))?;
            Ok(ImportReport { models: imported.into_iter().map(view).collect(), refused: plan.refused.clone() })
        };
        let outcome = |report: &ImportReport| Outcome {
            model_id: report.models.first().map(|model| model.id.clone()),
            path: report.models.first().map(|model| model.path.clone()),
            skipped: report.refused.iter().map(skipped).collect(),
        };
        self.begin_work((TransferKind::Import, title, total_bytes), work, outcome)
    }
}

fn skipped(file: &RefusedFile) -> LeftOutFile {
    let RefusedFile { path, reason, phrase } = file.clone();
    LeftOutFile { path: path.display().to_string(), reason, phrase }
}

pub(super) fn view(imported: Imported) -> ImportedModel {
    let Imported { id, path, already_there, .. } = imported;
    tracing::info!(id, path = %path.display(), already_there, "imported a model");
    ImportedModel { id, path, already_there }
}

/// Of `owner/repository/file.gguf` the file's name, of `model:tag` all.
fn short_name(name: &str) -> String {
    let file = name.rsplit('/').next().unwrap_or(name);
    file.strip_suffix(".gguf").unwrap_or(file).to_owned()
}

fn needed_by(source: &Path, program: &str) -> AppError {
    let message = format!("{} belongs to {program}, which would lose it.", source.display());
    invalid("belongs_to_another", "$.mode", message, "Use it in place (`link`), or copy it.")
        .saying(Phrase::new("import_would_move").with("path", source).with("program", program))
}

/// A refusal before anything was done, with its place in the request.
pub(super) fn refusal(error: &ImportError) -> AppError {
    let (code, path) = match error {
        ImportError::NameTaken { .. } | ImportError::DiskFull(_) => {
            return AppError::ModelFileConflict(Said::new(format!("{error}."), error.phrase()));
        }
        ImportError::Notes(_) | ImportError::Records(_) | ImportError::Cancelled(_) => {
            return AppError::ModelFiles(Said::new(format!("{error}."), error.phrase()));
        }
        ImportError::NotAbsolute(_) => ("not_absolute", "$.path"),
        ImportError::Io { .. } => ("unreadable", "$.path"),
        ImportError::NoModel { .. } | ImportError::NothingThere(_) | ImportError::MissingShard(_) => {
            ("no_model", "$.path")
        }
        ImportError::InModelsFolder(_) => ("already_listed", "$.path"),
        ImportError::IsLink(_) => ("is_link", "$.mode"),
        ImportError::OneName(_) | ImportError::BadName(_) => ("bad_name", "$.name"),
        ImportError::Mismatch { .. } | ImportError::Changed { .. } => ("checksum_mismatch", "$.path"),
        ImportError::BelongsTo { .. } => ("belongs_to_another", "$.id"),
        ImportError::NoTarget { .. } => ("no_target", "$.folder"),
    };
    let (message, remedy) = told_apart(&error.to_string());
    let refused = invalid(code, path, message, &remedy);
    match error.phrase() {
        Some(phrase) => refused.saying(phrase),
        None => refused,
    }
}

pub(super) fn problem_of(error: &ImportError) -> TransferProblem {
    let code = match error {
        ImportError::Cancelled(_) => return cancelled(),
        ImportError::NameTaken { .. } => "name_taken",
        ImportError::DiskFull(_) => "disk_full",
        ImportError::Mismatch { .. } | ImportError::Changed { .. } => "checksum_mismatch",
        _ => "storage",
    };
    problem(code, &error.to_string(), error.phrase())
}
