//! Between text and token ids.
//!
//! Invariant: text never becomes a control token. What looks like one in a text is tokenised as text; only markup that
//! this crate writes itself becomes one.

use std::path::Path;

use tokenizers::AddedToken;

use crate::error::T5GemmaError;

/// Gemma's control tokens. Some files do not call all of them special.
const CONTROLS: [&str; 7] = ["<pad>", "<eos>", "<bos>", "<unk>", "<mask>", START_OF_TURN, END_OF_TURN];
pub(crate) const START_OF_TURN: &str = "<start_of_turn>";
pub(crate) const END_OF_TURN: &str = "<end_of_turn>";
/// What a vocabulary gives for text that it has no token for; it opens and closes nothing.
const UNKNOWN: &str = "<unk>";
/// Stands for a space in the vocabulary.
const SPACE: char = '\u{2581}';

/// The vocabulary of a model.
#[derive(Debug)]
pub struct Tokenizer {
    inner: tokenizers::Tokenizer,
    /// The texts and ids of control tokens, the longest text first.
    controls: Vec<(String, u32)>,
}

impl Tokenizer {
    /// Reads a `tokenizer.json`; `path` is what a fault is told with.
    ///
    /// # Errors
    /// [`T5GemmaError::Tokenizer`].
    pub fn new(json: &[u8], path: &Path) -> Result<Self, T5GemmaError> {
        let wrong = |what: String| T5GemmaError::Tokenizer { path: path.to_owned(), what };
        let mut inner = tokenizers::Tokenizer::from_bytes(json).map_err(|error| wrong(error.to_string()))?;
        // Nothing is ever cut or filled up behind our back.
        inner.with_truncation(None).map_err(|error| wrong(error.to_string()))?;
        inner.with_padding(None);
        let known = CONTROLS.iter().filter(|text| inner.token_to_id(text).is_some());
        let known: Vec<AddedToken> = known.map(|text| AddedToken::from(*text, true)).collect();
        inner.add_special_tokens(known).map_err(|error| wrong(error.to_string()))?;
        inner.set_encode_special_tokens(true);
        let mut controls: Vec<(String, u32)> = inner
            .get_added_tokens_decoder()
            .into_iter()
            .filter(|(_, token)| token.special && !token.content.is_empty())
            .map(|(id, token)| (token.content, id))
            .collect();
        controls.sort_by(|(a, _), (b, _)| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        Ok(Self { inner, controls })
    }

    /// The ids of a text, without a start or end token.
    ///
    /// # Errors
    /// [`T5GemmaError::BadRequest`] when the vocabulary cannot express it.
    pub fn encode(&self, text: &str) -> Result<Vec<u32>, T5GemmaError> {
        let ids = self.encode_run(text)?;
        if !ids.iter().any(|id| self.opens_or_closes(*id)) {
            return Ok(ids);
        }
        // The vocabulary spells a control token out of its letters: cut the text inside each, so that no run holds one.
        let mut ids = Vec::new();
        let mut rest = text;
        while let Some((at, _)) = self.first_control(rest) {
            let inside = at + rest[at..].chars().next().map_or(1, char::len_utf8);
            ids.extend(self.encode_run(&rest[..inside])?);
            rest = &rest[inside..];
        }
        ids.extend(self.encode_run(rest)?);
        Ok(ids)
    }

    /// The ids of markup that this program wrote: texts of control tokens become those.
    ///
    /// # Errors
    /// Those of [`Tokenizer::encode`].
    pub fn encode_markup(&self, markup: &str) -> Result<Vec<u32>, T5GemmaError> {
        let mut ids = Vec::new();
        let mut rest = markup;
        while let Some((at, (text, id))) = self.first_control(rest) {
            ids.extend(self.encode(&rest[..at])?);
            ids.push(*id);
            rest = &rest[at + text.len()..];
        }
        ids.extend(self.encode(rest)?);
        Ok(ids)
    }

    /// The bytes that a token stands for; none for control tokens. A character may lie in the bytes of several tokens.
    #[must_use]
    pub fn bytes(&self, id: u32) -> Vec<u8> {
        if self.is_control(id) {
            return Vec::new();
        }
        let Some(token) = self.inner.id_to_token(id) else { return Vec::new() };
        match byte(&token) {
            Some(byte) => vec![byte],
            None => token.replace(SPACE, " ").into_bytes(),
        }
    }

    /// The text of some tokens without the control tokens among them. A run of bytes that is no text becomes U+FFFD, once
    /// for each byte.
    ///
    /// # Errors
    /// [`T5GemmaError::BadRequest`] when the vocabulary cannot.
    pub fn decode(&self, ids: &[u32]) -> Result<String, T5GemmaError> {
        self.inner.decode(ids, true).map_err(|error| {
            T5GemmaError::BadRequest(format!("The tokenizer of the model refuses the tokens ({error})."))
        })
    }

    /// The id of a token with exactly this text.
    #[must_use]
    pub fn id(&self, token: &str) -> Option<u32> {
        self.inner.token_to_id(token)
    }

    /// Whether a token is no text.
    #[must_use]
    pub fn is_control(&self, id: u32) -> bool {
        self.controls.iter().any(|(_, control)| *control == id)
    }

    fn opens_or_closes(&self, id: u32) -> bool {
        self.controls.iter().any(|(text, control)| *control == id && text != UNKNOWN)
    }

    /// The first text of a control token in `text`, and where it begins; the longest one there.
    fn first_control(&self, text: &str) -> Option<(usize, &(String, u32))> {
        let found = self.controls.iter().filter_map(|control| text.find(&control.0).map(|at| (at, control)));
        // Of those that begin at the same place the first, which is the longest, is kept.
        found.reduce(|first, other| if other.0 < first.0 { other } else { first })
    }

    fn encode_run(&self, text: &str) -> Result<Vec<u32>, T5GemmaError> {
        if text.is_empty() {
            return Ok(Vec::new());
        }
        let encoding = self.inner.encode_fast(text, false).map_err(|error| {
            T5GemmaError::BadRequest(format!("The tokenizer of the model refuses the text ({error}). Change the text."))
        })?;
        Ok(encoding.get_ids().to_vec())
    }
}

/// The byte that a token like `<0x0A>` stands for.
fn byte(token: &str) -> Option<u8> {
    let digits = token.strip_prefix("<0x")?.strip_suffix('>')?;
    if digits.len() == 2 { u8::from_str_radix(digits, 16).ok() } else { None }
}
