//! What an error of a tree says.

use tree_sitter::Node;

use crate::grammar::Grammar;

/// More candidates than this say nothing to a reader.
const EXPECTED_MAX: usize = 4;

/// The most characters of the source in a message.
const QUOTED_MAX: usize = 30;

/// What an ERROR node says: the text that nobody expected, and what was expected where that is little.
pub(crate) fn message(grammar: Grammar, node: Node<'_>, source: &str) -> String {
    let text = source.get(node.byte_range()).unwrap_or_default();
    let quoted = quoted(text);
    let found =
        if quoted.is_empty() { "Something is missing here".to_owned() } else { format!("Unexpected `{quoted}`") };
    match expected(grammar, node) {
        Some(expected) => format!("{found}; expected {expected}."),
        None => format!("{found}."),
    }
}

/// What a MISSING node says.
pub(crate) fn missing(node: Node<'_>) -> String {
    format!("{} is missing here.", name(node.kind(), node.is_named()))
}

/// The first line of the text, shortened.
fn quoted(text: &str) -> String {
    let line = text.trim_start().lines().next().unwrap_or_default().trim_end();
    let mut short: String = line.chars().take(QUOTED_MAX).collect();
    if short.len() < line.len() {
        short.push('…');
    }
    short
}

/// What may stand where the error begins: the tokens that follow the state of the node's first leaf.
fn expected(grammar: Grammar, node: Node<'_>) -> Option<String> {
    let mut leaf = node;
    while let Some(child) = leaf.child(0) {
        leaf = child;
    }
    let tables = grammar.tables();
    let mut lookahead = tables.lookahead_iterator(leaf.parse_state())?;
    let mut names: Vec<String> = Vec::new();
    for token in lookahead.iter_names() {
        if token == "end" || token.starts_with('_') || token == "ERROR" || token.contains("comment") {
            continue;
        }
        if names.len() == EXPECTED_MAX {
            return None;
        }
        names.push(name(token, token.starts_with(|c: char| c.is_ascii_alphabetic())));
    }
    (!names.is_empty()).then(|| names.join(" or "))
}

/// A token or node as a reader calls it.
fn name(kind: &str, is_named: bool) -> String {
    if is_named { kind.replace('_', " ") } else { format!("`{kind}`") }
}
