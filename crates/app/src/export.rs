//! From a run's pieces to files in a folder.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use brickwork_artifacts::{Artifact, SyntaxState};
use brickwork_engine::{Clock, Phrase, RunId};
use brickwork_export::{
    Choice, ExportFile, ExportOrder, Facts, Keep, MANIFEST_NAME, ManifestOutcome, Origin, Reason, carry_out,
    check_name, git_folder, prune_exports,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::app::{App, SystemClock};
use crate::error::AppError;
use crate::export_style::styled;
use crate::request::invalid;
use crate::views::{RunView, StepView};

mod phrase;

pub(crate) use phrase::path_reason;
use phrase::{file_phrase, name_reason};

/// Which pieces to export.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ExportSource {
    /// The final ones.
    #[default]
    Final,
    /// The final ones, and those of each step below `pieces/STEP/`.
    All,
}

/// What to export, and where to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ExportRequest {
    /// Absolute path of the folder; made when missing.
    pub folder: String,
    /// Which pieces.
    pub source: ExportSource,
    /// Other names for files, by the names that they have.
    pub rename: Option<BTreeMap<String, String>>,
    /// Names of the files to write, new or old ones where they are renamed; all of them when absent.
    pub include: Option<Vec<String>>,
    /// Whether to overwrite files that were edited, or that no export wrote.
    pub overwrite: bool,
    /// A branch to make and switch to first, where the folder lies in a git repository; what is written stays unstaged on it.
    pub new_branch: Option<String>,
}

/// What an export would do with one file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct ExportFileView {
    /// Its name, with `/` between folders.
    pub name: String,
    /// `new`, `same`, `changed`, `conflict` or `refused`.
    pub action: &'static str,
    /// Why, for a conflict or a refusal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The same in a form that can be put into another language.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phrase: Option<Phrase>,
    /// The step that made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub step_name: Option<String>,
    /// Whether the scripted placeholder had a part in it.
    pub simulated: bool,
    /// Bytes of the new content.
    pub size_bytes: u64,
    /// A unified diff from what is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub diff: Option<String>,
}

/// What an export would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct ExportPlanView {
    /// The folder.
    pub folder: String,
    /// Whether it is there already.
    pub exists: bool,
    /// Whether it lies in the working tree of a git repository.
    pub is_git: bool,
    /// The branch that is checked out there; absent where a commit is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    /// Its files.
    pub files: Vec<ExportFileView>,
}

/// A file that was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct WrittenFile {
    /// Its name.
    pub name: String,
    /// Bytes.
    pub size_bytes: u64,
}

/// A file that was not written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct SkippedFile {
    /// Its name.
    pub name: String,
    /// Why.
    pub reason: String,
    /// The same in a form that can be put into another language.
    pub phrase: Phrase,
}

impl SkippedFile {
    pub(crate) fn new(name: String, reason: &Reason) -> Self {
        Self { name, reason: reason.to_string(), phrase: file_phrase(reason) }
    }
}

/// What an export did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct ExportResult {
    /// The export, to undo it by.
    pub export_id: Uuid,
    /// Whether it can be undone: it changed something, and what was there is kept.
    pub undo: bool,
    /// The folder.
    pub folder: String,
    /// What was written.
    pub written: Vec<WrittenFile>,
    /// What was not.
    pub skipped: Vec<SkippedFile>,
    /// The manifest beside the files.
    pub manifest: &'static str,
    /// The branch that was made for it, which is checked out now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
}

