//! The extractor: one pass over complete lines, with a fence open or not.
//!
//! Beyond CommonMark it reads what models write: fences inside a Markdown block, a fence that opens at the end of a
//! sentence, a new fence where the old one was forgotten, and an output cut off within a block. Each of those rules
//! looks at the lines so far only, so a stream and a whole text cannot differ.

use crate::artifact::Artifact;
use crate::fence::{Fence, fence, list_item, split_indent, strip_indent};
use crate::infer::{holds_jsx, infer_kind, looks_like_markdown};
use crate::info::{Info, parse_info, plainly_opens};
use crate::language::{kind_of_name, kind_of_tag, tag_agrees};
use crate::naming::{Names, name_in_comment, name_in_line};
use crate::path::relative_path;

/// What an output held.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Extraction {
    /// All artifacts, in the order in which their blocks start.
    pub artifacts: Vec<Artifact>,
}

/// Reads one step's output as it arrives.
///
/// However the output is cut into chunks, the artifacts are the same.
#[derive(Debug, Clone)]
pub struct Extractor {
    step_name: String,
    /// The line that has not ended yet.
    partial: String,
    /// Byte offset, from 0, of `partial` in the output.
    offset: usize,
    prose: Prose,
    open: Option<Block>,
    names: Names,
    artifacts: Vec<Artifact>,
}

/// What the prose before a fence tells about it.
#[derive(Debug, Clone, Default)]
struct Prose {
    /// Column of the content of the list item that the prose is in, 0 outside lists.
    list_column: usize,
    /// The last line that is not blank, since the last block.
    last_line: Option<String>,
    /// Blank lines after it.
    blank_lines: usize,
}

/// An open block.
#[derive(Debug, Clone)]
struct Block {
    indent: usize,
    marker: char,
    len: usize,
    info: Info,
    /// The name in the line before, if any.
    named_before: Option<String>,
    content: String,
    /// Byte offset of the content in the output.
    start: usize,
    /// Lengths of the fences open inside a Markdown block.
    inner: Vec<usize>,
}

/// What a line means to the block that is open.
enum Within<'a> {
    Content,
    Close,
    /// The block's end was forgotten: this line opens the next one.
    Reopen(Fence<'a>),
}

/// Artifacts of a whole output.
#[must_use]
pub fn extract(step_name: &str, text: &str) -> Vec<Artifact> {
    let mut extractor = Extractor::new(step_name);
    extractor.push(text);
    extractor.finish().artifacts
}

impl Extractor {
    /// An extractor for the output of the step called `step_name`, which the names of unnamed artifacts start with.
    #[must_use]
    pub fn new(step_name: impl Into<String>) -> Self {
        Self {
            step_name: step_name.into(),
            partial: String::new(),
            offset: 0,
            prose: Prose::default(),
            open: None,
            names: Names::default(),
            artifacts: Vec::new(),
        }
    }

    /// Takes the next piece of the output and gives the artifacts whose blocks ended in it.
    pub fn push(&mut self, chunk: &str) -> Vec<Artifact> {
        let known = self.artifacts.len();
        for piece in chunk.split_inclusive('\n') {
            self.partial.push_str(piece);
            if piece.ends_with('\n') {
                let line = std::mem::take(&mut self.partial);
                self.take_line(&line);
                self.offset += line.len();
            }
        }
        self.artifacts[known..].to_vec()
    }

    /// The output has ended: closes what is open and gives all artifacts.
    #[must_use]
    pub fn finish(mut self) -> Extraction {
        let line = std::mem::take(&mut self.partial);
        if !line.is_empty() {
            self.take_line(&line);
            self.offset += line.len();
        }
        if let Some(mut block) = self.open.take() {
            let cut = block.drop_cut_fence();
            self.close(block, self.offset - cut, false);
        }
        Extraction { artifacts: self.artifacts }
    }

    /// `line` comes with its line ending, and `offset` is still at its start.
    fn take_line(&mut self, line: &str) {
        let bare = line.trim_end_matches('\n').trim_end_matches('\r');
        let after = self.offset + line.len();
        let Some(mut block) = self.open.take() else {
            self.open = self.prose.read(bare, after);
            return;
        };
        match block.judge(bare) {
            Within::Content => {
                block.content.push_str(strip_indent(line, block.indent));
                self.open = Some(block);
            }
            Within::Close => self.close(block, self.offset, true),
            Within::Reopen(next) => {
                self.close(block, self.offset, false);
                self.open = Some(Block::new(next, next.indent, None, after));
            }
        }
    }

    fn close(&mut self, block: Block, end: usize, closed: bool) {
        self.prose.last_line = None;
        self.prose.blank_lines = 0;
        if block.content.trim().is_empty() {
            return;
        }
        let given = block.given_name();
        let kind = given.as_deref().and_then(kind_of_name).unwrap_or_else(|| block.kind().to_owned());
        let named = given.is_some();
        let by_rule = || rule_name(&self.step_name, self.artifacts.len(), &kind);
        let name = self.names.unique(given.unwrap_or_else(by_rule));
        self.artifacts.push(Artifact { kind, name, content: block.content, named, closed, start: block.start, end });
    }
}

