//! Searching a hub, and what a repository holds.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::groups::{HubModelFiles, group};
use super::refusal::Asked;
use super::{Hub, HubError, check_path, check_repository, check_revision, sha256_digest};

/// The most files of a repository that are listed.
const MAX_FILES: usize = 20_000;

/// A repository that a search has found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct HubModel {
    /// Its name, `OWNER/NAME`.
    pub repository: String,
    /// How often it was downloaded over the last 30 days, where the hub tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub downloads: Option<u64>,
    /// How many users like it, where the hub tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub likes: Option<u64>,
    /// Whether a licence must be accepted on the hub before anything is given.
    pub gated: bool,
    /// The licence by its short name, where the hub tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub licence: Option<String>,
    /// When it was changed last, as the hub writes it (RFC 3339).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub changed_at: Option<String>,
}

/// A file of a repository.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct HubFile {
    /// Its path in the repository.
    pub path: String,
    /// Its size in bytes, where the hub tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size_bytes: Option<u64>,
    /// Its SHA-256, 64 lower-case hexadecimal digits; only large files have one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
}

/// What a repository holds at one commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct HubRepository {
    /// Its name, `OWNER/NAME`.
    pub repository: String,
    /// The revision that was asked for.
    pub revision: String,
    /// The commit that this is.
    pub commit: String,
    /// Its page on the hub.
    pub page: String,
    /// Whether a licence must be accepted on the hub before anything is given.
    pub gated: bool,
    /// The licence by its short name, where the hub tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub licence: Option<String>,
    /// The models in it, each with its files.
    pub models: Vec<HubModelFiles>,
    /// All its files whose names can be used on every system.
    pub files: Vec<HubFile>,
}

#[derive(Debug, Deserialize)]
struct RawModel {
    #[serde(alias = "modelId")]
    id: String,
    #[serde(default)]
    sha: Option<String>,
    #[serde(default)]
    downloads: Option<u64>,
    #[serde(default)]
    likes: Option<u64>,
    /// `false`, or the word for how access is given.
    #[serde(default)]
    gated: Value,
    #[serde(default)]
    tags: Vec<String>,
    #[serde(default, rename = "lastModified")]
    last_modified: Option<String>,
}

impl RawModel {
    fn gated(&self) -> bool {
        !matches!(self.gated, Value::Null | Value::Bool(false))
    }

    fn licence(&self) -> Option<String> {
        self.tags.iter().find_map(|tag| tag.strip_prefix("license:")).map(str::to_owned)
    }
}

#[derive(Debug, Deserialize)]
struct RawEntry {
    #[serde(rename = "type")]
    kind: String,
    path: String,
    #[serde(default)]
    size: Option<u64>,
    #[serde(default)]
    lfs: Option<RawLarge>,
}

#[derive(Debug, Deserialize)]
struct RawLarge {
    oid: String,
    #[serde(default)]
    size: Option<u64>,
}

impl Hub {
    /// The repositories with GGUF files that match `query`, and those of T5Gemma models, the most downloaded first, `limit` of
    /// them at most.
    ///
    /// # Errors
    /// [`HubError`] when the hub gives no list.
    pub async fn search(&self, query: &str, limit: usize) -> Result<Vec<HubModel>, HubError> {
        let mut found = self.search_among("gguf", query, limit).await?;
        let t5gemma = self.search_among("t5gemma", query, limit).await?;
        let is_new = |model: &HubModel| found.iter().all(|other| other.repository != model.repository);
        let new: Vec<HubModel> = t5gemma.into_iter().filter(is_new).collect();
        found.extend(new);
        found.sort_by_key(|model| std::cmp::Reverse(model.downloads));
        found.truncate(limit);
        Ok(found)
    }

    /// The repositories with the tag `tag` that match `query`.
    async fn search_among(&self, tag: &str, query: &str, limit: usize) -> Result<Vec<HubModel>, HubError> {
        let asked = Asked { endpoint: self.endpoint(), repository: "", revision: "", path: "" };
        let limit_text = limit.to_string();
        let query = [
            ("search", query),
            ("filter", tag),
            ("sort", "downloads"),
            ("direction", "-1"),
            ("limit", &*limit_text),
            ("expand", "downloads"),
            ("expand", "likes"),
            ("expand", "gated"),
            ("expand", "tags"),
            ("expand", "lastModified"),
        ];
        let found: Vec<RawModel> = self.json_pages(&["api", "models"], &query, limit, asked).await?;
        let usable = found.into_iter().filter(|model| check_repository(&model.id).is_ok());
        Ok(usable
            .map(|model| HubModel {
                gated: model.gated(),
                licence: model.licence(),
                repository: model.id,
                downloads: model.downloads,
                likes: model.likes,
                changed_at: model.last_modified,
            })
            .collect())
    }

    /// What the repository holds at `revision`: a branch, a tag or a commit.
    ///
    /// # Errors
    /// [`HubError`] when there is none, it is not given, or the hub's answer makes no sense. A file whose name cannot be
    /// used is left out; a checksum that is none makes the whole answer refused.
    pub async fn repository(&self, repository: &str, revision: &str) -> Result<HubRepository, HubError> {
        check_repository(repository)?;
        check_revision(revision)?;
        let asked = Asked { endpoint: self.endpoint(), repository, revision, path: "" };
        let base: Vec<&str> = ["api", "models"].into_iter().chain(repository.split('/')).collect();
        let about: RawModel = self.json(&[&base[..], &["revision", revision]].concat(), asked).await?;
        let commit = about.sha.clone().unwrap_or_else(|| revision.to_owned());
        check_revision(&commit)?;
        let tree = [&base[..], &["tree", &commit]].concat();
        let entries: Vec<RawEntry> = self.json_pages(&tree, &[("recursive", "true")], MAX_FILES, asked).await?;
        let is_file = |entry: &RawEntry| entry.kind == "file" && check_path(&entry.path).is_ok();
        let files: Vec<HubFile> = entries.into_iter().filter(is_file).map(file_of).collect::<Result<_, HubError>>()?;
        Ok(HubRepository {
            repository: repository.to_owned(),
            revision: revision.to_owned(),
            commit,
            page: self.endpoint().below(repository.split('/')).to_string(),
            gated: about.gated(),
            licence: about.licence(),
            models: group(&files),
            files,
        })
    }
}

fn file_of(entry: RawEntry) -> Result<HubFile, HubError> {
    let (size, sha256) = match entry.lfs {
        Some(large) => (large.size.or(entry.size), Some(sha256_digest(&large.oid)?)),
        None => (entry.size, None),
    };
    Ok(HubFile { path: entry.path, size_bytes: size, sha256 })
}
