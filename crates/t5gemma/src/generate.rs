//! A whole model: its vocabulary, its network, and the tokens that it writes.

use std::path::Path;

use candle_core::Device;

use crate::error::T5GemmaError;
use crate::files::ModelFiles;
use crate::model::{Batch, Network, Session};
use crate::prompt::{self, Prompt, Source};
use crate::sampling::{Sampler, Sampling};
use crate::tokenizer::{END_OF_TURN, Tokenizer};

/// What turns prompts into sources: enough to lay out and to count, without the weights.
#[derive(Debug)]
pub struct Vocabulary {
    tokenizer: Tokenizer,
    is_instruction_tuned: bool,
    end_ids: Vec<u32>,
}

impl Vocabulary {
    /// Reads the tokenizer of a model.
    ///
    /// # Errors
    /// [`T5GemmaError::Tokenizer`].
    pub fn load(files: &ModelFiles) -> Result<Self, T5GemmaError> {
        let tokenizer = Tokenizer::new(&files.texts.tokenizer, &files.tokenizer_path())?;
        let mut end_ids = files.config.eos_ids.clone();
        // The end of a turn ends the output, also where the configuration does not say so.
        for token in ["<eos>", END_OF_TURN] {
            if let Some(id) = tokenizer.id(token).filter(|id| tokenizer.is_control(*id) && !end_ids.contains(id)) {
                end_ids.push(id);
            }
        }
        Ok(Self { tokenizer, is_instruction_tuned: files.is_instruction_tuned, end_ids })
    }

    /// A prompt as the encoder gets it; [`crate::prompt`] shows the layout.
    ///
    /// # Errors
    /// [`T5GemmaError::EmptyPrompt`], or [`T5GemmaError::BadRequest`] when the vocabulary cannot express it.
    pub fn lay_out(&self, prompt: Prompt<'_>) -> Result<Source, T5GemmaError> {
        prompt::lay_out(prompt, self.is_instruction_tuned, &self.tokenizer)
    }

    /// The tokenizer.
    #[must_use]
    pub const fn tokenizer(&self) -> &Tokenizer {
        &self.tokenizer
    }

    /// Whether prompts are laid out as turns.
    #[must_use]
    pub const fn is_instruction_tuned(&self) -> bool {
        self.is_instruction_tuned
    }

    /// The tokens that end the output.
    #[must_use]
    pub fn end_ids(&self) -> &[u32] {
        &self.end_ids
    }
}

/// A model in memory.
#[derive(Debug)]
pub struct T5Gemma {
    vocabulary: Vocabulary,
    network: Network,
}

impl T5Gemma {
    /// Opens and loads the model at `path`: a folder, or a file that [`crate::quantize`] made. `on_progress` gets the part
    /// done, 0 to 1, and cancels by `false`.
    ///
    /// # Errors
    /// Those of [`ModelFiles::open`], [`Vocabulary::load`] and [`Network::load`].
    pub fn load(path: &Path, device: &Device, on_progress: &mut dyn FnMut(f32) -> bool) -> Result<Self, T5GemmaError> {
        Self::of(&ModelFiles::open(path)?, device, on_progress)
    }

    /// Loads a model whose files were opened. `on_progress` gets the part done, 0 to 1, and cancels by `false`.
    ///
    /// # Errors
    /// Those of [`Vocabulary::load`] and [`Network::load`].
    pub fn of(
        files: &ModelFiles,
        device: &Device,
        on_progress: &mut dyn FnMut(f32) -> bool,
    ) -> Result<Self, T5GemmaError> {
        Ok(Self { vocabulary: Vocabulary::load(files)?, network: Network::load(files, device, on_progress)? })
    }

    /// The vocabulary.
    #[must_use]
    pub const fn vocabulary(&self) -> &Vocabulary {
        &self.vocabulary
    }

    /// The network.
    #[must_use]
    pub const fn network(&self) -> &Network {
        &self.network
    }

    /// Whether source and output fit.
    ///
    /// # Errors
    /// [`T5GemmaError::EmptyPrompt`], [`T5GemmaError::SourceTooLong`] or [`T5GemmaError::OutputTooLong`], with the counts.
    pub fn check_fits(&self, n_source: usize, max_tokens: usize) -> Result<(), T5GemmaError> {
        let config = self.network.config();
        if n_source == 0 {
            return Err(T5GemmaError::EmptyPrompt);
        }
        if n_source > config.source_limit() {
            return Err(T5GemmaError::SourceTooLong { n_tokens: n_source, limit: config.source_limit() });
        }
        if max_tokens > config.output_limit() {
            return Err(T5GemmaError::OutputTooLong { max_tokens, limit: config.output_limit() });
        }
        Ok(())
    }

