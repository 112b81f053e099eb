//! What is to be downloaded.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use super::DownloadError;
use crate::hub::{HubError, check_path, check_repository, check_revision, sha256_digest};

/// The most files of one download.
const MAX_FILES: usize = 1000;

/// What is to be downloaded: files of one repository that belong together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DownloadOrder {
    /// The repository, `OWNER/NAME`.
    pub repository: String,
    /// A branch, a tag or a commit.
    pub revision: String,
    /// Paths in the repository.
    pub paths: Vec<String>,
    /// The SHA-256 that a catalog names for each path; what it does not name, the hub has to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sha256: Vec<String>,
    /// What to call it.
    pub title: String,
}

impl DownloadOrder {
    /// The order for `paths` of a repository, which is called after its first file.
    #[must_use]
    pub fn new(repository: impl Into<String>, revision: impl Into<String>, paths: Vec<String>) -> Self {
        let title = paths.first().map(|path| file_name(path).to_owned()).unwrap_or_default();
        Self { repository: repository.into(), revision: revision.into(), paths, sha256: Vec::new(), title }
    }

    /// # Errors
    /// [`DownloadError`] for a name that no hub has or no file may have.
    pub(super) fn check(&self) -> Result<(), DownloadError> {
        check_repository(&self.repository)?;
        check_revision(&self.revision)?;
        self.paths.iter().try_for_each(|path| check_path(path))?;
        for digest in &self.sha256 {
            sha256_digest(digest)?;
        }
        let refuse = |reason| {
            let name = self.paths.join(", ");
            Err(DownloadError::Hub(HubError::BadName { what: "list of files", name, reason }))
        };
        // On some systems names that differ only by case are one file.
        let names: HashSet<String> = self.paths.iter().map(|path| file_name(path).to_lowercase()).collect();
        match () {
            () if self.paths.is_empty() => refuse("it is empty"),
            () if self.paths.len() > MAX_FILES => refuse("it is too long"),
            () if names.len() != self.paths.len() => refuse("two files would have the same name"),
            () if !self.sha256.is_empty() && self.sha256.len() != self.paths.len() => {
                refuse("it has not one checksum for each file")
            }
            () => Ok(()),
        }
    }
}

/// Small files that some repositories of a model have and others lack; without them it runs as well.
const OPTIONAL: [&str; 5] = [
    "generation_config.json",
    "tokenizer_config.json",
    "chat_template.jinja",
    "chat_template.json",
    "special_tokens_map.json",
];

/// Whether the file is left out where the repository has none.
pub(super) fn is_optional(path: &str) -> bool {
    OPTIONAL.contains(&file_name(path))
}

/// The last part of a path in a repository.
pub(super) fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}
