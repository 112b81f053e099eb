//! The models that Brickwork knows by name: what they are, where they come from, and how they like to be sampled.
//!
//! The program's own catalog is data in the repository (`catalog.json`, described by `catalog.schema.json`); a user's
//! file of the same form adds to it and never hides an entry.

mod own;

use std::sync::LazyLock;

use brickwork_engine::Role;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use own::{OWN_CATALOG, OwnCatalog, OwnCatalogProblem, own_catalog, own_sampler_defaults};

use crate::folder::ModelFormat;

/// The id of the default model's file, which serves every role that the user has not bound.
pub const DEFAULT_MODEL_ID: &str = "SmolLM2-135M-Instruct.Q4_1";

/// A catalog file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Brickwork's catalog of models")]
pub struct Catalog {
    /// The place of this description.
    #[serde(rename = "$schema", default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// The models.
    pub entries: Vec<CatalogEntry>,
}

/// A model of the catalog, with the files that it comes in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CatalogEntry {
    /// Its id in the catalog.
    pub id: String,
    /// What it is called.
    pub title: String,
    /// The roles that it is recommended for.
    pub roles: Vec<Role>,
    /// What it is good for, in a sentence or two.
    pub description: String,
    /// Its licence.
    pub licence: String,
    /// Where the licence can be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub licence_url: Option<String>,
    /// Whether the hub gives it only to users who have accepted its licence there.
    pub gated: bool,
    /// How it is stored.
    #[serde(default = "gguf", skip_serializing_if = "is_gguf")]
    pub format: ModelFormat,
    /// Tokens that it was trained to see at once.
    pub context_length: u64,
    /// Parameters.
    pub n_params: u64,
    /// Its architecture, as its files name it.
    pub architecture: String,
    /// The hub's repository that holds the files, `owner/name`; absent where none is known to hold exactly these.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repository: Option<String>,
    /// The revision of the repository that sizes and hashes belong to; its newest one when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<String>,
    /// The repository of the model that was quantized.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base_repository: Option<String>,
    /// The computers that it suits.
    pub workstation: Vec<Workstation>,
    /// The files, from small to large.
    pub files: Vec<CatalogFile>,
    /// The id of the file to take unless there is a reason for another one.
    pub recommended_file: String,
    /// How it likes to be sampled, where that differs from llama.cpp's defaults.
    #[serde(default, skip_serializing_if = "SamplerDefaults::is_empty")]
    pub sampler: SamplerDefaults,
    /// Where these figures come from.
    pub source_note: String,
}

impl CatalogEntry {
    /// The file of that id.
    #[must_use]
    pub fn file(&self, id: &str) -> Option<&CatalogFile> {
        self.files.iter().find(|file| file.id == id)
    }

    /// The file of that quantization, in any case of letters; the recommended one for `None`.
    #[must_use]
    pub fn quantized(&self, quantization: Option<&str>) -> Option<&CatalogFile> {
        match quantization {
            None => self.file(&self.recommended_file),
            Some(wanted) => self.files.iter().find(|file| file.quantization.eq_ignore_ascii_case(wanted)),
        }
    }
}

/// One form of a model: a file, or several that belong together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CatalogFile {
    /// The id under which it is listed once it is there: the file's name without extension and number of a part, or the
    /// folder's name.
    pub id: String,
    /// Its quantization, e.g. `Q4_K_M`, or the type of its numbers.
    pub quantization: String,
    /// Its files by their paths in the repository, the first one of a model in parts first.
    pub paths: Vec<String>,
    /// Size of all its files together in bytes.
    pub size_bytes: u64,
    /// Whether the size is only about right.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub size_is_estimate: bool,
    /// SHA-256 of each of `paths` in lower-case hexadecimal digits, in their order; empty where they are not known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sha256: Vec<String>,
    /// Memory that it needs in bytes, about: its weights, keys and values of 4,096 tokens, and 256 MiB for computing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_bytes: Option<u64>,
}

/// A kind of computer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Workstation {
    /// Without a graphics card that helps.
    #[serde(rename = "cpu")]
    Cpu,
    /// With 8 GB of memory, or of the graphics card's.
    #[serde(rename = "8GB")]
    Gb8,
    /// With 16 GB.
    #[serde(rename = "16GB")]
    Gb16,
    /// With 32 GB.
    #[serde(rename = "32GB")]
    Gb32,
}

