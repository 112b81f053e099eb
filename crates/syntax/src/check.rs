//! Whether a source parses, and where it does not.

use std::collections::HashSet;

use brickwork_artifacts::{ERRORS_MAX, SOURCE_MAX_BYTES, SyntaxError, SyntaxReport, UncheckedReason};
use serde::de::IgnoredAny;
use serde_json::Value;
use tree_sitter::Tree;

use crate::brackets::unmatched;
use crate::grammar::Grammar;
use crate::markup;
use crate::message::{message, missing};
use crate::parse::{parse, walk};
use crate::sql;

/// Checks a source of this kind (a file extension without its dot).
#[must_use]
pub fn check(kind: &str, source: &str) -> SyntaxReport {
    check_until(kind, source, &mut || false)
}

/// Checks a source like [`check`], and gives up when `stop` says so, which is asked often. The work is bounded in any case,
/// but an operation on a hostile source may be long; whoever has a clock gives a time limit here.
#[must_use]
pub fn check_until(kind: &str, source: &str, stop: &mut dyn FnMut() -> bool) -> SyntaxReport {
    if matches!(kind, "md" | "mdx" | "txt") {
        // Markdown has no invalid text; MDX has, but is mostly Markdown, and nothing is known of it here.
        return if kind == "mdx" {
            SyntaxReport::unchecked(None, UncheckedReason::NoGrammar)
        } else {
            SyntaxReport::of(None, Vec::new())
        };
    }
    if kind.eq_ignore_ascii_case("sql") {
        return sql_report(source, stop);
    }
    let Some(grammar) = Grammar::of_kind(kind) else {
        return SyntaxReport::unchecked(None, UncheckedReason::NoGrammar);
    };
    let name = || Some(grammar.name().to_owned());
    if source.len() > SOURCE_MAX_BYTES {
        return SyntaxReport::unchecked(name(), UncheckedReason::TooLong);
    }
    if grammar == Grammar::Bash && source.lines().any(|line| line.starts_with("$ ")) {
        return SyntaxReport::unchecked(name(), UncheckedReason::Transcript);
    }
    let errors = match grammar {
        Grammar::Json => json_errors(source),
        _ => errors_of(grammar, source, stop),
    };
    match errors {
        Some(errors) => SyntaxReport::of(name(), errors),
        None => SyntaxReport::unchecked(name(), UncheckedReason::TooMuchWork),
    }
}

fn sql_report(source: &str, stop: &mut dyn FnMut() -> bool) -> SyntaxReport {
    let name = || Some("sql".to_owned());
    if source.len() > SOURCE_MAX_BYTES {
        return SyntaxReport::unchecked(name(), UncheckedReason::TooLong);
    }
    match sql::errors(source, stop) {
        Ok(errors) => SyntaxReport::of(name(), errors),
        Err(reason) => SyntaxReport::unchecked(name(), reason),
    }
}

/// The errors of a source, or `None` where parsing takes too much work.
pub(crate) fn errors_of(grammar: Grammar, source: &str, stop: &mut dyn FnMut() -> bool) -> Option<Vec<SyntaxError>> {
    let tree = parse(grammar, source, stop)?;
    let mut errors = tree_errors(grammar, &tree, source);
    if grammar.is_script() {
        errors.extend(markup::element_errors(&tree, source));
        errors.sort_by_key(|error| (error.start, error.end));
    }
    if grammar == Grammar::Html {
        errors.extend(markup::tag_errors(&tree, source));
        errors.extend(markup::embedded_errors(&tree, source, stop)?);
        errors.sort_by_key(|error| (error.start, error.end));
    }
    Some(errors)
}

/// Errors of the tree alone. Where a bracket has no partner, that is told first, since it is what a person looks for.
fn tree_errors(grammar: Grammar, tree: &Tree, source: &str) -> Vec<SyntaxError> {
    if !tree.root_node().has_error() {
        return Vec::new();
    }
    let mut errors = unmatched(grammar, tree, source);
    let told: HashSet<usize> = errors.iter().map(|error| error.start).collect();
    let brackets = errors.len();
    walk(tree, |node| {
        if errors.len() > ERRORS_MAX + brackets {
            return false;
        }
        if node.is_missing() {
            errors.push(SyntaxError::at(source, node.start_byte(), node.start_byte(), missing(node)));
        } else if node.is_error() {
            let holds_told = told.iter().any(|at| node.byte_range().contains(at));
            if !holds_told {
                let (start, end) = (node.start_byte(), node.end_byte());
                errors.push(SyntaxError::at(source, start, end, message(grammar, node, source)));
            }
            return false;
        }
        node.has_error()
    });
    if errors.is_empty() {
        // Every tree with an error has a node that says so; this keeps the promise should a grammar break that rule.
        errors.push(SyntaxError::at(source, 0, 0, "This does not parse.".to_owned()));
    }
    errors.sort_by_key(|error| (error.start, error.end));
    errors
}

/// JSON is read by the parser that the program itself uses, whose messages are better than a tree's.
fn json_errors(source: &str) -> Option<Vec<SyntaxError>> {
    let Err(error) = serde_json::from_str::<IgnoredAny>(source) else { return Some(Vec::new()) };
    // Reading values tells more of an error than passing over them, at the cost of keeping them.
    let error = serde_json::from_str::<Value>(source).err().unwrap_or(error);
    let text = error.to_string();
    if text.starts_with("recursion limit") {
        return None;
    }
    let line_start = source.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum::<usize>();
    // Its columns count bytes, and may lie within a character.
    let start = source.floor_char_boundary(line_start + error.column().saturating_sub(1));
    let what = text.rsplit_once(" at line ").map_or(text.as_str(), |(what, _)| what);
    let mut letters = what.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    let end = source[start..].chars().next().map_or(start, |c| start + c.len_utf8());
    Some(vec![SyntaxError::at(source, start, end, format!("{first}{}.", letters.as_str()))])
}
