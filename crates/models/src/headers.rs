//! What was read from model files, kept as long as they stay as they are.
//!
//! A models folder is looked at for every list and before every run; a header with a large vocabulary takes tens of
//! milliseconds. A file counts as unchanged while its path, size, times of change and number (inode) are the same.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use brickwork_engine::Phrase;

use crate::gguf::{GgufError, GgufInfo, read_header};
use crate::safetensors::{SafetensorsInfo, files_in, read_folder};
use crate::shards::shard_paths;

/// More files than this are not kept in mind.
const MAX_FILES: usize = 4096;
/// A file that changed as recently may change again without its time of change telling, on file systems that count in
/// steps of up to two seconds.
const UNSETTLED: Duration = Duration::from_secs(2);

static GGUF: LazyLock<Kept<GgufInfo>> = LazyLock::new(Kept::default);
static SAFETENSORS: LazyLock<Kept<SafetensorsInfo>> = LazyLock::new(Kept::default);

/// What [`read_header`] says about the model whose first file is at `path`; from memory while its files are unchanged.
///
/// # Errors
/// [`UnusableFile`].
pub fn header_of(path: &Path) -> Result<GgufInfo, UnusableFile> {
    let told = |err: GgufError| UnusableFile { text: err.to_string(), phrase: err.phrase() };
    GGUF.get(path, &shard_paths(path), || read_header(path).map_err(told))
}

/// What [`read_folder`] says about the folder at `path`; from memory while its files are unchanged.
///
/// # Errors
/// [`UnusableFile`].
pub fn safetensors_of(path: &Path) -> Result<SafetensorsInfo, UnusableFile> {
    SAFETENSORS.get(path, &files_in(path), || read_folder(path).map_err(|err| err.to_string().into()))
}

/// What the model at `path` is when it is in memory, whichever form it has on disk; from memory while its files are
/// unchanged. Only what [`crate::fit`] needs is told of a folder.
///
/// # Errors
/// [`UnusableFile`].
pub fn loaded_header_of(path: &Path) -> Result<GgufInfo, UnusableFile> {
    if path.is_dir() { safetensors_of(path).map(|info| info.in_memory()) } else { header_of(path) }
}

/// Why a model's files cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub struct UnusableFile {
    /// What is wrong with which file, and what to do.
    pub text: String,
    /// The same in a form that can be put into another language, where it has one.
    pub phrase: Option<Phrase>,
}

impl From<String> for UnusableFile {
    fn from(text: String) -> Self {
        Self { text, phrase: None }
    }
}

/// What tells whether a file changed.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Stamp {
    size_bytes: u64,
    modified: SystemTime,
    inode: u64,
    /// When anything about it was changed, in seconds and nanoseconds; no program can set that back.
    changed: (i64, i64),
}

impl Stamp {
    fn of(path: &Path) -> Option<Self> {
        let about = fs::metadata(path).ok()?;
        let (inode, changed) = place_and_change(&about);
        Some(Self { size_bytes: about.len(), modified: about.modified().ok()?, inode, changed })
    }

    fn is_settled(&self) -> bool {
        // A time in the future says nothing.
        self.modified.elapsed().is_ok_and(|age| age > UNSETTLED)
    }
}

#[cfg(unix)]
fn place_and_change(about: &fs::Metadata) -> (u64, (i64, i64)) {
    use std::os::unix::fs::MetadataExt as _;
    (about.ino(), (about.ctime(), about.ctime_nsec()))
}

#[cfg(not(unix))]
fn place_and_change(_about: &fs::Metadata) -> (u64, (i64, i64)) {
    (0, (0, 0))
}

/// A file's stamps and what was read then.
type Entry<T> = (Vec<Option<Stamp>>, Result<T, UnusableFile>);

struct Kept<T> {
    entries: Mutex<HashMap<PathBuf, Entry<T>>>,
}

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self { entries: Mutex::default() }
    }
}

impl<T: Clone> Kept<T> {
    /// What was read from `files` before, if they are as they were; else what `read` says now.
    fn get(
        &self,
        path: &Path,
        files: &[PathBuf],
        read: impl FnOnce() -> Result<T, UnusableFile>,
    ) -> Result<T, UnusableFile> {
        let stamps: Vec<_> = files.iter().map(|file| Stamp::of(file)).collect();
        let lock = || self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((known, content)) = lock().get(path)
            && *known == stamps
        {
            return content.clone();
        }
        let content = read();
        // A missing file is not kept: the reason may be another one the next time.
        if stamps.iter().all(|stamp| stamp.as_ref().is_some_and(Stamp::is_settled)) {
            let mut entries = lock();
            if entries.len() >= MAX_FILES {
                entries.clear();
            }
            entries.insert(path.to_owned(), (stamps, content.clone()));
        }
        content
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::cell::Cell;

    use super::*;

    #[test]
    fn a_file_is_read_once_until_it_changes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let kept = Kept::<usize>::default();
        let reads = Cell::new(0);
        let get = || {
            kept.get(&path, std::slice::from_ref(&path), || {
                reads.set(reads.get() + 1);
                fs::read(&path).map(|bytes| bytes.len()).map_err(|err| err.to_string().into())
            })
        };
        let write = |content: &str, age_s: u64| {
            fs::write(&path, content).unwrap();
            let then = SystemTime::now() - Duration::from_secs(age_s);
            fs::File::options().append(true).open(&path).unwrap().set_modified(then).unwrap();
        };
        assert!(get().is_err() && get().is_err());
        assert_eq!(reads.get(), 2, "a missing file is looked for every time");
        write("abc", 100);
        assert_eq!((get(), get(), reads.get()), (Ok(3), Ok(3), 3));
        write("abcd", 100);
        assert_eq!((get(), get(), reads.get()), (Ok(4), Ok(4), 4));
        write("efgh", 50);
        assert_eq!((get(), get(), reads.get()), (Ok(4), Ok(4), 5));
        write("ijkl", 0);
        assert_eq!((get(), get(), reads.get()), (Ok(4), Ok(4), 7), "it may change again within this second");
    }
}
