//! The configuration as its file spells it, before any value has been looked at.

use serde::Deserialize;

use super::{LayerConfig, MOST, MOST_HEADS, MOST_LAYERS, SideConfig};

const DEFAULT_THETA: f64 = 10_000.0;

#[derive(Debug, Deserialize)]
pub(super) struct Config {
    encoder: Side,
    decoder: Side,
    tie_word_embeddings: Option<bool>,
    vocab_size: Option<u64>,
    bos_token_id: Option<u32>,
    pad_token_id: Option<u32>,
    eos_token_id: Option<Ids>,
}

/// `generation_config.json`.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Generation {
    bos_token_id: Option<u32>,
    pad_token_id: Option<u32>,
    eos_token_id: Option<Ids>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
enum Ids {
    One(u32),
    Many(Vec<u32>),
}

impl Ids {
    fn as_slice(&self) -> &[u32] {
        match self {
            Self::One(id) => std::slice::from_ref(id),
            Self::Many(ids) => ids,
        }
    }
}

#[derive(Debug, Deserialize)]
struct Side {
    hidden_size: u64,
    intermediate_size: u64,
    num_hidden_layers: u64,
    num_attention_heads: u64,
    num_key_value_heads: u64,
    head_dim: u64,
    #[serde(default = "default_scalar")]
    query_pre_attn_scalar: f64,
    #[serde(default = "default_attention_cap")]
    attn_logit_softcapping: Option<f64>,
    #[serde(default = "default_final_cap")]
    final_logit_softcapping: Option<f64>,
    #[serde(default = "default_window")]
    sliding_window: Option<u64>,
    layer_types: Option<Vec<String>>,
    #[serde(default = "default_eps")]
    rms_norm_eps: f64,
    hidden_activation: Option<String>,
    /// The older name, which counts where the newer one is not given.
    hidden_act: Option<String>,
    #[serde(default = "default_positions")]
    max_position_embeddings: u64,
    attention_bias: Option<bool>,
    vocab_size: Option<u64>,
    cross_attention_hidden_size: Option<u64>,
    rope_theta: Option<f64>,
    rope_parameters: Option<RopeParameters>,
    rope_scaling: Option<RopeParameters>,
    bos_token_id: Option<u32>,
    pad_token_id: Option<u32>,
    eos_token_id: Option<Ids>,
}

/// One set for all layers, or one for each kind of layer.
#[derive(Debug, Default, Deserialize)]
struct RopeParameters {
    rope_theta: Option<f64>,
    rope_type: Option<String>,
    /// The older name, which counts where the newer one is not given.
    #[serde(rename = "type")]
    older_type: Option<String>,
    full_attention: Option<Box<RopeParameters>>,
    sliding_attention: Option<Box<RopeParameters>>,
}

impl RopeParameters {
    /// How positions are scaled, by its name.
    fn scaling(&self) -> Option<&str> {
        self.rope_type.as_deref().or(self.older_type.as_deref())
    }
}

const fn default_scalar() -> f64 {
    256.0
}

#[allow(clippy::unnecessary_wraps, reason = "the signature that serde asks for")]
const fn default_attention_cap() -> Option<f64> {
    Some(50.0)
}

#[allow(clippy::unnecessary_wraps, reason = "the signature that serde asks for")]
const fn default_final_cap() -> Option<f64> {
    Some(30.0)
}

#[allow(clippy::unnecessary_wraps, reason = "the signature that serde asks for")]
const fn default_window() -> Option<u64> {
    Some(4096)
}

const fn default_eps() -> f64 {
    1e-6
}

const fn default_positions() -> u64 {
    8192
}

impl Config {
    pub(super) fn check(self, generation: &Generation) -> Result<super::Config, String> {
        let encoder = self.encoder.check("encoder", self.vocab_size)?;
        let decoder = self.decoder.check("decoder", self.vocab_size)?;
        if let Some(width) = self.decoder.cross_attention_hidden_size
            && width != encoder.hidden_size as u64
        {
            let expected = encoder.hidden_size;
            return Err(format!(
                "'decoder.cross_attention_hidden_size' is {width}, but the encoder's hidden size is {expected}"
            ));
        }
        let mut eos_ids: Vec<u32> = Vec::new();
        for ids in [&self.eos_token_id, &generation.eos_token_id, &self.decoder.eos_token_id].into_iter().flatten() {
            for id in ids.as_slice() {
                if !eos_ids.contains(id) {
                    eos_ids.push(*id);
                }
            }
        }
        if eos_ids.is_empty() {
            eos_ids = vec![1, 107];
        }
        let bos_id = self.bos_token_id.or(self.decoder.bos_token_id).or(generation.bos_token_id).unwrap_or(2);
        let pad_id = self.pad_token_id.or(self.decoder.pad_token_id).or(generation.pad_token_id).unwrap_or(0);
        if bos_id as usize >= decoder.vocab_size {
            return Err(format!("'bos_token_id' is {bos_id}, outside the decoder's {} tokens", decoder.vocab_size));
        }
        let tie_word_embeddings = self.tie_word_embeddings.unwrap_or(true);
        Ok(super::Config { encoder, decoder, tie_word_embeddings, pad_id, bos_id, eos_ids })
    }
}

