//! Fence lines and list markers, as CommonMark 0.31 has them (sections 4.5 and 5.2).
//!
//! All lines here come without their line ending, unless a function says otherwise.

/// A line that opens or closes a fenced block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fence<'a> {
    /// Columns before the fence; a tab reaches to the next multiple of four.
    pub(crate) indent: usize,
    /// The fence's character, `` ` `` or `~`.
    pub(crate) marker: char,
    /// How many of them, at least 3.
    pub(crate) len: usize,
    /// The trimmed rest of the line; empty for a closing fence.
    pub(crate) info: &'a str,
}

/// Reads a line as a fence.
pub(crate) fn fence(line: &str) -> Option<Fence<'_>> {
    let (indent, rest) = split_indent(line);
    let marker = rest.chars().next().filter(|c| matches!(c, '`' | '~'))?;
    let len = rest.chars().take_while(|&c| c == marker).count();
    let info = rest[len..].trim();
    // A backtick in the info string makes the line inline code, not a fence.
    (len >= 3 && !(marker == '`' && info.contains('`'))).then_some(Fence { indent, marker, len, info })
}

/// Reads a line that is a list marker with something after it; gives the column of that content and the content.
pub(crate) fn list_item(line: &str) -> Option<(usize, &str)> {
    let (indent, rest) = split_indent(line);
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let marker_len = match rest.as_bytes().get(digits)? {
        b'-' | b'*' | b'+' if digits == 0 => 1,
        b'.' | b')' if (1..=9).contains(&digits) => digits + 1,
        _ => return None,
    };
    let after = &rest[marker_len..];
    let spaces = after.bytes().take_while(|&b| b == b' ').count();
    (spaces > 0).then(|| {
        // Content that starts further in than four spaces is indented code: the item's content is then one space in.
        let gap = if spaces > 4 { 1 } else { spaces };
        (indent + marker_len + gap, &after[gap..])
    })
}

/// Takes the marks of block quotes off a line (CommonMark 5.1); gives how many and what follows them. At most `most`.
pub(crate) fn strip_quotes(line: &str, most: usize) -> (usize, &str) {
    let mut rest = line;
    let mut count = 0;
    while count < most {
        let Some(after) = rest.trim_start_matches(' ').strip_prefix('>') else { break };
        rest = after.strip_prefix(' ').unwrap_or(after);
        count += 1;
    }
    (count, rest)
}

/// Columns of leading blanks, and what follows them.
pub(crate) fn split_indent(line: &str) -> (usize, &str) {
    let mut columns = 0;
    for (at, byte) in line.bytes().enumerate() {
        match byte {
            b' ' => columns += 1,
            b'\t' => columns += 4 - columns % 4,
            _ => return (columns, &line[at..]),
        }
    }
    (columns, "")
}

/// Takes up to `columns` columns of leading blanks off a line.
pub(crate) fn strip_indent(line: &str, columns: usize) -> &str {
    let mut taken = 0;
    for (at, byte) in line.bytes().enumerate() {
        if taken >= columns {
            return &line[at..];
        }
        match byte {
            b' ' => taken += 1,
            b'\t' => taken += 4 - taken % 4,
            _ => return &line[at..],
        }
    }
    ""
}
