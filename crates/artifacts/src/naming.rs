//! Names of artifacts: those that the model gives around and inside a block, the rule's, and their uniqueness.

use std::collections::{HashMap, HashSet};

use unicode_normalization::UnicodeNormalization;

use crate::fence::list_item;
use crate::label::{Style, file_word, first_label, label};
use crate::path::MAX_PART_BYTES;

/// Words that introduce a file name with a colon after them, in the two languages of the user interface.
const LABELS: [&str; 8] =
    ["file", "filename", "file name", "path", "file path", "archivo", "fichero", "nombre del archivo"];

/// Words that introduce a file name with or without a colon.
const VERBS: [&str; 17] = [
    "create file",
    "create",
    "new file",
    "add file",
    "add",
    "update file",
    "update",
    "updated",
    "modify",
    "modified",
    "edit",
    "in",
    "crear",
    "crea",
    "nuevo archivo",
    "actualizar",
    "actualiza",
];

/// The file name that a line of prose gives to the block under it: `**Form.jsx**`, `` `src/Form.jsx` ``,
/// `### 1. Form.jsx`, `File: x.py`, `x.py:`. The line must be nothing but the name and its ornaments; a sentence that
/// mentions a file gives no name, since the block under it may as well use that file.
pub(crate) fn name_in_line(line: &str) -> Option<&str> {
    let line = line.trim();
    if let Some(label) = label(line).filter(|label| matches!(label.style, Style::Rule | Style::Markup | Style::Slashes))
    {
        return Some(label.name);
    }
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
    first_label(content).map(|(_, label)| label.name)
}

/// Names already given within one step. Case does not count, because it does not on Windows and macOS; nor do two ways
/// to write an accent, which are one on macOS.
#[derive(Debug, Clone, Default)]
pub(crate) struct Names {
    taken: HashSet<String>,
    /// The last number that each name was given, so that the same name over and over stays quick.
    numbers: HashMap<String, usize>,
    /// Every folder of a name that is taken.
    folders: HashSet<String>,
}

impl Names {
    /// Gives `name`, or when it is taken `name` with `-2`, `-3`, … before its extension.
    pub(crate) fn unique(&mut self, name: String) -> String {
        let mut candidate = name.clone();
        let number = self.numbers.entry(folded(&name)).or_insert(1);
        while !self.taken.insert(folded(&candidate)) {
            *number += 1;
            candidate = numbered(&name, *number);
        }
        let folded = folded(&candidate);
        self.folders.extend(folders(&folded).map(str::to_owned));
        candidate
    }

    /// Whether a file of this name would have to be a folder as well, or lie in a file.
    pub(crate) fn is_file_and_folder(&self, name: &str) -> bool {
        let folded = folded(name);
        self.folders.contains(&folded) || folders(&folded).any(|folder| self.taken.contains(folder))
    }
}

fn folded(name: &str) -> String {
    name.to_lowercase().nfc().collect()
}

/// The folders that a path goes through, each as a path: `a/b/c.js` has `a` and `a/b`.
fn folders(name: &str) -> impl Iterator<Item = &str> {
    name.match_indices('/').map(|(at, _)| &name[..at])
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

fn strip_verb(line: &str) -> Option<&str> {
    VERBS.iter().find_map(|verb| {
        let head = line.get(..verb.len()).filter(|head| head.eq_ignore_ascii_case(verb))?;
        let rest = line[head.len()..].trim_start_matches(['*', ':']);
        rest.starts_with(' ').then(|| rest.trim())
    })
}

/// The text of a Markdown link, where the line is one.
fn link_text(line: &str) -> Option<&str> {
    let (text, target) = line.strip_prefix('[')?.split_once("](")?;
    target.ends_with(')').then_some(text)
}

fn strip_ornaments(line: &str) -> &str {
    // A picture before the name.
    let line = line.trim().trim_start_matches(|c: char| !c.is_ascii() && !c.is_alphanumeric()).trim();
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
    // A description behind a dash: `**src/a.js** - the entry point`.
    let line =
        [" - ", " – ", " — "].iter().find_map(|dash| line.split_once(dash)).map_or(line, |(name, _)| name.trim());
    if let Some(text) = link_text(line) {
        return text;
    }
    // Underscores stay: `__init__.py` starts with them.
    line.trim_matches(['*', '`', '"', '\'', ' '])
}

pub(crate) fn strip_label(line: &str) -> &str {
    if let Some(rest) = strip_verb(line) {
        return rest;
    }
    let Some((label, rest)) = line.split_once(':') else { return line };
    let words: String = label.chars().filter(|c| c.is_alphabetic() || *c == ' ').collect();
    if LABELS.contains(&words.trim().to_lowercase().as_str()) { rest.trim() } else { line }
}
