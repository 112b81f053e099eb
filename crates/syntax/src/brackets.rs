//! Brackets without a partner, found among the tokens of a tree that has errors.

use brickwork_artifacts::SyntaxError;
use tree_sitter::Tree;

use crate::grammar::Grammar;
use crate::parse::walk;

/// Bracket tokens as the grammars call them.
const OPENING: [(&str, char); 7] =
    [("(", ')'), ("[", ']'), ("{", '}'), ("${", '}'), ("#{", '}'), ("$(", ')'), ("#[", ']')];

/// The first bracket that closes nothing and the last that nothing closes, if there are such. More would be guesses: after
/// one fault the pairs no longer tell anything.
pub(crate) fn unmatched(grammar: Grammar, tree: &Tree, source: &str) -> Vec<SyntaxError> {
    if matches!(grammar, Grammar::Html | Grammar::Yaml | Grammar::Bash | Grammar::Toml) {
        return Vec::new();
    }
    let mut open: Vec<(usize, &str, char)> = Vec::new();
    let mut fault: Option<SyntaxError> = None;
    walk(tree, |node| {
        let kind = node.kind();
        if fault.is_some() || node.is_missing() || node.child_count() > 0 {
            return fault.is_none();
        }
        let (start, end) = (node.start_byte(), node.end_byte());
        if let Some((_, close)) = OPENING.iter().find(|(open, _)| *open == kind) {
            open.push((start, kind, *close));
        } else if matches!(kind, ")" | "]" | "}") {
            match open.last() {
                Some((_, _, close)) if kind.starts_with(*close) => {
                    open.pop();
                }
                Some((at, opening, close)) => {
                    let line = source[..*at].matches('\n').count() + 1;
                    let message =
                        format!("`{kind}` is here where `{close}` should close the `{opening}` of line {line}.");
                    fault = Some(SyntaxError::at(source, start, end, message));
                }
                None => fault = Some(SyntaxError::at(source, start, end, format!("`{kind}` closes nothing."))),
            }
        }
        true
    });
    if let Some(fault) = fault {
        return vec![fault];
    }
    let unclosed = open.last().map(|(at, opening, close)| {
        SyntaxError::at(source, *at, at + opening.len(), format!("`{opening}` is never closed with `{close}`."))
    });
    unclosed.into_iter().collect()
}
