//! Source and kind to runs of styled characters, for a window that paints them.
//!
//! The result holds lengths and class names, never HTML: whoever paints makes text nodes, so nothing that a model
//! wrote can become markup. Lengths are in UTF-16 code units, which is how a web page counts.
//!
//! Highlighting never fails. What has no grammar, is too long or breaks a grammar is plain text of the same lengths.

mod classes;
mod syntaxes;

use serde::{Deserialize, Serialize};
use syntect::parsing::{ParseState, ScopeStack, SyntaxReference, SyntaxSet};

use crate::classes::{Classes, PLAIN};

/// A line with more characters than this is plain; grammars slow down on minified code.
pub const MAX_LINE_CHARS: usize = 2_000;

/// A source with more bytes than this is plain.
pub const MAX_SOURCE_BYTES: usize = 512 * 1024;

/// A highlighted source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Highlighted {
    /// The language's name for people, e.g. `Python`; `Plain Text` without a grammar.
    pub language: String,
    /// Class names, e.g. `keyword`; always the same list in the same order.
    pub styles: Vec<String>,
    /// For each line of `source.split('\n')` its runs: length in UTF-16 code units, and index into `styles`. The
    /// lengths of a line add up to the line's length. An empty line has no runs.
    pub lines: Vec<Vec<(u32, u16)>>,
}

/// The class names that [`highlight`] uses, in the order of [`Highlighted::styles`].
#[must_use]
pub const fn style_names() -> &'static [&'static str] {
    &classes::NAMES
}

/// Highlights `source` by the grammar for the file extension `kind`, which comes without a dot; case does not matter.
#[must_use]
pub fn highlight(kind: &str, source: &str) -> Highlighted {
    let syntaxes = syntaxes::all();
    let (language, syntax) = syntaxes::by_kind(syntaxes, kind);
    let lines = match syntax {
        Some(syntax) if source.len() <= MAX_SOURCE_BYTES => styled_lines(syntaxes, syntax, source),
        _ => source.split('\n').map(plain_line).collect(),
    };
    let styles = classes::NAMES.iter().map(|&name| name.to_owned()).collect();
    Highlighted { language, styles, lines }
}

fn styled_lines(syntaxes: &SyntaxSet, syntax: &SyntaxReference, source: &str) -> Vec<Vec<(u32, u16)>> {
    let mut classes = Classes::new();
    let mut state = ParseState::new(syntax);
    let mut stack = ScopeStack::new();
    let mut with_newline = String::new();
    let mut broken = false;
    source
        .split('\n')
        .map(|line| {
            // The count of bytes spares most lines the count of characters.
            if broken || (line.len() > MAX_LINE_CHARS && line.chars().count() > MAX_LINE_CHARS) {
                return plain_line(line);
            }
            with_newline.clear();
            with_newline.push_str(line);
            with_newline.push('\n');
            let Ok(ops) = state.parse_line(&with_newline, syntaxes) else {
                broken = true;
                return plain_line(line);
            };
            let mut runs = Runs::default();
            let mut from = 0;
            for (at, op) in ops {
                let to = at.min(line.len());
                runs.add(&line[from..to], classes.of(stack.as_slice()));
                from = to;
                if stack.apply(&op).is_err() {
                    broken = true;
                    break;
                }
            }
            let rest = if broken { PLAIN } else { classes.of(stack.as_slice()) };
            runs.add(&line[from..], rest);
            runs.0
        })
        .collect()
}

fn plain_line(line: &str) -> Vec<(u32, u16)> {
    let mut runs = Runs::default();
    runs.add(line, PLAIN);
    runs.0
}

/// The runs of one line; neighbours of one style are one run.
#[derive(Default)]
struct Runs(Vec<(u32, u16)>);

impl Runs {
    fn add(&mut self, text: &str, style: u16) {
        let len = text.encode_utf16().map(|_| 1_u32).sum();
        // Blanks take the style before them, which makes fewer runs and paints the same.
        match self.0.last_mut() {
            Some(last) if last.1 == style || text.trim().is_empty() => last.0 += len,
            _ if len > 0 => self.0.push((len, style)),
            _ => {}
        }
    }
}
