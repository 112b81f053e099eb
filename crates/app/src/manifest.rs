//! What an export's manifest says of its run, and what is needed to run the same pipeline again.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use brickwork_engine::{AssemblerMode, ModelRef, RunId, RunRecord};
use brickwork_export::{ExportFile, Facts, Manifest, ManifestInput, ManifestModelFile};
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
        let mut known: HashMap<&str, Vec<ManifestModelFile>> = HashMap::new();
        for file in &mut files {
            let Some(model) = file.step.as_deref().and_then(|step| models.get(step)) else { continue };
            if !known.contains_key(&*model.path) {
                known.insert(&model.path, self.hashed_model(model).await);
            }
            file.origin.model_files = known.get(&*model.path).cloned().unwrap_or_default();
        }
        files
    }

    /// The names and the SHA-256 of the model's files; none where it has none here, or one cannot be read.
    async fn hashed_model(&self, model: &ModelRef) -> Vec<ManifestModelFile> {
        if !model.is_local() || model.path.is_empty() {
            return Vec::new();
        }
        let (dir, model) = (self.config().models_dir.clone(), model.clone());
        blocking(move || hashed(&dir, &model)).await.unwrap_or_default()
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
        let expected = &entry.origin.model_files;
        if expected.is_empty() {
            let is_other = !then.is_empty() && then != step.model.id && !step.model.is_none();
            return is_other
                .then(|| format!("The step `{name}` was made by `{then}` and runs on `{}`.", step.model.id));
        }
        let now = self.hashed_model(&step.model).await;
        // Names may differ: the same bytes are the same model.
        let hashes = |files: &[ManifestModelFile]| {
            let mut hashes: Vec<String> = files.iter().map(|file| file.sha256.clone()).collect();
            hashes.sort_unstable();
            hashes
        };
        let (then_hashes, now_hashes) = (hashes(expected), hashes(&now));
        if then_hashes == now_hashes {
            return None;
        }
        let other = now.iter().find(|file| !then_hashes.contains(&file.sha256));
        let missing = expected.iter().find(|file| !now_hashes.contains(&file.sha256)).or(expected.first())?;
        let made = format!("The step `{name}` was made by `{then}` with the SHA-256 {}", missing.sha256);
        Some(match other {
            Some(file) => format!("{made}; `{}`, on which it runs, is another file.", file.name),
            None => format!("{made}; `{}`, on which it runs, is another model.", step.model.id),
        })
    }
}

/// The model's files with their hashes; none when one of them cannot be read, since a part of a model is none.
fn hashed(dir: &Path, model: &ModelRef) -> Vec<ManifestModelFile> {
    let paths = model_paths(Path::new(&model.path));
    let files: Option<Vec<_>> = paths.iter().map(|path| hashed_file(dir, model, path)).collect();
    files.unwrap_or_default()
}

fn hashed_file(dir: &Path, model: &ModelRef, path: &Path) -> Option<ManifestModelFile> {
    let name = path.file_name()?.to_string_lossy().into_owned();
    let known = expected_sha256(dir, &model.id, path).ok().flatten().map(|(sha256, _)| sha256);
    let sha256 = known.or_else(|| match check_file(dir, &model.id, path, false, &mut |_| Ok(())) {
        Ok(checked) => Some(checked.sha256),
        Err(error) => {
            tracing::warn!(%error, "the model's file could not be read for the manifest");
            None
        }
    })?;
    Some(ManifestModelFile { name, sha256 })
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

    use super::*;

    #[test]
    fn all_files_of_a_model_are_told_or_none() {
        let room = tempfile::tempdir().unwrap();
        let folder = room.path().join("t5");
        std::fs::create_dir(&folder).unwrap();
        for name in ["config.json", "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors", "notes.txt"]
        {
            std::fs::write(folder.join(name), name).unwrap();
        }
        let shard = |n: u8| room.path().join(format!("m-0000{n}-of-00002.gguf"));
        std::fs::write(shard(1), "one").unwrap();
        let names = |path: &Path| {
            let model = ModelRef { id: "m".into(), path: path.display().to_string(), stand_in: false };
            let files = hashed(room.path(), &model);
            assert!(files.iter().all(|file| file.sha256.len() == 64), "{files:?}");
            files.into_iter().map(|file| file.name).collect::<Vec<_>>()
        };
        assert_eq!(
            names(&folder),
            ["config.json", "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"]
        );
        assert_eq!(names(&shard(1)), [""; 0], "a part is missing");
        std::fs::write(shard(2), "two").unwrap();
        assert_eq!(names(&shard(1)), ["m-00001-of-00002.gguf", "m-00002-of-00002.gguf"]);
    }
}
