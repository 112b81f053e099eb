//! What became of an edit.

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// What became of the edit of one file, or of a reference to one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct PatchReport {
    /// The file, as it is called among the artifacts, else as the model called it; `None` where it gave no name.
    pub name: Option<String>,
    /// What became of it.
    #[serde(flatten)]
    pub outcome: PatchOutcome,
    /// Byte offset, from 0, of the edit in the step's output.
    pub start: usize,
    /// Byte offset just past it.
    pub end: usize,
}

/// What became of an edit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum PatchOutcome {
    /// The file was there and has the edit now.
    Applied,
    /// The file is new.
    Created,
    /// The reference stands for the file as it was.
    Expanded,
    /// Nothing was done; the edit is kept as a diff among the artifacts.
    Refused {
        /// Why.
        fault: PatchFault,
    },
}

/// Why an edit does not apply. Each message ends a sentence that starts with the file's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum PatchFault {
    /// No name is given, and no file, or several, have the old lines.
    #[error("is not named by the edit, and no single file has its old lines")]
    Unnamed,
    /// No earlier piece is called so.
    #[error("is not among the earlier files")]
    NoSuchFile,
    /// The name is no safe path.
    #[error("is no name that a file may have")]
    BadName,
    /// The old lines are not in the file.
    #[error("does not have the lines that edit {hunk} replaces")]
    NotFound {
        /// The edit's number within its file, from 1.
        hunk: usize,
    },
    /// The old lines are in the file more than once.
    #[error("has the lines that edit {hunk} replaces at {places} places")]
    Ambiguous {
        /// The edit's number within its file, from 1.
        hunk: usize,
        /// How often.
        places: usize,
    },
    /// The edit removes the file, or all of its text, which pieces cannot say.
    #[error("would be deleted, which is left to the user")]
    Deletes,
    /// The output ended within the edit.
    #[error("has an edit that the output's end cut off")]
    Cut,
    /// The file and the edit are too long to be compared.
    #[error("and its edit are too long to be compared")]
    TooLong,
}
