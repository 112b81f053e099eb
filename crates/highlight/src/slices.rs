//! A long source piece by piece: the grammar's state is kept every so many lines, from which later pieces go on.

use syntect::parsing::SyntaxReference;

use crate::painter::{Mark, Painter, plain_line};
use crate::{Highlighted, styles, syntaxes};

/// A source with more bytes than this is plain in slices too: the first look at its end would take too long.
pub const MAX_SLICED_BYTES: usize = 8 * 1024 * 1024;

/// Lines between two kept states.
const LINES_PER_MARK: usize = 500;

/// What is known of one source, of which slices are asked for.
#[derive(Debug)]
pub struct Slices {
    language: String,
    syntax: Option<&'static SyntaxReference>,
    /// The state before the lines 0, [`LINES_PER_MARK`], twice that and so on, as far as the source was read.
    marks: Vec<Mark>,
}

impl Slices {
    /// Of a source for the file extension `kind`, of which nothing was read yet.
    #[must_use]
    pub fn new(kind: &str) -> Self {
        let (language, syntax) = syntaxes::by_kind(syntaxes::all(), kind);
        Self { language, syntax, marks: syntax.map(Mark::new).into_iter().collect() }
    }

    /// The lines `from` to before `to`, from 0, of `source`, which must be the same text each time. Lines behind the end are
    /// not there.
    #[must_use]
    pub fn lines(&mut self, source: &str, from: usize, to: usize) -> Highlighted {
        let (language, styles) = (self.language.clone(), styles());
        let n_wanted = to.saturating_sub(from);
        if self.syntax.is_none() || source.len() > MAX_SLICED_BYTES {
            let lines = source.split('\n').skip(from).take(n_wanted).map(plain_line).collect();
            return Highlighted { language, styles, lines };
        }
        let mut lines = Vec::new();
        let known = (from / LINES_PER_MARK).min(self.marks.len() - 1);
        let mut painter = Painter::at(self.marks[known].clone());
        let first = known * LINES_PER_MARK;
        for (at, line) in source.split('\n').enumerate().skip(first).take(to.saturating_sub(first)) {
            if at % LINES_PER_MARK == 0 && at / LINES_PER_MARK == self.marks.len() {
                self.marks.push(painter.mark().clone());
            }
            let painted = painter.line(line);
            if at >= from {
                lines.push(painted);
            }
        }
        Highlighted { language, styles, lines }
    }
}
