//! The configuration of a T5Gemma model, and the tensors that follow from it.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::fault::SafetensorsFault;
use super::header::Tensor;

const T5GEMMA: &str = "t5gemma";
/// No figure of a configuration is larger; the largest model has a vocabulary of 256,000.
const MAX_FIGURE: u64 = 1 << 24;
/// Layers of one side; the largest model has 42.
const MAX_LAYERS: u64 = 1024;

/// The figures that are needed; others are ignored.
#[derive(Debug, Deserialize)]
pub(super) struct Config {
    pub(super) model_type: String,
    #[serde(default)]
    vocab_size: Option<u64>,
    #[serde(default)]
    tie_word_embeddings: Option<bool>,
    pub(super) encoder: Side,
    pub(super) decoder: Side,
}

/// The encoder or the decoder.
#[derive(Debug, Deserialize)]
pub(super) struct Side {
    hidden_size: u64,
    intermediate_size: u64,
    pub(super) num_hidden_layers: u64,
    num_attention_heads: u64,
    num_key_value_heads: u64,
    head_dim: u64,
    max_position_embeddings: u64,
    vocab_size: u64,
    #[serde(default)]
    cross_attention_hidden_size: Option<u64>,
}

impl Config {
    pub(super) fn parse(text: &[u8]) -> Result<Self, SafetensorsFault> {
        // The type decides first: what follows it looks different in other models.
        let config: Value = serde_json::from_slice(text).map_err(SafetensorsFault::Json)?;
        match config.get("model_type").and_then(Value::as_str) {
            Some(T5GEMMA) => {}
            Some(other) => return Err(SafetensorsFault::OtherModel(other.chars().take(100).collect())),
            None => return Err(SafetensorsFault::NoModelType),
        }
        let config: Self = serde_json::from_value(config).map_err(SafetensorsFault::Json)?;
        config.encoder.check("encoder")?;
        config.decoder.check("decoder")?;
        Ok(config)
    }

    /// Tokens that fit into the encoder.
    pub(super) fn context_length(&self) -> u64 {
        self.encoder.max_position_embeddings
    }

    pub(super) fn vocab_size(&self) -> u64 {
        self.vocab_size.unwrap_or(self.decoder.vocab_size)
    }

    /// Every tensor that the model needs is there with the shape that it needs.
    pub(super) fn check_tensors(&self, tensors: &BTreeMap<String, Tensor>) -> Result<(), SafetensorsFault> {
        let check = |name: &str, shape: &[u64]| match tensors.get(name) {
            None => Err(SafetensorsFault::TensorMissing(name.to_owned())),
            Some(tensor) if tensor.shape != shape => Err(SafetensorsFault::Tensor {
                tensor: name.to_owned(),
                cause: format!("its shape is {:?}, where the configuration needs {shape:?}", tensor.shape),
            }),
            Some(_) => Ok(()),
        };
        self.encoder.check_tensors("encoder", None, check)?;
        let cross = self.decoder.cross_attention_hidden_size.unwrap_or(self.encoder.hidden_size);
        self.decoder.check_tensors("decoder", Some(cross), check)?;
        if self.tie_word_embeddings == Some(false) {
            check("lm_head.out_proj.weight", &[self.vocab_size(), self.decoder.hidden_size])?;
        }
        Ok(())
    }
}

impl Side {
    fn check(&self, name: &str) -> Result<(), SafetensorsFault> {
        let figures = [
            ("hidden_size", self.hidden_size, MAX_FIGURE),
            ("intermediate_size", self.intermediate_size, MAX_FIGURE),
            ("num_hidden_layers", self.num_hidden_layers, MAX_LAYERS),
            ("num_attention_heads", self.num_attention_heads, MAX_LAYERS),
            ("num_key_value_heads", self.num_key_value_heads, MAX_LAYERS),
            ("head_dim", self.head_dim, MAX_FIGURE),
            ("max_position_embeddings", self.max_position_embeddings, MAX_FIGURE),
            ("vocab_size", self.vocab_size, MAX_FIGURE),
            ("cross_attention_hidden_size", self.cross_attention_hidden_size.unwrap_or(1), MAX_FIGURE),
        ];
        match figures.into_iter().find(|(_, value, most)| *value == 0 || value > most) {
            Some((key, found, _)) => Err(SafetensorsFault::Figure { key: format!("{name}.{key}"), found }),
            None if !self.num_attention_heads.is_multiple_of(self.num_key_value_heads) => {
                let key = format!("{name}.num_key_value_heads");
                Err(SafetensorsFault::Figure { key, found: self.num_key_value_heads })
            }
            None => Ok(()),
        }
    }

    /// `cross` is the width of the encoder's output for a side that reads it.
    fn check_tensors(
        &self,
        side: &str,
        cross: Option<u64>,
        check: impl Fn(&str, &[u64]) -> Result<(), SafetensorsFault>,
    ) -> Result<(), SafetensorsFault> {
        let width = self.hidden_size;
        let (heads, kv) = (self.num_attention_heads * self.head_dim, self.num_key_value_heads * self.head_dim);
        check(&format!("model.{side}.embed_tokens.weight"), &[self.vocab_size, width])?;
        check(&format!("model.{side}.norm.weight"), &[width])?;
        let attentions = [Some(("self_attn", width)), cross.map(|cross| ("cross_attn", cross))];
        for layer in 0..self.num_hidden_layers {
            let check = |name: &str, shape: &[u64]| check(&format!("model.{side}.layers.{layer}.{name}.weight"), shape);
            for (attention, input) in attentions.into_iter().flatten() {
                check(&format!("{attention}.q_proj"), &[heads, width])?;
                check(&format!("{attention}.k_proj"), &[kv, input])?;
                check(&format!("{attention}.v_proj"), &[kv, input])?;
                check(&format!("{attention}.o_proj"), &[width, heads])?;
                check(&format!("pre_{attention}_layernorm"), &[width])?;
                check(&format!("post_{attention}_layernorm"), &[width])?;
            }
            check("mlp.gate_proj", &[self.intermediate_size, width])?;
            check("mlp.up_proj", &[self.intermediate_size, width])?;
            check("mlp.down_proj", &[width, self.intermediate_size])?;
            check("pre_feedforward_layernorm", &[width])?;
            check("post_feedforward_layernorm", &[width])?;
        }
        Ok(())
    }
}
