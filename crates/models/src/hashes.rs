//! Which checksums of model files were seen, and whether the files are still those.
//!
//! Invariant: a file whose checksum is recorded is used only as long as its size, its time of change and its place on the
//! disk are those of the record; when one differs, the whole file is read again, and another content is refused until the
//! user accepts it. The records lie in `hashes.json` in the models folder; a file without a record is never refused here.

use std::fs::{self, Metadata};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use brickwork_engine::Phrase;
use serde::{Deserialize, Serialize};

use crate::small_file::{self, SmallFileError};
use crate::verify::sha256_of;

const FILE: &str = "hashes.json";

/// How to tell, without reading it, that a file was written anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileStamp {
    /// Its size in bytes.
    pub size_bytes: u64,
    /// When its content was changed last, in nanoseconds since the Unix epoch.
    pub modified_ns: u64,
    /// Its number on the disk, where the system has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inode: Option<u64>,
    /// When anything about it was changed last, in nanoseconds since the Unix epoch, where the system tells: no program can
    /// set that back. Records of earlier versions lack it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed_ns: Option<u64>,
}

impl FileStamp {
    /// The stamp that `about` describes.
    #[must_use]
    pub fn of(about: &Metadata) -> Self {
        let modified = about.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        #[cfg(unix)]
        let (inode, changed_ns) = {
            use std::os::unix::fs::MetadataExt as _;
            let changed_ns = i128::from(about.ctime()) * 1_000_000_000 + i128::from(about.ctime_nsec());
            (Some(about.ino()), u64::try_from(changed_ns).ok())
        };
        #[cfg(not(unix))]
        let (inode, changed_ns) = (None, None);
        let modified_ns = modified.map_or(0, |since| u64::try_from(since.as_nanos()).unwrap_or(u64::MAX));
        Self { size_bytes: about.len(), modified_ns, inode, changed_ns }
    }

    /// Whether a file with the stamp `now` was not touched since this one was taken.
    #[must_use]
    pub fn is_still(&self, now: &Self) -> bool {
        let is_later = self.changed_ns.zip(now.changed_ns).is_some_and(|(then, now)| then != now);
        !is_later && Self { changed_ns: None, ..*self } == Self { changed_ns: None, ..*now }
    }
}

/// What is known of one file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HashRecord {
    /// Absolute path of the file.
    pub path: PathBuf,
    /// The SHA-256 that it must have, in lower-case hexadecimal digits.
    pub sha256: String,
    /// The SHA-256 that it had instead at the last look; then it is not to be used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub found: Option<String>,
    /// Whether the user accepted this content, whatever others say of the file.
    #[serde(default, skip_serializing_if = "is_false")]
    pub accepted: bool,
    /// The file at the last look.
    #[serde(flatten)]
    pub stamp: FileStamp,
}

/// How a file stands to its record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HashState {
    /// There is no record of it.
    Unrecorded,
    /// It was not touched since it was seen to be right.
    Same,
    /// It was touched since, so only reading it tells.
    Touched(HashRecord),
    /// It was seen to be another one, and was not touched since.
    Wrong(HashRecord),
}

/// Why a file is not used.
#[derive(Debug, thiserror::Error)]
pub enum HashError {
    /// The content is another one than recorded.
    #[error(
        "{} was changed since its checksum was recorded: its SHA-256 is {found}, not {expected}. Get the file again; or, if you changed it yourself, verify it and accept the change",
        path.display()
    )]
    Changed {
        /// The file.
        path: PathBuf,
        /// The recorded checksum.
        expected: String,
        /// The one that it has.
        found: String,
    },
    /// The file could not be read.
    #[error("{} cannot be read: {cause}. Check that it exists and may be read", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        cause: std::io::Error,
    },
    /// The records cannot be used.
    #[error(transparent)]
    Records(#[from] SmallFileError),
}

impl HashError {
    /// The fault in a form that can be put into another language; without the full stop.
    #[must_use]
    pub fn phrase(&self) -> Phrase {
        match self {
            Self::Changed { path, expected, found } => {
                Phrase::new("file_changed").with("path", path).with("expected", expected).with("found", found)
            }
            Self::Io { path, cause } => {
                Phrase::new("file_not_read").with("path", path).with("cause", cause.to_string())
            }
            Self::Records(error) => error.phrase(),
        }
    }
}

/// The records of one models folder, as they were when they were read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Hashes(Vec<HashRecord>);

impl Hashes {
    /// Reads the records of the models folder `dir`.
    ///
    /// # Errors
    /// [`SmallFileError`] when they are there and cannot be used.
    pub fn read(dir: &Path) -> Result<Self, SmallFileError> {
        small_file::read(&dir.join(FILE))
    }

    /// The record of the file at `path`.
    #[must_use]
    pub fn get(&self, path: &Path) -> Option<&HashRecord> {
        self.0.iter().find(|record| record.path == path)
    }

    /// How the file at `path` stands to its record. Reads nothing of it.
    #[must_use]
    pub fn state(&self, path: &Path) -> HashState {
        let Some(record) = self.get(path) else { return HashState::Unrecorded };
        match fs::metadata(path) {
            Ok(about) if record.stamp.is_still(&FileStamp::of(&about)) => match record.found {
                Some(_) => HashState::Wrong(record.clone()),
                None => HashState::Same,
            },
            _ => HashState::Touched(record.clone()),
        }
    }
}