impl Workstation {
    /// The word that stands for it in the catalog.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cpu => "cpu",
            Self::Gb8 => "8GB",
            Self::Gb16 => "16GB",
            Self::Gb32 => "32GB",
        }
    }
}

/// Sampler settings that a model needs whatever a step asks for. What is absent stays off.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SamplerDefaults {
    /// Penalty of repeated tokens; 1 is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repeat_penalty: Option<f32>,
    /// Strength of the DRY penalty of repeated sequences; 0 is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dry_multiplier: Option<f32>,
}

impl SamplerDefaults {
    const fn is_empty(&self) -> bool {
        self.repeat_penalty.is_none() && self.dry_multiplier.is_none()
    }
}

const fn gguf() -> ModelFormat {
    ModelFormat::Gguf
}

fn is_gguf(format: &ModelFormat) -> bool {
    *format == ModelFormat::Gguf
}

static CATALOG: LazyLock<Catalog> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../catalog.json")).expect("the catalog is valid, which a test checks")
});

/// All entries of the program's own catalog.
#[must_use]
pub fn catalog() -> &'static [CatalogEntry] {
    &CATALOG.entries
}

/// The entry of that id, or the one of whose files one has that id.
#[must_use]
pub fn catalog_entry(id: &str) -> Option<&'static CatalogEntry> {
    catalog().iter().find(|entry| entry.id == id).or_else(|| catalog_file(id).map(|(entry, _)| entry))
}

/// The file of that id, with the model that it is a form of.
#[must_use]
pub fn catalog_file(id: &str) -> Option<(&'static CatalogEntry, &'static CatalogFile)> {
    catalog().iter().find_map(|entry| Some((entry, entry.file(id)?)))
}

/// How the model whose file has the id `id` likes to be sampled; nothing for one that the catalog does not know.
#[must_use]
pub fn sampler_defaults(id: &str) -> SamplerDefaults {
    catalog_file(id).map(|(entry, _)| entry.sampler).unwrap_or_default()
}

/// What is wrong with an entry, beyond its form: each fault with the JSON path of its place below the entry.
#[must_use]
pub(crate) fn entry_faults(entry: &CatalogEntry) -> Vec<(String, String)> {
    let mut faults = Vec::new();
    let mut fault = |path: String, message: &str| faults.push((path, message.to_owned()));
    for (name, text) in [("id", &entry.id), ("title", &entry.title), ("licence", &entry.licence)] {
        if text.trim().is_empty() {
            fault(format!(".{name}"), "it is empty");
        }
    }
    for (name, repository) in [("repository", &entry.repository), ("base_repository", &entry.base_repository)] {
        if repository.as_deref().is_some_and(|repository| !is_repository(repository)) {
            fault(format!(".{name}"), "it is not of the form `owner/name`");
        }
    }
    if entry.file(&entry.recommended_file).is_none() {
        fault(".recommended_file".into(), "it is the id of none of the files");
    }
    for (at, file) in entry.files.iter().enumerate() {
        let path = format!(".files[{at}]");
        if entry.files.iter().filter(|other| other.id == file.id).count() > 1 {
            fault(format!("{path}.id"), "another file has this id too");
        }
        if file.paths.is_empty() || file.paths.iter().any(|path| !is_path(path)) {
            fault(format!("{path}.paths"), "it must name files by their paths in the repository");
        }
        if file.size_bytes == 0 {
            fault(format!("{path}.size_bytes"), "it is 0");
        }
        if !file.sha256.is_empty() && file.sha256.len() != file.paths.len() {
            fault(format!("{path}.sha256"), "it must have one hash for each path, or be absent");
        }
        if file.sha256.iter().any(|hash| !is_lower_sha256(hash)) {
            fault(format!("{path}.sha256"), "a hash has 64 hexadecimal digits in lower case");
        }
    }
    faults
}

fn is_repository(text: &str) -> bool {
    let is_name = |name: &str| {
        let is_allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        !name.is_empty() && !name.starts_with('.') && name.chars().all(is_allowed)
    };
    text.split_once('/').is_some_and(|(owner, name)| is_name(owner) && is_name(name))
}

