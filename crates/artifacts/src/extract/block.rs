//! An open block: a fence, a file's tag or a bare edit, and what each further line means to it.

use crate::fence::{Fence, fence, strip_indent, strip_quotes};
use crate::infer::{holds_jsx, infer_kind, looks_like_markdown};
use crate::info::{Info, parse_info, plainly_opens};
use crate::label::first_label;
use crate::language::{kind_of_name, kind_of_tag, tag_agrees};
use crate::patch::{SEARCH_END, is_search_mark};
use crate::path::relative_path;
use crate::tags::{FileTag, closing_tag, file_tag};

/// What opened a block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Opener {
    /// A fence of `len` times `marker`.
    Fence { marker: char, len: usize },
    /// A file's tag, of this element.
    Tag { element: String },
    /// The first mark of a SEARCH/REPLACE edit without a fence around it.
    Search,
}

/// What the prose around a block says of its name.
#[derive(Debug, Clone, Default)]
pub(super) struct Around {
    /// The name in the line before.
    pub(super) line: Option<String>,
    /// The name that the last heading is.
    pub(super) heading: Option<String>,
}

/// An open block.
#[derive(Debug, Clone)]
pub(super) struct Block {
    pub(super) opener: Opener,
    /// Marks of quotes before each line.
    quotes: usize,
    /// Columns of blanks that each line loses.
    indent: usize,
    pub(super) info: Info,
    pub(super) around: Around,
    pub(super) content: String,
    /// Where each line of the content begins, and where it ends once it is closed: byte in the content, byte in the output.
    line_starts: Vec<(usize, usize)>,
    /// The kind of the info string's tag.
    tag_kind: Option<&'static str>,
    /// Whether the last line with text is the last mark of an edit.
    ends_search: bool,
    /// Lengths of the fences open inside this block.
    inner: Vec<usize>,
    /// Whether fences with an info string belong to the content; decided when the first one comes.
    nests: Option<bool>,
    /// Whether a Python docstring is open.
    in_docstring: bool,
}

/// What a line means to the block that is open.
#[derive(Debug)]
pub(super) enum Within<'a> {
    /// It belongs to the block.
    Content,
    /// It closes the block.
    Close,
    /// It closes the block after its first bytes, which belong to it.
    CloseAfter(usize),
    /// The block's end was forgotten: this fence opens the next one.
    Reopen(Fence<'a>),
    /// The block's end was forgotten: what holds it has ended, or another file begins.
    Outside,
}

impl Block {
    pub(super) fn fenced(found: Fence<'_>, quotes: usize, indent: usize, around: Around) -> Self {
        let opener = Opener::Fence { marker: found.marker, len: found.len };
        let info = parse_info(found.info);
        let tag_kind = info.tag.as_deref().and_then(kind_of_tag);
        Self { info, tag_kind, quotes, indent, around, ..Self::new(opener) }
    }

    pub(super) fn tagged(element: String, name: &str, quotes: usize) -> Self {
        let info = Info { tag: None, name: Some(name.to_owned()) };
        Self { info, quotes, ..Self::new(Opener::Tag { element }) }
    }

    pub(super) fn search(quotes: usize, around: Around) -> Self {
        Self { quotes, around, ..Self::new(Opener::Search) }
    }

    fn new(opener: Opener) -> Self {
        Self {
            opener,
            quotes: 0,
            indent: 0,
            info: Info::default(),
            around: Around::default(),
            content: String::new(),
            line_starts: Vec::new(),
            tag_kind: None,
            ends_search: false,
            inner: Vec::new(),
            nests: None,
            in_docstring: false,
        }
    }

