//! What an export's manifest says of its run, and what is needed to run the same pipeline again.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use brickwork_engine::{AssemblerMode, ModelRef, RunId, RunRecord};
use brickwork_export::{ExportFile, Facts, Manifest, ManifestInput};
use brickwork_models::{check_file, expected_sha256, model_paths};
use serde_json::Value;

use crate::app::App;
use crate::error::AppError;
use crate::export::blocking;
use crate::views::{RunView, StepView};

/// Paths that a warning names.
const NAMED: usize = 5;

/// The pipeline in the text of a manifest, `brickwork.json`, with the seeds and the context of its run.
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
    /// What the manifest of an export at `exported_at` says of the run.
    pub(crate) async fn facts(&self, run: &RunView, exported_at: String) -> Result<Facts, AppError> {
        let record = self.recorded(run.run_id).await?;
        let files: BTreeMap<&str, &str> =
            record.plan.files.iter().flatten().map(|file| (&*file.path, &*file.content)).collect();
        let paths: Vec<&str> = files.keys().copied().collect();
        Ok(Facts {
            run_id: run.run_id.to_string(),
            pipeline: run.name.clone(),
            exported_at,
            pipeline_document: Some(seeded(run, &record)),
            warnings: needs_files(&paths).into_iter().collect(),
            attached_files: files.into_iter().map(|(path, content)| ManifestInput::new(path, content)).collect(),
            new_branch: None,
        })
    }

    /// The files with the names and the hashes of the models' files that made them. A file whose hash nobody knows is read
    /// as a whole, which takes a while for a large one; its hash is recorded then.
    pub(crate) async fn with_model_files(&self, run: &RunView, mut files: Vec<ExportFile>) -> Vec<ExportFile> {
        let models: HashMap<&str, &ModelRef> =
            run.steps.iter().chain([&run.assembler]).map(|step| (&*step.step_name, &step.model)).collect();
        let mut known: HashMap<&str, Option<(String, String)>> = HashMap::new();
        for file in &mut files {
            let Some(model) = file.step.as_deref().and_then(|step| models.get(step)) else { continue };
            if !known.contains_key(&*model.path) {
                known.insert(&model.path, self.hashed_model(model).await);
            }
            if let Some(Some((name, sha256))) = known.get(&*model.path) {
                file.origin.model_file = Some(name.clone());
                file.origin.model_sha256 = Some(sha256.clone());
            }
        }
        files
    }

    /// The name and the SHA-256 of the model's first file; `None` where it has none here, or it cannot be read.
    async fn hashed_model(&self, model: &ModelRef) -> Option<(String, String)> {
        if !model.is_local() || model.path.is_empty() {
            return None;
        }
        let (dir, model) = (self.config().models_dir.clone(), model.clone());
        blocking(move || hashed(&dir, &model)).await.ok().flatten()
    }

    /// How a run of a manifest's pipeline differs from the one that made the export, as sentences: model files that are
    /// others, and attached files that are others or not there.
    ///
    /// # Errors
    /// [`AppError::UnknownRun`], or a fault of the database.
    pub async fn differences_from_manifest(&self, text: &str, run_id: RunId) -> Result<Vec<String>, AppError> {
        let Ok(manifest) = serde_json::from_str::<Manifest>(text) else { return Ok(Vec::new()) };
        let run = self.run(run_id).await?;
        let mut told = Vec::new();
        for step in run.steps.iter().chain([&run.assembler]) {
            told.extend(self.other_model(&manifest, step).await);
        }
        let plan = self.recorded(run_id).await?.plan;
        let now: Vec<ManifestInput> =
            plan.files.iter().flatten().map(|file| ManifestInput::new(&file.path, &file.content)).collect();
        let changed = manifest.attached_files.iter().filter(|file| !now.contains(file));
        told.extend(changed.map(|file| {
            let is_there = now.iter().any(|other| other.path == file.path);
            let what = if is_there { "is another one than the exported run read" } else { "is not attached" };
            format!("`{}` {what}, so the prompts differ.", file.path)
        }));
        Ok(told)
    }

    async fn other_model(&self, manifest: &Manifest, step: &StepView) -> Option<String> {
        let entry = manifest.files.iter().find(|file| file.step.as_ref() == Some(&step.step_name))?;
        let (name, then) = (&step.step_name, entry.model.as_deref().unwrap_or_default());
        let Some(expected) = &entry.origin.model_sha256 else {
            let is_other = !then.is_empty() && then != step.model.id && !step.model.is_none();
            return is_other
                .then(|| format!("The step `{name}` was made by `{then}` and runs on `{}`.", step.model.id));
        };
        match self.hashed_model(&step.model).await {
            Some((_, sha256)) if sha256 == *expected => None,
            Some((file, _)) => Some(format!(
                "The step `{name}` was made by `{then}` with the SHA-256 {expected}; `{file}`, on which it runs, is another file."
            )),
            None => Some(format!(
                "The step `{name}` was made by `{then}` with the SHA-256 {expected}; `{}`, on which it runs, is another model.",
                step.model.id
            )),
        }
    }
}

fn hashed(dir: &Path, model: &ModelRef) -> Option<(String, String)> {
    let file: PathBuf = model_paths(Path::new(&model.path)).into_iter().next()?;
    let name = file.file_name()?.to_string_lossy().into_owned();
    let known = expected_sha256(dir, &model.id, &file).ok().flatten().map(|(sha256, _)| sha256);
    let sha256 = known.or_else(|| match check_file(dir, &model.id, &file, false, &mut |_| Ok(())) {
        Ok(checked) => Some(checked.sha256),
        Err(error) => {
            tracing::warn!(%error, "the model's file could not be read for the manifest");
            None
        }
    })?;
    Some((name, sha256))
}

/// The run's pipeline with the seeds that it drew and the values of its project, so that it can be run again as it was.
fn seeded(run: &RunView, record: &RunRecord) -> Value {
    let mut pipeline = run.pipeline.clone();
    pipeline.global_context = record.plan.global_context();
    // The project that it belonged to may not be there where it runs again.
    pipeline.project_id = None;
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

/// What is said where steps read files.
fn needs_files(paths: &[&str]) -> Option<String> {
    if paths.is_empty() {
        return None;
    }
    let named: Vec<String> = paths.iter().take(NAMED).map(|path| format!("`{path}`")).collect();
    let more = paths.len().saturating_sub(NAMED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    Some(format!(
        "The steps read files of the project's folder, which are not in the export: {}{more}. Run the pipeline again in a \
         project whose folder holds them.",
        named.join(", ")
    ))
}
