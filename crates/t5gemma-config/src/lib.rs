//! What the small files of a T5Gemma folder say: `config.json` and `generation_config.json`, the figures that fix a model
//! and its tensors; and whether it was trained on instructions. The program that looks at a model and the one that runs it
//! both ask here, so that neither takes what the other refuses.
//!
//! Invariant: a [`Config`] has been checked, so no later code meets a width of 0, an odd head or a layer without a kind.
//! Unknown keys are ignored. Defaults are those of `T5GemmaModuleConfig` in Hugging Face's transformers.

mod form;
mod needs;
mod raw;

pub use form::{FORM_FILE, FORM_FILES, FormError, is_instruction_tuned, keep_form};

/// No figure of a configuration is larger; the largest model has a vocabulary of 256,000.
const MOST: u64 = 1 << 24;
/// The most layers of one side; the largest model has 42.
const MOST_LAYERS: u64 = 1024;
/// The most heads of one layer, and the widest head.
const MOST_HEADS: u64 = 1024;

/// A whole model.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// The side that reads the source.
    pub encoder: SideConfig,
    /// The side that writes.
    pub decoder: SideConfig,
    /// Whether the decoder's embedding is the output table too.
    pub tie_word_embeddings: bool,
    /// Fills the shorter rows of a batch.
    pub pad_id: u32,
    /// What the decoder starts with.
    pub bos_id: u32,
    /// Tokens that end the output, as the files name them; without repetition.
    pub eos_ids: Vec<u32>,
}

/// One side of a model. All numbers are at least 1.
#[derive(Debug, Clone, PartialEq)]
pub struct SideConfig {
    /// Width of a token's vector.
    pub hidden_size: usize,
    /// Width inside the feed-forward part.
    pub intermediate_size: usize,
    /// Query heads.
    pub n_heads: usize,
    /// Key/value heads, a divisor of `n_heads`.
    pub n_kv_heads: usize,
    /// Width of a head, even. `n_heads * head_dim` need not be `hidden_size`.
    pub head_dim: usize,
    /// Scores are multiplied with this to the power of -0.5.
    pub query_pre_attn_scalar: f64,
    /// Bound of the scores, if any.
    pub attn_logit_softcapping: Option<f64>,
    /// Bound of the logits, if any.
    pub final_logit_softcapping: Option<f64>,
    /// Which keys each layer sees, from the first layer on.
    pub layers: Vec<LayerConfig>,
    /// Added to the mean square in each norm.
    pub rms_norm_eps: f64,
    /// Tokens that the side was made for.
    pub max_position_embeddings: usize,
    /// Whether the projections of attention have a bias.
    pub attention_bias: bool,
    /// Tokens of its vocabulary.
    pub vocab_size: usize,
}

/// What differs between the layers of a side.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LayerConfig {
    /// The window W of a layer with sliding attention: a token sees those less than W away. `None` sees all.
    pub window: Option<usize>,
    /// Base of the rotary positions.
    pub rope_theta: f64,
}

/// A configuration that no model can be built from.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// The model is of another kind.
    #[error("its model type is '{0}', not 't5gemma'")]
    OtherModel(String),
    /// A key is missing, or its value makes no sense.
    #[error("{0}")]
    Invalid(String),
}

impl Config {
    /// Reads both files; the second is optional.
    ///
    /// # Errors
    /// [`ConfigError::OtherModel`] for another architecture, [`ConfigError::Invalid`] with the key for values that make no
    /// sense.
    pub fn parse(config: &[u8], generation: Option<&[u8]>) -> Result<Self, ConfigError> {
        let json = |error: serde_json::Error| ConfigError::Invalid(format!("it cannot be read ({error})"));
        let value: serde_json::Value = serde_json::from_slice(config).map_err(json)?;
        // The type decides first: what follows looks different in other models.
        match value.get("model_type").and_then(serde_json::Value::as_str) {
            Some("t5gemma") => {}
            Some(other) => return Err(ConfigError::OtherModel(other.chars().take(100).collect())),
            None => return Err(ConfigError::Invalid("it has no 'model_type'".to_owned())),
        }
        let raw: raw::Config = serde_json::from_value(value).map_err(json)?;
        let generation: raw::Generation = match generation {
            Some(text) => serde_json::from_slice(text).map_err(|error| {
                ConfigError::Invalid(format!("generation_config.json beside it cannot be read ({error})"))
            })?,
            None => raw::Generation::default(),
        };
        raw.check(&generation).map_err(ConfigError::Invalid)
    }

    /// Tokens that the encoder holds.
    #[must_use]
    pub const fn source_limit(&self) -> usize {
        self.encoder.max_position_embeddings
    }

    /// Tokens that the decoder gives at most: its first position holds the start token.
    #[must_use]
    pub const fn output_limit(&self) -> usize {
        self.decoder.max_position_embeddings
    }

    /// Every tensor that the model has, with its shape, in the order in which they are loaded.
    #[must_use]
    pub fn tensors(&self) -> Vec<(String, Vec<usize>)> {
        let mut tensors = Vec::new();
        self.encoder.push_tensors("encoder", None, &mut tensors);
        self.decoder.push_tensors("decoder", Some(self.encoder.hidden_size), &mut tensors);
        if !self.tie_word_embeddings {
            tensors.push((LM_HEAD.to_owned(), vec![self.decoder.vocab_size, self.decoder.hidden_size]));
        }
        tensors
    }
}

/// The output table of an untied model.
pub const LM_HEAD: &str = "lm_head.out_proj.weight";

impl SideConfig {
    /// `source` is the width of the encoder's output for the side that reads it.
    fn push_tensors(&self, side: &str, source: Option<usize>, tensors: &mut Vec<(String, Vec<usize>)>) {
        let width = self.hidden_size;
        let (q, kv) = (self.n_heads * self.head_dim, self.n_kv_heads * self.head_dim);
        tensors.push((format!("model.{side}.embed_tokens.weight"), vec![self.vocab_size, width]));
        for layer in 0..self.layers.len() {
            let mut push = |name: &str, shape: &[usize]| {
                tensors.push((format!("model.{side}.layers.{layer}.{name}"), shape.to_vec()));
            };
            for (attention, input) in
                [Some(("self_attn", width)), source.map(|source| ("cross_attn", source))].into_iter().flatten()
            {
                let projections = [("q", q, width), ("k", kv, input), ("v", kv, input), ("o", width, q)];
                for (name, rows, columns) in projections {
                    push(&format!("{attention}.{name}_proj.weight"), &[rows, columns]);
                    if self.attention_bias {
                        push(&format!("{attention}.{name}_proj.bias"), &[rows]);
                    }
                }
                push(&format!("pre_{attention}_layernorm.weight"), &[width]);
                push(&format!("post_{attention}_layernorm.weight"), &[width]);
            }
            push("mlp.gate_proj.weight", &[self.intermediate_size, width]);
            push("mlp.up_proj.weight", &[self.intermediate_size, width]);
            push("mlp.down_proj.weight", &[width, self.intermediate_size]);
            push("pre_feedforward_layernorm.weight", &[width]);
            push("post_feedforward_layernorm.weight", &[width]);
        }
        tensors.push((format!("model.{side}.norm.weight"), vec![width]));
    }
}
