//! Sources that must not reach the grammars' own scanners.
//!
//! Scanners of some grammars keep a stack in a buffer of 1,024 bytes. That of YAML 0.7.2 and that of Python 0.25.0 write a
//! few bytes past its end when the stack is about full, and tree-sitter then aborts the process. So nesting is counted here
//! first, generously, and what comes near the limit is not parsed.

use std::collections::HashSet;

use crate::grammar::Grammar;

/// Columns at which blocks may begin in YAML; its stack has at most two entries of 4 bytes for each.
const YAML_COLUMNS_MAX: usize = 100;

/// Widths of indentation in Python; its stack has one entry of 2 bytes for each, beside 255 bytes for quotes.
const PYTHON_WIDTHS_MAX: usize = 200;

/// Here-documents in one script of a shell; each takes 7 bytes and its delimiter.
const HEREDOCS_MAX: usize = 40;

/// Whether the grammar's scanner can take the source.
pub(crate) fn may_parse(grammar: Grammar, source: &str) -> bool {
    match grammar {
        Grammar::Yaml => {
            let mut columns = HashSet::new();
            source.split(['\n', '\r']).for_each(|line| block_columns(line, &mut columns));
            columns.len() <= YAML_COLUMNS_MAX
        }
        Grammar::Python => {
            let width = |line: &str| line.len() - line.trim_start().len();
            source.split(['\n', '\r']).map(width).collect::<HashSet<_>>().len() <= PYTHON_WIDTHS_MAX
        }
        Grammar::Bash => source.matches("<<").count() <= HEREDOCS_MAX,
        _ => true,
    }
}

/// The columns of a line at which a block can begin: of its first character, and of what follows the marks `-`, `?` and
/// `:`, anchors and tags that stand before everything else.
fn block_columns(line: &str, columns: &mut HashSet<usize>) {
    let mut at = 0;
    loop {
        let rest = &line[at..];
        at += rest.len() - rest.trim_start().len();
        let rest = &line[at..];
        if rest.is_empty() {
            return;
        }
        columns.insert(at);
        let word = rest.find(char::is_whitespace).unwrap_or(rest.len());
        if !matches!(&rest[..word], "-" | "?" | ":" | "---") && !rest.starts_with(['&', '!']) {
            return;
        }
        at += word;
    }
}
