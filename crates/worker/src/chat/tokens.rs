//! From a rendered conversation to token ids, such as llama.cpp would give for the whole text, but for one thing: the
//! text of a control token inside a message stays text.
//!
//! Only the template's own literals are searched for control tokens. What lies between two of them, template text and
//! message text alike, is tokenised as one run with the parsing of special tokens off. llama.cpp itself works run by
//! run, so the ids are the same. Sources: `llama_vocab::impl::tokenize` and `tokenizer_st_partition` of llama.cpp.

use llama_cpp_2::model::LlamaModel;
use llama_cpp_2::token::LlamaToken;
use llama_cpp_2::token_type::LlamaTokenAttr;

use brickwork_worker_protocol::Role;

use super::template::{Piece, Rendered, Strip};
use crate::outputs::Outputs;

/// A token that only the template may write.
#[derive(Debug)]
struct Control {
    text: Vec<u8>,
    token: LlamaToken,
    strips_before: bool,
    strips_after: bool,
}

/// The special tokens of a vocabulary.
#[derive(Debug)]
pub(crate) struct ControlTokens {
    /// Longest text first.
    controls: Vec<Control>,
    /// Whether some control token starts with this byte.
    starts: [bool; 256],
    /// Texts of user-defined tokens that look like markers (`<|user|>`, `[INST]`). llama.cpp finds such tokens in any
    /// text, also with the parsing of special tokens off.
    markers: Vec<String>,
    /// The token that llama.cpp would put first, if any.
    first: Option<LlamaToken>,
    /// That token's text.
    first_text: String,
    /// Whether llama.cpp puts a space before every run of text.
    prefixes_space: bool,
}

impl ControlTokens {
    /// Reads the vocabulary of `model`.
    pub(crate) fn new(model: &LlamaModel) -> Self {
        let vocab = model.vocab();
        let mut controls = Vec::new();
        let mut markers = Vec::new();
        for token in vocab.tokens() {
            let attributes = vocab.attr(token);
            let Some(text) = vocab.text(token).map(|text| text.to_bytes().to_vec()) else { continue };
            if text.is_empty() {
                continue;
            }
            if attributes.intersects(LlamaTokenAttr::Control | LlamaTokenAttr::Unknown) {
                let strips_before = attributes.contains(LlamaTokenAttr::LStrip);
                let strips_after = attributes.contains(LlamaTokenAttr::RStrip);
                controls.push(Control { text, token, strips_before, strips_after });
            } else if attributes.contains(LlamaTokenAttr::UserDefined)
                && let Ok(text) = String::from_utf8(text)
                && is_marker(&text)
            {
                markers.push(text);
            }
        }
        controls.sort_by_key(|control| std::cmp::Reverse(control.text.len()));
        let mut starts = [false; 256];
        for control in &controls {
            starts[usize::from(control.text[0])] = true;
        }
        let bos = vocab.bos();
        let first = (vocab.should_add_bos() && bos.0 >= 0).then_some(bos);
        let first_text = first.and_then(|first| vocab.text(first)).map(|text| text.to_string_lossy().into_owned());
        let prefixes_space = vocab
            .tokenize(b"a", false, false)
            .first()
            .is_some_and(|token| vocab.token_to_piece(*token, false, None).starts_with(b" "));
        Self { controls, starts, markers, first, first_text: first_text.unwrap_or_default(), prefixes_space }
    }

    /// The control token whose text `bytes` starts with; the longest one.
    fn at_start_of(&self, bytes: &[u8]) -> Option<&Control> {
        let first = *bytes.first()?;
        if !self.starts[usize::from(first)] {
            return None;
        }
        self.controls.iter().find(|control| bytes.starts_with(&control.text))
    }

    /// The markers that `literals` hold: those by which this template tells who speaks.
    fn markers_in(&self, pieces: &[Piece]) -> Vec<&str> {
        let is_used =
            |marker: &str| pieces.iter().any(|piece| matches!(piece, Piece::Literal(text) if text.contains(marker)));
        self.markers.iter().map(String::as_str).filter(|marker| is_used(marker)).collect()
    }
}

/// Whether a user-defined token looks like a role marker rather than like text (`\n\n`, `<b>`).
fn is_marker(text: &str) -> bool {
    let bracketed = (text.starts_with('<') && text.ends_with('>')) || (text.starts_with('[') && text.ends_with(']'));
    bracketed && text.len() > 4
}

/// A prompt as the model gets it: the ids, and the same in words.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct LaidOut {
    pub(crate) ids: Vec<LlamaToken>,
    /// The text that the ids stand for, with control tokens spelled out as the vocabulary names them.
    pub(crate) text: String,
}

/// Text that is continued as it stands, behind the token that llama.cpp puts first.
pub(crate) fn plain(model: &LlamaModel, controls: &ControlTokens, text: &str) -> LaidOut {
    let ids = model.vocab().tokenize(text.as_bytes(), true, false);
    let first = controls.first.filter(|first| ids.first() == Some(first));
    LaidOut { text: first.map(|_| controls.first_text.as_str()).unwrap_or_default().to_owned() + text, ids }
}

