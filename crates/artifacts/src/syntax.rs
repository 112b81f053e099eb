//! What a check of an artifact's syntax found. The checks themselves are another room's.

use serde::{Deserialize, Serialize};

/// The most errors in one report.
pub const ERRORS_MAX: usize = 50;

/// The longest source that is checked, in bytes.
pub const SOURCE_MAX_BYTES: usize = 2 * 1024 * 1024;

/// Whether a source is valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SyntaxState {
    /// It parses.
    Valid,
    /// It does not; the errors say where.
    Invalid,
    /// Nobody knows.
    Unchecked,
}

/// Why nothing is known of a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum UncheckedReason {
    /// No grammar is built in for its kind.
    NoGrammar,
    /// It is longer than [`SOURCE_MAX_BYTES`].
    TooLong,
    /// Parsing took more work than the source's length allows, or it is nested too deeply.
    TooMuchWork,
    /// It is a transcript of a terminal and no program.
    Transcript,
    /// The check itself broke off or took too long.
    Failed,
}

/// What a check found. Lines and columns count from 1, bytes from 0.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SyntaxReport {
    /// Whether the source is valid.
    pub state: SyntaxState,
    /// The language that it was read as, e.g. `tsx`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grammar: Option<String>,
    /// Why it was not checked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<UncheckedReason>,
    /// The errors, in the order of their places, at most [`ERRORS_MAX`].
    pub errors: Vec<SyntaxError>,
    /// Whether there are more errors than are listed.
    #[serde(default)]
    pub has_more: bool,
}

/// One error.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SyntaxError {
    /// The line, from 1.
    pub line: usize,
    /// The column in the line, from 1, in characters.
    pub column: usize,
    /// Byte offset in the source, from 0.
    pub start: usize,
    /// Byte offset just past the faulty stretch; equal to `start` where something is missing.
    pub end: usize,
    /// What is wrong, as a sentence.
    pub message: String,
}

impl SyntaxReport {
    /// Whether the source parses.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        self.state == SyntaxState::Valid
    }

    /// Whether the source is known not to parse.
    #[must_use]
    pub fn is_invalid(&self) -> bool {
        self.state == SyntaxState::Invalid
    }

    /// A report that says why nothing is known.
    #[must_use]
    pub const fn unchecked(grammar: Option<String>, reason: UncheckedReason) -> Self {
        Self { state: SyntaxState::Unchecked, grammar, reason: Some(reason), errors: Vec::new(), has_more: false }
    }

    /// A report of these errors, of which it keeps at most [`ERRORS_MAX`]; without any, the source is valid.
    #[must_use]
    pub fn of(grammar: Option<String>, mut errors: Vec<SyntaxError>) -> Self {
        let has_more = errors.len() > ERRORS_MAX;
        errors.truncate(ERRORS_MAX);
        let state = if errors.is_empty() { SyntaxState::Valid } else { SyntaxState::Invalid };
        Self { state, grammar, reason: None, errors, has_more }
    }
}

impl SyntaxError {
    /// An error at bytes `start..end` of `source`; offsets within a character count as its beginning.
    #[must_use]
    pub fn at(source: &str, start: usize, end: usize, message: String) -> Self {
        let start = source.floor_char_boundary(start);
        let before = &source[..start];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        Self {
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
            start,
            end: source.floor_char_boundary(end).max(start),
            message,
        }
    }
}