/// A path below a repository that leads nowhere else.
fn is_path(text: &str) -> bool {
    let is_part = |part: &str| !part.is_empty() && part != "." && part != "..";
    !text.contains(['\\', ':']) && !text.chars().any(char::is_control) && text.split('/').all(is_part)
}

fn is_lower_sha256(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn the_catalog_is_sound_and_has_the_default_model() {
        assert!(catalog_entry(DEFAULT_MODEL_ID).is_some());
        let files: Vec<_> = catalog().iter().flat_map(|entry| &entry.files).collect();
        for entry in catalog() {
            assert_eq!(entry_faults(entry), [], "{}", entry.id);
            assert_eq!(catalog().iter().filter(|other| other.id == entry.id).count(), 1, "{}", entry.id);
            let sizes: Vec<_> = entry.files.iter().map(|file| file.size_bytes).collect();
            assert!(sizes.is_sorted(), "{}", entry.id);
        }
        for file in &files {
            assert_eq!(files.iter().filter(|other| other.id == file.id).count(), 1, "{}", file.id);
            assert!(file.memory_bytes.is_some_and(|memory| memory > file.size_bytes), "{}", file.id);
        }
    }

    #[test]
    fn every_role_and_every_workstation_has_a_model() {
        for role in Role::ALL {
            assert!(catalog().iter().filter(|entry| entry.roles.contains(&role)).count() >= 3, "{role:?}");
        }
        for kind in [Workstation::Cpu, Workstation::Gb8, Workstation::Gb16, Workstation::Gb32] {
            assert!(catalog().iter().filter(|entry| entry.workstation.contains(&kind)).count() >= 3, "{kind:?}");
        }
    }

    #[test]
    fn the_schema_is_that_of_the_types() {
        let made = serde_json::to_value(schemars::schema_for!(Catalog)).unwrap();
        let committed: serde_json::Value = serde_json::from_str(include_str!("../catalog.schema.json")).unwrap();
        let text = serde_json::to_string_pretty(&made).unwrap();
        assert_eq!(committed, made, "write this to crates/models/catalog.schema.json:\n{text}");
    }

    #[test]
    fn files_are_found_by_id_and_by_quantization() {
        let (entry, file) = catalog_file("codellama-7b-instruct.Q4_K_M").unwrap();
        assert_eq!((&*entry.id, &*file.quantization), ("codellama-7b-instruct", "Q4_K_M"));
        assert_eq!(entry.quantized(None), Some(file));
        assert_eq!(entry.quantized(Some("q4_k_m")), Some(file));
        assert_eq!(entry.quantized(Some("Q1_0")), None);
        assert_eq!(catalog_entry("codellama-7b-instruct"), Some(entry));
        assert_eq!(catalog_entry("unheard-of"), None);
    }

    #[test]
    fn faults_of_an_entry_are_told_with_their_places() {
        let mut entry = catalog_entry("codellama-7b-instruct").unwrap().clone();
        entry.title = " ".into();
        entry.repository = Some("../x".into());
        entry.recommended_file = "none".into();
        entry.files[0].paths = vec!["../../etc/passwd".into()];
        entry.files[1].sha256 = vec!["ABC".into(), "x".into()];
        entry.files[2].id = entry.files[3].id.clone();
        let places: Vec<_> = entry_faults(&entry).into_iter().map(|(path, _)| path).collect();
        let expected = [
            ".title",
            ".repository",
            ".recommended_file",
            ".files[0].paths",
            ".files[1].sha256",
            ".files[1].sha256",
            ".files[2].id",
            ".files[3].id",
        ];
        assert_eq!(places, expected);
    }

    #[test]
    fn only_the_default_model_needs_penalties() {
        let wanted = SamplerDefaults { repeat_penalty: Some(1.1), dry_multiplier: Some(0.8) };
        assert_eq!(sampler_defaults(DEFAULT_MODEL_ID), wanted);
        assert_eq!(sampler_defaults("gemma-3-270m-q4_k_m"), SamplerDefaults::default());
        assert_eq!(sampler_defaults("unheard-of"), SamplerDefaults::default());
    }
}
