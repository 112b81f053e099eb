//! What is to be downloaded.

use std::collections::{BTreeSet, HashSet};
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::DownloadError;
use crate::hub::{HubError, check_path, check_repository, check_revision, sha256_digest};
use crate::shards::{shard_of, shard_paths};

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

    /// Orders weights in one file that the repository, which `has` these paths, holds in shards as those shards, with the
    /// index that lists them. A catalog need not know how a hub cut a model; weights whose checksum it names stay as they are.
    pub(super) fn in_shards(&mut self, has: &[&str]) {
        if !self.sha256.is_empty() {
            return;
        }
        let index = |path: &str| Some(format!("{path}{INDEX}")).filter(|index| has.contains(&index.as_str()));
        let mut paths = Vec::new();
        for path in std::mem::take(&mut self.paths) {
            match shards_of(&path, has) {
                Some(shards) => paths.extend(shards.into_iter().chain(index(&path))),
                None => paths.push(path),
            }
        }
        let mut seen = HashSet::new();
        paths.retain(|path| seen.insert(path.clone()));
        self.paths = paths;
    }

    /// What the model cannot do without; whole sets of shards as the one file that they are the parts of.
    pub(super) fn needed(&self) -> BTreeSet<String> {
        let is_ordered = |shard: &Path| self.paths.iter().any(|path| Path::new(path) == shard);
        let is_whole = |path: &str| shard_paths(Path::new(path)).iter().all(|shard| is_ordered(shard));
        let name = |path: &String| whole_of(path).filter(|_| is_whole(path)).unwrap_or_else(|| path.clone());
        let named: BTreeSet<String> = self.paths.iter().filter(|path| !is_optional(path)).map(name).collect();
        let is_index = |path: &str| path.strip_suffix(INDEX).is_some_and(|weights| named.contains(weights));
        named.iter().filter(|path| !is_index(path)).cloned().collect()
    }
}

/// What ends the name of the file that lists the shards of weights.
const INDEX: &str = ".index.json";
const WEIGHTS: &str = ".safetensors";

/// All shards of the weights at `path`, when these paths have them and not the one file.
fn shards_of(path: &str, has: &[&str]) -> Option<Vec<String>> {
    path.strip_suffix(WEIGHTS).filter(|_| !has.contains(&path))?;
    let first = has.iter().find(|found| whole_of(found).as_deref() == Some(path))?;
    let shards: Vec<String> =
        shard_paths(Path::new(first)).iter().map(|shard| shard.to_string_lossy().replace('\\', "/")).collect();
    shards.iter().all(|shard| has.contains(&shard.as_str())).then_some(shards)
}

/// The one file that `path` is a shard of: `a/model.safetensors` for `a/model-00001-of-00002.safetensors`.
fn whole_of(path: &str) -> Option<String> {
    let (name, ..) = shard_of(path.strip_suffix(WEIGHTS)?)?;
    Some(format!("{name}{WEIGHTS}"))
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

#[cfg(test)]
mod tests {
    use super::*;

    fn order(paths: &[&str]) -> DownloadOrder {
        DownloadOrder::new("owner/t5", "main", paths.iter().map(|path| (*path).to_owned()).collect())
    }

    #[test]
    fn weights_are_ordered_as_the_repository_holds_them() {
        let (first, second) = ("model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors");
        let index = "model.safetensors.index.json";
        let check = |ordered: &[&str], has: &[&str], expected: &[&str]| {
            let mut found = order(ordered);
            found.in_shards(has);
            assert_eq!(found.paths, expected, "{ordered:?} of {has:?}");
        };
        let wanted = ["config.json", "model.safetensors"];
        check(&wanted, &["config.json", "model.safetensors"], &wanted);
        check(&wanted, &[second, "config.json", first, index], &["config.json", first, second, index]);
        check(&wanted, &["config.json", first, second], &["config.json", first, second]);
        check(&["model.safetensors", index], &[first, second, index], &[first, second, index]);
        // What is not whole there stays as it was ordered, and is told to be missing.
        check(&wanted, &["config.json", second, index], &wanted);
        check(&wanted, &["config.json", "model.safetensors", first, second], &wanted);
        check(&["a/model.safetensors"], &[first, second], &["a/model.safetensors"]);
        let mut known = order(&["model.safetensors"]);
        known.sha256 = vec!["0".repeat(64)];
        known.in_shards(&[first, second]);
        assert_eq!(known.paths, ["model.safetensors"]);

        assert_eq!(order(&["config.json", first, second, index]).needed(), order(&wanted).needed());
        assert_ne!(order(&["config.json", first]).needed(), order(&wanted).needed());
        assert_ne!(order(&["config.json", index]).needed(), order(&wanted).needed());
    }
}