/// The name of an artifact that the model gave none: `{step_name}_component_{n}.{kind}`.
pub(crate) fn rule_name(step_name: &str, n: usize, kind: &str) -> String {
    format!("{step_name}_component_{n}.{kind}")
}

impl Prose {
    /// Reads a line outside blocks; gives the block that it opens, whose content starts at byte `after`.
    fn read(&mut self, line: &str, after: usize) -> Option<Block> {
        if let Some(found) = fence(line).filter(|found| found.indent <= self.list_column + 3) {
            return Some(Block::new(found, found.indent, self.name_before(), after));
        }
        if let Some((column, item)) = list_item(line) {
            self.list_column = column;
            if let Some(found) = fence(item).filter(|found| found.indent == 0) {
                return Some(Block::new(found, column, self.name_before(), after));
            }
        }
        if let Some((before, found)) = fence_after_words(line) {
            return Some(Block::new(found, 0, name_in_line(before).map(str::to_owned), after));
        }
        self.note(line);
        None
    }

    fn note(&mut self, line: &str) {
        if line.trim().is_empty() {
            self.blank_lines += 1;
            return;
        }
        if list_item(line).is_none() {
            self.list_column = self.list_column.min(split_indent(line).0);
        }
        self.last_line = Some(line.to_owned());
        self.blank_lines = 0;
    }

    /// The name in the line before a fence; one blank line may lie between.
    fn name_before(&self) -> Option<String> {
        let line = self.last_line.as_deref().filter(|_| self.blank_lines <= 1)?;
        name_in_line(line).map(str::to_owned)
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

impl Block {
    fn new(found: Fence<'_>, indent: usize, named_before: Option<String>, start: usize) -> Self {
        let Fence { marker, len, info, .. } = found;
        Self {
            indent,
            marker,
            len,
            info: parse_info(info),
            named_before,
            content: String::new(),
            start,
            inner: Vec::new(),
        }
    }

    /// Decides what a line within this block is, and follows the fences inside a Markdown block.
    fn judge<'a>(&mut self, line: &'a str) -> Within<'a> {
        let Some(found) = fence(line).filter(|found| found.marker == self.marker && self.reaches(found.indent)) else {
            return Within::Content;
        };
        if found.info.is_empty() {
            return match self.inner.last() {
                Some(&len) if found.len >= len => {
                    self.inner.pop();
                    Within::Content
                }
                None if found.len >= self.len => Within::Close,
                _ => Within::Content,
            };
        }
        if found.len < self.len {
            return Within::Content;
        }
        if self.nests() {
            self.inner.push(found.len);
            return Within::Content;
        }
        if plainly_opens(&parse_info(found.info)) { Within::Reopen(found) } else { Within::Content }
    }

    /// Whether a fence at this column can be this block's. The lines of a diff carry a sign or a space before the
    /// fences of the file that it changes.
    fn reaches(&self, indent: usize) -> bool {
        if self.tag_kind() == Some("diff") { indent == self.indent } else { indent <= self.indent + 3 }
    }

    /// Whether a fence with an info string in this block is part of it, as in a Markdown document.
    fn nests(&self) -> bool {
        match (self.tag_kind(), self.info.name.as_deref().and_then(kind_of_name).as_deref()) {
            (Some("md" | "mdx"), _) | (_, Some("md" | "mdx")) => true,
            (None | Some("txt"), None) => looks_like_markdown(&self.content),
            _ => false,
        }
    }

    fn tag_kind(&self) -> Option<&'static str> {
        self.info.tag.as_deref().and_then(kind_of_tag)
    }

    /// The first valid name of: the info string, the line before, the first line's comment. The latter two count only
    /// for a block whose tag agrees with them.
    fn given_name(&self) -> Option<String> {
        let tag = self.info.tag.as_deref();
        let around = [self.named_before.as_deref(), name_in_comment(&self.content)];
        let mut around = around.into_iter().flatten().filter(|name| tag_agrees(tag, name)).map(relative_path);
        let in_info = self.info.name.as_deref().map(relative_path);
        in_info.and_then(Result::ok).or_else(|| around.find_map(Result::ok))
    }

    /// The kind without a name: the tag, else the content, else `txt`. A script tag over JSX becomes `jsx` or `tsx`,
    /// because the other extensions do not build with it.
    fn kind(&self) -> &'static str {
        match self.tag_kind() {
            Some("js") if holds_jsx(&self.content) => "jsx",
            Some("ts") if holds_jsx(&self.content) => "tsx",
            Some(kind) => kind,
            None => infer_kind(&self.content).unwrap_or("txt"),
        }
    }

    /// Drops a last line of one or two fence characters, the start of a closing fence that the output's end cut off.
    /// Gives the dropped bytes.
    fn drop_cut_fence(&mut self) -> usize {
        let line_start = self.content.rfind('\n').map_or(0, |at| at + 1);
        let last = self.content[line_start..].trim_start_matches(' ');
        if last.is_empty() || last.len() >= self.len || last.chars().any(|c| c != self.marker) {
            return 0;
        }
        let dropped = last.len();
        self.content.truncate(self.content.len() - dropped);
        dropped
    }
}
