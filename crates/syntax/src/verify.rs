//! An assembled result against the pieces that it was made of.

use std::collections::HashSet;
use std::fmt;

use brickwork_artifacts::{Artifact, SyntaxError};
use serde::{Deserialize, Serialize};

use crate::assembly::{Conflict, conflicts};
use crate::check::check;

/// Kinds that say how to use code rather than being it; a result may leave unnamed ones out.
const PASSING_KINDS: [&str; 4] = ["sh", "txt", "md", "diff"];

/// What is wrong with a result. Shown as a sentence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ResultFault {
    /// A file of the pieces is not in the result.
    LostFile {
        /// The file.
        name: String,
    },
    /// A file of the result does not parse.
    Invalid {
        /// The file.
        name: String,
        /// The first error.
        error: SyntaxError,
    },
    /// A file of the result was cut off by the end of the output.
    CutOff {
        /// The file.
        name: String,
    },
    /// A comment stands where code was left out.
    LeftOut {
        /// The file.
        name: String,
        /// The comment's line, from 1.
        line: usize,
    },
    /// Something does not fit that fitted among the pieces.
    Unfit {
        /// What.
        conflict: Conflict,
    },
}

impl fmt::Display for ResultFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LostFile { name } => write!(f, "`{name}` is among the pieces and not in the result."),
            Self::Invalid { name, error } => {
                write!(f, "`{name}` does not parse: line {}, column {}: {}", error.line, error.column, error.message)
            }
            Self::CutOff { name } => write!(f, "`{name}` was cut off by the end of the output."),
            Self::LeftOut { name, line } => write!(f, "`{name}` leaves code out in line {line}."),
            Self::Unfit { conflict } => conflict.fmt(f),
        }
    }
}

/// Checks an assembled result against the latest pieces of its run. `others` are names of files that are there besides.
///
/// A piece that the model named must be there under its name. One without a name of its own may have got any, so that only
/// a kind that is gone altogether is told.
#[must_use]
pub fn verify(pieces: &[Artifact], result: &[Artifact], others: &[String]) -> Vec<ResultFault> {
    let mut faults = Vec::new();
    let names: HashSet<String> = result.iter().map(|one| one.name.to_lowercase()).collect();
    let kinds: HashSet<&str> = result.iter().map(|one| one.kind.as_str()).collect();
    for piece in pieces {
        let is_lost = if piece.named {
            !names.contains(&piece.name.to_lowercase())
        } else {
            !PASSING_KINDS.contains(&piece.kind.as_str()) && !kinds.contains(piece.kind.as_str())
        };
        if is_lost {
            faults.push(ResultFault::LostFile { name: piece.name.clone() });
        }
    }
    let known: HashSet<&str> = pieces.iter().flat_map(|piece| piece.content.lines()).map(str::trim).collect();
    for one in result {
        let name = || one.name.clone();
        if !one.closed {
            faults.push(ResultFault::CutOff { name: name() });
        }
        if let Some(error) = check(&one.kind, &one.content).errors.into_iter().next() {
            faults.push(ResultFault::Invalid { name: name(), error });
        }
        let left_out = one.content.lines().enumerate().filter(|(_, line)| !known.contains(line.trim()));
        let left_out = left_out.filter(|(_, line)| stands_for_code(line));
        faults.extend(left_out.map(|(at, _)| ResultFault::LeftOut { name: name(), line: at + 1 }));
    }
    let before = conflicts(pieces, others);
    let new = conflicts(result, others).into_iter().filter(|conflict| !before.contains(conflict));
    faults.extend(new.map(|conflict| ResultFault::Unfit { conflict }));
    faults
}

/// Whether a line is a comment that stands for code that the model did not repeat: `// ... rest of the code`.
fn stands_for_code(line: &str) -> bool {
    const WORDS: [&str; 12] = [
        "rest of",
        "existing",
        "remaining",
        "unchanged",
        "previous",
        "same as",
        "other code",
        "omitted",
        "resto",
        "existente",
        "sin cambios",
        "igual que",
    ];
    let line = line.trim();
    let is_comment = ["//", "#", "/*", "{/*", "<!--", "--", "*"].iter().any(|mark| line.starts_with(mark));
    let lower = line.to_lowercase();
    let is_elided = lower.contains("...") || lower.contains('…');
    is_comment && is_elided && WORDS.iter().any(|word| lower.contains(word))
}
