//! SEARCH/REPLACE edits.
//!
//! ```text
//! src/a.js
//! <<<<<<< SEARCH
//! let a = 1;
//! =======
//! let a = 2;
//! >>>>>>> REPLACE
//! ```

use super::{Change, FilePatch, Hunk, Line};
use crate::language::looks_like_file;
use crate::naming::name_in_line;

/// How the last mark of an edit begins.
pub(crate) const SEARCH_END: &str = ">>>>>>>";

/// Whether a line is an edit's first mark. The marks of git's conflicts, which name a branch, are not.
pub(crate) fn is_search_mark(line: &str) -> bool {
    let rest = line.trim_end().strip_prefix("<<<<<");
    rest.is_some_and(|rest| matches!(rest.trim_start_matches('<').trim(), "SEARCH" | "ORIGINAL"))
}

fn is_divider(line: &str) -> bool {
    let line = line.trim_end();
    line.len() >= 5 && line.bytes().all(|byte| byte == b'=')
}

fn is_end(line: &str) -> bool {
    let rest = line.trim_end().strip_prefix(">>>>>");
    rest.is_some_and(|rest| matches!(rest.trim_start_matches('>').trim(), "REPLACE" | "UPDATED" | ""))
}

/// Reads a text that is nothing but edits and names of files before them. An edit without an end is one without lines to
/// replace it with, so that its file is told; whoever knows that the output was cut says so.
pub(super) fn read(content: &str) -> Option<Vec<FilePatch>> {
    let mut files: Vec<FilePatch> = Vec::new();
    let mut name: Option<String> = None;
    let mut lines = content.lines();
    while let Some(line) = lines.next() {
        if is_search_mark(line) {
            let hunk = edit(&mut lines);
            match files.last_mut() {
                Some(FilePatch { name: last, change: Change::Edit(hunks) }) if name.is_none() || *last == name => {
                    hunks.push(hunk);
                }
                _ => files.push(FilePatch { name: name.take(), change: Change::Edit(vec![hunk]) }),
            }
        } else if let Some(found) = name_of(line) {
            name = Some(found.to_owned());
        } else if !line.trim().is_empty() {
            return None;
        }
    }
    Some(files).filter(|files| !files.is_empty())
}

fn name_of(line: &str) -> Option<&str> {
    let bare = line.trim();
    if looks_like_file(bare) && !bare.contains(char::is_whitespace) { Some(bare) } else { name_in_line(line) }
}

fn edit<'a>(lines: &mut impl Iterator<Item = &'a str>) -> Hunk {
    let old = lines.by_ref().take_while(|line| !is_divider(line)).map(|line| Line::Take(line.to_owned()));
    let mut all: Vec<Line> = old.collect();
    all.extend(lines.take_while(|line| !is_end(line)).map(|line| Line::Add(line.to_owned())));
    Hunk { lines: all, ..Hunk::default() }
}
