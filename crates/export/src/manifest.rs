//! `brickwork.json`: what an export wrote, so that the next one knows which files are its own.

use cap_std::fs::{Dir, Permissions};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::ExportFile;
use crate::apply::Facts;
use crate::error::ExportError;
use crate::folder::{Found, look_at};
use crate::judge::Reason;

/// The manifest's file name, at the top of the folder.
pub const MANIFEST_NAME: &str = "brickwork.json";

/// The version that this program writes and reads.
pub const MANIFEST_VERSION: u32 = 1;

/// The manifest's content.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// [`MANIFEST_VERSION`].
    pub version: u32,
    /// The run that was exported last.
    pub run_id: String,
    /// That run's pipeline, by name.
    pub pipeline: String,
    /// When, as RFC 3339.
    pub exported_at: String,
    /// The pipeline itself with the seeds that the run drew, so that it can be run again as it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pipeline_document: Option<Value>,
    /// Files of the project's folder that steps of the run read, as they were then. The pipeline needs them to run as it did.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attached_files: Vec<ManifestInput>,
    /// What the pipeline needs besides to run as it did, as sentences.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// Files of this and of earlier exports into the folder, in the order in which they first came.
    pub files: Vec<ManifestFile>,
}

/// A file that steps of the run read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManifestInput {
    /// Its path below the project's folder, with `/` between the parts.
    pub path: String,
    /// SHA-256 of its text, in lower-case hex.
    pub sha256: String,
}

impl ManifestInput {
    /// The file at `path` with this text.
    #[must_use]
    pub fn new(path: &str, content: &str) -> Self {
        Self { path: path.to_owned(), sha256: sha256_hex(content.as_bytes()) }
    }
}

/// One exported file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ManifestFile {
    /// Relative name with `/` between folders.
    pub name: String,
    /// SHA-256 of what was written, in lower-case hex.
    pub sha256: String,
    /// How much was written.
    pub size_bytes: u64,
    /// The step that made it.
    pub step: Option<String>,
    /// The id of the model that made it.
    pub model: Option<String>,
    /// Whether a placeholder made it.
    #[serde(default)]
    pub simulated: bool,
    /// How it was made.
    #[serde(flatten)]
    pub origin: Origin,
}

/// How a file was made.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Origin {
    /// The run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made_by_run: Option<String>,
    /// The user turn that the model got, as rendered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt: Option<String>,
    /// Sampling and length.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parameters: Option<Value>,
    /// The sampler's seed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u32>,
    /// The model's files: one, the parts of a split one, or those of a folder. Empty where the model is a server's, or they
    /// could not be read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub model_files: Vec<ManifestModelFile>,
    /// Whether it parses: `valid`, `invalid` or `unchecked`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub syntax: Option<String>,
    /// Whether the user edited it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub edited: bool,
}

/// A file of the model that made a file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ManifestModelFile {
    /// Its name.
    pub name: String,
    /// SHA-256 of its bytes, in lower-case hex.
    pub sha256: String,
}

/// A manifest of these files alone, as an export into an empty folder would write it.
///
/// # Errors
/// [`ExportError::Write`] when it cannot be put into words, which data of these kinds never is.
pub fn manifest_of(files: &[ExportFile], facts: &Facts) -> Result<Vec<u8>, ExportError> {
    manifest_bytes(files.iter().map(entry_of).collect(), facts)
}

/// The manifest's text with these entries.
pub(crate) fn manifest_bytes(files: Vec<ManifestFile>, facts: &Facts) -> Result<Vec<u8>, ExportError> {
    let Facts { run_id, pipeline, exported_at, pipeline_document, attached_files, warnings, new_branch: _ } =
        facts.clone();
    let version = MANIFEST_VERSION;
    let manifest =
        Manifest { version, run_id, pipeline, exported_at, pipeline_document, attached_files, warnings, files };
    let mut bytes = serde_json::to_vec_pretty(&manifest)
        .map_err(|error| ExportError::Write { name: MANIFEST_NAME.to_owned(), source: error.into() })?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// What the manifest says of a file.
pub(crate) fn entry_of(file: &ExportFile) -> ManifestFile {
    ManifestFile {
        name: file.name.clone(),
        sha256: sha256_hex(file.content.as_bytes()),
        size_bytes: file.content.len() as u64,
        step: file.step.clone(),
        model: file.model.clone(),
        simulated: file.simulated,
        origin: file.origin.clone(),
    }
}

/// What is there under the manifest's name.
#[derive(Debug)]
pub(crate) enum ManifestState {
    Missing,
    Ours { manifest: Box<Manifest>, bytes: Vec<u8>, permissions: Permissions },
    NotOurs(Reason),
}

impl ManifestState {
    /// The hash that the manifest has for a file.
    pub(crate) fn sha256_of(&self, name: &str) -> Option<&str> {
        let Self::Ours { manifest, .. } = self else { return None };
        manifest.files.iter().find(|file| file.name == name).map(|file| file.sha256.as_str())
    }
}

/// Reads the manifest at the top of a folder that may not exist.
pub(crate) fn read_manifest(root: Option<&Dir>) -> Result<ManifestState, ExportError> {
    let Some(root) = root else { return Ok(ManifestState::Missing) };
    let found =
        look_at(root, MANIFEST_NAME).map_err(|source| ExportError::Read { name: MANIFEST_NAME.to_owned(), source })?;
    Ok(match found {
        Err(reason) => ManifestState::NotOurs(reason),
        Ok(Found::Nothing) => ManifestState::Missing,
        Ok(Found::File { bytes, permissions }) => match serde_json::from_slice::<Manifest>(&bytes) {
            Ok(manifest) if manifest.version == MANIFEST_VERSION => {
                ManifestState::Ours { manifest: Box::new(manifest), bytes, permissions }
            }
            _ => ManifestState::NotOurs(Reason::NotOurManifest),
        },
    })
}

/// SHA-256 in lower-case hex.
pub(crate) fn sha256_hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
