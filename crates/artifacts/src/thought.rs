//! What a model thought before its answer. It is no answer: nothing in it is an artifact.

const PAIRS: [(&str, &str); 5] = [
    ("<think>", "</think>"),
    ("<thinking>", "</thinking>"),
    ("<thought>", "</thought>"),
    ("<reasoning>", "</reasoning>"),
    ("[THINK]", "[/THINK]"),
];

/// What ends the thoughts that a line begins, and where in the line they begin to count, or `None` for other lines.
pub(crate) fn begins(line: &str) -> Option<(&'static str, usize)> {
    let indent = line.len() - line.trim_start().len();
    let pair = PAIRS.iter().find(|(open, _)| line[indent..].starts_with(open));
    pair.map(|(open, close)| (*close, indent + open.len()))
}

/// Whether a line ends thoughts whose beginning the output does not have, since it was in the prompt. Gives the place
/// after the mark.
pub(crate) fn ends_unbegun(line: &str) -> Option<usize> {
    let is_mark = |close: &&str| line.trim_start().starts_with(*close) || line.trim_end().ends_with(*close);
    let close = PAIRS.iter().map(|(_, close)| *close).find(is_mark)?;
    line.find(close).map(|at| at + close.len())
}
