//! Edits that a model wrote in place of whole files: unified diffs, the form of "Begin Patch", SEARCH/REPLACE.
//!
//! Line numbers and counts of models are often wrong, so the lines decide: an edit applies where its old lines stand, and
//! nowhere else. An edit of a file is done whole or refused whole, with the reason ([`PatchFault`]).

mod apply;
mod diff;
mod report;
mod search;

pub(crate) use apply::apply;
pub use report::{PatchFault, PatchOutcome, PatchReport};
pub(crate) use search::{SEARCH_END, is_search_mark};

/// What is to happen to one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Line {
    /// It is there and stays.
    Keep(String),
    /// It is there and goes.
    Take(String),
    /// It is new.
    Add(String),
}

/// One place of a file and what becomes of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Hunk {
    /// The lines, without their endings.
    pub(crate) lines: Vec<Line>,
    /// The line, from 1, at which the model believes the old lines to begin.
    pub(crate) at: Option<usize>,
    /// Whether the header says that there are no old lines.
    pub(crate) is_insertion: bool,
    /// A line after which the old lines stand.
    pub(crate) anchor: Option<String>,
    /// Whether the file then ends without a line ending.
    pub(crate) is_unended: bool,
}

/// What is to become of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Change {
    Edit(Vec<Hunk>),
    Create(String),
    Delete,
}

/// The change of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FilePatch {
    /// The file's name where the edit says one, not yet checked.
    pub(crate) name: Option<String>,
    pub(crate) change: Change,
}

/// Reads a block's content as edits; `None` where it is none. A block that is tagged as a diff need not have headers.
pub(crate) fn read(content: &str, is_diff: bool) -> Option<Vec<FilePatch>> {
    let files = search::read(content).or_else(|| diff::read(content, is_diff))?;
    (!files.is_empty()).then_some(files)
}

/// Whether a text is nothing but a diff that names its files.
pub(crate) fn is_diff(content: &str) -> bool {
    diff::read(content, false).is_some()
}
