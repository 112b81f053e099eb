//! What a bundle says about itself.

use std::collections::{BTreeMap, HashSet};
use std::path::PathBuf;

use brickwork_engine::{Role, Timestamp};
use serde::{Deserialize, Serialize};

use super::error::BundleFault;
use crate::names::check_name;
use crate::verify::is_sha256;

/// The format that this program writes, and the latest that it reads.
pub const FORMAT: u32 = 1;

/// The manifest's name in the archive.
pub(super) const MANIFEST: &str = "manifest.json";
/// The most files that a bundle names.
const MAX_FILES: usize = 10_000;
/// The largest pipeline in a bundle, in bytes: that of a saved pipeline.
const MAX_PIPELINE_BYTES: u64 = 2 << 20;

/// What a bundle says about itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BundleManifest {
    /// [`FORMAT`].
    pub format: u32,
    /// When it was made.
    pub made_at: Timestamp,
    /// The version of the program that made it.
    pub program_version: String,
    /// The pipelines.
    pub pipelines: Vec<BundlePipeline>,
    /// The files of the models, those of one model one after another.
    pub models: Vec<BundleModelFile>,
    /// Which model served each role, by its id.
    #[serde(default)]
    pub bindings: BTreeMap<Role, String>,
}

/// A pipeline in a bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BundlePipeline {
    /// The document's `name`.
    pub name: String,
    /// Its entry in the archive.
    pub file: String,
    /// Bytes of its JSON text.
    pub size_bytes: u64,
    /// SHA-256 of that text in lower-case hexadecimal digits.
    pub sha256: String,
}

/// One file of a model in a bundle, or one that a bundle only names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BundleModelFile {
    /// The model's id, the same for all its files.
    pub id: String,
    /// Where it goes in the models folder, with `/` after a folder's name.
    pub path: String,
    /// The repository on a hub that it came from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repository: Option<String>,
    /// The commit of that repository.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<String>,
    /// Its size in bytes.
    pub size_bytes: u64,
    /// Its SHA-256 in lower-case hexadecimal digits.
    pub sha256: String,
    /// The model's licence, as far as it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub licence: Option<String>,
    /// Whether it is in the bundle, at `models/PATH`.
    pub included: bool,
}

impl BundleModelFile {
    /// Its entry in the archive.
    #[must_use]
    pub fn entry(&self) -> String {
        format!("models/{}", self.path)
    }

    /// Where it goes below the models folder.
    #[must_use]
    pub fn place(&self) -> PathBuf {
        self.path.split('/').collect()
    }
}

impl BundleManifest {
    /// Refuses everything that a manifest of this program would never say.
    pub(super) fn check(&self) -> Result<(), BundleFault> {
        let broken = |what: &str| Err(BundleFault::Manifest(what.to_owned()));
        if self.pipelines.len() + self.models.len() > MAX_FILES {
            return broken("it names too many files");
        }
        for (number, pipeline) in (1..).zip(&self.pipelines) {
            if pipeline.file != pipeline_entry(number) {
                return Err(BundleFault::Name {
                    name: pipeline.file.clone(),
                    reason: "it is not the expected one".into(),
                });
            }
            if !is_sha256(&pipeline.sha256) {
                return broken("a pipeline has no SHA-256");
            }
            if pipeline.size_bytes > MAX_PIPELINE_BYTES {
                return Err(BundleFault::Size(pipeline.file.clone()));
            }
        }
        let mut places = HashSet::new();
        for file in &self.models {
            check_model_path(&file.path)?;
            check_id(&file.id)?;
            if !is_sha256(&file.sha256) {
                return broken("a model's file has no SHA-256");
            }
            // Systems that know no case would take both for one.
            if !places.insert(file.path.to_lowercase()) {
                return broken("two files have one name");
            }
        }
        Ok(())
    }

    /// The models by their ids, each with its files, in the manifest's order.
    #[must_use]
    pub fn models_by_id(&self) -> Vec<(&str, Vec<&BundleModelFile>)> {
        let mut models: Vec<(&str, Vec<&BundleModelFile>)> = Vec::new();
        for file in &self.models {
            match models.iter_mut().find(|(id, _)| *id == file.id) {
                Some((_, files)) => files.push(file),
                None => models.push((&file.id, vec![file])),
            }
        }
        models
    }
}

/// The entry of the pipeline with that number, from 1.
pub(super) fn pipeline_entry(number: usize) -> String {
    format!("pipelines/{number}.json")
}

/// Refuses a path that is neither a model file's name nor a file's in a folder of safetensors.
pub(super) fn check_model_path(path: &str) -> Result<(), BundleFault> {
    let refused = |reason: &str| Err(BundleFault::Name { name: path.to_owned(), reason: reason.to_owned() });
    let parts: Vec<&str> = path.split('/').collect();
    for part in &parts {
        check_name(part).map_err(|bad| BundleFault::Name { name: path.to_owned(), reason: bad.reason.to_owned() })?;
    }
    match parts.as_slice() {
        [file] if file.ends_with(".gguf") => Ok(()),
        [_, file]
            if [".safetensors", ".json", ".model", ".txt", ".md", ".jinja"].iter().any(|end| file.ends_with(end)) =>
        {
            Ok(())
        }
        [_, file] if file.to_ascii_uppercase().starts_with("LICENSE") => Ok(()),
        _ => refused("it is no model's file"),
    }
}

fn check_id(id: &str) -> Result<(), BundleFault> {
    if id.is_empty() || id.len() > 500 || id.chars().any(char::is_control) {
        return Err(BundleFault::Name { name: id.chars().take(100).collect(), reason: "it is no model's id".into() });
    }
    Ok(())
}