impl App {
    /// What an export of the run would do, touching nothing.
    ///
    /// # Errors
    /// [`AppError::UnknownRun`], [`AppError::NothingToExport`], [`AppError::InvalidRequest`] for a new name that is none, or
    /// a folder that cannot be read.
    pub async fn plan_export(&self, run_id: RunId, request: &ExportRequest) -> Result<ExportPlanView, AppError> {
        let folder = folder_of(request)?;
        let files = renamed(files_of(&self.run(run_id).await?, request.source)?, request)?;
        let (plan, files, exists, git) = blocking(move || {
            let files = styled(&folder, files);
            let plan = brickwork_export::plan(&folder, &files);
            plan.map(|plan| (plan, files, folder.is_dir(), git_folder(&folder)))
        })
        .await??;
        let files = plan
            .files
            .into_iter()
            .zip(files)
            .map(|(file, source)| ExportFileView {
                step_name: source.step,
                simulated: source.simulated,
                name: file.name,
                action: file.action.as_str(),
                phrase: file.reason.as_ref().map(file_phrase),
                reason: file.reason.map(|reason| reason.to_string()),
                size_bytes: file.size_bytes,
                diff: file.diff,
            })
            .collect();
        Ok(ExportPlanView {
            folder: request.folder.clone(),
            exists,
            is_git: git.is_some(),
            branch: git.and_then(|git| git.branch),
            files,
        })
    }

    /// Writes the run's files into the folder. Files that were edited, or that no export wrote, are skipped and said so
    /// unless the request overwrites them. What is overwritten is kept, so that the export can be undone.
    ///
    /// # Errors
    /// As [`App::plan_export`], and when a file cannot be written; then nothing of this export is left.
    pub async fn export(&self, run_id: RunId, request: &ExportRequest) -> Result<ExportResult, AppError> {
        let folder = folder_of(request)?;
        let run = self.run(run_id).await?;
        let files = renamed(files_of(&run, request.source)?, request)?;
        let files = self.with_model_files(&run, files).await;
        let target = folder.clone();
        let files = blocking(move || styled(&target, files)).await?;
        let choice = Choice { include: included(&files, request), overwrite_conflicts: request.overwrite };
        let stamp = SystemClock.now().to_string();
        let facts = Facts { new_branch: request.new_branch.clone(), ..self.facts(&run, stamp).await? };
        let (export_id, exports) = (Uuid::now_v7(), self.exports_folder());
        let report = blocking(move || {
            let keep = Keep { exports: &exports, export_id: &export_id.to_string() };
            let order =
                ExportOrder { folder: &folder, files: &files, choice: &choice, facts: &facts, keep: Some(keep) };
            let report = carry_out(&order, &mut |_| {});
            prune_exports(&exports);
            report
        })
        .await??;
        let skipped = report.skipped.into_iter().map(|file| SkippedFile::new(file.name, &file.reason));
        let manifest = match report.manifest {
            ManifestOutcome::LeftAlone(reason) => Some(SkippedFile::new(MANIFEST_NAME.to_owned(), &reason)),
            ManifestOutcome::Written | ManifestOutcome::NotNeeded => None,
        };
        let written =
            report.written.into_iter().map(|file| WrittenFile { name: file.name, size_bytes: file.size_bytes });
        tracing::info!(%run_id, folder = request.folder, "exported");
        Ok(ExportResult {
            export_id,
            undo: report.kept,
            folder: request.folder.clone(),
            written: written.collect(),
            skipped: skipped.chain(manifest).collect(),
            manifest: MANIFEST_NAME,
            branch: report.new_branch,
        })
    }
}

fn folder_of(request: &ExportRequest) -> Result<PathBuf, AppError> {
    let folder = Path::new(&request.folder);
    if folder.is_absolute() { Ok(folder.to_path_buf()) } else { Err(AppError::RelativeFolder(request.folder.clone())) }
}

/// The pieces as files, each with the step and the model that made it.
fn files_of(run: &RunView, source: ExportSource) -> Result<Vec<ExportFile>, AppError> {
    let makers = makers(run);
    let mut files: Vec<ExportFile> =
        run.final_artifacts.iter().map(|piece| file(piece.name.clone(), piece, makers.of(piece), run)).collect();
    if source == ExportSource::All {
        for step in &run.steps {
            files.extend(
                step.artifacts
                    .iter()
                    .map(|piece| file(format!("pieces/{}/{}", step.step_name, piece.name), piece, step, run)),
            );
        }
    }
    if files.is_empty() { Err(AppError::NothingToExport(run.run_id)) } else { Ok(files) }
}

