//! From a checked model on disk to a network in memory.

use candle_core::{Device, Tensor};

use super::Network;
use super::arena::Arena;
use super::attention::{Attention, Heads};
use super::decoder::{Decoder, DecoderLayer};
use super::encoder::{Encoder, EncoderLayer};
use super::linear::{Linear, Matrix};
use super::parts::{Embedding, Mlp, Norm, Sandwich};
use crate::error::T5GemmaError;
use crate::files::{ModelFiles, Reader};
use brickwork_t5gemma_config::{LM_HEAD, SideConfig};

impl Network {
    /// Reads the weights onto `device`. Memory stays near the size of the weights: each tensor is read by pieces into its
    /// place. Numbers of 16 bits become 32-bit ones, blocks stay as they are. `on_progress` gets the part done, 0 to 1, and
    /// cancels by `false`.
    ///
    /// # Errors
    /// [`T5GemmaError::Io`], [`T5GemmaError::Cancelled`], or a fault of the device.
    pub fn load(
        files: &ModelFiles,
        device: &Device,
        on_progress: &mut dyn FnMut(f32) -> bool,
    ) -> Result<Self, T5GemmaError> {
        let config = files.config.clone();
        let mut reader = Reader::new(files.stored_bytes(), on_progress);
        let arena = if device.is_cpu() { Arena::read(files, &mut reader)? } else { Arena::default() };
        let mut loader = Loader { files, device, arena, reader };
        let encoder = Encoder {
            embedding: loader.embedding("model.encoder", &config.encoder)?,
            layers: (0..config.encoder.layers.len())
                .map(|layer| loader.encoder_layer(&config.encoder, layer))
                .collect::<Result<_, _>>()?,
            norm: loader.norm("model.encoder.norm", &config.encoder)?,
        };
        let embedding = loader.embedding("model.decoder", &config.decoder)?;
        let head = if config.tie_word_embeddings { embedding.table.clone() } else { loader.matrix(LM_HEAD)? };
        let decoder = Decoder {
            embedding,
            layers: (0..config.decoder.layers.len())
                .map(|layer| loader.decoder_layer(&config.decoder, layer))
                .collect::<Result<_, _>>()?,
            norm: loader.norm("model.decoder.norm", &config.decoder)?,
            head,
            cap: config.decoder.final_logit_softcapping,
        };
        Ok(Self { config, encoder, decoder, device: device.clone() })
    }
}

struct Loader<'a> {
    files: &'a ModelFiles,
    device: &'a Device,
    arena: Arena,
    reader: Reader<'a>,
}

impl Loader<'_> {
    fn encoder_layer(&mut self, config: &SideConfig, layer: usize) -> Result<EncoderLayer, T5GemmaError> {
        let at = format!("model.encoder.layers.{layer}");
        Ok(EncoderLayer {
            kind: config.layers[layer],
            attention: self.attention(&at, "self_attn", config)?,
            mlp: self.mlp(&at, config)?,
        })
    }

    fn decoder_layer(&mut self, config: &SideConfig, layer: usize) -> Result<DecoderLayer, T5GemmaError> {
        let at = format!("model.decoder.layers.{layer}");
        Ok(DecoderLayer {
            kind: config.layers[layer],
            attention: self.attention(&at, "self_attn", config)?,
            cross: self.attention(&at, "cross_attn", config)?,
            mlp: self.mlp(&at, config)?,
        })
    }

    fn attention(&mut self, at: &str, name: &str, config: &SideConfig) -> Result<Sandwich<Attention>, T5GemmaError> {
        let mut linear = |projection: &str| {
            let at = format!("{at}.{name}.{projection}_proj");
            let weight = self.matrix(&format!("{at}.weight"))?;
            let bias = if config.attention_bias { Some(self.vector(&format!("{at}.bias"))?) } else { None };
            Ok::<_, T5GemmaError>(Linear { weight, bias })
        };
        let inner =
            Attention { q: linear("q")?, k: linear("k")?, v: linear("v")?, o: linear("o")?, shape: Heads::new(config) };
        self.sandwich(at, name, inner, config)
    }

    fn mlp(&mut self, at: &str, config: &SideConfig) -> Result<Sandwich<Mlp>, T5GemmaError> {
        let mut linear = |projection: &str| {
            let weight = self.matrix(&format!("{at}.mlp.{projection}_proj.weight"))?;
            Ok::<_, T5GemmaError>(Linear { weight, bias: None })
        };
        let inner = Mlp { gate: linear("gate")?, up: linear("up")?, down: linear("down")? };
        self.sandwich(at, "feedforward", inner, config)
    }

    fn sandwich<T>(
        &mut self,
        at: &str,
        name: &str,
        inner: T,
        config: &SideConfig,
    ) -> Result<Sandwich<T>, T5GemmaError> {
        let pre = self.norm(&format!("{at}.pre_{name}_layernorm"), config)?;
        let post = self.norm(&format!("{at}.post_{name}_layernorm"), config)?;
        Ok(Sandwich { pre, inner, post })
    }

    fn norm(&mut self, at: &str, config: &SideConfig) -> Result<Norm, T5GemmaError> {
        let scale = (self.vector(&format!("{at}.weight"))? + 1.0)?;
        Ok(Norm { scale, eps: config.rms_norm_eps as f32 })
    }

    fn embedding(&mut self, at: &str, config: &SideConfig) -> Result<Embedding, T5GemmaError> {
        let table = self.matrix(&format!("{at}.embed_tokens.weight"))?;
        Ok(Embedding { table, vocab_size: config.vocab_size, scale: (config.hidden_size as f64).sqrt() })
    }

    fn matrix(&mut self, name: &str) -> Result<Matrix, T5GemmaError> {
        Matrix::load(name, self.files.tensor(name)?, self.device, &self.arena, &mut self.reader)
    }

    fn vector(&mut self, name: &str) -> Result<Tensor, T5GemmaError> {
        let stored = self.files.tensor(name)?;
        Ok(Tensor::from_vec(self.reader.floats(stored)?, stored.shape.as_slice(), self.device)?)
    }
}
