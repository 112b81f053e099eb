//! Carrying an edit out on a file's text.

use super::{Hunk, Line, PatchFault};

/// The most comparisons of lines for one edit: a long file of equal lines must not take for ever.
const COMPARISONS_MAX: usize = 20_000_000;

/// The file's text with all hunks carried out, one after the other.
///
/// Old lines are looked for as they are, and where they are not found without blanks at their ends. Lines that stay keep
/// what the file has. New lines get the file's line ending, and whether its last line has one stays as it was.
///
/// # Errors
/// The first [`PatchFault`], and nothing is changed.
pub(crate) fn apply(text: &str, hunks: &[Hunk]) -> Result<String, PatchFault> {
    let ending = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let mut is_ended = text.is_empty() || text.ends_with('\n');
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let mut budget = COMPARISONS_MAX;
    let mut moved: isize = 0;
    for (number, hunk) in hunks.iter().enumerate() {
        let at = place(&lines, hunk, number + 1, moved, &mut budget)?;
        let old = old_lines(hunk).count();
        let mut kept = lines[at..at + old].iter();
        let mut new: Vec<String> = Vec::with_capacity(hunk.lines.len());
        for line in &hunk.lines {
            match line {
                Line::Keep(_) => new.extend(kept.next().cloned()),
                Line::Take(_) => {
                    kept.next();
                }
                Line::Add(added) => new.push(added.trim_end_matches('\r').to_owned()),
            }
        }
        if at + old == lines.len() && hunk.is_unended {
            is_ended = false;
        }
        moved += new.len() as isize - old as isize;
        lines.splice(at..at + old, new);
    }
    let mut result = lines.join(ending);
    if is_ended && !lines.is_empty() {
        result.push_str(ending);
    }
    Ok(result)
}

fn old_lines(hunk: &Hunk) -> impl Iterator<Item = &str> {
    hunk.lines.iter().filter_map(|line| match line {
        Line::Keep(text) | Line::Take(text) => Some(text.trim_end_matches('\r')),
        Line::Add(_) => None,
    })
}

/// The line, from 0, at which the hunk's old lines begin; `moved` lines were put in before by earlier hunks.
fn place(lines: &[String], hunk: &Hunk, number: usize, moved: isize, budget: &mut usize) -> Result<usize, PatchFault> {
    let old: Vec<&str> = old_lines(hunk).collect();
    if old.is_empty() {
        return insertion(lines, hunk, moved).ok_or(PatchFault::NotFound { hunk: number });
    }
    let mut found = places(lines, &old, |line, old| line == old, budget)?;
    if found.is_empty() {
        found = places(lines, &old, |line, old| line.trim_end() == old.trim_end(), budget)?;
    }
    let [first, rest @ ..] = found.as_slice() else { return Err(PatchFault::NotFound { hunk: number }) };
    if rest.is_empty() {
        return Ok(*first);
    }
    let ambiguous = PatchFault::Ambiguous { hunk: number, places: found.len() };
    if let Some(after) = hunk.anchor.as_deref().and_then(|anchor| anchor_line(lines, anchor)) {
        return found.iter().copied().find(|at| *at > after).ok_or(ambiguous);
    }
    let wished = hunk.at.ok_or(ambiguous)?.saturating_sub(1).saturating_add_signed(moved);
    let nearest = found.iter().map(|at| at.abs_diff(wished)).min().unwrap_or(0);
    let mut nearest = found.iter().filter(|at| at.abs_diff(wished) == nearest);
    match (nearest.next(), nearest.next()) {
        (Some(at), None) => Ok(*at),
        _ => Err(ambiguous),
    }
}

/// Where lines go that replace none: after the anchor, after the line that the header gives, or into an empty file.
fn insertion(lines: &[String], hunk: &Hunk, moved: isize) -> Option<usize> {
    if lines.is_empty() {
        return Some(0);
    }
    if let Some(anchor) = &hunk.anchor {
        return anchor_line(lines, anchor).map(|line| line + 1);
    }
    hunk.at.map(|at| at.saturating_add_signed(moved).min(lines.len()))
}

fn anchor_line(lines: &[String], anchor: &str) -> Option<usize> {
    lines.iter().position(|line| line.trim() == anchor)
}

/// All places at which `old` stands.
fn places(
    lines: &[String],
    old: &[&str],
    equal: impl Fn(&str, &str) -> bool,
    budget: &mut usize,
) -> Result<Vec<usize>, PatchFault> {
    let mut found = Vec::new();
    for (at, window) in lines.windows(old.len()).enumerate() {
        let matching = window.iter().zip(old).take_while(|(line, old)| equal(line, old)).count();
        *budget = budget.checked_sub(matching + 1).ok_or(PatchFault::TooLong)?;
        if matching == old.len() {
            found.push(at);
        }
    }
    Ok(found)
}
