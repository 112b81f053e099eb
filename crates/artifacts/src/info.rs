//! The info string of an opening fence: a language tag and, where the model gave one, a file name.

use crate::language::{kind_of_tag, looks_like_file};

/// What an info string says. The name is the model's word, not yet checked as a path.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Info {
    /// The language tag in lower case, e.g. `jsx`.
    pub(crate) tag: Option<String>,
    /// A file name, e.g. of `title="Form.jsx"`.
    pub(crate) name: Option<String>,
}

const NAME_KEYS: [&str; 9] =
    ["title", "filename", "file", "name", "path", "filepath", "file_path", "file_name", "data-filename"];

/// Reads `jsx`, `jsx Form.jsx`, `jsx title="Form.jsx"`, `jsx:src/Form.jsx`, `src/Form.tsx`, `{.jsx title="…"}`.
pub(crate) fn parse_info(info: &str) -> Info {
    let mut parsed = Info::default();
    for (index, word) in words(info).into_iter().enumerate() {
        let word = in_brackets(word.trim_matches(['{', '}', ',']));
        if let Some(name) = attribute(word) {
            parsed.name = parsed.name.or(Some(name));
        } else if index == 0 {
            first_word(word.trim_start_matches('.'), &mut parsed);
        } else if parsed.name.is_none() && looks_like_file(word) {
            parsed.name = Some(word.to_owned());
        }
    }
    parsed
}

/// Whether an info string plainly opens a block: its tag is a known language, or it names a file.
pub(crate) fn plainly_opens(info: &Info) -> bool {
    info.name.is_some() || info.tag.as_deref().is_some_and(|tag| kind_of_tag(tag).is_some())
}

fn first_word(word: &str, parsed: &mut Info) {
    let tag = match word.split_once(':') {
        Some((tag, path)) => {
            // Some models write `12:15:src/x.ts`, a range of lines before the path.
            let path = path.trim_start_matches(|c: char| c.is_ascii_digit() || c == ':');
            if looks_like_file(path) {
                let is_drive = tag.len() == 1 && path.starts_with(['/', '\\']);
                parsed.name = Some(if is_drive { word } else { path }.to_owned());
                if is_drive || tag.bytes().all(|b| b.is_ascii_digit()) { "" } else { tag }
            } else {
                tag
            }
        }
        None if kind_of_tag(word).is_none() && looks_like_file(word) => {
            parsed.name = Some(word.to_owned());
            ""
        }
        None => word,
    };
    let tag = tag.to_lowercase();
    let tag = ["language-", "lang-"].iter().find_map(|prefix| tag.strip_prefix(prefix)).unwrap_or(&tag);
    parsed.tag = (!tag.is_empty()).then(|| tag.to_owned());
}

/// A name in brackets loses them: `[nuxt.config.ts]`, `(app.py)`. Brackets within a path stay.
fn in_brackets(word: &str) -> &str {
    const PAIRS: [(char, char); 2] = [('[', ']'), ('(', ')')];
    let inner = PAIRS.iter().find_map(|(open, close)| word.strip_prefix(*open)?.strip_suffix(*close));
    inner.filter(|inner| looks_like_file(inner)).unwrap_or(word)
}

fn attribute(word: &str) -> Option<String> {
    let (key, value) = word.split_once('=')?;
    let value = value.trim_matches(['"', '\'']);
    let is_name = NAME_KEYS.iter().any(|name| key.eq_ignore_ascii_case(name)) && looks_like_file(value);
    is_name.then(|| value.to_owned())
}

/// Splits at blanks and commas outside quotes and brackets, so that `title="My Form.jsx"` stays one word.
fn words(info: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let (mut start, mut quote, mut depth) = (0, None, 0_usize);
    for (at, c) in info.char_indices() {
        match quote {
            Some(open) if c == open => quote = None,
            Some(_) => {}
            None if matches!(c, '"' | '\'') => quote = Some(c),
            None if matches!(c, '{' | '[' | '(') => depth += 1,
            None if matches!(c, '}' | ']' | ')') => depth = depth.saturating_sub(1),
            None if c.is_whitespace() || (c == ',' && depth == 0) => {
                words.push(&info[start..at]);
                start = at + c.len_utf8();
            }
            None => {}
        }
    }
    words.push(&info[start..]);
    words.retain(|word| !word.is_empty());
    words
}
