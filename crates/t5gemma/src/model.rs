//! The network, as arXiv 2504.06225 describes it: an encoder that reads the whole source, and a decoder that writes token
//! after token.
//!
//! Every block is sandwiched between two norms: `x += post(f(pre(x)))`. Vectors and norms are in 32 bits. The numbers of
//! batch, tokens and width are `[n_batch, n_tokens, hidden_size]` throughout.

mod arena;
mod attention;
mod blocks;
mod cache;
mod decoder;
mod dot;
mod encoder;
mod gemv;
mod linear;
mod load;
mod math;
mod parts;
mod rope;
mod sight;
mod single;
mod tile;
mod weigh;

use candle_core::{Device, Tensor};

use crate::error::T5GemmaError;
use brickwork_t5gemma_config::Config;
pub use decoder::Session;
pub use encoder::Encoded;

/// Gets every intermediate value, with the name of what it comes after, such as `layer0.self_attn`. For tests.
pub type Observer<'a> = &'a mut dyn FnMut(&str, &Tensor);

/// The weights of a model, ready to compute.
#[derive(Debug)]
pub struct Network {
    config: Config,
    encoder: encoder::Encoder,
    decoder: decoder::Decoder,
    device: Device,
}

/// Token ids of one or several texts; the shorter ones are filled up.
#[derive(Debug, Clone)]
pub struct Batch {
    ids: Tensor,
    keys: Option<sight::KeyMask>,
    highest: u32,
}

impl Batch {
    /// One text.
    ///
    /// # Errors
    /// [`T5GemmaError::EmptyPrompt`], or a fault of the device.
    pub fn single(ids: &[u32], device: &Device) -> Result<Self, T5GemmaError> {
        Self::padded(&[ids], &[&vec![true; ids.len()]], device)
    }

    /// Rows of equal length; `is_real` tells the tokens of the text from those that fill it up, on either side.
    ///
    /// # Errors
    /// [`T5GemmaError::EmptyPrompt`] for a row without a real token, [`T5GemmaError::BadRequest`] for rows of different
    /// lengths, or a fault of the device.
    pub fn padded(rows: &[&[u32]], is_real: &[&[bool]], device: &Device) -> Result<Self, T5GemmaError> {
        let n = rows.first().map_or(0, |row| row.len());
        if is_real.iter().any(|row| !row.contains(&true)) || rows.is_empty() {
            return Err(T5GemmaError::EmptyPrompt);
        }
        if rows.iter().any(|row| row.len() != n)
            || is_real.iter().any(|row| row.len() != n)
            || rows.len() != is_real.len()
        {
            return Err(T5GemmaError::BadRequest("The rows of a batch must have the same length.".to_owned()));
        }
        let highest = rows.iter().flat_map(|row| row.iter()).copied().max().unwrap_or(0);
        let ids = Tensor::from_vec(rows.concat(), (rows.len(), n), device)?;
        Ok(Self { ids, keys: sight::KeyMask::new(n, is_real.concat()), highest })
    }

    fn n_tokens(&self) -> usize {
        self.ids.dims()[1]
    }
}

impl Network {
    /// The model's figures.
    #[must_use]
    pub const fn config(&self) -> &Config {
        &self.config
    }

    /// Where it computes.
    #[must_use]
    pub const fn device(&self) -> &Device {
        &self.device
    }

    /// Makes attention work on at most `block` queries at once, whatever its memory needs. For tests.
    pub fn set_attention_block(&mut self, block: Option<usize>) {
        self.encoder.set_attention_block(block);
        self.decoder.set_attention_block(block);
    }
}

fn check_ids(highest: u32, vocab_size: usize) -> Result<(), T5GemmaError> {
    if (highest as usize) < vocab_size { Ok(()) } else { Err(T5GemmaError::UnknownToken { id: highest, vocab_size }) }
}
