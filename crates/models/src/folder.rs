//! The models folder: which model files are in it.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::gguf::{GgufInfo, read_header};

/// A model file that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ModelFile {
    /// The id under which it is listed: the file's name without extension; `folder/name` where that is taken already.
    pub id: String,
    /// Absolute path.
    pub path: PathBuf,
    /// Size of the file in bytes.
    pub size_bytes: u64,
    /// What its header says, or why it cannot be used.
    pub info: Result<GgufInfo, String>,
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
    /// The `.gguf` files in `dir` and in its immediate subfolders, those of `dir` first, each group by name. Reads every
    /// header. A folder that does not exist holds none.
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
        for folder in folders {
            paths.extend(sorted_entries(&folder).unwrap_or_default().into_iter().filter(|path| !path.is_dir()));
        }
        let mut ids = HashSet::new();
        Ok(paths.into_iter().filter(|path| is_gguf(path)).map(|path| describe(path, &mut ids)).collect())
    }
}

fn sorted_entries(dir: &Path) -> io::Result<Vec<PathBuf>> {
    let mut paths = fs::read_dir(dir)?.map(|entry| entry.map(|entry| entry.path())).collect::<io::Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}

fn is_gguf(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("gguf"))
}

fn describe(path: PathBuf, ids: &mut HashSet<String>) -> ModelFile {
    let id = free_id(&path, ids);
    ids.insert(id.clone());
    let info = read_header(&path).map_err(|err| err.to_string());
    let size_bytes = fs::metadata(&path).map_or(0, |about| about.len());
    ModelFile { id, path, size_bytes, info }
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

/// The id of a model file on its own.
pub(crate) fn file_id(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}
