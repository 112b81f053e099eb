//! What a check of syntax found.

use serde::{Deserialize, Serialize};

use crate::grammar::Grammar;

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
    /// It is longer than [`crate::SOURCE_MAX_BYTES`].
    TooLong,
    /// Parsing took more work than the source's length allows, or it is nested too deeply.
    TooMuchWork,
    /// It is a transcript of a terminal and no program.
    Transcript,
}

/// What a check found. Lines and columns count from 1, bytes from 0.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SyntaxReport {
    /// Whether the source is valid.
    pub state: SyntaxState,
    /// What it was read as.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grammar: Option<Grammar>,
    /// Why it was not checked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<UncheckedReason>,
    /// The errors, in the order of their places, at most [`crate::ERRORS_MAX`].
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

    pub(crate) const fn unchecked(grammar: Option<Grammar>, reason: UncheckedReason) -> Self {
        Self { state: SyntaxState::Unchecked, grammar, reason: Some(reason), errors: Vec::new(), has_more: false }
    }

    pub(crate) const fn valid(grammar: Option<Grammar>) -> Self {
        Self { state: SyntaxState::Valid, grammar, reason: None, errors: Vec::new(), has_more: false }
    }
}

impl SyntaxError {
    /// An error at bytes `start..end` of `source`.
    pub(crate) fn at(source: &str, start: usize, end: usize, message: String) -> Self {
        let start = floor_boundary(source, start);
        let before = &source[..start];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        Self {
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
            start,
            end: floor_boundary(source, end).max(start),
            message,
        }
    }
}

/// The beginning of the character in which byte `at` lies, or the end of the source.
pub(crate) fn floor_boundary(source: &str, at: usize) -> usize {
    let mut at = at.min(source.len());
    while !source.is_char_boundary(at) {
        at -= 1;
    }
    at
}
