//! Unified diffs, also those that models miscount, and the form that opens with `*** Begin Patch`.

use super::{Change, FilePatch, Hunk, Line};

/// One file's part while it is read.
#[derive(Debug, Default)]
struct Open {
    old: Option<String>,
    new: Option<String>,
    hunks: Vec<Hunk>,
}

/// Reads a diff. Without `may_be_bare` it must name a file in its headers.
pub(super) fn read(content: &str, may_be_bare: bool) -> Option<Vec<FilePatch>> {
    if content.trim_start().starts_with("*** ") {
        return read_words(content);
    }
    let lines: Vec<&str> = content.lines().collect();
    let mut files = Vec::new();
    let mut open = Open::default();
    let mut named = false;
    let mut at = 0;
    while at < lines.len() {
        let line = lines[at];
        let next = lines.get(at + 1).copied().unwrap_or_default();
        if line.starts_with("--- ") && next.starts_with("+++ ") {
            finish(&mut open, &mut files);
            open = Open { old: Some(path(&line[4..])), new: Some(path(&next[4..])), hunks: Vec::new() };
            named = true;
            at += 2;
            continue;
        }
        if line.starts_with("diff --git ") {
            finish(&mut open, &mut files);
        } else if line.starts_with("@@") {
            open.hunks.push(Hunk { at: old_line(line), is_insertion: counts_none(line), ..Hunk::default() });
        } else if line.starts_with("\\ ") {
            let hunk = open.hunks.last_mut();
            hunk.into_iter().for_each(|hunk| hunk.is_unended = !matches!(hunk.lines.last(), Some(Line::Take(_))));
        } else if !open.hunks.is_empty() || ((named || may_be_bare) && is_change(line)) {
            if open.hunks.is_empty() {
                open.hunks.push(Hunk::default());
            }
            open.hunks.last_mut()?.lines.push(read_line(line));
        } else if !line.trim().is_empty() && !named && !may_be_bare {
            return None;
        } else if may_be_bare && !named && line.starts_with(' ') {
            open.hunks.push(Hunk { lines: vec![read_line(line)], ..Hunk::default() });
        }
        at += 1;
    }
    finish(&mut open, &mut files);
    (named || may_be_bare).then_some(files)
}

fn is_change(line: &str) -> bool {
    line.starts_with(['+', '-'])
}

/// A line that begins with no sign is context: models forget the blank before it, mostly before nothing.
fn read_line(line: &str) -> Line {
    match line.as_bytes().first() {
        Some(b'+') => Line::Add(line[1..].to_owned()),
        Some(b'-') => Line::Take(line[1..].to_owned()),
        Some(b' ') => Line::Keep(line[1..].to_owned()),
        _ => Line::Keep(line.to_owned()),
    }
}

fn finish(open: &mut Open, files: &mut Vec<FilePatch>) {
    let Open { old, new, mut hunks } = std::mem::take(open);
    for hunk in &mut hunks {
        while matches!(hunk.lines.last(), Some(Line::Keep(line)) if line.is_empty()) {
            hunk.lines.pop();
        }
        // Only a header that counts no old lines is believed where there are none to be looked for.
        let has_old = hunk.lines.iter().any(|line| !matches!(line, Line::Add(_)));
        if !has_old && !std::mem::take(&mut hunk.is_insertion) {
            hunk.at = None;
        }
    }
    let is_begun = !hunks.is_empty() && new.is_some();
    hunks.retain(|hunk| hunk.lines.iter().any(|line| !matches!(line, Line::Keep(_))));
    let is_nothing = |name: &Option<String>| name.as_deref() == Some("/dev/null");
    if hunks.is_empty() {
        // Whoever knows that the output was cut says so; otherwise it is no change.
        if is_begun {
            files.push(FilePatch { name: new, change: Change::Edit(hunks) });
        }
        return;
    }
    let change = if is_nothing(&new) {
        Change::Delete
    } else if is_nothing(&old) {
        Change::Create(added(&hunks))
    } else {
        Change::Edit(hunks)
    };
    let name = if is_nothing(&new) { old } else { new };
    files.push(FilePatch { name, change });
}

/// The text of a new file.
fn added(hunks: &[Hunk]) -> String {
    let lines = hunks.iter().flat_map(|hunk| &hunk.lines);
    let text = lines.map(|line| match line {
        Line::Keep(text) | Line::Add(text) => format!("{text}\n"),
        Line::Take(_) => String::new(),
    });
    let mut text: String = text.collect();
    if hunks.last().is_some_and(|hunk| hunk.is_unended) {
        text.pop();
    }
    text
}

/// The path of a header, without what `diff` and git put around it.
fn path(header: &str) -> String {
    let path = header.split('\t').next().unwrap_or(header).trim().trim_matches('"');
    ["a/", "b/"].iter().find_map(|side| path.strip_prefix(side)).unwrap_or(path).to_owned()
}

/// The line that `@@ -12,3 +12,4 @@` gives for the old file.
fn old_line(header: &str) -> Option<usize> {
    let digits = header.split('-').nth(1)?;
    let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    digits[..end].parse().ok()
}

/// Whether the header gives no old lines: `@@ -12,0 +13,2 @@`.
fn counts_none(header: &str) -> bool {
    header.split('-').nth(1).and_then(|old| old.split(' ').next()).is_some_and(|old| old.ends_with(",0"))
}

/// Reads `*** Begin Patch`, `*** Update File: x`, `*** Add File: x`, `*** Delete File: x`, `*** End Patch`.
fn read_words(content: &str) -> Option<Vec<FilePatch>> {
    let mut files: Vec<FilePatch> = Vec::new();
    for line in content.lines() {
        let words = line.strip_prefix("*** ").and_then(|words| words.split_once(": "));
        if let Some((word, name)) = words {
            let change = match word {
                "Update File" => Change::Edit(Vec::new()),
                "Add File" => Change::Create(String::new()),
                "Delete File" => Change::Delete,
                _ => continue,
            };
            files.push(FilePatch { name: Some(name.trim().to_owned()), change });
        } else if line.starts_with("*** ") {
            continue;
        } else if let Some(file) = files.last_mut() {
            match &mut file.change {
                Change::Create(text) => {
                    text.push_str(line.strip_prefix('+').unwrap_or(line));
                    text.push('\n');
                }
                Change::Edit(hunks) => match line.strip_prefix("@@") {
                    Some(anchor) => {
                        let anchor = Some(anchor.trim().to_owned()).filter(|anchor| !anchor.is_empty());
                        hunks.push(Hunk { anchor, ..Hunk::default() });
                    }
                    None => {
                        if hunks.is_empty() {
                            hunks.push(Hunk::default());
                        }
                        hunks.last_mut()?.lines.push(read_line(line));
                    }
                },
                Change::Delete => {}
            }
        } else if !line.trim().is_empty() {
            return None;
        }
    }
    for file in &mut files {
        if let Change::Edit(hunks) = &mut file.change {
            hunks.retain(|hunk| hunk.lines.iter().any(|line| !matches!(line, Line::Keep(_))));
        }
    }
    (!files.is_empty()).then_some(files)
}
