//! Putting files that have arrived into the models folder, over nothing that is there.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use tempfile::TempPath;

use super::DownloadError;
use super::journal::{Journal, Told};
use super::order::file_name;
use crate::folder::file_id;
use crate::hashes::record_hash;
use crate::provenance::{Provenance, read_provenance, write_provenance};
use crate::shards::shard_of;
use crate::transfer::{Outcome, now};
use crate::verify::sha256_of;

fn io_error(path: &Path) -> impl FnOnce(io::Error) -> DownloadError {
    let path = path.to_owned();
    move |cause| DownloadError::Io { path, cause }
}

/// The folder for the files of `journal`, the first of a few in which none of them would meet another file, and for each
/// of them whether it is there already. Reads files of the same name and size.
pub(super) fn choose_folder(dir: &Path, journal: &Journal) -> Result<(PathBuf, Vec<bool>), DownloadError> {
    let Some(told) = &journal.told else { return Ok((dir.to_owned(), Vec::new())) };
    let repository = &journal.order.repository;
    let long = repository.replace('/', "--");
    let commit: String = told.commit.chars().filter(char::is_ascii_alphanumeric).take(8).collect();
    let short = repository.rsplit('/').next().unwrap_or(repository);
    // GGUF files lie side by side; what is a folder by nature gets one of its own.
    let is_flat = journal.order.paths.iter().all(|path| path.to_ascii_lowercase().ends_with(".gguf"));
    let first = if is_flat { dir.to_owned() } else { dir.join(short) };
    let mut in_the_way = first.clone();
    for folder in [first, dir.join(&long), dir.join(format!("{long}--{commit}"))] {
        match what_is_there(&folder, journal, told)? {
            Ok(there) => return Ok((folder, there)),
            Err(path) => in_the_way = path,
        }
    }
    Err(DownloadError::Exists { path: in_the_way })
}

/// For each file whether it is in `folder` already, or the path of another one that has its name.
fn what_is_there(folder: &Path, journal: &Journal, told: &Told) -> Result<Result<Vec<bool>, PathBuf>, DownloadError> {
    let mut there = Vec::new();
    for (path, file) in journal.order.paths.iter().zip(&told.files) {
        let target = folder.join(file_name(path));
        let about = match fs::symlink_metadata(&target) {
            Ok(about) => about,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                there.push(false);
                continue;
            }
            Err(error) => return Err(io_error(&target)(error)),
        };
        let may_be_same = about.is_file() && file.size_bytes.is_none_or(|size| size == about.len());
        let origin = read_provenance(&target).ok().flatten();
        let came_from_here = origin.is_some_and(|origin| {
            origin.repository == journal.order.repository && origin.revision == told.commit && origin.path == *path
        });
        if may_be_same && file.sha256.is_none() && came_from_here {
            there.push(true);
            continue;
        }
        let Some(expected) = file.sha256.as_ref().filter(|_| may_be_same) else { return Ok(Err(target)) };
        let found = sha256_of(&target, |_, _| {}).map_err(io_error(&target))?;
        if found != *expected {
            return Ok(Err(target));
        }
        there.push(true);
    }
    Ok(Ok(there))
}

/// Moves what has `arrived` into `folder` under its own names, each file with a note of its origin: for every path of the
/// order the part and its SHA-256, which is absent for a file that is in its place already.
pub(super) fn place(
    dir: &Path,
    folder: &Path,
    journal: &Journal,
    arrived: Vec<(PathBuf, Option<String>)>,
) -> Result<Outcome, DownloadError> {
    fs::create_dir_all(folder).map_err(io_error(folder))?;
    let Some(told) = &journal.told else { return Ok(Outcome::default()) };
    let mut first = None;
    for (path, (part, sha256)) in journal.order.paths.iter().zip(arrived) {
        let target = folder.join(file_name(path));
        if let Some(found) = sha256 {
            let size_bytes = fs::metadata(&part).map_err(io_error(&part))?.len();
            if fs::symlink_metadata(&target).is_ok() {
                return Err(DownloadError::Exists { path: target });
            }
            let provenance = Provenance {
                repository: journal.order.repository.clone(),
                revision: told.commit.clone(),
                path: path.clone(),
                sha256: found.clone(),
                size_bytes,
                licence: told.licence.clone(),
                downloaded_at: now(),
            };
            // Before the file: one that is listed has its origin beside it, wherever the program dies.
            write_provenance(&target, &provenance).map_err(io_error(&target))?;
            let temporary = TempPath::try_from_path(&part).map_err(io_error(&part))?;
            if let Err(refused) = temporary.persist_noclobber(&target) {
                // The part is worth more than a tidy folder.
                let _ = refused.path.keep();
                return Err(match refused.error.kind() {
                    io::ErrorKind::AlreadyExists => DownloadError::Exists { path: target },
                    _ => DownloadError::Io { path: target, cause: refused.error },
                });
            }
            // From now on a change of the file is noticed; without the record only the note above tells its checksum.
            let _ = record_hash(dir, &target, &found);
        }
        first = first.or(Some(target));
    }
    sync(folder);
    Ok(Outcome { model_id: first.as_deref().map(model_id), path: first, ..Outcome::default() })
}

/// The id under which a file is listed: that of its model, when it is a shard of one.
fn model_id(path: &Path) -> String {
    let is_gguf = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("gguf"));
    if !is_gguf {
        let folder = path.parent().and_then(Path::file_name).unwrap_or_default();
        return folder.to_string_lossy().into_owned();
    }
    let id = file_id(path);
    shard_of(&id).map(|(name, ..)| name.to_owned()).unwrap_or(id)
}

/// Makes the names in a folder safe on the disk, where the system knows how.
fn sync(folder: &Path) {
    #[cfg(unix)]
    let _ = File::open(folder).and_then(|folder| folder.sync_all());
    #[cfg(not(unix))]
    let _ = folder;
}