    /// What is left of a line without the marks of this block's quotes; `None` where the quote has ended.
    pub(super) fn unquoted<'a>(&self, line: &'a str) -> Option<&'a str> {
        let (count, rest) = strip_quotes(line, self.quotes);
        (count == self.quotes).then_some(rest)
    }

    /// Takes a line into the content. It comes with its ending and without the marks of quotes, and begins at byte
    /// `offset` of the output.
    pub(super) fn take(&mut self, line: &str, offset: usize) {
        if self.tag_kind() == Some("py") && (line.matches("\"\"\"").count() + line.matches("'''").count()) % 2 == 1 {
            self.in_docstring = !self.in_docstring;
        }
        if !line.trim().is_empty() {
            self.ends_search = is_search_end(line);
            // A fence indented like its list over content that is not: the content's blanks are its own.
            if self.content.trim().is_empty() && !line.starts_with([' ', '\t']) {
                self.indent = 0;
            }
        }
        self.line_starts.push((self.content.len(), offset));
        self.content.push_str(strip_indent(line, self.indent));
    }

    /// Decides what a line within this block is, and follows the fences inside it.
    pub(super) fn judge<'a>(&mut self, line: &'a str) -> Within<'a> {
        match &self.opener {
            Opener::Tag { element } => match closing_tag(line, element) {
                Some(at) if line[..at].trim().is_empty() => Within::Close,
                Some(at) => Within::CloseAfter(at),
                None if matches!(file_tag(line), Some(FileTag::Open { element: next, .. }) if next == *element) => {
                    Within::Outside
                }
                None => Within::Content,
            },
            Opener::Search if self.is_finished_search() => {
                // Edits of one file follow one another with at most blank lines between them.
                if line.trim().is_empty() || is_search_mark(line) { Within::Content } else { Within::Outside }
            }
            Opener::Search => Within::Content,
            Opener::Fence { marker, len } => self.judge_fence(line, *marker, *len),
        }
    }

    fn judge_fence<'a>(&mut self, line: &'a str, marker: char, len: usize) -> Within<'a> {
        let Some(found) = fence(line).filter(|found| found.marker == marker && self.reaches(found.indent)) else {
            return self.glued_close(line, marker, len).map_or(Within::Content, Within::CloseAfter);
        };
        if found.info.is_empty() {
            return match self.inner.last() {
                Some(&inner) if found.len >= inner => {
                    self.inner.pop();
                    Within::Content
                }
                None if found.len >= len => Within::Close,
                _ => Within::Content,
            };
        }
        if found.len < len {
            return Within::Content;
        }
        if self.in_docstring || self.nests() {
            self.inner.push(found.len);
            return Within::Content;
        }
        if plainly_opens(&parse_info(found.info)) { Within::Reopen(found) } else { Within::Content }
    }

    /// Where a closing fence begins that is glued to the end of a line of code.
    fn glued_close(&self, line: &str, marker: char, len: usize) -> Option<usize> {
        let code = line.trim_end().strip_suffix("```")?;
        let is_plain = marker == '`' && len == 3 && self.inner.is_empty() && !self.in_docstring;
        let is_document = matches!(self.tag_kind(), Some("md" | "mdx" | "diff" | "txt"));
        let is_glued = code.ends_with(|c: char| !c.is_whitespace()) && !code.contains('`');
        (is_plain && !is_document && is_glued).then_some(code.len())
    }

    /// Whether a fence at this column can be this block's. The lines of a diff carry a sign or a space before the
    /// fences of the file that it changes.
    fn reaches(&self, indent: usize) -> bool {
        if self.tag_kind() == Some("diff") { indent == self.indent } else { indent <= self.indent + 3 }
    }

    /// Whether a fence with an info string in this block is part of it, as in a Markdown document.
    fn nests(&mut self) -> bool {
        if let Some(known) = self.nests {
            return known;
        }
        let nests = match (self.tag_kind(), self.info.name.as_deref().and_then(kind_of_name).as_deref()) {
            (Some("md" | "mdx"), _) | (_, Some("md" | "mdx")) => true,
            (None | Some("txt"), None) => looks_like_markdown(&self.content) || self.holds_tags(),
            (Some("xml" | "html"), None) => self.holds_tags(),
            _ => false,
        };
        self.nests = Some(nests);
        nests
    }

    /// Whether the content is files in tags, with a fence around them all.
    pub(super) fn holds_tags(&self) -> bool {
        let may_hold = matches!(self.tag_kind(), None | Some("xml" | "html" | "txt")) && self.info.name.is_none();
        let first = self.content.lines().find(|line| !line.trim().is_empty());
        may_hold && matches!(self.opener, Opener::Fence { .. }) && first.and_then(file_tag).is_some()
    }

    /// The block ends at byte `end` of the output.
    pub(super) fn end_at(&mut self, end: usize) {
        self.line_starts.push((self.content.len(), end));
    }

    pub(super) const fn tag_kind(&self) -> Option<&'static str> {
        self.tag_kind
    }

    /// Whether the block is a document in which code only appears.
    pub(super) fn is_document(&self) -> bool {
        let named = self.info.name.as_deref().and_then(kind_of_name);
        matches!(self.tag_kind(), Some("md" | "mdx")) || matches!(named.as_deref(), Some("md" | "mdx"))
    }

    /// The first valid name of: the info string, the line before, the first line's comment, the heading above. All but
    /// the first count only for a block whose tag agrees with them, and the last only where there is a tag.
    pub(super) fn given_name(&self) -> Option<String> {
        let tag = self.info.tag.as_deref();
        let comment = first_label(&self.content).map(|(_, label)| label.name);
        let heading = self.around.heading.as_deref().filter(|_| self.tag_kind().is_some_and(|kind| kind != "txt"));
        let around = [self.around.line.as_deref(), comment, heading];
        let mut around = around.into_iter().flatten().filter(|name| tag_agrees(tag, name)).map(relative_path);
        let in_info = self.info.name.as_deref().map(relative_path);
        in_info.and_then(Result::ok).or_else(|| around.find_map(Result::ok))
    }

    /// The kind without a valid name: the tag, else the refused name's extension, else the content, else `txt`. A script
    /// tag over JSX becomes `jsx` or `tsx`, because the other extensions do not build with it.
    pub(super) fn kind(&self) -> String {
        let by_name = || self.info.name.as_deref().and_then(kind_of_name);
        match self.tag_kind() {
            Some("js") if holds_jsx(&self.content) => "jsx".to_owned(),
            Some("ts") if holds_jsx(&self.content) => "tsx".to_owned(),
            Some(kind) => kind.to_owned(),
            None => by_name().unwrap_or_else(|| infer_kind(&self.content).unwrap_or("txt").to_owned()),
        }
    }

    /// Drops the beginning of the block's end that the output's end cut off: a last line of one or two fence characters,
    /// or a part of the closing tag. Gives where the content then ends in the output, which ended at byte `end`.
    pub(super) fn drop_cut_end(&mut self, end: usize) -> usize {
        let line_start = self.content.rfind('\n').map_or(0, |at| at + 1);
        let last = self.content[line_start..].trim_start_matches(' ');
        let is_cut = match &self.opener {
            Opener::Fence { marker, len } => last.len() < *len && last.chars().all(|c| c == *marker),
            Opener::Tag { element } => last.starts_with("</") && format!("</{element}>").starts_with(last),
            Opener::Search => false,
        };
        if last.is_empty() || !is_cut {
            return end;
        }
        let dropped = last.len();
        self.content.truncate(self.content.len() - dropped);
        end - dropped
    }

    /// Blank lines behind the last mark of an edit without a fence are none of it; gives where the block then ends.
    pub(super) fn drop_blank_end(&mut self, mut end: usize) -> usize {
        while self.is_finished_search()
            && let Some((at, offset)) = self.line_starts.pop_if(|(at, _)| self.content[*at..].trim().is_empty())
        {
            self.content.truncate(at);
            end = offset;
        }
        end
    }

    /// Whether it is a fence that says nothing of its content.
    pub(super) fn has_no_info(&self) -> bool {
        matches!(self.opener, Opener::Fence { .. }) && self.info == Info::default() && self.around.line.is_none()
    }

    /// The block that a fence opens within this one, whose end was forgotten.
    pub(super) fn next(&self, found: Fence<'_>) -> Self {
        Self::fenced(found, self.quotes, found.indent, Around::default())
    }

    /// A text outside blocks as a block, at byte `start` of the output.
    pub(super) fn bare(text: &str, start: usize) -> Self {
        let mut block = Self::new(Opener::Search);
        let mut offset = start;
        for line in text.split_inclusive('\n') {
            block.take(line, offset);
            offset += line.len();
        }
        block.end_at(offset);
        block
    }

    /// Whether nothing speaks for the block but a bare fence, which may as well close what nobody opened.
    pub(super) fn is_bare(&self) -> bool {
        self.info == Info::default() && self.content.trim().is_empty()
    }

    /// Whether the block is an edit without a fence whose last mark has come.
    pub(super) fn is_finished_search(&self) -> bool {
        self.opener == Opener::Search && self.ends_search
    }

    /// Whether the last line with text is the last mark of an edit.
    pub(super) const fn ends_search(&self) -> bool {
        self.ends_search
    }

    /// The byte of the output at which byte `at` of the closed block's content lies. It is exact at the beginnings and
    /// ends of lines; within a line, what the line lost to its quote or indentation is not counted.
    pub(super) fn offset_in_output(&self, at: usize) -> usize {
        let next = self.line_starts.partition_point(|(start, _)| *start <= at);
        let (start, offset) = next.checked_sub(1).map_or((0, 0), |line| self.line_starts[line]);
        let end = self.line_starts.last().map_or(offset, |(_, end)| *end);
        (offset + (at - start)).min(end)
    }
}

fn is_search_end(line: &str) -> bool {
    line.trim_end().starts_with(SEARCH_END)
}