impl Side {
    fn check(&self, side: &str, vocab_size: Option<u64>) -> Result<SideConfig, String> {
        let vocab_size = self.vocab_size.or(vocab_size).unwrap_or(256_000);
        for (key, value, most) in [
            ("hidden_size", self.hidden_size, MOST),
            ("intermediate_size", self.intermediate_size, MOST),
            ("num_hidden_layers", self.num_hidden_layers, MOST_LAYERS),
            ("num_attention_heads", self.num_attention_heads, MOST_HEADS),
            ("num_key_value_heads", self.num_key_value_heads, MOST_HEADS),
            ("head_dim", self.head_dim, MOST_HEADS),
            ("max_position_embeddings", self.max_position_embeddings, MOST),
            ("vocab_size", vocab_size, MOST),
        ] {
            if !(1..=most).contains(&value) {
                return Err(format!("'{side}.{key}' is {value}, which is not between 1 and {most}"));
            }
        }
        for (key, value) in [
            ("query_pre_attn_scalar", Some(self.query_pre_attn_scalar)),
            ("rms_norm_eps", Some(self.rms_norm_eps)),
            ("attn_logit_softcapping", self.attn_logit_softcapping),
            ("final_logit_softcapping", self.final_logit_softcapping),
        ] {
            if let Some(value) = value.filter(|value| !(value.is_finite() && *value > 0.0)) {
                return Err(format!("'{side}.{key}' is {value}, which is not a number above 0"));
            }
        }
        if !self.num_attention_heads.is_multiple_of(self.num_key_value_heads) {
            let (heads, kv) = (self.num_attention_heads, self.num_key_value_heads);
            return Err(format!("'{side}.num_key_value_heads' is {kv}, which does not divide the {heads} heads"));
        }
        if !self.head_dim.is_multiple_of(2) {
            return Err(format!("'{side}.head_dim' is {}, which is not even", self.head_dim));
        }
        let activation = self.hidden_activation.as_deref().or(self.hidden_act.as_deref());
        if let Some(other) = activation.filter(|name| *name != "gelu_pytorch_tanh") {
            return Err(format!("'{side}.hidden_activation' is '{other}'; only 'gelu_pytorch_tanh' is known"));
        }
        Ok(SideConfig {
            hidden_size: size(self.hidden_size),
            intermediate_size: size(self.intermediate_size),
            n_heads: size(self.num_attention_heads),
            n_kv_heads: size(self.num_key_value_heads),
            head_dim: size(self.head_dim),
            query_pre_attn_scalar: self.query_pre_attn_scalar,
            attn_logit_softcapping: self.attn_logit_softcapping,
            final_logit_softcapping: self.final_logit_softcapping,
            layers: self.layers(side)?,
            rms_norm_eps: self.rms_norm_eps,
            max_position_embeddings: size(self.max_position_embeddings),
            attention_bias: self.attention_bias.unwrap_or(false),
            vocab_size: size(vocab_size),
        })
    }

    fn layers(&self, side: &str) -> Result<Vec<LayerConfig>, String> {
        let n = size(self.num_hidden_layers);
        if let Some(types) = &self.layer_types
            && types.len() != n
        {
            return Err(format!("'{side}.layer_types' has {} entries for {n} layers", types.len()));
        }
        (0..n)
            .map(|index| {
                let is_sliding = match self.layer_types.as_ref().map(|types| types[index].as_str()) {
                    None => index % 2 == 0,
                    Some("sliding_attention") => true,
                    Some("full_attention") => false,
                    Some(other) => return Err(format!("'{side}.layer_types' names '{other}', which is not known")),
                };
                let window = match self.sliding_window {
                    _ if !is_sliding => None,
                    Some(window) if (1..=MOST).contains(&window) => Some(size(window)),
                    Some(window) => {
                        return Err(format!("'{side}.sliding_window' is {window}, which is not between 1 and {MOST}"));
                    }
                    None => return Err(format!("'{side}.sliding_window' is missing for its sliding layers")),
                };
                Ok(LayerConfig { window, rope_theta: self.rope_theta(side, is_sliding)? })
            })
            .collect()
    }

    fn rope_theta(&self, side: &str, is_sliding: bool) -> Result<f64, String> {
        let parameters = self.rope_parameters.as_ref();
        let of_kind = parameters
            .and_then(|all| if is_sliding { all.sliding_attention.as_deref() } else { all.full_attention.as_deref() });
        for set in [parameters, of_kind, self.rope_scaling.as_ref()].into_iter().flatten() {
            if let Some(other) = set.scaling().filter(|name| *name != "default") {
                return Err(format!("'{side}' scales its rotary positions by '{other}', which is not known"));
            }
        }
        let theta = of_kind
            .and_then(|set| set.rope_theta)
            .or_else(|| parameters.and_then(|set| set.rope_theta))
            .or(self.rope_theta)
            .unwrap_or(DEFAULT_THETA);
        if theta.is_finite() && theta > 0.0 {
            Ok(theta)
        } else {
            Err(format!("'{side}.rope_theta' is {theta}, which is not a number above 0"))
        }
    }
}

/// Every value was compared with a bound far below that of the type.
const fn size(value: u64) -> usize {
    value as usize
}
