//! Names that an export writes: [`brickwork_artifacts::check_path`] and what a repository must not get from outside.

use std::fmt;

use brickwork_artifacts::{PathFault, check_path};
use thiserror::Error;
use unicode_normalization::UnicodeNormalization;

use crate::manifest::MANIFEST_NAME;

/// Why a name is not written. Each message ends a sentence that starts with the name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Error)]
pub enum NameFault {
    /// It is no safe relative path.
    #[error(transparent)]
    Path(#[from] PathFault),
    /// It lies in, or is, a `.git` folder, whose hooks run as programs.
    #[error("belongs to git; an export never writes there")]
    Git,
    /// It is a file of secrets, `.env` or one of its variants.
    #[error("holds secrets by convention; an export never writes it")]
    Env,
    /// It is the export's own manifest.
    #[error("is the name of the export's manifest")]
    Manifest,
}

/// A relative path with `/` between its parts that passed [`check_name`].
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RelPath(String);

impl RelPath {
    /// The path.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The manifest's own name, which no file has.
    pub(crate) fn manifest() -> Self {
        Self(MANIFEST_NAME.to_owned())
    }

    /// The folders above the file, outermost first, and the file's own name.
    #[must_use]
    pub fn split(&self) -> (Vec<&str>, &str) {
        let mut parts: Vec<&str> = self.0.split('/').collect();
        let file = parts.pop().expect("a split has at least one part");
        (parts, file)
    }
}

impl fmt::Display for RelPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Checks that a file of this name may be written below a folder on any system.
///
/// # Errors
/// The first [`NameFault`] found.
pub fn check_name(name: &str) -> Result<RelPath, NameFault> {
    check_path(name)?;
    for part in name.split('/') {
        let part = folded_visible(part);
        if part == ".git" || part == ".gitmodules" {
            return Err(NameFault::Git);
        }
        if is_env(&part) {
            return Err(NameFault::Env);
        }
    }
    if folded(name) == MANIFEST_NAME { Err(NameFault::Manifest) } else { Ok(RelPath(name.to_owned())) }
}

/// What a name is to a file system that ignores case and normalisation (Windows, macOS): equal results are one file.
#[must_use]
pub fn folded(name: &str) -> String {
    let decomposed: String = name.nfd().collect();
    decomposed.to_lowercase().nfd().collect()
}

/// As [`folded`], and without the characters that macOS's HFS+ ignores in names, with which `.git` was once spelled
/// unseen (CVE-2014-9390). Compatibility forms are folded too, since some systems take them for the plain letters.
fn folded_visible(part: &str) -> String {
    let visible = part.chars().filter(|c| !matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{ad}'));
    visible.nfkd().collect::<String>().to_lowercase()
}

/// Examples are made to be committed; everything else named `.env` is not.
fn is_env(part: &str) -> bool {
    let examples = [".env.example", ".env.sample", ".env.template", ".env.dist"];
    part == ".env" || (part.starts_with(".env.") && !examples.contains(&part))
}
