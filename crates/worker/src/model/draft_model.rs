//! A small model that guesses what a large one says next (Leviathan et al., "Fast Inference from Transformers via Speculative
//! Decoding", 2023), where the user has chosen one with the same vocabulary.
//!
//! It follows the large model's sequences in a context of its own, each under the same number, and catches up with what was
//! written without it when it is asked for a guess.

use std::sync::Arc;
use std::time::Instant;

use brickwork_worker_protocol::{FailureCode, sizing};
use llama_cpp_2::model::LlamaModel;
use llama_cpp_2::token::LlamaToken;

use super::context::{Context, SequenceId, common_start};
use crate::failure::Failure;
use crate::generation::likeliest;
use crate::log::Buffer;

/// A token that the small model itself finds less likely than this is not worth to be tried.
const LEAST_PROBABILITY: f32 = 0.4;

/// The first tokens are control tokens, whose texts may differ. llama.cpp's own bound.
const FIRST_COMPARED: usize = 5;

/// Weight of a new measurement in the running mean of times.
const NEW_WEIGHT: f64 = 0.2;

/// A model that guesses, with its context.
#[derive(Debug)]
pub(crate) struct DraftModel {
    pub(super) path: String,
    /// What llama.cpp allocated for its weights.
    pub(super) buffers: Vec<Buffer>,
    // Dropped before the model that it belongs to.
    pub(super) context: Option<Context>,
    pub(super) weights: Arc<LlamaModel>,
    token_ms: Option<f64>,
}

impl DraftModel {
    /// One that guesses for `target`, without a context yet.
    ///
    /// # Errors
    /// [`FailureCode::BadRequest`] when it speaks another vocabulary, or cannot take back what it guessed.
    pub(super) fn new(
        path: &str,
        weights: LlamaModel,
        buffers: Vec<Buffer>,
        target: &LlamaModel,
    ) -> Result<Self, Failure> {
        let unsuited = if weights.is_recurrent() || weights.is_hybrid() {
            Some("draft_cannot_step_back")
        } else if !is_same_vocabulary(&weights, target) {
            Some("draft_vocabulary_differs")
        } else {
            None
        };
        if let Some(code) = unsuited {
            let why = if code == "draft_cannot_step_back" {
                "its architecture cannot take tokens back"
            } else {
                "its vocabulary is another one"
            };
            let message = format!(
                "{path} cannot draft for the role's model: {why}. Choose a smaller model of the same family, or none."
            );
            return Err(Failure::new(FailureCode::BadRequest, message).saying(code).text("path", path));
        }
        Ok(Self { path: path.to_owned(), buffers, context: None, weights: Arc::new(weights), token_ms: None })
    }

    /// What llama.cpp allocated for it.
    pub(super) fn all_buffers(&self) -> impl Iterator<Item = &Buffer> {
        self.buffers.iter().chain(self.context.as_ref().map_or(&[][..], Context::buffers))
    }

    /// What it takes to guess a token, in milliseconds; `None` before that was measured.
    pub(crate) const fn token_ms(&self) -> Option<f64> {
        self.token_ms
    }

    /// At most `most` tokens that may follow `text` in `sequence`. Fewer, also none, where it is unsure, and while it reads
    /// a long text that it does not know yet: then it goes on with that at the next call.
    pub(crate) fn guess(
        &mut self,
        sequence: SequenceId,
        text: &[LlamaToken],
        most: usize,
        is_end: impl Fn(LlamaToken) -> bool,
    ) -> Vec<LlamaToken> {
        let n_known = self.weights.n_vocab();
        let Some(context) = &mut self.context else { return Vec::new() };
        let has_room = text.len() + most <= context.size().n_ctx as usize;
        if text.is_empty() || !has_room || text.iter().any(|id| id.0 >= n_known) {
            return Vec::new();
        }
        let guess = follow(context, sequence, text, most, is_end, &mut self.token_ms);
        guess.unwrap_or_else(|failure| {
            eprintln!("{} guesses no more: {}", self.path, failure.message);
            self.context = None;
            Vec::new()
        })
    }
}

