//! The models folder: which models are in it.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use brickwork_engine::Phrase;

use crate::gguf::{GgufInfo, T5GEMMA};
use crate::hashes::Hashes;
use crate::headers::{UnusableFile, header_of, safetensors_of};
use crate::links::linked_models;
use crate::safetensors::{SafetensorsInfo, files_in, is_model_folder};
use crate::shards::{shard_of, shard_paths};

/// How a model is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ModelFormat {
    /// A GGUF file, or several that are one model.
    Gguf,
    /// A folder of safetensors files.
    Safetensors,
}

/// A model that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ModelFile {
    /// The id under which it is listed: the file's name without extension and without the number of a part;
    /// `folder/name` where that is taken already.
    pub id: String,
    /// Absolute path: of the file, of the first one of several, or of the folder.
    pub path: PathBuf,
    /// Size in bytes, of all its files together.
    pub size_bytes: u64,
    /// How it is stored.
    pub format: ModelFormat,
    /// What the header of a GGUF file says, if it could be read.
    pub gguf: Option<GgufInfo>,
    /// What a folder of safetensors files says about its model, if it is a whole one.
    pub safetensors: Option<SafetensorsInfo>,
    /// Why it cannot be used; absent for a model that can run.
    pub problem: Option<String>,
    /// The same in a form that can be put into another language, where it has one.
    pub problem_phrase: Option<Phrase>,
    /// The program whose model it is, where it lies outside the models folder.
    pub origin: Option<String>,
}

impl ModelFormat {
    /// The word that stands for it in the catalog and in answers.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Gguf => "gguf",
            Self::Safetensors => "safetensors",
        }
    }
}

impl ModelFile {
    /// The model at `path`, listed as `id`.
    #[must_use]
    pub fn describe(id: String, path: PathBuf, origin: Option<String>) -> Self {
        let mut model = if path.is_dir() {
            let (safetensors, unusable) = halves(safetensors_of(&path));
            let (problem, problem_phrase) = told(unusable);
            let format = ModelFormat::Safetensors;
            Self { id, path, size_bytes: 0, format, gguf: None, safetensors, problem, problem_phrase, origin }
        } else {
            let (gguf, unusable) = halves(header_of(&path));
            let (problem, problem_phrase) = told(unusable);
            let format = ModelFormat::Gguf;
            Self { id, path, size_bytes: 0, format, gguf, safetensors: None, problem, problem_phrase, origin }
        };
        let files = model.files();
        model.size_bytes = files.iter().filter_map(|file| fs::metadata(file).ok()).map(|about| about.len()).sum();
        model
    }

    /// Its files, whether they are there or not.
    #[must_use]
    pub fn files(&self) -> Vec<PathBuf> {
        model_paths(&self.path)
    }

    /// Whether it can be bound to a role and run.
    #[must_use]
    pub const fn is_runnable(&self) -> bool {
        self.problem.is_none()
    }

    /// Whether it is a T5Gemma that can run: a folder, or the file that one was converted into.
    #[must_use]
    pub fn is_t5gemma(&self) -> bool {
        let is_converted = self.gguf.as_ref().is_some_and(|info| info.architecture == T5GEMMA);
        self.is_runnable() && (is_converted || self.safetensors.is_some())
    }
}

/// The files of the model at `path`: all parts of a GGUF file, whether they are there or not, or those of a folder.
#[must_use]
pub fn model_paths(path: &Path) -> Vec<PathBuf> {
    if path.is_dir() { files_in(path) } else { shard_paths(path) }
}

/// What was read, or why not.
fn halves<T>(read: Result<T, UnusableFile>) -> (Option<T>, Option<UnusableFile>) {
    match read {
        Ok(info) => (Some(info), None),
        Err(problem) => (None, Some(problem)),
    }
}

/// The text and the phrase, where there is a problem.
fn told(unusable: Option<UnusableFile>) -> (Option<String>, Option<Phrase>) {
    unusable.map_or((None, None), |UnusableFile { text, phrase }| (Some(text), phrase))
}

/// A models folder that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("the models folder {} cannot be read ({cause}): check that it may be read, or set BRICKWORK_MODELS_DIR to another one", path.display())]
pub struct ScanError {
    /// The folder.
    pub path: PathBuf,
    /// Why.
    #[source]
    pub cause: io::Error,
}

/// The folder that holds model files.
#[derive(Debug, Clone, Copy)]
pub struct ModelsFolder;

