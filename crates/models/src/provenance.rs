//! Where a model file came from: `FILE.brickwork.json` beside it.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use brickwork_engine::Timestamp;
use serde::{Deserialize, Serialize};

use crate::small_file::{self, SmallFileError};

/// What is known of the origin of one file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provenance {
    /// The repository on the hub, `owner/name`.
    pub repository: String,
    /// The commit.
    pub revision: String,
    /// The file's path in it.
    pub path: String,
    /// The SHA-256 that the hub gave and the file had, in lower-case hexadecimal digits.
    pub sha256: String,
    /// The file's size in bytes.
    pub size_bytes: u64,
    /// The licence that the repository names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub licence: Option<String>,
    /// When it was downloaded.
    pub downloaded_at: Timestamp,
}

/// Where the origin of the file at `path` is written down.
#[must_use]
pub fn provenance_path(path: &Path) -> PathBuf {
    let mut name: OsString = path.as_os_str().to_owned();
    name.push(".brickwork.json");
    name.into()
}

/// The origin of the file at `path`, where one is written down.
///
/// # Errors
/// [`SmallFileError`] when it is there and cannot be used.
pub fn read_provenance(path: &Path) -> Result<Option<Provenance>, SmallFileError> {
    small_file::read(&provenance_path(path))
}

/// Writes down the origin of the file at `path`.
///
/// # Errors
/// When the folder cannot be written.
pub fn write_provenance(path: &Path, provenance: &Provenance) -> io::Result<()> {
    small_file::write(&provenance_path(path), provenance)
}
