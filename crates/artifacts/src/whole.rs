//! A whole output without any fence that is code: small models forget the fences.

use crate::artifact::Artifact;
use crate::extract::{Part, labelled_parts, rule_name};
use crate::fence::fence;
use crate::infer::infer_kind;
use crate::language::{kind_of_name, tag_agrees};
use crate::naming::name_in_comment;
use crate::patch::is_diff;
use crate::path::relative_path;

/// Takes a whole output as one artifact if it is plainly code and nothing else.
///
/// Prose is not code: an output that opens with a sentence, or in which sentences make up more than a fifth of the
/// lines outside comments, gives `None`; so does one with a fence, which [`crate::extract()`] reads. The content is the
/// text without blank lines around it. [`crate::read_output`] reads more: several files under labels, edits of earlier
/// files, and a page between sentences.
#[must_use]
pub fn classify_whole(step_name: &str, text: &str) -> Option<Artifact> {
    let part = code(text)?;
    let named = part.name.is_some();
    let name = part.name.unwrap_or_else(|| rule_name(step_name, 0, &part.kind));
    let content = text[part.start..part.end].to_owned();
    Some(Artifact {
        kind: part.kind,
        name,
        content,
        named,
        closed: true,
        start: part.start,
        end: part.end,
        syntax: None,
    })
}

/// The files that a whole output is, with byte ranges in it; none where it is prose.
pub(crate) fn parts(text: &str) -> Vec<Part> {
    let Some(part) = code(text) else { return page(text).into_iter().collect() };
    let labelled = labelled_parts(&text[part.start..part.end], None);
    if labelled.is_empty() {
        return vec![part];
    }
    let offset = part.start;
    let moved = labelled.into_iter().map(|part| Part { start: part.start + offset, end: part.end + offset, ..part });
    moved.collect()
}

/// Whether the text is plainly code and ends with it, without a blank line.
pub(crate) fn is_code_up_to_its_end(text: &str) -> bool {
    text.lines().last().is_some_and(|line| !line.trim().is_empty()) && code(text).is_some()
}

/// The byte range of the edits that a whole output is, if it is nothing else.
pub(crate) fn patch_range(text: &str) -> Option<(usize, usize)> {
    solid_range(text).filter(|(start, end)| is_diff(&text[*start..*end]))
}

/// The text as one file, if it is plainly code.
fn code(text: &str) -> Option<Part> {
    if text.lines().any(|line| fence(line).is_some()) {
        return None;
    }
    let (start, end) = solid_range(text)?;
    let content = &text[start..end];
    let kind = infer_kind(content).filter(|kind| !matches!(*kind, "md" | "yaml" | "txt"))?;
    if !reads_as_code(content) {
        return None;
    }
    let name =
        name_in_comment(content).filter(|name| tag_agrees(Some(kind), name)).and_then(|name| relative_path(name).ok());
    let kind = name.as_deref().and_then(kind_of_name).unwrap_or_else(|| kind.to_owned());
    Some(Part { name, kind, start, end })
}

/// An HTML document between sentences: its own tags say where it begins and ends.
fn page(text: &str) -> Option<Part> {
    let mut start = None;
    let mut offset = 0;
    for line in text.split_inclusive('\n') {
        let after = offset + line.len();
        let lower = line.trim().to_ascii_lowercase();
        let opens = lower.starts_with("<!doctype html") || lower.starts_with("<html");
        start = start.or(opens.then_some(offset));
        if let Some(start) = start.filter(|_| lower.ends_with("</html>")) {
            return Some(Part { name: None, kind: "html".to_owned(), start, end: after });
        }
        offset = after;
    }
    None
}

/// Byte range from the first line with text to the end of the last one, its line ending included.
fn solid_range(text: &str) -> Option<(usize, usize)> {
    let solid = text.trim();
    let first = text.find(solid).filter(|_| !solid.is_empty())?;
    let start = text[..first].rfind('\n').map_or(0, |at| at + 1);
    let last = first + solid.len();
    let end = text[last..].find('\n').map_or(text.len(), |at| last + at + 1);
    Some((start, end))
}

fn reads_as_code(content: &str) -> bool {
    let mut lines = content.lines().map(str::trim).filter(|line| !line.is_empty() && !is_comment(line)).peekable();
    match lines.peek() {
        // Comments alone are no code, but for a script that says who is to run it.
        None => return content.starts_with("#!"),
        Some(first) if is_sentence(first) => return false,
        Some(_) => {}
    }
    let (total, sentences) = lines
        .fold((0_usize, 0_usize), |(total, sentences), line| (total + 1, sentences + usize::from(is_sentence(line))));
    sentences * 5 <= total
}

fn is_comment(line: &str) -> bool {
    ["//", "#", "/*", "*", "--", "<!--", "\"\"\""].iter().any(|mark| line.starts_with(mark))
}

/// A line of words: a capital or a list mark first, at least four words, an end as sentences have it, and nothing of
/// what code is made of.
fn is_sentence(line: &str) -> bool {
    let words = line.split_whitespace().count();
    let starts = line.starts_with(|c: char| c.is_uppercase() || c.is_ascii_digit() || c == '-');
    let ends = line.ends_with(['.', ':', '!', '?', ',']);
    let code = line.contains(['{', '}', ';', '=', '<', '>', '(', ')', '[']);
    (starts && words >= 3 && !code && (ends || words >= 6)) || (ends && words >= 8 && !code)
}
