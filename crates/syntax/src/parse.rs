//! Parsing with bounded work.

use std::ops::ControlFlow;

use tree_sitter::{ParseOptions, Parser, Tree};

use crate::grammar::Grammar;
use crate::guard::may_parse;

/// Reports of progress that every source may have; tree-sitter gives one for 100 operations.
const STEPS_FREE: usize = 2_000;

/// Bytes of a source for each further report. An ordinary source has fewer than one operation for each of its bytes, and
/// this allows ten.
const BYTES_PER_STEP: usize = 10;

/// The tree of a source, or `None` where it takes too much work or `stop` says so. The bound counts operations and not
/// time, so that the same source has the same result on every machine; `stop` is asked after each hundred of them.
pub(crate) fn parse(grammar: Grammar, source: &str, stop: &mut dyn FnMut() -> bool) -> Option<Tree> {
    if !may_parse(grammar, source) {
        return None;
    }
    let mut parser = Parser::new();
    // All grammars are of versions that this tree-sitter reads; a test parses with each of them.
    parser.set_language(&grammar.tables()).ok()?;
    let mut steps = STEPS_FREE + source.len() / BYTES_PER_STEP;
    let mut progress = |_: &tree_sitter::ParseState| {
        steps = steps.saturating_sub(1);
        if steps == 0 || stop() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let options = ParseOptions::new().progress_callback(&mut progress);
    let bytes = source.as_bytes();
    parser.parse_with_options(&mut |at, _| bytes.get(at..).unwrap_or_default(), None, Some(options))
}

/// Calls `visit` with every node in the order of the text, without recursion. Where it gives `false`, what lies below the
/// node is passed over.
pub(crate) fn walk<'tree>(tree: &'tree Tree, mut visit: impl FnMut(tree_sitter::Node<'tree>) -> bool) {
    let mut cursor = tree.walk();
    loop {
        if visit(cursor.node()) && cursor.goto_first_child() {
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return;
            }
        }
    }
}
