//! Taking models out of the models folder, and giving them other names.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use brickwork_t5gemma_config::{FORM_FILE, is_instruction_tuned, keep_form};

use crate::folder::ModelFile;
use crate::hashes::{forget_hash, move_hash};
use crate::links::{LinkedModel, links, remove_link, rename_link};
use crate::names::{BadName, check_name};
use crate::provenance::provenance_path;
use crate::shards::{files_of, shard_of};
use crate::small_file::SmallFileError;

/// Why a model is not removed or renamed.
#[derive(Debug, thiserror::Error)]
pub enum RemoveError {
    /// A file cannot be changed.
    #[error("{} cannot be changed: {cause}. Check its permissions, and whether a program uses it", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        cause: io::Error,
    },
    /// The file lies elsewhere.
    #[error("{} is not in the models folder, so it stays as it is. Remove it with the program that made it", .0.display())]
    Elsewhere(PathBuf),
    /// The name cannot be.
    #[error("{0}. Give it another name")]
    BadName(#[from] BadName),
    /// The name is taken.
    #[error("There is another model called `{0}`. Choose another name")]
    NameTaken(String),
    /// The program's own notes cannot be read or written.
    #[error(transparent)]
    Notes(#[from] SmallFileError),
}

/// What was removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Removed {
    /// The files that are gone; none for a link.
    pub files: Vec<PathBuf>,
    /// Bytes that became free.
    pub freed_bytes: u64,
    /// Whether only the entry of a model elsewhere is gone.
    pub was_link: bool,
}

/// Removes a model that is listed in the models folder `dir`: its files with what is known of them, or, where it is used
/// in place, its entry alone.
///
/// # Errors
/// [`RemoveError`].
pub fn remove_model(dir: &Path, model: &ModelFile) -> Result<Removed, RemoveError> {
    if let Some(link) = link_of(dir, model)? {
        remove_link(dir, &link.id)?;
        forget_all(dir, &model.path)?;
        return Ok(Removed { files: Vec::new(), freed_bytes: 0, was_link: true });
    }
    let folder = is_own_folder(model).then(|| model.path.clone());
    let files = own_files(dir, model)?;
    let mut freed_bytes = 0;
    for path in &files {
        // Of a link in the folder only the link goes, which frees nothing.
        freed_bytes += fs::symlink_metadata(path).map_or(0, |about| if about.is_file() { about.len() } else { 0 });
        fs::remove_file(path).map_err(|cause| RemoveError::Io { path: path.clone(), cause })?;
        forget_hash(dir, path)?;
        remove_if_there(&provenance_path(path))?;
    }
    if let Some(folder) = folder {
        // Files that are none of the model's keep their folder.
        let _ = fs::remove_dir(folder);
    }
    Ok(Removed { files, freed_bytes, was_link: false })
}

