//! What would become of each file, by rules that planning and writing share.

use cap_std::fs::{Dir, Permissions};
use thiserror::Error;

use crate::error::ExportError;
use crate::folder::{Found, enter, look_at};
use crate::manifest::{ManifestState, sha256_hex};
use crate::name::{NameFault, RelPath, check_name, folded};
use crate::{ExportFile, MAX_FILES, MAX_TOTAL_BYTES};

/// What an export does with a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// Nothing is there yet.
    New,
    /// It is there already, byte for byte.
    Same,
    /// What is there is what an earlier export wrote; it may be replaced.
    Changed,
    /// What is there is somebody's work, or another file of the same name; it is replaced only on request.
    Conflict,
    /// It is never written.
    Refused,
}

impl Action {
    /// The word of the wire, e.g. `new`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Same => "same",
            Self::Changed => "changed",
            Self::Conflict => "conflict",
            Self::Refused => "refused",
        }
    }
}

/// Why a file is a conflict, refused or skipped. Each message ends a sentence that starts with the file's name.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Reason {
    /// The name is not safe.
    #[error(transparent)]
    Name(#[from] NameFault),
    /// A part of the path, or the file itself, is a symbolic link.
    #[error("leads through the symbolic link `{part}`, which an export never follows")]
    Symlink {
        /// The link's name.
        part: String,
    },
    /// A part of the path is a file.
    #[error("needs a folder `{part}`, but that is a file")]
    NotAFolder {
        /// The file's name.
        part: String,
    },
    /// A folder or a device has the file's name.
    #[error("exists, but is no regular file")]
    NotAFile,
    /// What is there is larger than [`crate::MAX_COMPARED_BYTES`].
    #[error("exists and is too large to be compared or replaced")]
    TooLarge,
    /// An earlier export wrote the file, and somebody has changed it since.
    #[error("was edited since the last export")]
    Edited,
    /// The file was there before any export.
    #[error("exists and was not written by an earlier export")]
    NotOurs,
    /// The name differs from an existing one in case or normalisation only.
    #[error("exists as `{other}`, which is the same name on some systems")]
    ExistsAs {
        /// The existing name.
        other: String,
    },
    /// The name is that of another file of this export, or of a folder that another one needs.
    #[error("has the same name as `{other}` in this export on some systems")]
    Collides {
        /// The other file.
        other: String,
    },
    /// `brickwork.json` is somebody else's, or a newer version's.
    #[error("exists and is no manifest that this version wrote")]
    NotOurManifest,
    /// The file is there already.
    #[error("is there already")]
    Same,
    /// The file was there after the export and is gone.
    #[error("was removed since the export")]
    Removed,
    /// The whole folder is gone.
    #[error("was in a folder that is gone")]
    FolderGone,
    /// The file was left out by the choice.
    #[error("was not chosen")]
    NotChosen,
}

impl Reason {
    /// Whether the user may decide to write all the same.
    #[must_use]
    pub const fn may_be_overwritten(&self) -> bool {
        matches!(self, Self::Edited | Self::NotOurs)
    }
}

/// The judgement on one file.
#[derive(Debug)]
pub(crate) struct Verdict {
    pub(crate) action: Action,
    pub(crate) reason: Option<Reason>,
    /// The checked name; `None` only where the name is refused.
    pub(crate) path: Option<RelPath>,
    /// What is there now, where it can be read.
    pub(crate) old: Option<(Vec<u8>, Permissions)>,
}

impl Verdict {
    fn of(action: Action, reason: Option<Reason>, path: Option<RelPath>) -> Self {
        Self { action, reason, path, old: None }
    }
}

/// Checks the size of the whole.
pub(crate) fn check_amount(files: &[ExportFile]) -> Result<(), ExportError> {
    if files.len() > MAX_FILES {
        return Err(ExportError::TooManyFiles { count: files.len() });
    }
    let size_bytes = files.iter().map(|file| file.content.len() as u64).sum();
    if size_bytes > MAX_TOTAL_BYTES { Err(ExportError::TooManyBytes { size_bytes }) } else { Ok(()) }
}

/// Judges one file. `others` are the files before it that would be written too.
pub(crate) fn judge(
    root: Option<&Dir>,
    manifest: &ManifestState,
    file: &ExportFile,
    others: &Taken,
) -> Result<Verdict, ExportError> {
    let path = match check_name(&file.name) {
        Ok(path) => path,
        Err(fault) => return Ok(Verdict::of(Action::Refused, Some(fault.into()), None)),
    };
    if let Some(other) = others.clash(&file.name) {
        return Ok(Verdict::of(Action::Conflict, Some(Reason::Collides { other }), Some(path)));
    }
    let found = match look(root, &path) {
        Ok(Ok(found)) => found,
        Ok(Err(reason)) => {
            let action = if matches!(reason, Reason::ExistsAs { .. }) { Action::Conflict } else { Action::Refused };
            return Ok(Verdict::of(action, Some(reason), Some(path)));
        }
        Err(source) => return Err(ExportError::Read { name: file.name.clone(), source }),
    };
    let Found::File { bytes, permissions } = found else { return Ok(Verdict::of(Action::New, None, Some(path))) };
    let (action, reason) = if bytes == file.content.as_bytes() {
        (Action::Same, None)
    } else {
        match manifest.sha256_of(&file.name) {
            Some(sha256) if sha256 == sha256_hex(&bytes) => (Action::Changed, None),
            Some(_) => (Action::Conflict, Some(Reason::Edited)),
            None => (Action::Conflict, Some(Reason::NotOurs)),
        }
    };
    Ok(Verdict { action, reason, path: Some(path), old: Some((bytes, permissions)) })
}

/// Looks at a path from the root, part by part.
pub(crate) fn look(root: Option<&Dir>, path: &RelPath) -> std::io::Result<Result<Found, Reason>> {
    let Some(root) = root else { return Ok(Ok(Found::Nothing)) };
    let (folders, file) = path.split();
    let mut at: Option<Dir> = None;
    for part in folders {
        match enter(at.as_ref().unwrap_or(root), part)? {
            Ok(Some(dir)) => at = Some(dir),
            Ok(None) => return Ok(Ok(Found::Nothing)),
            Err(reason) => return Ok(Err(reason)),
        }
    }
    look_at(at.as_ref().unwrap_or(root), file)
}

/// The names that an export has used, to find those that clash on some system.
#[derive(Debug, Default)]
pub(crate) struct Taken {
    files: std::collections::HashMap<String, String>,
    folders: std::collections::HashMap<String, String>,
}

impl Taken {
    pub(crate) fn add(&mut self, name: &str) {
        let key = folded(name);
        for (slash, _) in key.match_indices('/') {
            self.folders.entry(key[..slash].to_owned()).or_insert_with(|| name.to_owned());
        }
        self.files.entry(key).or_insert_with(|| name.to_owned());
    }

    /// The file that has this name, needs a folder of this name, or has the name of a folder that this one needs.
    fn clash(&self, name: &str) -> Option<String> {
        let key = folded(name);
        let above = || key.match_indices('/').find_map(|(slash, _)| self.files.get(&key[..slash]));
        self.files.get(&key).or_else(|| self.folders.get(&key)).or_else(above).cloned()
    }
}
