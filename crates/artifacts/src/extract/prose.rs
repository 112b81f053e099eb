//! What stands outside blocks: what opens a block, and what the lines before it tell about it.

use super::block::{Around, Block};
use crate::fence::{Fence, fence, list_item, split_indent, strip_quotes};
use crate::language::kind_of_tag;
use crate::naming::name_in_line;
use crate::patch::is_search_mark;
use crate::tags::{FileTag, file_tag};

/// More marks of quotes than this are taken for text.
const QUOTES_MAX: usize = 8;

/// What the prose before a block tells about it.
#[derive(Debug, Clone, Default)]
pub(super) struct Prose {
    /// Column of the content of the list item that the prose is in, 0 outside lists.
    list_column: usize,
    /// The last line that is not blank, since the last block.
    last_line: Option<String>,
    /// The file name that the last heading is, since the last block.
    heading: Option<String>,
    /// Blank lines after the last line.
    blank_lines: usize,
}

/// What a line of prose is.
#[derive(Debug)]
pub(super) enum Outside {
    /// Words.
    Words,
    /// A fence or a file's tag, whose content begins in the next line.
    Opens(Block),
    /// A block whose content begins within this line, at this byte of it.
    OpensWithin(Block, usize),
    /// A reference to a file that stays as it is.
    Unchanged(String),
}

impl Prose {
    /// Reads a line outside blocks, without its ending.
    pub(super) fn read(&mut self, whole: &str) -> Outside {
        let (quotes, line) = strip_quotes(whole, QUOTES_MAX);
        if let Some(found) = fence(line).filter(|found| found.indent <= self.list_column + 3) {
            return Outside::Opens(Block::fenced(found, quotes, found.indent, self.around()));
        }
        if let Some((column, item)) = list_item(line) {
            self.list_column = column;
            let (inner, quoted) = strip_quotes(item, QUOTES_MAX);
            if let Some(found) = fence(quoted).filter(|found| found.indent == 0) {
                let indent = if inner == 0 { column } else { 0 };
                return Outside::Opens(Block::fenced(found, quotes + inner, indent, self.around()));
            }
        }
        if let Some((before, found)) = fence_after_words(line) {
            let around = Around { line: name_in_line(before).map(str::to_owned), heading: None };
            return Outside::Opens(Block::fenced(found, quotes, 0, around));
        }
        match file_tag(line) {
            Some(FileTag::Unchanged { name }) => return Outside::Unchanged(name.to_owned()),
            Some(FileTag::Open { element, name, rest }) => {
                let block = Block::tagged(element, name, quotes);
                let is_empty = rest.trim_end().is_empty();
                // The rest lies at the line's end, but for the backticks and blanks around.
                let at = whole.rfind(rest).unwrap_or(whole.len());
                return if is_empty { Outside::Opens(block) } else { Outside::OpensWithin(block, at) };
            }
            None => {}
        }
        if is_search_mark(line) {
            let around = Around { heading: self.heading.clone(), ..self.around() };
            return Outside::OpensWithin(Block::search(quotes, around), whole.len() - line.len());
        }
        self.note(line);
        Outside::Words
    }

    /// A block has ended: what was said before it names no other one.
    pub(super) fn after_block(&mut self) {
        self.last_line = None;
        self.heading = None;
        self.blank_lines = 0;
    }

    fn note(&mut self, line: &str) {
        if line.trim().is_empty() {
            self.blank_lines += 1;
            return;
        }
        if list_item(line).is_none() {
            self.list_column = self.list_column.min(split_indent(line).0);
        }
        if line.trim_start().trim_start_matches('#').starts_with(' ') && line.trim_start().starts_with('#') {
            self.heading = name_in_line(line).map(str::to_owned);
        }
        self.last_line = Some(line.to_owned());
        self.blank_lines = 0;
    }

    /// The name in the line before a block, between which one blank line may lie, and the one that the heading is.
    fn around(&self) -> Around {
        let line = self.last_line.as_deref().filter(|_| self.blank_lines <= 1);
        Around { line: line.and_then(name_in_line).map(str::to_owned), heading: self.heading.clone() }
    }
}

/// A fence with a known tag at the end of a sentence: ``Here it is: ```jsx``.
fn fence_after_words(line: &str) -> Option<(&str, Fence<'_>)> {
    let at = line.find("```")?;
    let (before, rest) = line.split_at(at);
    let found = fence(rest)?;
    let is_tag = kind_of_tag(found.info).is_some();
    (is_tag && !before.trim().is_empty() && !before.contains('`')).then_some((before, found))
}