/// Gives a model another id: its files are renamed, or, where it is used in place, its entry. Returns where its file is
/// then.
///
/// # Errors
/// [`RemoveError`]; the model is as it was then.
pub fn rename_model(dir: &Path, model: &ModelFile, name: &str) -> Result<PathBuf, RemoveError> {
    check_name(name)?;
    let name = name.strip_suffix(".gguf").unwrap_or(name);
    let taken = || RemoveError::NameTaken(name.to_owned());
    if let Some(link) = link_of(dir, model)? {
        return if rename_link(dir, &link.id, name)? { Ok(model.path.clone()) } else { Err(taken()) };
    }
    let files = own_files(dir, model)?;
    if is_own_folder(model) {
        let target = model.path.with_file_name(name);
        if target.symlink_metadata().is_ok() {
            return Err(taken());
        }
        let form = is_instruction_tuned(&model.path).ok();
        fs::rename(&model.path, &target).map_err(|cause| RemoveError::Io { path: model.path.clone(), cause })?;
        // The name may have told how the model is prompted.
        if let Some(is_instruction_tuned) = form {
            keep_form(&target, is_instruction_tuned)
                .map_err(|cause| RemoveError::Io { path: target.join(FORM_FILE), cause })?;
        }
        for path in files {
            let moved = target.join(path.strip_prefix(&model.path).unwrap_or(&path));
            move_hash(dir, &path, &moved)?;
        }
        return Ok(target);
    }
    let total = files.len();
    let targets: Vec<PathBuf> = files
        .iter()
        .enumerate()
        .map(|(number, path)| match total {
            1 => path.with_file_name(format!("{name}.gguf")),
            total => path.with_file_name(format!("{name}-{:05}-of-{total:05}.gguf", number + 1)),
        })
        .collect();
    if targets.iter().any(|target| target.symlink_metadata().is_ok()) {
        return Err(taken());
    }
    let mut renamed: Vec<(&PathBuf, &PathBuf)> = Vec::new();
    for (path, target) in files.iter().zip(&targets) {
        if let Err(cause) = fs::rename(path, target) {
            for (path, target) in renamed {
                // The fault that led here is told; one that shows here adds nothing.
                let _ = fs::rename(target, path);
            }
            return Err(RemoveError::Io { path: path.clone(), cause });
        }
        renamed.push((path, target));
    }
    for (path, target) in renamed {
        // The note of the origin follows; a file without one has nothing to follow.
        let _ = fs::rename(provenance_path(path), provenance_path(target));
        move_hash(dir, path, target)?;
    }
    Ok(targets.into_iter().next().unwrap_or_default())
}

/// All files of a model: one, several shards, or those of its folder.
#[must_use]
pub fn files_of_model(model: &ModelFile) -> Vec<PathBuf> {
    if model.path.is_dir() {
        let entries = fs::read_dir(&model.path).into_iter().flatten().flatten().map(|entry| entry.path());
        let mut files: Vec<PathBuf> = entries.filter(|path| path.is_file() && !is_other(path)).collect();
        files.sort();
        return files;
    }
    files_of(&model.path).unwrap_or_else(|_| present_shards(&model.path))
}

/// Whether a file in a model's folder is a note of this program's, or a model of its own.
fn is_other(path: &Path) -> bool {
    let name = path.to_string_lossy().to_ascii_lowercase();
    name.ends_with(".brickwork.json") || name.ends_with(".gguf")
}

/// The shards that are there, when not all are.
fn present_shards(path: &Path) -> Vec<PathBuf> {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let Some((name, _, total)) = shard_of(&stem) else { return vec![path.to_owned()] };
    let shards = (1..=total).map(|number| path.with_file_name(format!("{name}-{number:05}-of-{total:05}.gguf")));
    shards.filter(|shard| shard.exists()).collect()
}

/// The model's files, when all of them lie in the models folder.
fn own_files(dir: &Path, model: &ModelFile) -> Result<Vec<PathBuf>, RemoveError> {
    let files = files_of_model(model);
    let dir = std::path::absolute(dir).map_err(|cause| RemoveError::Io { path: dir.to_owned(), cause })?;
    match files.iter().find(|path| !path.starts_with(&dir)) {
        Some(elsewhere) => Err(RemoveError::Elsewhere(elsewhere.clone())),
        None => Ok(files),
    }
}

fn is_own_folder(model: &ModelFile) -> bool {
    model.path.is_dir()
}

fn link_of(dir: &Path, model: &ModelFile) -> Result<Option<LinkedModel>, SmallFileError> {
    Ok(links(dir)?.into_iter().find(|link| link.path == model.path))
}

fn forget_all(dir: &Path, path: &Path) -> Result<(), SmallFileError> {
    for path in files_of(path).unwrap_or_else(|_| vec![path.to_owned()]) {
        forget_hash(dir, &path)?;
    }
    Ok(())
}

fn remove_if_there(path: &Path) -> Result<(), RemoveError> {
    match fs::remove_file(path) {
        Err(cause) if cause.kind() != io::ErrorKind::NotFound => Err(RemoveError::Io { path: path.to_owned(), cause }),
        _ => Ok(()),
    }
}
