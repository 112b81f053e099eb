//! The extractor: one pass over complete lines, with a block open or not.
//!
//! Beyond CommonMark it reads what models write: fences inside a Markdown block, a fence that opens at the end of a
//! sentence, a new fence where the old one was forgotten, files in tags, edits of earlier files, thoughts, and an output
//! cut off within a block. Each of those rules looks at the lines so far only, so a stream and a whole text cannot differ.

mod block;
mod parts;
mod patching;
mod prose;

use serde::{Deserialize, Serialize};

use self::block::{Block, Within};
pub(crate) use self::parts::{Part, labelled_parts};
use self::prose::{Outside, Prose};
use crate::artifact::Artifact;
use crate::naming::Names;
use crate::patch::PatchReport;
use crate::path::check_path;
use crate::tags::{FileTag, closing_tag, file_tag};
use crate::{thought, whole};

/// The version of the rules. An output that was read by another one may give other artifacts when it is read again.
pub const EXTRACTOR_VERSION: u32 = 3;

/// Where an output's artifacts were found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// In its blocks, or nowhere.
    #[default]
    Blocks,
    /// The output had no block and is code as a whole.
    Whole,
}

/// What an output held.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Extraction {
    /// All artifacts, in the order in which their blocks start.
    pub artifacts: Vec<Artifact>,
    /// What became of each edit of an earlier file, in order.
    pub patches: Vec<PatchReport>,
    /// Where the artifacts were found.
    pub source: Source,
    /// Whether the output ended inside a block (or a thought), so that more was to come.
    pub unclosed: bool,
}

/// Reads one step's output as it arrives.
///
/// However the output is cut into chunks, the artifacts are the same.
#[derive(Debug, Clone)]
pub struct Extractor {
    step_name: String,
    /// The files that edits may be of; of two with one name the later one counts.
    earlier: Vec<Artifact>,
    /// The line that has not ended yet.
    partial: String,
    /// Byte offset, from 0, of `partial` in the output.
    offset: usize,
    prose: Prose,
    open: Option<Block>,
    /// What ends the thought that is open.
    thought: Option<&'static str>,
    /// The text outside thoughts as long as no block has come, and its byte offset.
    unblocked: Option<String>,
    unblocked_start: usize,
    names: Names,
    artifacts: Vec<Artifact>,
    patches: Vec<PatchReport>,
    /// What edits may still cost; see [`patching::WORK_MAX`].
    work_left: usize,
}

/// Artifacts in the blocks of a whole output. Edits of files that are not in it are kept as diffs.
#[must_use]
pub fn extract(step_name: &str, text: &str) -> Vec<Artifact> {
    let extraction = read_output(step_name, text, &[]);
    if extraction.source == Source::Whole { Vec::new() } else { extraction.artifacts }
}

/// Everything that a whole output holds, with its edits applied to `earlier`, the files that it may change.
#[must_use]
pub fn read_output(step_name: &str, text: &str, earlier: &[Artifact]) -> Extraction {
    let mut extractor = Extractor::new(step_name).with_earlier(earlier.to_vec());
    extractor.push(text);
    extractor.finish()
}

impl Extractor {
    /// An extractor for the output of the step called `step_name`, which the names of unnamed artifacts start with.
    #[must_use]
    pub fn new(step_name: impl Into<String>) -> Self {
        Self {
            step_name: step_name.into(),
            earlier: Vec::new(),
            partial: String::new(),
            offset: 0,
            prose: Prose::default(),
            open: None,
            thought: None,
            unblocked: Some(String::new()),
            unblocked_start: 0,
            names: Names::default(),
            artifacts: Vec::new(),
            patches: Vec::new(),
            work_left: patching::WORK_MAX,
        }
    }

    /// The extractor with the files that edits in the output may be of.
    #[must_use]
    pub fn with_earlier(mut self, earlier: Vec<Artifact>) -> Self {
        self.earlier = earlier;
        self
    }

    /// Takes the next piece of the output and gives the artifacts whose blocks ended in it. A later piece may take back
    /// what it gives only by an edit of the same file, or by the end of a thought whose beginning was in the prompt.
    pub fn push(&mut self, chunk: &str) -> Vec<Artifact> {
        let known = self.artifacts.len();
        for piece in chunk.split_inclusive('\n') {
            self.partial.push_str(piece);
            if piece.ends_with('\n') {
                let line = std::mem::take(&mut self.partial);
                self.take_line(&line);
            }
        }
        self.artifacts.get(known..).unwrap_or_default().to_vec()
    }

