//! From a run's pieces to files in a folder.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use brickwork_artifacts::{Artifact, SyntaxState};
use brickwork_engine::{AssemblerMode, Clock, ModelRef, Phrase, RunId};
use brickwork_export::{
    Choice, ExportError, ExportFile, ExportOrder, Facts, Keep, MANIFEST_NAME, ManifestOutcome, Origin, Reason,
    carry_out, check_name, git_folder, new_branch, prune_exports,
};
use brickwork_models::expected_sha256;
use serde::{Deserialize, Serialize};
use serde_json::Value;
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
        let files = self.with_model_hashes(&run, files).await;
        let (target, branch) = (folder.clone(), request.new_branch.clone());
        let files = blocking(move || styled(&target, files)).await?;
        let choice = Choice { include: included(&files, request), overwrite_conflicts: request.overwrite };
        let facts = Facts {
            run_id: run_id.to_string(),
            pipeline: run.name.clone(),
            exported_at: SystemClock.now().to_string(),
            pipeline_document: Some(seeded(&run)),
        };
        let (export_id, exports) = (Uuid::now_v7(), self.exports_folder());
        let report = blocking(move || {
            if let Some(branch) = branch {
                new_branch(&folder, &branch).map_err(ExportError::from)?;
            }
            let keep = Keep { exports: &exports, export_id: &export_id.to_string() };
            let order =
                ExportOrder { folder: &folder, files: &files, choice: &choice, facts: &facts, keep: Some(keep) };
            let report = carry_out(&order, &mut |_| {});
            prune_exports(&exports);
            Ok::<_, AppError>(report?)
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
        })
    }
}

/// The pipeline in the text of a manifest, `brickwork.json`, with the seeds of its run.
///
/// # Errors
/// Why there is none, as a sentence.
pub fn pipeline_of_manifest(text: &str) -> Result<Value, String> {
    let manifest: Value = serde_json::from_str(text).map_err(|error| format!("This is no JSON: {error}."))?;
    if manifest.get("files").is_none() || manifest.get("run_id").is_none() {
        return Err("This is no manifest of an export. Give the folder of an export, or its `brickwork.json`.".into());
    }
    let missing = "This manifest holds no pipeline, since an earlier version wrote it. Export the run again.";
    manifest.get("pipeline_document").filter(|document| document.is_object()).cloned().ok_or_else(|| missing.into())
}

impl App {
    /// The files with the recorded hashes of the models that made them.
    async fn with_model_hashes(&self, run: &RunView, mut files: Vec<ExportFile>) -> Vec<ExportFile> {
        let steps = run.steps.iter().chain([&run.assembler]);
        let models: HashMap<String, ModelRef> =
            steps.map(|step| (step.step_name.clone(), step.model.clone())).collect();
        let dir = self.config().models_dir.clone();
        let work = move || {
            let mut known: HashMap<String, Option<String>> = HashMap::new();
            for file in &mut files {
                let model = file.step.as_ref().and_then(|step| models.get(step));
                let Some(model) = model.filter(|model| model.is_local() && !model.path.is_empty()) else { continue };
                let hash = known.entry(model.path.clone()).or_insert_with(|| {
                    expected_sha256(&dir, &model.id, Path::new(&model.path)).ok().flatten().map(|(sha256, _)| sha256)
                });
                file.origin.model_sha256.clone_from(hash);
            }
            files
        };
        blocking(work).await.unwrap_or_default()
    }
}

/// The run's pipeline with the seeds that it drew, so that it can be run again as it was.
fn seeded(run: &RunView) -> Value {
    let mut pipeline = run.pipeline.clone();
    for step in &run.steps {
        if let Some(listed) = pipeline.steps.get_mut(step.position) {
            listed.parameters.seed = Some(step.seed);
        }
    }
    if pipeline.assembler_mode() == AssemblerMode::Model {
        let mut parameters = pipeline.parameters_at(pipeline.steps.len());
        parameters.seed = Some(run.assembler.seed);
        pipeline.assembler.get_or_insert_default().parameters = Some(parameters);
    }
    serde_json::to_value(pipeline).unwrap_or_default()
}

fn folder_of(request: &ExportRequest) -> Result<PathBuf, AppError> {
    let folder = Path::new(&request.folder);
    if folder.is_absolute() { Ok(folder.to_path_buf()) } else { Err(AppError::RelativeFolder(request.folder.clone())) }
}

/// The pieces as files, each with the step and the model that made it.
fn files_of(run: &RunView, source: ExportSource) -> Result<Vec<ExportFile>, AppError> {
    // A final piece that a step made, which the Assembler left as it was, is that step's.
    let makers: HashMap<(&str, &str), &StepView> = run
        .steps
        .iter()
        .flat_map(|step| step.artifacts.iter().map(move |piece| ((piece.name.as_str(), piece.content.as_str()), step)))
        .collect();
    let mut files: Vec<ExportFile> = run
        .final_artifacts
        .iter()
        .map(|piece| {
            let maker = makers.get(&(piece.name.as_str(), piece.content.as_str())).copied().unwrap_or(&run.assembler);
            file(piece.name.clone(), piece, maker, run)
        })
        .collect();
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

fn file(name: String, piece: &Artifact, maker: &StepView, run: &RunView) -> ExportFile {
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
            model_sha256: None,
            syntax: syntax.map(str::to_owned),
            edited: if is_assembler { run.final_artifacts_edited } else { maker.artifacts_edited },
        },
    }
}

/// Runs file work on a thread that may block.
pub(crate) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, AppError> {
    tokio::task::spawn_blocking(work).await.map_err(|error| AppError::Internal(error.to_string()))
}
