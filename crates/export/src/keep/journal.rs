//! The lines of a kept export: what it was about to do, in order.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::PathBuf;

use cap_std::fs::Permissions;
use serde::{Deserialize, Serialize};

/// One thing that an export was about to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "did", rename_all = "snake_case")]
pub(crate) enum Entry {
    /// Make the chosen folder and these above it, innermost first.
    Above { folders: Vec<PathBuf> },
    /// Write into the folder that was found at this place, with all links followed.
    Root { canonical: String },
    /// Make a folder, by its relative path.
    Folder { path: String },
    /// Write a file, by its relative name.
    File {
        name: String,
        /// SHA-256 of what it was to hold.
        new: String,
        /// What was there.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        old: Option<Old>,
    },
}

/// What a file was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Old {
    /// SHA-256 of its content, which a blob of that name holds.
    pub(crate) sha256: String,
    pub(crate) readonly: bool,
    /// Unix permission bits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) mode: Option<u32>,
}

impl Entry {
    /// Whether it changes anything in the chosen folder.
    pub(crate) const fn is_change(&self) -> bool {
        matches!(self, Self::Folder { .. } | Self::File { .. })
    }
}

impl Old {
    pub(crate) fn new(sha256: String, permissions: &Permissions) -> Self {
        #[cfg(unix)]
        let mode = Some(cap_std::fs::PermissionsExt::mode(permissions));
        #[cfg(not(unix))]
        let mode = None;
        Self { sha256, readonly: permissions.readonly(), mode }
    }

    /// The permissions that the file had, made from those of a fresh one.
    pub(crate) fn permissions(&self, fresh: Permissions) -> Permissions {
        #[cfg(unix)]
        if let Some(mode) = self.mode {
            return Permissions::from_std(std::os::unix::fs::PermissionsExt::from_mode(mode));
        }
        let mut permissions = fresh;
        permissions.set_readonly(self.readonly);
        permissions
    }
}

/// Reads a journal. A last line that a death cut off was never acted on.
pub(crate) fn read_journal(file: File) -> io::Result<Vec<Entry>> {
    let mut reader = BufReader::new(file);
    let mut entries = Vec::new();
    let mut line = Vec::new();
    while reader.read_until(b'\n', &mut line)? > 0 {
        if line.last() == Some(&b'\n') {
            entries.push(serde_json::from_slice(&line)?);
        }
        line.clear();
    }
    Ok(entries)
}