/// A rendered conversation as the model gets it. An assistant message whose content was generated here becomes exactly
/// the ids that were generated.
pub(crate) fn lay_out(model: &LlamaModel, controls: &ControlTokens, rendered: &Rendered, outputs: &Outputs) -> LaidOut {
    let markers = controls.markers_in(&rendered.pieces);
    let mut ids = Ids {
        model,
        prefixes_space: controls.prefixes_space,
        ids: Vec::new(),
        text: String::new(),
        run: vec![String::new()],
        follows_text: false,
        strip_start: false,
    };
    for piece in &rendered.pieces {
        match piece {
            Piece::Literal(text) => push_literal(&mut ids, controls, text),
            Piece::Content { message, start, end } => {
                let message = &rendered.messages[*message];
                let content = stripped(&message.content, *start, *end);
                let generated = match message.role {
                    Role::Assistant => outputs.get(&message.content).or_else(|| outputs.get(content)),
                    Role::System | Role::User => None,
                };
                match generated {
                    Some(generated) => ids.push_ids(generated, content),
                    None => push_content(&mut ids, &markers, content),
                }
            }
        }
    }
    ids.end_run(false);
    if let Some(first) = controls.first
        && ids.ids.first() != Some(&first)
    {
        ids.ids.insert(0, first);
        ids.text.insert_str(0, &controls.first_text);
    }
    LaidOut { ids: ids.ids, text: ids.text }
}

/// `content` without what the template strips from its ends.
pub(crate) fn stripped(content: &str, start: Strip, end: Strip) -> &str {
    let content = match start {
        Strip::Nothing => content,
        Strip::LineFeeds => content.trim_start_matches('\n'),
        Strip::WhiteSpace => content.trim_start(),
    };
    match end {
        Strip::Nothing => content,
        Strip::LineFeeds => content.trim_end_matches('\n'),
        Strip::WhiteSpace => content.trim_end(),
    }
}

fn push_literal(ids: &mut Ids<'_>, controls: &ControlTokens, text: &str) {
    let mut rest = text;
    let mut plain = 0;
    while plain < rest.len() {
        match controls.at_start_of(&rest.as_bytes()[plain..]) {
            Some(control) => {
                ids.push_text(&rest[..plain]);
                ids.push_control(control);
                rest = &rest[plain + control.text.len()..];
                plain = 0;
            }
            None => plain += rest[plain..].chars().next().map_or(1, char::len_utf8),
        }
    }
    ids.push_text(rest);
}

fn push_content(ids: &mut Ids<'_>, markers: &[&str], content: &str) {
    let mut rest = content;
    while let Some(at) = markers.iter().filter_map(|marker| rest.find(marker)).min() {
        // Cut inside the marker, so that no run holds it whole.
        let inside = at + rest[at..].chars().next().map_or(1, char::len_utf8);
        ids.push_text(&rest[..inside]);
        ids.cut();
        rest = &rest[inside..];
    }
    ids.push_text(rest);
}

/// Ids in the making.
struct Ids<'model> {
    model: &'model LlamaModel,
    prefixes_space: bool,
    ids: Vec<LlamaToken>,
    /// What `ids` stand for.
    text: String,
    /// The text since the last control token, in parts that must be tokenised apart; never empty.
    run: Vec<String>,
    /// Whether what precedes the run is text, not a control token or the start.
    follows_text: bool,
    /// Whether the control token before the run takes the white space after it.
    strip_start: bool,
}

impl Ids<'_> {
    fn push_text(&mut self, text: &str) {
        if let Some(last) = self.run.last_mut() {
            last.push_str(text);
        }
    }

    fn cut(&mut self) {
        self.run.push(String::new());
    }

    fn push_control(&mut self, control: &Control) {
        self.end_run(control.strips_before);
        self.ids.push(control.token);
        self.text.push_str(&String::from_utf8_lossy(&control.text));
        self.follows_text = false;
        self.strip_start = control.strips_after;
    }

    fn push_ids(&mut self, ids: &[LlamaToken], text: &str) {
        self.end_run(false);
        self.ids.extend_from_slice(ids);
        self.text.push_str(text);
        self.follows_text = true;
    }

    fn end_run(&mut self, strip_end: bool) {
        let mut parts = std::mem::replace(&mut self.run, vec![String::new()]);
        if std::mem::take(&mut self.strip_start)
            && let Some(part) = parts.first_mut()
        {
            *part = part.trim_ascii_start().to_owned();
        }
        if strip_end && let Some(part) = parts.last_mut() {
            part.truncate(part.trim_ascii_end().len());
        }
        for part in parts.iter().filter(|part| !part.is_empty()) {
            self.text.push_str(part);
            if self.follows_text && self.prefixes_space {
                self.ids.extend(continued(self.model, part));
            } else {
                self.ids.extend(self.model.vocab().tokenize(part.as_bytes(), false, false));
            }
            self.follows_text = true;
        }
    }
}

/// The ids of text that goes on after other text, in a vocabulary that puts a space before every run. llama.cpp has no
/// switch against that: the text is tokenised behind a line feed, whose ids are then taken away.
fn continued(model: &LlamaModel, text: &str) -> Vec<LlamaToken> {
    let vocab = model.vocab();
    let line_feed = vocab.tokenize(b"\n", false, false);
    let with_line_feed = vocab.tokenize(format!("\n{text}").as_bytes(), false, false);
    match with_line_feed.strip_prefix(line_feed.as_slice()) {
        Some(ids) => ids.to_vec(),
        // The line feed grew together with the text: a space too many is the lesser evil.
        None => vocab.tokenize(text.as_bytes(), false, false),
    }
}

#[cfg(test)]
#[path = "tokens/tests.rs"]
mod tests;
