//! What lays prompts out and counts tokens, whichever program runs the model.

use brickwork_worker_protocol::{ModelFacts, Prompt};

use super::Model;
use crate::encoder_decoder::Reading;
use crate::failure::Failure;

/// What lays prompts out and counts tokens.
#[derive(Debug)]
pub(super) enum Vocabulary {
    Llama(Box<Model>),
    EncoderDecoder(Box<Reading>),
}

/// The vocabulary of one model, whether its weights are in memory or not.
pub(crate) enum Reader<'a> {
    Llama(&'a Model),
    EncoderDecoder(&'a Reading),
}

impl Reader<'_> {
    /// A prompt as the model gets it, and its number of tokens.
    ///
    /// # Errors
    /// `BadRequest` when it is empty or the chat template refuses it.
    pub(crate) fn lay_out(&self, prompt: &Prompt) -> Result<(String, usize), Failure> {
        match self {
            Self::Llama(model) => model.lay_out(prompt).map(|laid_out| (laid_out.text, laid_out.ids.len())),
            Self::EncoderDecoder(reading) => reading.lay_out(prompt).map(|source| (source.text, source.ids.len())),
        }
    }

    /// How many tokens `text` has by itself.
    pub(crate) fn count(&self, text: &str) -> usize {
        match self {
            Self::Llama(model) => model.count(text),
            Self::EncoderDecoder(reading) => reading.count(text),
        }
    }

    pub(crate) const fn facts(&self) -> &ModelFacts {
        match self {
            Self::Llama(model) => &model.facts,
            Self::EncoderDecoder(reading) => &reading.facts,
        }
    }
}