/// Which step made a piece. A final one that a step made, which the Assembler left as it was, is that step's.
pub(crate) struct Makers<'a> {
    steps: HashMap<(&'a str, &'a str), &'a StepView>,
    assembler: &'a StepView,
}

pub(crate) fn makers(run: &RunView) -> Makers<'_> {
    let mut steps = HashMap::new();
    for step in &run.steps {
        steps.extend(step.artifacts.iter().map(|piece| ((piece.name.as_str(), piece.content.as_str()), step)));
    }
    Makers { steps, assembler: &run.assembler }
}

impl<'a> Makers<'a> {
    /// The maker of a final piece.
    pub(crate) fn of(&self, piece: &Artifact) -> &'a StepView {
        self.steps.get(&(piece.name.as_str(), piece.content.as_str())).copied().unwrap_or(self.assembler)
    }
}

/// The files under the names that the request gives them.
fn renamed(mut files: Vec<ExportFile>, request: &ExportRequest) -> Result<Vec<ExportFile>, AppError> {
    let renames = request.rename.iter().flatten();
    for (old, new) in renames.clone() {
        let path = format!("$.rename[{}]", serde_json::Value::from(old.as_str()));
        if !files.iter().any(|file| file.name == *old) {
            let message = format!("There is no file `{old}` to rename.");
            return Err(invalid("unknown_name", &path, message, "Plan the export to see its files.")
                .saying(Phrase::new("no_file_to_rename").with("name", old)));
        }
        if let Err(fault) = check_name(new) {
            let message = format!("The new name `{new}` {fault}.");
            return Err(invalid(
                "bad_name",
                &path,
                message,
                "Give a path below the folder, with `/` between its parts.",
            )
            .saying(Phrase::new("export_bad_name").with("name", new).with("fault", name_reason(fault))));
        }
    }
    // Each old name is looked up once, so that two files can change places.
    let names: HashMap<&str, &str> = renames.map(|(old, new)| (old.as_str(), new.as_str())).collect();
    for file in &mut files {
        if let Some(new) = names.get(file.name.as_str()) {
            file.name = (*new).to_owned();
        }
    }
    Ok(files)
}

/// The chosen names as the files have them now.
fn included(files: &[ExportFile], request: &ExportRequest) -> Option<Vec<String>> {
    let new_name = |name: &String| {
        let is_there = files.iter().any(|file| file.name == *name);
        let renamed = request.rename.as_ref().and_then(|names| names.get(name));
        renamed.filter(|_| !is_there).unwrap_or(name).clone()
    };
    request.include.as_ref().map(|names| names.iter().map(new_name).collect())
}

/// A piece as a file of this name.
pub(crate) fn file(name: String, piece: &Artifact, maker: &StepView, run: &RunView) -> ExportFile {
    let is_assembler = maker.position == run.assembler.position;
    let parameters = serde_json::to_value(run.pipeline.parameters_at(maker.position)).ok();
    let syntax = piece.syntax.as_ref().map(|report| match report.state {
        SyntaxState::Valid => "valid",
        SyntaxState::Invalid => "invalid",
        SyntaxState::Unchecked => "unchecked",
    });
    ExportFile {
        name,
        content: piece.content.clone(),
        step: Some(maker.step_name.clone()),
        model: Some(maker.model.id.clone()),
        simulated: maker.simulated,
        origin: Origin {
            made_by_run: Some(run.run_id.to_string()),
            prompt: Some(maker.prompt.clone()),
            parameters: parameters.filter(|_| !maker.model.is_none()),
            seed: (!maker.model.is_none()).then_some(maker.seed),
            model_files: Vec::new(),
            syntax: syntax.map(str::to_owned),
            edited: if is_assembler { run.final_artifacts_edited } else { maker.artifacts_edited },
        },
    }
}

/// Runs file work on a thread that may block.
pub(crate) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, AppError> {
    tokio::task::spawn_blocking(work).await.map_err(|error| AppError::Internal(error.to_string()))
}
