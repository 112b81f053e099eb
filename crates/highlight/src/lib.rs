//! Source and kind to runs of styled characters, for a window that paints them.
//!
//! The result holds lengths and class names, never HTML: whoever paints makes text nodes, so nothing that a model
//! wrote can become markup. Lengths are in UTF-16 code units, which is how a web page counts.
//!
//! Highlighting never fails. What has no grammar, is too long or breaks a grammar is plain text of the same lengths.

mod classes;
mod painter;
mod slices;
mod syntaxes;

use serde::{Deserialize, Serialize};

use crate::painter::{Painter, plain_line};
pub use crate::slices::{MAX_SLICED_BYTES, Slices};

/// A line with more characters than this is plain; grammars slow down on minified code.
pub const MAX_LINE_CHARS: usize = 2_000;

/// A source with more bytes than this is plain as a whole; its slices are coloured up to [`MAX_SLICED_BYTES`].
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
        Some(syntax) if source.len() <= MAX_SOURCE_BYTES => {
            let mut painter = Painter::new(syntax);
            source.split('\n').map(|line| painter.line(line)).collect()
        }
        _ => source.split('\n').map(plain_line).collect(),
    };
    Highlighted { language, styles: styles(), lines }
}

fn styles() -> Vec<String> {
    classes::NAMES.iter().map(|&name| name.to_owned()).collect()
}
