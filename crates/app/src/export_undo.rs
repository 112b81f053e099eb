//! Exports after they were made: which are kept, and undoing one.

use std::path::PathBuf;

use brickwork_engine::RunId;
use brickwork_export::{ExportError, kept_exports, undo};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::app::App;
use crate::error::AppError;
use crate::export::{SkippedFile, blocking};

/// How to undo an export.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct UndoRequest {
    /// Whether files are put back that were edited or removed since.
    pub overwrite: bool,
}

/// What an undo did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct UndoResult {
    /// The folder.
    pub folder: String,
    /// Files that hold again what they held before the export.
    pub restored: Vec<String>,
    /// Files that the export made and that are gone.
    pub removed: Vec<String>,
    /// Files that stay as they are, and why.
    pub skipped: Vec<SkippedFile>,
    /// The branch that was made for the export. It stays, and stays checked out where it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
}

/// An export that is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct RunExport {
    /// The export.
    pub export_id: String,
    /// The folder, as it was chosen.
    pub folder: String,
    /// When, as RFC 3339.
    pub exported_at: String,
    /// Files that it wrote.
    pub files: usize,
    /// Whether everything is as before it.
    pub undone: bool,
}

/// The exports of a run that are kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct RunExports {
    /// The newest first.
    pub exports: Vec<RunExport>,
}

/// The export id that `text` spells.
///
/// # Errors
/// [`ExportError::UnknownExport`] when it is no UUID: such an export cannot exist.
pub fn export_id_of(text: &str) -> Result<Uuid, AppError> {
    Uuid::parse_str(text).map_err(|_| ExportError::UnknownExport { export_id: text.to_owned() }.into())
}

impl App {
    /// Undoes an export: every file holds again what it held before, and what the export made is gone. Files that were
    /// edited or removed since are skipped unless the request overwrites them.
    ///
    /// # Errors
    /// [`AppError::Export`]: the export is not kept, was undone already, its folder is another one now, or a file cannot be
    /// read or written. Undoing again then finishes it.
    pub async fn undo_export(&self, export_id: Uuid, request: &UndoRequest) -> Result<UndoResult, AppError> {
        let (exports, overwrite) = (self.exports_folder(), request.overwrite);
        let report = blocking(move || undo(&exports, &export_id.to_string(), overwrite)).await??;
        let skipped = report.skipped.into_iter();
        tracing::info!(%export_id, "undid an export");
        Ok(UndoResult {
            folder: report.folder.display().to_string(),
            restored: report.restored,
            removed: report.removed,
            skipped: skipped.map(|file| SkippedFile::new(file.name, &file.reason)).collect(),
            branch: report.new_branch,
        })
    }

    /// The exports of a run that are kept, the newest first.
    ///
    /// # Errors
    /// [`AppError::UnknownRun`], or a fault of the database.
    pub async fn run_exports(&self, run_id: RunId) -> Result<RunExports, AppError> {
        self.standing(run_id).await?;
        let exports = self.exports_folder();
        let kept = blocking(move || kept_exports(&exports)).await?;
        let of_run = kept.into_iter().filter(|export| export.run_id == run_id.to_string());
        let exports = of_run.map(|export| RunExport {
            export_id: export.export_id,
            folder: export.folder.display().to_string(),
            exported_at: export.exported_at,
            files: export.files,
            undone: export.undone,
        });
        Ok(RunExports { exports: exports.collect() })
    }

    /// Where what exports overwrote is kept.
    pub(crate) fn exports_folder(&self) -> PathBuf {
        self.config().data_dir.join("exports")
    }
}