impl Hashes {
    /// Why the file at `path` is not to be used, as far as that can be told without reading it.
    #[must_use]
    pub fn problem_of(&self, path: &Path) -> Option<(String, Phrase)> {
        let size_bytes = fs::metadata(path).ok()?.len();
        let (found, phrase) = match self.state(path) {
            HashState::Wrong(record) => {
                let sha256 = record.found.unwrap_or_default();
                let phrase = Phrase::new("file_of_another_hash").with("found", &sha256);
                (format!("its SHA-256 is {sha256}"), phrase)
            }
            HashState::Touched(record) if record.stamp.size_bytes != size_bytes => {
                (format!("it has {size_bytes} bytes"), Phrase::new("file_of_another_size").with("bytes", size_bytes))
            }
            _ => return None,
        };
        let shown = path.display();
        let text = format!(
            "{shown} was changed since its checksum was recorded: {found}. Get the file again; or, if you changed it \
             yourself, verify it and accept the change"
        );
        Some((text, phrase.with("path", path)))
    }
}

/// Records that the file at `path`, as it is now, has been read and has the SHA-256 `sha256`.
///
/// # Errors
/// [`HashError`] when the file is gone or the record cannot be written.
pub fn record_hash(dir: &Path, path: &Path, sha256: &str) -> Result<(), HashError> {
    record_with(dir, path, sha256, false)
}

/// [`record_hash`] that says whether the user accepted the content.
pub(crate) fn record_with(dir: &Path, path: &Path, sha256: &str, accepted: bool) -> Result<(), HashError> {
    let (path, sha256, stamp) = (path.to_owned(), sha256.to_ascii_lowercase(), stamp_of(path)?);
    put(dir, HashRecord { path, sha256, found: None, accepted, stamp })
}

/// Records that the file at `path` has the SHA-256 `found` instead of `expected`, so that it is not used.
///
/// # Errors
/// As [`record_hash`].
pub(crate) fn record_mismatch(dir: &Path, path: &Path, expected: &str, found: &str) -> Result<(), HashError> {
    let (sha256, found) = (expected.to_ascii_lowercase(), Some(found.to_owned()));
    put(dir, HashRecord { path: path.to_owned(), sha256, found, accepted: false, stamp: stamp_of(path)? })
}

/// Forgets the record of the file at `path`.
///
/// # Errors
/// [`SmallFileError`].
pub fn forget_hash(dir: &Path, path: &Path) -> Result<(), SmallFileError> {
    small_file::update(&dir.join(FILE), |hashes: &mut Hashes| {
        let before = hashes.0.len();
        hashes.0.retain(|record| record.path != path);
        hashes.0.len() != before
    })
}

/// Gives the record of the file that was at `from` to the one that is now at `to`.
///
/// # Errors
/// [`SmallFileError`].
pub(crate) fn move_hash(dir: &Path, from: &Path, to: &Path) -> Result<(), SmallFileError> {
    small_file::update(&dir.join(FILE), |hashes: &mut Hashes| {
        hashes.0.retain(|record| record.path != to);
        let moved = hashes.0.iter_mut().find(|record| record.path == from);
        moved.map(|record| record.path = to.to_owned()).is_some()
    })
}

/// Takes note that the name of the file at `path` changed, and nothing of its content: what else its record says must hold.
///
/// # Errors
/// [`SmallFileError`].
pub(crate) fn restamp(dir: &Path, path: &Path) -> Result<(), SmallFileError> {
    let Ok(now) = fs::metadata(path).map(|about| FileStamp::of(&about)) else { return Ok(()) };
    small_file::update(&dir.join(FILE), |hashes: &mut Hashes| {
        let is_same = |record: &&mut HashRecord| {
            record.path == path && FileStamp { changed_ns: now.changed_ns, ..record.stamp } == now
        };
        hashes.0.iter_mut().find(is_same).map(|record| record.stamp = now).is_some()
    })
}

/// Refuses the file at `path` when it is not the one whose checksum is recorded. Reads the whole file only when it was
/// touched since, and renews the record when its content is the same.
///
/// # Errors
/// [`HashError`].
pub fn check_hash(dir: &Path, path: &Path) -> Result<(), HashError> {
    let changed = |record: &HashRecord, found: String| HashError::Changed {
        path: path.to_owned(),
        expected: record.sha256.clone(),
        found,
    };
    match Hashes::read(dir)?.state(path) {
        HashState::Unrecorded | HashState::Same => Ok(()),
        HashState::Wrong(record) => {
            let found = record.found.clone().unwrap_or_default();
            Err(changed(&record, found))
        }
        HashState::Touched(record) => {
            // Taken before the content is read: a change in between shows at the next look.
            let stamp = stamp_of(path)?;
            let found = sha256_of(path, |_, _| {}).map_err(|cause| HashError::Io { path: path.to_owned(), cause })?;
            let wrong = (found != record.sha256).then_some(found);
            // A record that cannot be renewed means only that the file is read again next time.
            let _ = put(dir, HashRecord { found: wrong.clone(), stamp, ..record.clone() });
            wrong.map_or(Ok(()), |found| Err(changed(&record, found)))
        }
    }
}

fn stamp_of(path: &Path) -> Result<FileStamp, HashError> {
    let about = fs::metadata(path).map_err(|cause| HashError::Io { path: path.to_owned(), cause })?;
    Ok(FileStamp::of(&about))
}

fn put(dir: &Path, record: HashRecord) -> Result<(), HashError> {
    small_file::update(&dir.join(FILE), |hashes: &mut Hashes| {
        hashes.0.retain(|other| other.path != record.path);
        hashes.0.push(record);
        true
    })?;
    Ok(())
}

const fn is_false(value: &bool) -> bool {
    !*value
}