impl ModelsFolder {
    /// The models in `dir` and in its immediate subfolders, those of `dir` first, each group by name; then the folders of
    /// safetensors files in `dir` and in its subfolders. A model that comes in several files is one of them. Reads every
    /// header that has changed since the last scan. A folder that does not exist holds none.
    ///
    /// # Errors
    /// [`ScanError`] when the folder is there and cannot be read. What is wrong with one file or one subfolder does not
    /// hide the others.
    pub fn scan(dir: &Path) -> Result<Vec<ModelFile>, ScanError> {
        let failed = |cause| ScanError { path: dir.to_owned(), cause };
        let dir = std::path::absolute(dir).map_err(failed)?;
        let entries = match sorted_entries(&dir) {
            Ok(entries) => entries,
            Err(err) if err.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(err) => return Err(failed(err)),
        };
        let (folders, mut paths): (Vec<_>, Vec<_>) = entries.into_iter().partition(|path| path.is_dir());
        let mut model_folders = Vec::new();
        for folder in folders.into_iter().filter(|folder| !is_hidden(folder)) {
            let (deeper, files): (Vec<_>, Vec<_>) =
                sorted_entries(&folder).unwrap_or_default().into_iter().partition(|path| path.is_dir());
            paths.extend(files);
            let candidates = std::iter::once(folder).chain(deeper.into_iter().filter(|folder| !is_hidden(folder)));
            model_folders.extend(candidates.filter(|folder| is_model_folder(folder)));
        }
        paths.retain(|path| is_gguf(path));
        let stands_for_its_model = stands_for_its_model(&paths);
        let mut ids = HashSet::new();
        let mut describe = |path: PathBuf| {
            let id = free_id(&path, &ids);
            ids.insert(id.clone());
            ModelFile::describe(id, path, None)
        };
        let files = paths.into_iter().zip(stands_for_its_model).filter_map(|(path, stands)| stands.then_some(path));
        let mut models: Vec<ModelFile> = files.chain(model_folders).map(&mut describe).collect();
        for mut model in linked_models(&dir) {
            if !ids.insert(model.id.clone()) {
                model.id = model.path.to_string_lossy().into_owned();
            }
            models.push(model);
        }
        refuse_changed(&dir, &mut models);
        Ok(models)
    }
}

/// Marks the models of which a file is known not to be the one whose checksum was recorded.
fn refuse_changed(dir: &Path, models: &mut [ModelFile]) {
    // Records that cannot be read are told when a model is to be used.
    let Ok(hashes) = Hashes::read(dir) else { return };
    for model in models.iter_mut().filter(|model| model.is_runnable()) {
        let found = model.files().iter().find_map(|path| hashes.problem_of(path));
        (model.problem, model.problem_phrase) = found.map_or((None, None), |(text, phrase)| (Some(text), Some(phrase)));
    }
}

/// For each path whether it is the file under which its model is listed: the first part of those that are there.
fn stands_for_its_model(paths: &[PathBuf]) -> Vec<bool> {
    let mut seen = HashSet::new();
    // Sorted by name, so the lowest number comes first.
    paths.iter().map(|path| seen.insert(shard_paths(path))).collect()
}

fn is_hidden(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."))
}

fn sorted_entries(dir: &Path) -> io::Result<Vec<PathBuf>> {
    let mut paths = fs::read_dir(dir)?.map(|entry| entry.map(|entry| entry.path())).collect::<io::Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}

fn is_gguf(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("gguf"))
}

fn free_id(path: &Path, taken: &HashSet<String>) -> String {
    let stem = file_id(path);
    if !taken.contains(&stem) {
        return stem;
    }
    // Two files of one folder can share a stem only by the case of their extension; then the path tells them apart.
    let folder = path.parent().and_then(Path::file_name).unwrap_or_default().to_string_lossy();
    let longer = format!("{folder}/{stem}");
    if taken.contains(&longer) { path.to_string_lossy().into_owned() } else { longer }
}

/// The id of a model on its own. A folder's name is no file's and keeps what follows a dot.
pub(crate) fn file_id(path: &Path) -> String {
    let name = if path.is_dir() { path.file_name() } else { path.file_stem() };
    let stem = name.unwrap_or_default().to_string_lossy();
    shard_of(&stem).map_or(&*stem, |(name, ..)| name).to_owned()
}