    /// Encodes `source` and gets ready to write at most `max_tokens` tokens. `on_layer` gets the number of layers
    /// done and of all: the encoder's, and then the decoder's, each of which takes keys and values from the encoded source. It
    /// cancels by `false`.
    ///
    /// # Errors
    /// Those of [`T5Gemma::check_fits`], [`T5GemmaError::UnknownToken`], [`T5GemmaError::Cancelled`], or a fault of the
    /// device.
    pub fn start(
        &self,
        source: &[u32],
        max_tokens: usize,
        sampling: Sampling,
        on_layer: &mut dyn FnMut(usize, usize) -> bool,
    ) -> Result<Generation<'_>, T5GemmaError> {
        self.check_fits(source.len(), max_tokens)?;
        let source = Batch::single(source, self.network.device())?;
        let config = self.network.config();
        let (n_encoder, n_decoder) = (config.encoder.layers.len(), config.decoder.layers.len());
        let all = n_encoder + n_decoder;
        let encoded = self.network.encode(&source, &mut |done, _| on_layer(done, all), None)?;
        let session = self.network.begin_watched(&encoded, &mut |done, _| on_layer(n_encoder + done, all))?;
        let next = self.network.config().bos_id;
        Ok(Generation {
            model: self,
            session,
            sampler: Sampler::new(sampling),
            sampling,
            max_tokens,
            n_tokens: 0,
            next,
        })
    }
}

/// An output that is being written. Between two calls of [`Generation::advance`] the caller may drop it, which is how a
/// generation is cancelled.
#[derive(Debug)]
pub struct Generation<'a> {
    model: &'a T5Gemma,
    session: Session,
    sampler: Sampler,
    sampling: Sampling,
    max_tokens: usize,
    n_tokens: usize,
    /// The token that the decoder has not taken in yet.
    next: u32,
}

/// What came next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// A token.
    Token {
        /// Its id.
        id: u32,
        /// The bytes that it stands for; none for a control token. A character may lie in the bytes of several tokens.
        bytes: Vec<u8>,
    },
    /// The model ended its output.
    End,
    /// The most tokens that were asked for are there.
    Length,
}

impl Generation<'_> {
    /// Takes `ids` as what was written so far, so that the output goes on behind them. They do not count against the most
    /// tokens.
    ///
    /// # Errors
    /// [`T5GemmaError::OutputTooLong`] when no room is left for the rest, or a fault of the device.
    pub fn go_on_behind(&mut self, ids: &[u32]) -> Result<(), T5GemmaError> {
        let Some((last, before)) = ids.split_last() else { return Ok(()) };
        let (max_tokens, limit) = (ids.len() + self.max_tokens, self.model.network.config().output_limit());
        if max_tokens > limit {
            return Err(T5GemmaError::OutputTooLong { max_tokens, limit });
        }
        let taken: Vec<u32> = std::iter::once(self.next).chain(before.iter().copied()).collect();
        self.model.network.advance(&mut self.session, &[&taken], None)?;
        for id in ids {
            let bytes = self.model.vocabulary.tokenizer.bytes(*id);
            self.sampler.accept(*id, &bytes);
        }
        self.next = *last;
        Ok(())
    }

    /// Writes one token more.
    ///
    /// # Errors
    /// [`T5GemmaError::NotFinite`], or a fault of the device.
    pub fn advance(&mut self) -> Result<Step, T5GemmaError> {
        if self.n_tokens >= self.max_tokens {
            return Ok(Step::Length);
        }
        let network = &self.model.network;
        let hidden = network.advance(&mut self.session, &[&[self.next]], None)?;
        let id = if self.sampling.is_greedy() {
            network.likeliest(&hidden)?.first().copied()
        } else {
            network.last_logits(&hidden)?.first_mut().map(|logits| self.sampler.draw(logits)).transpose()?
        };
        let id = id.ok_or(T5GemmaError::NotFinite)?;
        if self.model.vocabulary.end_ids.contains(&id) {
            return Ok(Step::End);
        }
        let bytes = self.model.vocabulary.tokenizer.bytes(id);
        self.sampler.accept(id, &bytes);
        self.n_tokens += 1;
        self.next = id;
        Ok(Step::Token { id, bytes })
    }
}
