//! Whether a model's files are what they should be, by everything that is known of them.

use std::io;
use std::path::{Path, PathBuf};

use brickwork_engine::Phrase;
use serde::Serialize;

use crate::catalog::catalog_file;
use crate::hashes::{HashError, Hashes, record_hash, record_mismatch, record_with};
use crate::links::links;
use crate::provenance::read_provenance;
use crate::small_file::SmallFileError;
use crate::transfer::Cancelled;
use crate::verify::{Stopped, hash_file};

/// What a file was compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckedAgainst {
    /// What the hub gave when the file was downloaded.
    Hub,
    /// The catalog.
    Catalog,
    /// What the program that keeps the file says.
    Program,
    /// What was recorded of it at an earlier look.
    Record,
    /// Nothing: what it has now was recorded.
    Nothing,
}

/// A file that was read as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CheckedFile {
    /// The file.
    pub path: PathBuf,
    /// Its SHA-256 in lower-case hexadecimal digits.
    pub sha256: String,
    /// What it was compared with.
    pub against: CheckedAgainst,
}

/// Why a file is not shown to be right.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// The content is another.
    #[error(
        "{} is not the file that it should be: its SHA-256 is {found}, not {expected}{source_name}. Get the file again; or, if you changed it yourself, verify it and accept the change",
        path.display(), source_name = by(*against)
    )]
    Mismatch {
        /// The file.
        path: PathBuf,
        /// The checksum that it should have.
        expected: String,
        /// The one that it has.
        found: String,
        /// Who says so.
        against: CheckedAgainst,
    },
    /// It could not be read.
    #[error("{} cannot be read: {cause}. Check that it exists and may be read", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        cause: io::Error,
    },
    /// What is known of it cannot be read or written.
    #[error(transparent)]
    Notes(#[from] SmallFileError),
    /// The records cannot be written.
    #[error(transparent)]
    Records(#[from] HashError),
    /// The user ended it.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}

impl CheckError {
    /// The fault in a form that can be put into another language; nothing for a check that the user ended.
    #[must_use]
    pub fn phrase(&self) -> Option<Phrase> {
        match self {
            Self::Mismatch { path, expected, found, against } => {
                let reason = match against {
                    CheckedAgainst::Hub => "file_not_as_downloaded",
                    CheckedAgainst::Catalog => "file_not_as_in_catalog",
                    CheckedAgainst::Program => "file_not_as_kept",
                    CheckedAgainst::Record | CheckedAgainst::Nothing => "file_not_as_recorded",
                };
                Some(Phrase::new(reason).with("path", path).with("expected", expected).with("found", found))
            }
            Self::Io { path, cause } => {
                Some(Phrase::new("file_not_read").with("path", path).with("cause", cause.to_string()))
            }
            Self::Notes(error) => Some(error.phrase()),
            Self::Records(error) => Some(error.phrase()),
            Self::Cancelled(_) => None,
        }
    }
}

const fn by(against: CheckedAgainst) -> &'static str {
    match against {
        CheckedAgainst::Hub => " as the hub gave it",
        CheckedAgainst::Catalog => " as the catalog says",
        CheckedAgainst::Program => " as the program that keeps it says",
        CheckedAgainst::Record | CheckedAgainst::Nothing => " as it was recorded",
    }
}

/// The SHA-256 that the file at `path`, listed in the models folder `dir` as `id`, should have, and who says so.
///
/// # Errors
/// [`SmallFileError`] when what is known of it cannot be read.
pub fn expected_sha256(dir: &Path, id: &str, path: &Path) -> Result<Option<(String, CheckedAgainst)>, SmallFileError> {
    let hashes = Hashes::read(dir)?;
    let record = hashes.get(path).map(|record| (record.sha256.clone(), CheckedAgainst::Record));
    if hashes.get(path).is_some_and(|record| record.accepted) {
        return Ok(record);
    }
    if let Some(provenance) = read_provenance(path)? {
        return Ok(Some((provenance.sha256.to_ascii_lowercase(), CheckedAgainst::Hub)));
    }
    let link = links(dir)?.into_iter().find(|link| link.path == path);
    if let Some(sha256) = link.and_then(|link| link.sha256) {
        return Ok(Some((sha256, CheckedAgainst::Program)));
    }
    if record.is_some() {
        return Ok(record);
    }
    // The files of the catalog bear the names that they have in their repository.
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let known = catalog_file(id).and_then(|(_, file)| {
        let at = file.paths.iter().position(|path| path.rsplit('/').next() == Some(&*name))?;
        file.sha256.get(at).cloned()
    });
    Ok(known.map(|sha256| (sha256, CheckedAgainst::Catalog)))
}

/// Reads a whole file of the model `id` and compares it with what is known of it; what it has is recorded. With `accept`
/// it is taken as it is, and only that is recorded. `watch` is told of each piece how many bytes it has.
///
/// # Errors
/// [`CheckError::Mismatch`] when it is another file: it is not used from then on. Or when it cannot be read, or its
/// record not written.
pub fn check_file(
    dir: &Path,
    id: &str,
    path: &Path,
    accept: bool,
    watch: &mut dyn FnMut(u64) -> Result<(), Cancelled>,
) -> Result<CheckedFile, CheckError> {
    let expected = if accept { None } else { expected_sha256(dir, id, path)? };
    let sha256 = hash_file(path, watch).map_err(|stopped| match stopped {
        Stopped::Io(cause) => CheckError::Io { path: path.to_owned(), cause },
        Stopped::Cancelled(cancelled) => cancelled.into(),
    })?;
    let path = path.to_owned();
    match expected {
        Some((expected, against)) if expected != sha256 => {
            record_mismatch(dir, &path, &expected, &sha256)?;
            Err(CheckError::Mismatch { path, expected, found: sha256, against })
        }
        Some((_, against)) => {
            record_hash(dir, &path, &sha256)?;
            Ok(CheckedFile { path, sha256, against })
        }
        None => {
            record_with(dir, &path, &sha256, accept)?;
            Ok(CheckedFile { path, sha256, against: CheckedAgainst::Nothing })
        }
    }
}
