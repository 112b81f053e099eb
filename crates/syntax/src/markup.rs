//! What grammars of markup leave to others: tags that do not pair, scripts and styles of a page.

use brickwork_artifacts::SyntaxError;
use tree_sitter::{Node, Tree};

use crate::check::errors_of;
use crate::grammar::Grammar;
use crate::parse::walk;

/// End tags that close nothing; the grammar takes them in without an error.
pub(crate) fn tag_errors(tree: &Tree, source: &str) -> Vec<SyntaxError> {
    let mut errors = Vec::new();
    walk(tree, |node| {
        if node.kind() == "erroneous_end_tag" {
            let text = source.get(node.byte_range()).unwrap_or_default();
            let message = format!("`{text}` closes nothing that is open here.");
            errors.push(SyntaxError::at(source, node.start_byte(), node.end_byte(), message));
        }
        true
    });
    errors
}

/// Elements of JSX that are closed under another name; the grammar takes them in without an error.
pub(crate) fn element_errors(tree: &Tree, source: &str) -> Vec<SyntaxError> {
    let mut errors = Vec::new();
    let name = |node: Node<'_>| node.child_by_field_name("name").and_then(|name| source.get(name.byte_range()));
    walk(tree, |node| {
        if node.kind() == "jsx_element"
            && let (Some(open), Some(close)) =
                (node.child_by_field_name("open_tag"), node.child_by_field_name("close_tag"))
            && name(open) != name(close)
        {
            let (opened, closed) = (name(open).unwrap_or_default(), name(close).unwrap_or_default());
            let line = open.start_position().row + 1;
            let message = format!("`</{closed}>` is here where `</{opened}>` should close the element of line {line}.");
            errors.push(SyntaxError::at(source, close.start_byte(), close.end_byte(), message));
        }
        true
    });
    errors
}

/// Errors in the page's scripts and styles, at their places in the page; `None` where one takes too much work.
pub(crate) fn embedded_errors(tree: &Tree, source: &str, stop: &mut dyn FnMut() -> bool) -> Option<Vec<SyntaxError>> {
    let mut errors = Vec::new();
    for (grammar, node) in embedded(tree, source) {
        let text = source.get(node.byte_range()).unwrap_or_default();
        let inner = errors_of(grammar, text, stop)?;
        let start = node.start_byte();
        errors.extend(
            inner
                .into_iter()
                .map(|error| SyntaxError::at(source, start + error.start, start + error.end, error.message)),
        );
    }
    Some(errors)
}

/// The scripts and styles of a page, with what they are written in.
pub(crate) fn embedded<'tree>(tree: &'tree Tree, source: &str) -> Vec<(Grammar, Node<'tree>)> {
    let mut found = Vec::new();
    walk(tree, |node| {
        let grammar = match node.kind() {
            "style_element" => Some(Grammar::Css),
            "script_element" => script_grammar(node, source),
            _ => return true,
        };
        let mut cursor = node.walk();
        let text = node.children(&mut cursor).find(|child| child.kind() == "raw_text");
        found.extend(grammar.zip(text));
        false
    });
    found
}

/// What a script is written in, by its `type`; `None` for what no browser runs.
fn script_grammar(element: Node<'_>, source: &str) -> Option<Grammar> {
    let tag = element.child(0).and_then(|tag| source.get(tag.byte_range())).unwrap_or_default().to_lowercase();
    let Some((_, kind)) = tag.split_once("type=") else { return Some(Grammar::Javascript) };
    let kind = kind.trim_start_matches(['"', '\'']);
    if kind.starts_with("application/json") || kind.starts_with("importmap") {
        return Some(Grammar::Jsonc);
    }
    let runs = ["module", "text/javascript", "application/javascript", "text/babel", "text/jsx"];
    runs.iter().any(|known| kind.starts_with(known)).then_some(Grammar::Javascript)
}

/// The files that a page refers to: scripts, styles, pictures and links, as they are written, with their lines.
pub(crate) fn references<'a>(tree: &Tree, source: &'a str) -> Vec<(&'a str, usize)> {
    let mut found = Vec::new();
    walk(tree, |node| {
        if node.kind() == "attribute" {
            let name = node.child(0).and_then(|name| source.get(name.byte_range())).unwrap_or_default();
            let value = node.child(2).and_then(|value| source.get(value.byte_range())).unwrap_or_default();
            if matches!(name, "src" | "href") {
                found.push((value.trim_matches(['"', '\'']), node.start_position().row + 1));
            }
            return false;
        }
        true
    });
    found
}
