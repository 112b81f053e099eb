//! What a sentence says, in a form that a surface can put into its own language.
//!
//! Every sentence for the user is written in English where the fault is found. A [`Phrase`] stands beside it: the stable
//! word of that very sentence, and the names, paths and numbers in it. No surface reads a sentence to understand it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// Which sentence it is, and what it names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Phrase {
    /// A stable word for the sentence, finer than a code, e.g. `every_step_disabled`.
    pub reason: String,
    /// What the sentence names, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub params: BTreeMap<String, PhraseParam>,
}

/// One thing that a sentence names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(untagged)]
pub enum PhraseParam {
    /// A number of things, or a limit.
    Count(u64),
    /// A name, a path, a figure with a fraction, or another program's own words.
    Text(String),
}

impl Phrase {
    /// The sentence with the stable word `reason`, which names nothing yet.
    #[must_use]
    pub fn new(reason: &str) -> Self {
        Self { reason: reason.to_owned(), params: BTreeMap::new() }
    }

    /// The same sentence, which names `value` as `name`.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<PhraseParam>) -> Self {
        self.params.insert(name.to_owned(), value.into());
        self
    }
}

impl From<&str> for PhraseParam {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<&String> for PhraseParam {
    fn from(text: &String) -> Self {
        Self::Text(text.clone())
    }
}

impl From<String> for PhraseParam {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&Path> for PhraseParam {
    fn from(path: &Path) -> Self {
        Self::Text(path.display().to_string())
    }
}

impl From<&PathBuf> for PhraseParam {
    fn from(path: &PathBuf) -> Self {
        path.as_path().into()
    }
}

impl From<u16> for PhraseParam {
    fn from(count: u16) -> Self {
        Self::Count(count.into())
    }
}

impl From<u32> for PhraseParam {
    fn from(count: u32) -> Self {
        Self::Count(count.into())
    }
}

impl From<u64> for PhraseParam {
    fn from(count: u64) -> Self {
        Self::Count(count)
    }
}

impl From<usize> for PhraseParam {
    fn from(count: usize) -> Self {
        Self::Count(count as u64)
    }
}
