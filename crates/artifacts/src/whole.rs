//! A whole output without any fence that is code: small models forget the fences.

use crate::artifact::Artifact;
use crate::extract::rule_name;
use crate::fence::fence;
use crate::infer::infer_kind;
use crate::language::{kind_of_name, tag_agrees};
use crate::naming::name_in_comment;
use crate::path::relative_path;

/// Takes a whole output as one artifact if it is plainly code and nothing else.
///
/// Prose is not code: an output that opens with a sentence, or in which sentences make up more than a fifth of the
/// lines outside comments, gives `None`; so does one with a fence, which [`crate::extract()`] reads. The content is the
/// text without blank lines around it.
#[must_use]
pub fn classify_whole(step_name: &str, text: &str) -> Option<Artifact> {
    if text.lines().any(|line| fence(line).is_some()) {
        return None;
    }
    let (start, end) = solid_range(text)?;
    let content = &text[start..end];
    let kind = infer_kind(content).filter(|kind| !matches!(*kind, "md" | "yaml" | "txt"))?;
    if !reads_as_code(content) {
        return None;
    }
    let given =
        name_in_comment(content).filter(|name| tag_agrees(Some(kind), name)).and_then(|name| relative_path(name).ok());
    let kind = given.as_deref().and_then(kind_of_name).unwrap_or_else(|| kind.to_owned());
    let named = given.is_some();
    let name = given.unwrap_or_else(|| rule_name(step_name, 0, &kind));
    Some(Artifact { kind, name, content: content.to_owned(), named, closed: true, start, end })
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
    if lines.peek().is_none_or(|first| is_sentence(first)) {
        return false;
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
