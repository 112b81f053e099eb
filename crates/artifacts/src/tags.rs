//! Files in tags: `<file name="src/a.js">…</file>`, and references to files that stay as they are,
//! `<file name="src/a.js" unchanged/>`.

use crate::fence::list_item;
use crate::language::looks_like_file;

/// Elements that hold a file where an attribute gives its path.
const ELEMENTS: [&str; 11] = [
    "file",
    "artifact",
    "antartifact",
    "boltaction",
    "dyad-write",
    "create_file",
    "new_file",
    "write_file",
    "write_to_file",
    "code",
    "document",
];

/// Those among them that hold other things as well, so that only a plain file name counts.
const DOUBTFUL: [&str; 4] = ["artifact", "antartifact", "code", "document"];

const NAME_KEYS: [&str; 9] =
    ["name", "path", "filename", "file", "filepath", "file_path", "file_name", "src", "identifier"];

/// What a line that begins with a file's tag is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum FileTag<'a> {
    /// The file's content begins, in this line where it says more.
    Open {
        /// The element, in lower case.
        element: String,
        /// The path, not yet checked.
        name: &'a str,
        /// What follows the tag in its line.
        rest: &'a str,
    },
    /// The file is the one that earlier pieces have.
    Unchanged {
        /// The path.
        name: &'a str,
    },
}

/// Reads a line as a file's tag.
pub(crate) fn file_tag(line: &str) -> Option<FileTag<'_>> {
    let line = line.trim();
    let line = list_item(line).map_or(line, |(_, item)| item).trim_matches('`');
    let rest = line.strip_prefix('<')?;
    let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '-'))?;
    let element = rest[..end].to_ascii_lowercase();
    if !ELEMENTS.contains(&element.as_str()) {
        return None;
    }
    let attributes = attributes(&rest[end..])?;
    let name = attributes.name?;
    let is_name = if DOUBTFUL.contains(&element.as_str()) { looks_like_file(name) } else { !name.trim().is_empty() };
    if !is_name || name.contains(['<', '{', '\n']) {
        return None;
    }
    if attributes.is_unchanged {
        let is_alone = attributes.rest.trim().is_empty() || is_closing(attributes.rest.trim(), &element);
        return is_alone.then_some(FileTag::Unchanged { name });
    }
    (!attributes.is_empty).then_some(FileTag::Open { element, name, rest: attributes.rest })
}

/// Where in a line the tag that closes `element` begins, if the line ends with it.
pub(crate) fn closing_tag(line: &str, element: &str) -> Option<usize> {
    let line = line.trim_end();
    let at = line.rfind("</")?;
    is_closing(&line[at..], element).then_some(at)
}

fn is_closing(text: &str, element: &str) -> bool {
    let inner = text.strip_prefix("</").and_then(|rest| rest.strip_suffix('>'));
    inner.is_some_and(|inner| inner.trim().eq_ignore_ascii_case(element))
}

struct Attributes<'a> {
    name: Option<&'a str>,
    is_unchanged: bool,
    /// Whether the tag closes itself.
    is_empty: bool,
    /// What follows the tag.
    rest: &'a str,
}

/// Reads attributes up to the tag's end; `None` where the tag does not end in this line.
fn attributes(mut text: &str) -> Option<Attributes<'_>> {
    let mut found = Attributes { name: None, is_unchanged: false, is_empty: false, rest: "" };
    loop {
        text = text.trim_start();
        if let Some(rest) = text.strip_prefix("/>") {
            return Some(Attributes { is_empty: true, rest, ..found });
        }
        if let Some(rest) = text.strip_prefix('>') {
            return Some(Attributes { rest, ..found });
        }
        let end = text.find(|c: char| c.is_whitespace() || matches!(c, '=' | '>' | '/')).filter(|end| *end > 0)?;
        let (key, after) = text.split_at(end);
        let (value, after) = match after.trim_start().strip_prefix('=') {
            Some(after) => attribute_value(after.trim_start())?,
            None => ("", after),
        };
        if found.name.is_none() && NAME_KEYS.iter().any(|name| key.eq_ignore_ascii_case(name)) {
            found.name = Some(value);
        }
        let says_yes = matches!(value, "" | "true" | "unchanged" | "yes");
        found.is_unchanged |= key.eq_ignore_ascii_case("unchanged") && says_yes;
        text = after;
    }
}

fn attribute_value(text: &str) -> Option<(&str, &str)> {
    let quote = text.chars().next().filter(|c| matches!(c, '"' | '\''));
    match quote {
        Some(quote) => text[1..].split_once(quote),
        None => {
            let end = text.find(|c: char| c.is_whitespace() || c == '>')?;
            Some(text.split_at(end))
        }
    }
}
