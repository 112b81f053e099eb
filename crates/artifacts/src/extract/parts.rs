//! The files of one closed block: usually one, several where labels within the block name them.

use std::collections::HashSet;

use super::block::{Block, Opener};
use crate::fence::fence;
use crate::label::{Style, first_label, label};
use crate::language::{kind_of_name, tag_agrees};
use crate::path::relative_path;

/// One file of a block or of a whole output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Part {
    /// The name that the model gave, if it is a valid one.
    pub(crate) name: Option<String>,
    pub(crate) kind: String,
    /// Byte range of the part in the text that it is a part of.
    pub(crate) start: usize,
    pub(crate) end: usize,
}

/// The files of a closed block, in order, with byte ranges in its content.
pub(super) fn parts(block: &Block) -> Vec<Part> {
    let (start, end) = if block.opener == Opener::Search { (0, block.content.len()) } else { inner_range(block) };
    let tag = block.info.tag.as_deref();
    let is_split = !block.is_document() && matches!(block.opener, Opener::Fence { .. });
    let labelled = if is_split { labelled_parts(&block.content, tag) } else { Vec::new() };
    if !labelled.is_empty() {
        return labelled;
    }
    let name = block.given_name();
    let kind = name.as_deref().and_then(kind_of_name).unwrap_or_else(|| block.kind());
    let start = start + label_bytes(&block.content[start..end], name.as_deref(), &kind);
    vec![Part { name, kind, start, end }]
}

/// The files that labels part a text into; none where it does not begin with a label, or only one label is in it.
///
/// A label begins a file where it stands at the line's beginning, names another file than those before, and either says
/// plainly that it does so or stands after a blank line and over something that does not mention the file.
pub(crate) fn labelled_parts(content: &str, tag: Option<&str>) -> Vec<Part> {
    let Some((first, _)) = first_label(content).filter(|(_, label)| tag_agrees(tag, label.name)) else {
        return Vec::new();
    };
    let mut names = HashSet::new();
    let mut bounds: Vec<(usize, String)> = Vec::new();
    let mut is_after_blank = true;
    let mut offset = 0;
    let mut lines = content.split_inclusive('\n').enumerate().peekable();
    while let Some((number, line)) = lines.next() {
        let next = lines.peek().map_or("", |(_, next)| next);
        let begins = number == first
            || (number > first
                && label(line).is_some_and(|label| {
                    let file = label.name.rsplit(['/', '\\']).next().unwrap_or(label.name);
                    !line.starts_with([' ', '\t']) && (label.is_plain || (is_after_blank && !next.contains(file)))
                }));
        let name = label(line).filter(|_| begins).and_then(|label| relative_path(label.name).ok());
        if let Some(name) = name.filter(|name| names.insert(name.to_lowercase())) {
            // What stands above the first label, such as a shebang, belongs to its file.
            bounds.push((if bounds.is_empty() { 0 } else { offset }, name));
        }
        is_after_blank = line.trim().is_empty();
        offset += line.len();
    }
    if bounds.len() < 2 {
        return Vec::new();
    }
    let ends: Vec<usize> = bounds.iter().skip(1).map(|(start, _)| *start).chain([content.len()]).collect();
    let last = ends.len() - 1;
    let cut = bounds.into_iter().zip(ends).enumerate().filter_map(|(number, ((start, name), end))| {
        let kind = kind_of_name(&name).unwrap_or_else(|| "txt".to_owned());
        let start = start + label_bytes(&content[start..end], Some(&name), &kind);
        let end = if number == last { end } else { start + without_last_blanks(&content[start..end]) };
        let is_blank = content[start..end].trim().is_empty();
        (!is_blank).then_some(Part { name: Some(name), kind, start, end })
    });
    cut.collect()
}

/// The bytes of a first line that labels the file and would be no comment in it, so that it is not part of the file.
fn label_bytes(content: &str, name: Option<&str>, kind: &str) -> usize {
    let first = content.split_inclusive('\n').next().unwrap_or_default();
    let names_it = label(first).filter(|label| {
        let is_foreign = label.style == Style::Rule || !label.style.is_comment_in(kind);
        is_foreign && relative_path(label.name).is_ok_and(|path| Some(path.as_str()) == name)
    });
    names_it.map_or(0, |_| first.len())
}

/// The length without blank lines at the end.
fn without_last_blanks(content: &str) -> usize {
    let solid = content.trim_end().len();
    content[solid..].find('\n').map_or(content.len(), |at| solid + at + 1)
}

/// The content's byte range without a fence that stands directly within a file's tag. A Markdown file keeps fences that
/// may be its own.
fn inner_range(block: &Block) -> (usize, usize) {
    let whole = (0, block.content.len());
    let content = &block.content;
    let Opener::Tag { .. } = block.opener else { return whole };
    let solid = content.trim_start_matches(['\n', '\r']);
    let skipped = content.len() - solid.len();
    let Some(first) = solid.split_inclusive('\n').next() else { return whole };
    let Some(open) = fence(first.trim_end()) else { return whole };
    let is_wrapper = matches!(open.info.to_lowercase().as_str(), "md" | "markdown" | "mdx");
    if block.is_document() && !is_wrapper {
        return whole;
    }
    let start = skipped + first.len();
    let trimmed = content.trim_end();
    let last = trimmed.rfind('\n').map_or(0, |at| at + 1);
    let is_closed = last >= start
        && fence(&trimmed[last..])
            .is_some_and(|close| close.info.is_empty() && close.marker == open.marker && close.len >= open.len);
    (start, if is_closed { last } else { content.len() })
}
