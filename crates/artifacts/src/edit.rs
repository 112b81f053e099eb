//! The user's edits of a list of artifacts: names, kinds, joining and cutting. Pure: a list goes in, a list comes out.
//!
//! An edit is done whole or refused whole, and leaves names that are safe paths ([`crate::check_path`]) and unique where
//! case does not count. It never touches the output that the artifacts came from; what that says is [`EditHistory`]'s first
//! list for ever.

mod fault;
mod history;

use serde::{Deserialize, Serialize};

pub use fault::EditFault;
pub use history::EditHistory;

use crate::artifact::Artifact;
use crate::language::kind_of_name;
use crate::path::check_path;

/// The largest content that an edit makes, in bytes of UTF-8.
pub const MAX_EDITED_BYTES: usize = 16 * 1024 * 1024;

/// The longest list that an edit makes.
pub const MAX_EDITED_ARTIFACTS: usize = 5_000;

/// The longest kind, in bytes.
const MAX_KIND_BYTES: usize = 20;

/// One edit of one list. Every `index` is a place in that list, from 0.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "op", rename_all = "snake_case", deny_unknown_fields)]
pub enum ArtifactOperation {
    /// Gives an artifact another name.
    Rename {
        /// Which one.
        index: usize,
        /// The new name, a relative path with `/` between its parts.
        name: String,
        /// Whether the kind stays; otherwise it follows the name's extension.
        #[serde(default)]
        keep_type: bool,
    },
    /// Gives an artifact another kind.
    Retype {
        /// Which one.
        index: usize,
        /// The new kind, a file extension without its dot.
        #[serde(rename = "type")]
        kind: String,
        /// Whether the name gets it as its extension.
        #[serde(default)]
        rename: bool,
    },
    /// Joins artifacts into one, at the place of the one that stands first in the list. A content that does not end its
    /// last line gets a line ending before the next one.
    Merge {
        /// Which ones, at least two, in the order of their contents.
        indices: Vec<usize>,
        /// The whole's name; its kind follows the extension, or else the first content's kind.
        name: String,
    },
    /// Cuts an artifact into parts that stand in its place.
    Split {
        /// Which one.
        index: usize,
        /// The lines, from 1, that begin a new part; growing, and none of them 1.
        at_lines: Vec<usize>,
        /// The parts' names, one more than `at_lines`; each kind follows its extension, or else stays.
        names: Vec<String>,
    },
    /// Gives an artifact another content.
    SetContent {
        /// Which one.
        index: usize,
        /// The new content, as it is.
        content: String,
    },
    /// Takes an artifact out of the list.
    Remove {
        /// Which one.
        index: usize,
    },
    /// Puts a new artifact at the end of the list.
    Add {
        /// Its name; its kind follows the extension, or is `txt`.
        name: String,
        /// Its content, as it is.
        content: String,
    },
    /// The list before the last edit.
    Undo {},
    /// The list as it was extracted.
    Reset {},
}

/// Does one edit of `list`; [`ArtifactOperation::Undo`] and [`ArtifactOperation::Reset`] need the past, which
/// [`EditHistory::apply`] knows.
pub(crate) fn edit(list: &[Artifact], operation: &ArtifactOperation) -> Result<Vec<Artifact>, EditFault> {
    let mut edited = list.to_vec();
    match operation {
        ArtifactOperation::Rename { index, name, keep_type } => {
            let kind = kind_of_name(name).filter(|_| !keep_type);
            set_name(&mut edited, *index, name)?;
            let artifact = at(&mut edited, *index)?;
            set_kind(artifact, kind.unwrap_or_else(|| artifact.kind.clone()));
        }
        ArtifactOperation::Retype { index, kind, rename } => retype(&mut edited, *index, kind, *rename)?,
        ArtifactOperation::Merge { indices, name } => merge(&mut edited, indices, name)?,
        ArtifactOperation::Split { index, at_lines, names } => split(&mut edited, *index, at_lines, names)?,
        ArtifactOperation::SetContent { index, content } => {
            let artifact = at(&mut edited, *index)?;
            *artifact =
                Artifact { content: content.clone(), closed: true, start: 0, end: 0, syntax: None, ..artifact.clone() };
        }
        ArtifactOperation::Remove { index } => {
            at(&mut edited, *index)?;
            edited.remove(*index);
        }
        ArtifactOperation::Add { name, content } => {
            let kind = kind_of_name(name).unwrap_or_else(|| "txt".to_owned());
            edited.push(made(kind, name, content.clone()));
            let last = edited.len() - 1;
            set_name(&mut edited, last, name)?;
        }
        ArtifactOperation::Undo {} => return Err(EditFault::NothingToUndo),
        ArtifactOperation::Reset {} => {}
    }
    check_size(&edited)?;
    Ok(edited)
}

fn at(list: &mut [Artifact], index: usize) -> Result<&mut Artifact, EditFault> {
    let count = list.len();
    list.get_mut(index).ok_or(EditFault::NoSuchArtifact { index, count })
}

