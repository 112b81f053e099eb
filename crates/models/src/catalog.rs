//! The models that Brickwork knows by name: what they are and how they like to be sampled.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

/// The id of the default model, which serves every role that the user has not bound.
pub const DEFAULT_MODEL_ID: &str = "SmolLM2-135M-Instruct.Q4_1";

/// A model of the catalog.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CatalogEntry {
    /// The id of its file: the file's name without extension.
    pub id: String,
    /// What it is called.
    pub title: String,
    /// Its licence.
    pub licence: String,
    /// Size of its file in bytes.
    pub size_bytes: u64,
    /// SHA-256 of its file, 64 lower-case hexadecimal digits.
    pub sha256: String,
    /// Tokens that it was trained to see at once.
    pub context_length: u64,
    /// How it likes to be sampled, where that differs from llama.cpp's defaults.
    #[serde(default, skip_serializing_if = "SamplerDefaults::is_empty")]
    pub sampler: SamplerDefaults,
}

/// Sampler settings that a model needs whatever a step asks for. What is absent stays off.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
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

static CATALOG: LazyLock<Vec<CatalogEntry>> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../catalog.json")).expect("the catalog is valid, which a test checks")
});

/// All entries.
#[must_use]
pub fn catalog() -> &'static [CatalogEntry] {
    &CATALOG
}

/// The entry of that id.
#[must_use]
pub fn catalog_entry(id: &str) -> Option<&'static CatalogEntry> {
    catalog().iter().find(|entry| entry.id == id)
}

/// How the model `id` likes to be sampled; nothing for a model that the catalog does not know.
#[must_use]
pub fn sampler_defaults(id: &str) -> SamplerDefaults {
    catalog_entry(id).map(|entry| entry.sampler).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn catalog_is_sound_and_has_the_default_model() {
        assert!(catalog_entry(DEFAULT_MODEL_ID).is_some());
        for entry in catalog() {
            assert_eq!(entry.sha256.len(), 64, "{}", entry.id);
            assert!(entry.sha256.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')), "{}", entry.id);
            assert_eq!(catalog().iter().filter(|other| other.id == entry.id).count(), 1, "{}", entry.id);
        }
    }

    #[test]
    fn only_the_default_model_needs_penalties() {
        let wanted = SamplerDefaults { repeat_penalty: Some(1.1), dry_multiplier: Some(0.8) };
        assert_eq!(sampler_defaults(DEFAULT_MODEL_ID), wanted);
        assert_eq!(sampler_defaults("gemma-3-270m-q4_k_m"), SamplerDefaults::default());
        assert_eq!(sampler_defaults("unheard-of"), SamplerDefaults::default());
    }
}
