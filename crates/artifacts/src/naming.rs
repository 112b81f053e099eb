//! Names of artifacts: those that the model gives around and inside a block, the rule's, and their uniqueness.

use std::collections::HashSet;

use crate::fence::list_item;
use crate::language::looks_like_file;
use crate::path::MAX_PART_BYTES;

/// Words that introduce a file name, in the two languages of the user interface.
const LABELS: [&str; 8] =
    ["file", "filename", "file name", "path", "file path", "archivo", "fichero", "nombre del archivo"];

/// The file name that a line of prose gives to the block under it: `**Form.jsx**`, `` `src/Form.jsx` ``,
/// `### 1. Form.jsx`, `File: x.py`, `x.py:`. The line must be nothing but the name and its ornaments; a sentence that
/// mentions a file gives no name, since the block under it may as well use that file.
pub(crate) fn name_in_line(line: &str) -> Option<&str> {
    let mut rest = line;
    loop {
        let before = rest;
        rest = strip_label(strip_ornaments(rest));
        if rest == before {
            break;
        }
    }
    file_word(rest)
}

/// The file name in a block's first line when that line is a comment with nothing else in it: `// src/Form.jsx`,
/// `# app.py`, `<!-- index.html -->`, `/* styles.css */`, `-- schema.sql`, `// File: x.js`. A shebang may come first.
pub(crate) fn name_in_comment(content: &str) -> Option<&str> {
    let mut lines = content.lines();
    let first = lines.next()?;
    let line = if first.starts_with("#!") { lines.next()? } else { first };
    file_word(strip_label(comment_text(line.trim())?))
}

/// Names already given within one step. Case does not count, because it does not on Windows and macOS.
#[derive(Debug, Clone, Default)]
pub(crate) struct Names(HashSet<String>);

impl Names {
    /// Gives `name`, or when it is taken `name` with `-2`, `-3`, … before its extension.
    pub(crate) fn unique(&mut self, name: String) -> String {
        let mut candidate = name.clone();
        let mut number = 1;
        while !self.0.insert(candidate.to_lowercase()) {
            number += 1;
            candidate = numbered(&name, number);
        }
        candidate
    }
}

fn numbered(name: &str, number: usize) -> String {
    let (folder, file) = name.rfind('/').map_or(("", name), |slash| name.split_at(slash + 1));
    let (stem, extension) = match file.rfind('.') {
        Some(dot) if dot > 0 => file.split_at(dot),
        _ => (file, ""),
    };
    let suffix = format!("-{number}{extension}");
    let mut room = MAX_PART_BYTES.saturating_sub(suffix.len()).min(stem.len());
    while !stem.is_char_boundary(room) {
        room -= 1;
    }
    format!("{folder}{}{suffix}", &stem[..room])
}

fn strip_ornaments(line: &str) -> &str {
    let line = line.trim();
    let hashes = line.bytes().take_while(|&b| b == b'#').count();
    if hashes > 0 && line[hashes..].starts_with(' ') {
        return line[hashes..].trim();
    }
    if let Some((_, item)) = list_item(line) {
        return item.trim();
    }
    let line = line.trim_end_matches([':', '：']).trim_end();
    // A remark in brackets after the name: `Form.jsx (new)`.
    let line = match line.rfind(" (") {
        Some(at) if line.ends_with(')') => &line[..at],
        _ => line,
    };
    // Underscores stay: `__init__.py` starts with them.
    line.trim_matches(['*', '`', '"', '\'', ' '])
}

fn strip_label(line: &str) -> &str {
    let Some((label, rest)) = line.split_once(':') else { return line };
    let words: String = label.chars().filter(|c| c.is_alphabetic() || *c == ' ').collect();
    if LABELS.contains(&words.trim().to_lowercase().as_str()) { rest.trim() } else { line }
}

fn comment_text(line: &str) -> Option<&str> {
    const PAIRS: [(&str, &str); 4] = [("{/*", "*/}"), ("/*", "*/"), ("<!--", "-->"), ("(*", "*)")];
    for (open, close) in PAIRS {
        if let Some(text) = line.strip_prefix(open).and_then(|rest| rest.strip_suffix(close)) {
            return Some(text.trim().trim_start_matches('*').trim());
        }
    }
    if let Some(text) = line.strip_prefix("//") {
        return Some(text.trim_start_matches(['/', '!']).trim());
    }
    ["# ", "-- ", "; ", "% ", "REM ", "' "].into_iter().find_map(|mark| line.strip_prefix(mark)).map(str::trim)
}

fn file_word(text: &str) -> Option<&str> {
    let text = text.trim_matches(['`', '"', '\'', '*']);
    (!text.contains(char::is_whitespace) && looks_like_file(text)).then_some(text)
}
