//! One line after the other, each from where the one before left the grammar.

use syntect::parsing::{ParseState, ScopeStack, SyntaxReference};

use crate::MAX_LINE_CHARS;
use crate::classes::{Classes, PLAIN};
use crate::syntaxes;

/// Where the grammar stands between two lines.
#[derive(Debug, Clone)]
pub(crate) struct Mark {
    state: ParseState,
    stack: ScopeStack,
    /// Whether the grammar broke; everything from there on is plain.
    broken: bool,
}

/// Paints lines in order.
pub(crate) struct Painter {
    mark: Mark,
    classes: Classes,
    with_newline: String,
}

impl Mark {
    /// The beginning of a source.
    pub(crate) fn new(syntax: &SyntaxReference) -> Self {
        Self { state: ParseState::new(syntax), stack: ScopeStack::new(), broken: false }
    }
}

impl Painter {
    pub(crate) fn new(syntax: &SyntaxReference) -> Self {
        Self::at(Mark::new(syntax))
    }

    /// A painter that goes on where another one was.
    pub(crate) fn at(mark: Mark) -> Self {
        Self { mark, classes: Classes::new(), with_newline: String::new() }
    }

    /// Where it is.
    pub(crate) const fn mark(&self) -> &Mark {
        &self.mark
    }

    /// The runs of the next line, which comes without its line feed.
    pub(crate) fn line(&mut self, line: &str) -> Vec<(u32, u16)> {
        let Self { mark: Mark { state, stack, broken }, classes, with_newline } = self;
        // The count of bytes spares most lines the count of characters.
        if *broken || (line.len() > MAX_LINE_CHARS && line.chars().count() > MAX_LINE_CHARS) {
            return plain_line(line);
        }
        with_newline.clear();
        with_newline.push_str(line);
        with_newline.push('\n');
        let Ok(ops) = state.parse_line(with_newline, syntaxes::all()) else {
            *broken = true;
            return plain_line(line);
        };
        let mut runs = Runs::default();
        let mut from = 0;
        for (at, op) in ops {
            let to = at.min(line.len());
            runs.add(&line[from..to], classes.of(stack.as_slice()));
            from = to;
            if stack.apply(&op).is_err() {
                *broken = true;
                break;
            }
        }
        let rest = if *broken { PLAIN } else { classes.of(stack.as_slice()) };
        runs.add(&line[from..], rest);
        runs.0
    }
}

pub(crate) fn plain_line(line: &str) -> Vec<(u32, u16)> {
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