/// See [`DraftModel::guess`]. `token_ms` is what a guessed token takes.
fn follow(
    context: &mut Context,
    sequence: SequenceId,
    text: &[LlamaToken],
    most: usize,
    is_end: impl Fn(LlamaToken) -> bool,
    token_ms: &mut Option<f64>,
) -> Result<Vec<LlamaToken>, Failure> {
    context.clear_others_unless_room(sequence, text.len() + most);
    // The last token is always computed, since the guess is chosen from its result.
    let n_same = common_start(context.ids(sequence), &text[..text.len() - 1]);
    context.cut_back_to(sequence, n_same);
    let n_there = context.len(sequence);
    let n_batch = context.size().n_batch as usize;
    let part = &text[n_there..text.len().min(n_there + n_batch)];
    let is_read = n_there + part.len() == text.len();
    let mut place = 0;
    for (index, id) in part.iter().enumerate() {
        place = context.add(sequence, *id, is_read && index + 1 == part.len())?;
    }
    context.compute()?;
    let mut guess = Vec::new();
    while is_read && guess.len() < most {
        let (token, probability) = with_probability(context.scores(place));
        if probability < LEAST_PROBABILITY || is_end(token) {
            break;
        }
        guess.push(token);
        if guess.len() == most {
            break;
        }
        let started = Instant::now();
        place = context.add(sequence, token, true)?;
        context.compute()?;
        context.synchronize();
        let ms = started.elapsed().as_secs_f64() * 1000.0;
        *token_ms = Some(token_ms.map_or(ms, |old| old + NEW_WEIGHT * (ms.min(4.0 * old) - old)));
    }
    Ok(guess)
}

/// The token with the highest score, and its probability.
fn with_probability(scores: &[f32]) -> (LlamaToken, f32) {
    let token = likeliest(scores);
    let highest = usize::try_from(token.0).ok().and_then(|index| scores.get(index)).copied().unwrap_or_default();
    let sum: f32 = scores.iter().map(|score| (score - highest).exp()).sum();
    (token, 1.0 / sum)
}

/// Whether the tokens of both models are the same texts.
fn is_same_vocabulary(one: &LlamaModel, other: &LlamaModel) -> bool {
    let (first, second) = (one.vocab(), other.vocab());
    let n = |model: &LlamaModel| usize::try_from(model.n_vocab()).unwrap_or(0);
    let (n_first, n_second) = (n(one), n(other));
    let text = |vocab: &llama_cpp_2::vocab::LlamaVocab<'_>, index: usize| {
        vocab.token_to_piece(LlamaToken(i32::try_from(index).unwrap_or(0)), true, None)
    };
    first.vocab_type() == second.vocab_type()
        && n_first.abs_diff(n_second) <= sizing::MOST_MORE_TOKENS as usize
        && (FIRST_COMPARED..n_first.min(n_second)).all(|index| text(&first, index) == text(&second, index))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::super::context::tests::{Fixture, MODELS};
    use super::super::load::{self, Extent, Placement};
    use super::*;

    fn weights(file: &str) -> LlamaModel {
        let fixture = Fixture::new(file);
        load::load(fixture.backend, &fixture.path, &Extent::Weights(Placement::default()), |_| true).unwrap()
    }

    #[test]
    fn a_model_of_another_vocabulary_cannot_draft() {
        let target = Fixture::new(MODELS[0]);
        let error = DraftModel::new("other.gguf", weights(MODELS[1]), Vec::new(), &target.model).unwrap_err();
        assert_eq!(error.code, FailureCode::BadRequest);
        assert!(error.message.contains("other.gguf"), "{error:?}");
    }

    #[test]
    fn guesses_are_what_the_model_itself_finds_likeliest() {
        let fixture = Fixture::new(MODELS[0]);
        let mut draft = DraftModel::new("same.gguf", weights(MODELS[0]), Vec::new(), &fixture.model).unwrap();
        draft.context = Some(fixture.context());
        let sequence = SequenceId::of(3);
        let text = fixture.ids.repeat(2);
        // A long text is read in parts.
        let n_calls = text.len().div_ceil(64);
        for _ in 1..n_calls {
            assert_eq!(draft.guess(sequence, &text, 4, |_| false), []);
        }
        let guess = draft.guess(sequence, &text, 4, |_| false);
        assert!(!guess.is_empty());
        assert_eq!(guess[0], likeliest(&fixture.cold(&text, 64)));
        assert!(draft.token_ms().is_none_or(|ms| ms > 0.0));
        // What was written otherwise is taken back, and what was cut off comes again.
        let mut other = text[..text.len() - 2].to_vec();
        other.push(text[3]);
        draft.guess(sequence, &other, 4, |_| false);
        assert_eq!(draft.guess(sequence, &text, 4, |_| false)[0], guess[0]);
        assert_eq!(draft.guess(sequence, &text, 4, |_| true), [], "the end is not guessed");
        // Other sequences give way where there is no room for both.
        let long = text.iter().cycle().take(1000).copied().collect::<Vec<_>>();
        draft.guess(SequenceId::of(4), &long, 4, |_| false);
        assert_eq!(draft.context.as_ref().unwrap().len(sequence), 0);
    }
}