    /// The output has ended: closes what is open and gives everything that was found.
    #[must_use]
    pub fn finish(mut self) -> Extraction {
        let line = std::mem::take(&mut self.partial);
        if !line.is_empty() {
            self.take_line(&line);
        }
        let unclosed = self.open.as_ref().is_some_and(|block| !block.is_bare()) || self.thought.is_some();
        if let Some(mut block) = self.open.take() {
            // An edit without a fence around it needs no end but its own last mark.
            let is_done = block.is_finished_search();
            let end = block.drop_cut_end(self.offset);
            self.close(block, end, Ending { closed: is_done, cut: !is_done });
            if is_done {
                return Extraction { unclosed: false, ..self.found(Source::Blocks) };
            }
        }
        if let Some(text) = self.unblocked.take() {
            self.take_whole(&text);
            let source =
                if self.artifacts.is_empty() && self.patches.is_empty() { Source::Blocks } else { Source::Whole };
            return Extraction { unclosed, ..self.found(source) };
        }
        Extraction { unclosed, ..self.found(Source::Blocks) }
    }

    fn found(self, source: Source) -> Extraction {
        Extraction { artifacts: self.artifacts, patches: self.patches, source, unclosed: false }
    }

    /// `line` comes with its line ending.
    fn take_line(&mut self, line: &str) {
        // A byte order mark is no text.
        let mark = if self.offset == 0 && line.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        self.unblocked_start += mark;
        self.take_from(&line[mark..], self.offset + mark);
        self.offset += line.len();
    }

    /// Takes a line, or the rest of one, that begins at byte `start` of the output.
    fn take_from(&mut self, line: &str, start: usize) {
        if let Some(block) = self.open.take() {
            self.take_within(block, line, start);
        } else if let Some(close) = self.thought {
            if let Some(at) = line.find(close) {
                self.thought = None;
                self.take_rest(line, at + close.len(), start);
            }
        } else {
            self.take_outside(line, start);
        }
    }

    /// Takes what follows the end of a thought in its line.
    fn take_rest(&mut self, line: &str, from: usize, start: usize) {
        if self.unblocked.as_ref().is_some_and(String::is_empty) {
            self.unblocked_start = start + from;
        }
        if line[from..].trim().is_empty() {
            // An empty line keeps offsets true where the whole output turns out to be code.
            self.note_text(&line[from..]);
        } else {
            self.take_from(&line[from..], start + from);
        }
    }

    fn note_text(&mut self, text: &str) {
        if let Some(unblocked) = &mut self.unblocked {
            unblocked.push_str(text);
        }
    }

    fn take_outside(&mut self, line: &str, start: usize) {
        let bare = line.trim_end_matches('\n').trim_end_matches('\r');
        if let Some((close, from)) = thought::begins(bare) {
            self.thought = Some(close);
            // Words before a thought are no code, and the text after it is to be in one piece.
            self.unblocked.iter_mut().for_each(String::clear);
            self.take_from(&line[from..], start + from);
            return;
        }
        if let Some(from) = thought::ends_unbegun(bare) {
            self.forget();
            self.unblocked_start = start + from;
            self.take_rest(line, from, start);
            return;
        }
        match self.prose.read(bare) {
            Outside::Words => self.note_text(line),
            Outside::Opens(block) => {
                if block.has_no_info() && self.take_unopened() {
                    return;
                }
                self.unblocked = None;
                self.open = Some(block);
            }
            Outside::OpensWithin(block, at) => {
                self.unblocked = None;
                self.take_judged(block, &line[at..], start + at, &line[at..]);
            }
            Outside::Unchanged(name) => {
                self.unblocked = None;
                self.expand(&name, start, start + line.len());
            }
        }
    }

    /// All that came so far was thought.
    fn forget(&mut self) {
        self.names = Names::default();
        self.artifacts.clear();
        self.patches.clear();
        self.prose = Prose::default();
        self.unblocked = Some(String::new());
    }

    fn take_within(&mut self, block: Block, whole: &str, start: usize) {
        let Some(line) = block.unquoted(whole) else {
            self.close(block, start, Ending { closed: false, cut: false });
            return self.take_outside(whole, start);
        };
        self.take_judged(block, line, start, whole);
    }

    /// Takes a line without the marks of the block's quotes; `whole` is the line with them, at byte `start`.
    fn take_judged(&mut self, mut block: Block, line: &str, start: usize, whole: &str) {
        let bare = line.trim_end_matches('\n').trim_end_matches('\r');
        match block.judge(bare) {
            Within::Content => {
                block.take(line, start);
                self.open = Some(block);
            }
            Within::Close => self.close(block, start, Ending { closed: true, cut: false }),
            Within::CloseAfter(bytes) => {
                block.take(&line[..bytes], start);
                let end = start + (whole.len() - line.len()) + bytes;
                self.close(block, end, Ending { closed: true, cut: false });
            }
            Within::Reopen(next) => {
                let next = block.next(next);
                self.close(block, start, Ending { closed: false, cut: false });
                self.open = Some(next);
            }
            Within::Outside => {
                let closed = block.is_finished_search();
                self.close(block, start, Ending { closed, cut: false });
                self.take_outside(whole, start);
            }
        }
    }