/// An artifact whose content is no stretch of any output: its offsets say nothing.
fn made(kind: String, name: &str, content: String) -> Artifact {
    Artifact { kind, name: name.to_owned(), content, named: true, closed: true, start: 0, end: 0, syntax: None }
}

/// What was known of an artifact's syntax holds for its kind alone.
fn set_kind(artifact: &mut Artifact, kind: String) {
    if artifact.kind != kind {
        artifact.kind = kind;
        artifact.syntax = None;
    }
}

/// Gives the artifact at `index` a name of the user's, which no other one may have.
fn set_name(list: &mut [Artifact], index: usize, name: &str) -> Result<(), EditFault> {
    check_path(name).map_err(|fault| EditFault::BadName { name: name.to_owned(), fault })?;
    let folded = name.to_lowercase();
    if list.iter().enumerate().any(|(other, one)| other != index && one.name.to_lowercase() == folded) {
        return Err(EditFault::DuplicateName { name: name.to_owned() });
    }
    let artifact = at(list, index)?;
    artifact.name = name.to_owned();
    artifact.named = true;
    Ok(())
}

fn retype(list: &mut [Artifact], index: usize, kind: &str, rename: bool) -> Result<(), EditFault> {
    let kind = kind.to_lowercase();
    let is_kind = (1..=MAX_KIND_BYTES).contains(&kind.len()) && kind.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if !is_kind {
        return Err(EditFault::BadKind { kind });
    }
    let name = at(list, index)?.name.clone();
    if rename {
        let file = name.rfind('/').map_or(0, |slash| slash + 1);
        let stem = name[file..].rfind('.').filter(|dot| *dot > 0).map_or(name.len(), |dot| file + dot);
        set_name(list, index, &format!("{}.{kind}", &name[..stem]))?;
    }
    set_kind(at(list, index)?, kind);
    Ok(())
}

fn merge(list: &mut Vec<Artifact>, indices: &[usize], name: &str) -> Result<(), EditFault> {
    if indices.len() < 2 {
        return Err(EditFault::TooFewToMerge);
    }
    let mut sorted = indices.to_vec();
    sorted.sort_unstable();
    if let Some(twice) = sorted.windows(2).find(|pair| pair[0] == pair[1]) {
        return Err(EditFault::RepeatedIndex { index: twice[0] });
    }
    let mut content = String::new();
    for index in indices {
        if !content.is_empty() && !content.ends_with('\n') {
            content.push('\n');
        }
        content.push_str(&at(list, *index)?.content);
    }
    let kind = kind_of_name(name).unwrap_or_else(|| list[indices[0]].kind.clone());
    let closed = indices.iter().all(|index| list[*index].closed);
    for index in sorted.iter().skip(1).rev() {
        list.remove(*index);
    }
    list[sorted[0]] = Artifact { closed, ..made(kind, name, content) };
    set_name(list, sorted[0], name)
}

fn split(list: &mut Vec<Artifact>, index: usize, at_lines: &[usize], names: &[String]) -> Result<(), EditFault> {
    let whole = at(list, index)?.clone();
    let lines: Vec<&str> = whole.content.split_inclusive('\n').collect();
    if names.len() != at_lines.len() + 1 || at_lines.is_empty() {
        return Err(EditFault::SplitNames { parts: at_lines.len() + 1, names: names.len() });
    }
    let mut before = 1;
    for line in at_lines {
        if *line <= before || *line > lines.len() {
            return Err(EditFault::SplitLine { line: *line, lines: lines.len() });
        }
        before = *line;
    }
    // Only where the output has the content as it is do its offsets say where the parts lie in it.
    let is_verbatim = whole.end.checked_sub(whole.start) == Some(whole.content.len());
    let bounds = [1].into_iter().chain(at_lines.iter().copied()).chain([lines.len() + 1]).collect::<Vec<_>>();
    let mut start = whole.start;
    let parts: Vec<Artifact> = bounds
        .windows(2)
        .zip(names)
        .map(|(bound, name)| {
            let content = lines[bound[0] - 1..bound[1] - 1].concat();
            let kind = kind_of_name(name).unwrap_or_else(|| whole.kind.clone());
            let end = start + content.len();
            let place = if is_verbatim { (start, end) } else { (0, 0) };
            start = end;
            Artifact { closed: whole.closed, start: place.0, end: place.1, ..made(kind, name, content) }
        })
        .collect();
    let count = parts.len();
    list.splice(index..=index, parts);
    (index..index + count).zip(names).try_for_each(|(at, name)| set_name(list, at, name))
}

fn check_size(list: &[Artifact]) -> Result<(), EditFault> {
    if list.len() > MAX_EDITED_ARTIFACTS {
        return Err(EditFault::TooMany { count: list.len() });
    }
    match list.iter().find(|artifact| artifact.content.len() > MAX_EDITED_BYTES) {
        Some(artifact) => Err(EditFault::TooLarge { name: artifact.name.clone() }),
        None => Ok(()),
    }
}
