//! Small JSON files that the program keeps beside the models.
//!
//! Invariant: a file is replaced as a whole or not at all, and of several programs that change it one goes after another.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use brickwork_engine::Phrase;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The lock that whoever changes such a file in a models folder holds.
const LOCK: &str = ".brickwork.lock";
/// No such file is larger.
const MAX_BYTES: u64 = 16 << 20;

/// A file of the program's own that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SmallFileError {
    /// It could not be read or written.
    #[error("{} cannot be read or written: {cause}. Check the folder's permissions and its free space", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        cause: io::Error,
    },
    /// It holds something else.
    #[error("{} is damaged ({cause}). Correct that place, or remove the file to begin anew", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Where, and what is wrong there.
        cause: String,
    },
}

impl SmallFileError {
    /// The fault in a form that can be put into another language.
    #[must_use]
    pub fn phrase(&self) -> Phrase {
        match self {
            Self::Io { path, cause } => {
                Phrase::new("notes_not_read").with("path", path).with("cause", cause.to_string())
            }
            Self::Damaged { path, cause } => Phrase::new("notes_damaged").with("path", path).with("cause", cause),
        }
    }
}

/// The content of `path`; the default value when there is no such file.
///
/// # Errors
/// [`SmallFileError`].
pub(crate) fn read<T: DeserializeOwned + Default>(path: &Path) -> Result<T, SmallFileError> {
    let failed = |cause| SmallFileError::Io { path: path.to_owned(), cause };
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(T::default()),
        Err(error) => return Err(failed(error)),
    };
    let mut bytes = Vec::new();
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(failed)?;
    let damaged = |cause| SmallFileError::Damaged { path: path.to_owned(), cause };
    if bytes.len() as u64 > MAX_BYTES {
        return Err(damaged("it is too large".into()));
    }
    serde_json::from_slice(&bytes).map_err(|error| damaged(error.to_string()))
}

/// Changes the file at `path`, and makes it and its folder when they are missing. `change` says whether there is anything
/// to write.
///
/// # Errors
/// [`SmallFileError`]; the file is as it was then.
pub(crate) fn update<T: DeserializeOwned + Default + Serialize>(
    path: &Path,
    change: impl FnOnce(&mut T) -> bool,
) -> Result<(), SmallFileError> {
    let failed = |cause| SmallFileError::Io { path: path.to_owned(), cause };
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(failed)?;
    let lock = File::options().create(true).truncate(false).write(true).open(folder.join(LOCK)).map_err(failed)?;
    // The system gives the lock back when the file is closed, also when the program dies.
    lock.lock().map_err(failed)?;
    let mut content = read(path)?;
    if change(&mut content) {
        write(path, &content).map_err(failed)?;
    }
    Ok(())
}

/// Writes the file as a whole.
pub(crate) fn write(path: &Path, content: &impl Serialize) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new().prefix(".brickwork-").suffix(".tmp").tempfile_in(folder)?;
    serde_json::to_writer_pretty(&mut file, content)?;
    file.write_all(b"\n")?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|refused| refused.error)?;
    Ok(())
}