    /// A block has ended at byte `end` of the output.
    fn close(&mut self, mut block: Block, end: usize, ending: Ending) {
        self.prose.after_block();
        if block.content.trim().is_empty() {
            return;
        }
        let end = block.drop_blank_end(end);
        block.end_at(end);
        if block.holds_tags() {
            return self.take_tagged(&block, ending);
        }
        if self.take_patch(&block, ending) {
            return;
        }
        let parts = parts::parts(&block);
        let count = parts.len();
        for (number, part) in parts.into_iter().enumerate() {
            let closed = ending.closed || number + 1 < count;
            let content = &block.content[part.start..part.end];
            if content.trim().is_empty() {
                continue;
            }
            let range = (block.offset_in_output(part.start), block.offset_in_output(part.end));
            self.add(part.name, part.kind, content, range, closed);
        }
    }

    /// Files in tags within a fence: the fence's content is read as an output of its own.
    fn take_tagged(&mut self, fenced: &Block, ending: Ending) {
        let mut open: Option<Block> = None;
        let mut at = 0;
        for line in fenced.content.split_inclusive('\n') {
            let start = fenced.offset_in_output(at);
            let bare = line.trim_end_matches('\n').trim_end_matches('\r');
            at += line.len();
            if let Some(mut block) = open.take() {
                match block.judge(bare) {
                    Within::Content => {
                        block.take(line, start);
                        open = Some(block);
                        continue;
                    }
                    Within::CloseAfter(bytes) => {
                        block.take(&line[..bytes], start);
                        self.close(block, start + bytes, Ending { closed: true, cut: false });
                        continue;
                    }
                    Within::Outside | Within::Reopen(_) => {
                        self.close(block, start, Ending { closed: false, cut: false });
                    }
                    Within::Close => {
                        self.close(block, start, Ending { closed: true, cut: false });
                        continue;
                    }
                }
            }
            match file_tag(bare) {
                Some(FileTag::Open { element, name, rest }) => {
                    let mut block = Block::tagged(element.clone(), name, 0);
                    let within = line.rfind(rest).unwrap_or(0);
                    match closing_tag(rest, &element) {
                        Some(bytes) => {
                            block.take(&rest[..bytes], start + within);
                            self.close(block, start + within + bytes, Ending { closed: true, cut: false });
                        }
                        None => {
                            if !rest.trim().is_empty() {
                                block.take(&line[within..], start + within);
                            }
                            open = Some(block);
                        }
                    }
                }
                Some(FileTag::Unchanged { name }) => self.expand(name, start, start + line.len()),
                None => {}
            }
        }
        if let Some(block) = open {
            self.close(block, fenced.offset_in_output(at), Ending { closed: false, ..ending });
        }
    }

    /// The whole output may be code, or an edit, without a block around it.
    fn take_whole(&mut self, text: &str) {
        let base = self.unblocked_start;
        if let Some((start, end)) = whole::patch_range(text) {
            let block = Block::bare(&text[start..end], base + start);
            if self.take_patch(&block, Ending { closed: true, cut: false }) {
                return;
            }
        }
        for part in whole::parts(text) {
            let content = &text[part.start..part.end];
            self.add(part.name, part.kind, content, (base + part.start, base + part.end), true);
        }
    }

    /// A fence that says nothing, right under code that nobody opened, closes it: models forget the first fence too.
    fn take_unopened(&mut self) -> bool {
        let Some(text) = self.unblocked.as_ref().filter(|text| whole::is_code_up_to_its_end(text)) else {
            return false;
        };
        let text = text.clone();
        self.unblocked = None;
        self.prose.after_block();
        self.take_whole(&text);
        true
    }

    fn add(&mut self, given: Option<String>, kind: String, content: &str, (start, end): (usize, usize), closed: bool) {
        let given = given.filter(|name| !self.names.is_file_and_folder(name));
        let named = given.is_some();
        let by_rule = || rule_name(&self.step_name, self.artifacts.len(), &kind);
        let name = given.unwrap_or_else(by_rule);
        let name = self.names.unique(name);
        self.artifacts.push(Artifact {
            kind,
            name,
            content: content.to_owned(),
            named,
            closed,
            start,
            end,
            syntax: None,
        });
    }
}

/// How a block ended.
#[derive(Debug, Clone, Copy)]
struct Ending {
    /// Its end was seen.
    closed: bool,
    /// The output ended within it.
    cut: bool,
}

/// The name of an artifact that the model gave none: `{step_name}_component_{n}.{kind}`.
///
/// What no system may have in a name becomes `_`, and a name that Windows reserves gets one before it.
pub(crate) fn rule_name(step_name: &str, n: usize, kind: &str) -> String {
    let name = format!("{step_name}_component_{n}.{kind}");
    if check_path(&name).is_ok() {
        return name;
    }
    let is_safe = |c: char| check_path(&format!("a{c}b")).is_ok() && c != '/';
    let safe: String = name.chars().map(|c| if is_safe(c) { c } else { '_' }).collect();
    if check_path(&safe).is_ok() { safe } else { shortened(&format!("_{safe}"), n, kind) }
}

/// The name itself where it fits, else what remains of the rule's when the step's name is far too long.
fn shortened(name: &str, n: usize, kind: &str) -> String {
    if check_path(name).is_ok() { name.to_owned() } else { format!("step_component_{n}.{kind}") }
}
