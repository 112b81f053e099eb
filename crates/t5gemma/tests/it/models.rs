//! Models with random weights, of any shape, written as folders.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};

/// The figures of one side.
#[derive(Debug, Clone)]
pub(crate) struct Side {
    pub(crate) hidden: usize,
    pub(crate) inner: usize,
    pub(crate) heads: usize,
    pub(crate) kv_heads: usize,
    pub(crate) head_dim: usize,
    pub(crate) scalar: f64,
    pub(crate) cap: Option<f64>,
    pub(crate) final_cap: Option<f64>,
    pub(crate) window: usize,
    /// Whether each layer slides.
    pub(crate) slides: Vec<bool>,
    pub(crate) eps: f64,
    pub(crate) theta: f64,
    /// Of full layers, where it is another.
    pub(crate) full_theta: Option<f64>,
    pub(crate) vocab: usize,
}

/// A model to be made.
#[derive(Debug, Clone)]
pub(crate) struct Spec {
    pub(crate) encoder: Side,
    pub(crate) decoder: Side,
    pub(crate) is_tied: bool,
    pub(crate) has_bias: bool,
    /// What the configuration says of the vocabulary beside its sides.
    pub(crate) top_vocab: Option<usize>,
    pub(crate) seed: u64,
}

impl Side {
    pub(crate) fn small() -> Self {
        Self {
            hidden: 24,
            inner: 40,
            heads: 4,
            kv_heads: 2,
            head_dim: 10,
            scalar: 12.0,
            cap: Some(50.0),
            final_cap: Some(30.0),
            window: 5,
            slides: vec![true, false],
            eps: 1e-6,
            theta: 10_000.0,
            full_theta: None,
            vocab: 61,
        }
    }

    fn json(&self) -> Value {
        let kinds: Vec<&str> =
            self.slides.iter().map(|slides| if *slides { "sliding_attention" } else { "full_attention" }).collect();
        let mut side = json!({
            "hidden_size": self.hidden, "intermediate_size": self.inner, "num_hidden_layers": self.slides.len(),
            "num_attention_heads": self.heads, "num_key_value_heads": self.kv_heads, "head_dim": self.head_dim,
            "query_pre_attn_scalar": self.scalar, "attn_logit_softcapping": self.cap,
            "final_logit_softcapping": self.final_cap, "sliding_window": self.window, "layer_types": kinds,
            "rms_norm_eps": self.eps, "hidden_activation": "gelu_pytorch_tanh", "max_position_embeddings": 512,
            "rope_theta": self.theta, "vocab_size": self.vocab, "attention_bias": false
        });
        if let Some(theta) = self.full_theta {
            side["rope_parameters"] = json!({
                "sliding_attention": {"rope_theta": self.theta, "rope_type": "default"},
                "full_attention": {"rope_theta": theta, "rope_type": "default"}
            });
        }
        side
    }

    /// The base of the layer's positions.
    pub(crate) fn theta_of(&self, layer: usize) -> f64 {
        self.full_theta.filter(|_| !self.slides[layer]).unwrap_or(self.theta)
    }
}

impl Spec {
    pub(crate) fn small() -> Self {
        Self {
            encoder: Side::small(),
            decoder: Side::small(),
            is_tied: true,
            has_bias: false,
            top_vocab: None,
            seed: 1,
        }
    }

    pub(crate) fn config(&self) -> Value {
        let (mut encoder, mut decoder) = (self.encoder.json(), self.decoder.json());
        encoder["attention_bias"] = self.has_bias.into();
        decoder["attention_bias"] = self.has_bias.into();
        decoder["cross_attention_hidden_size"] = self.encoder.hidden.into();
        let mut config = json!({
            "model_type": "t5gemma", "tie_word_embeddings": self.is_tied, "bos_token_id": 2, "pad_token_id": 0,
            "eos_token_id": [1], "encoder": encoder, "decoder": decoder, "an_unknown_key": {"is": ["ignored"]}
        });
        if let Some(vocab) = self.top_vocab {
            config["vocab_size"] = vocab.into();
        }
        config
    }

    /// Random tensors by name, with their shapes.
    pub(crate) fn tensors(&self) -> Tensors {
        let mut tensors = Tensors { random: Random(self.seed), by_name: BTreeMap::new() };
        tensors.push_side("encoder", &self.encoder, None, self.has_bias);
        tensors.push_side("decoder", &self.decoder, Some(self.encoder.hidden), self.has_bias);
        if !self.is_tied {
            tensors.push("lm_head.out_proj.weight", &[self.decoder.vocab, self.decoder.hidden], 0.3);
        }
        tensors
    }

    /// Writes the model's folder.
    pub(crate) fn write(&self, folder: &Path, tensors: &Tensors) {
        write_json(&folder.join("config.json"), &self.config());
        std::fs::copy(crate::fixture::folder().join("tokenizer.json"), folder.join("tokenizer.json")).unwrap();
        std::fs::write(folder.join("model.safetensors"), tensors.file("F32", |_| true)).unwrap();
    }
}

pub(crate) fn write_json(path: &Path, value: &Value) {
    std::fs::write(path, value.to_string()).unwrap();
}

#[derive(Debug)]
pub(crate) struct Tensors {
    random: Random,
    pub(crate) by_name: BTreeMap<String, (Vec<usize>, Vec<f32>)>,
}

impl Tensors {
    pub(crate) fn get(&self, name: &str) -> &[f32] {
        &self.by_name[name].1
    }

    fn push(&mut self, name: &str, shape: &[usize], size: f32) {
        let numbers = (0..shape.iter().product()).map(|_| self.random.next() * size).collect();
        self.by_name.insert(name.to_owned(), (shape.to_vec(), numbers));
    }

    fn push_side(&mut self, side: &str, of: &Side, source: Option<usize>, has_bias: bool) {
        self.push(&format!("model.{side}.embed_tokens.weight"), &[of.vocab, of.hidden], 0.5);
        self.push(&format!("model.{side}.norm.weight"), &[of.hidden], 0.5);
        for layer in 0..of.slides.len() {
            let at = format!("model.{side}.layers.{layer}");
            for (name, input) in
                [Some(("self_attn", of.hidden)), source.map(|width| ("cross_attn", width))].into_iter().flatten()
            {
                let (q, kv) = (of.heads * of.head_dim, of.kv_heads * of.head_dim);
                for (projection, rows, columns) in
                    [("q", q, of.hidden), ("k", kv, input), ("v", kv, input), ("o", of.hidden, q)]
                {
                    let size = 1.5 / (columns as f32).sqrt();
                    self.push(&format!("{at}.{name}.{projection}_proj.weight"), &[rows, columns], size);
                    if has_bias {
                        self.push(&format!("{at}.{name}.{projection}_proj.bias"), &[rows], 0.3);
                    }
                }
                self.push(&format!("{at}.pre_{name}_layernorm.weight"), &[of.hidden], 0.5);
                self.push(&format!("{at}.post_{name}_layernorm.weight"), &[of.hidden], 0.5);
            }
            for (projection, rows, columns) in
                [("gate", of.inner, of.hidden), ("up", of.inner, of.hidden), ("down", of.hidden, of.inner)]
            {
                let size = 1.5 / (columns as f32).sqrt();
                self.push(&format!("{at}.mlp.{projection}_proj.weight"), &[rows, columns], size);
            }
            self.push(&format!("{at}.pre_feedforward_layernorm.weight"), &[of.hidden], 0.5);
            self.push(&format!("{at}.post_feedforward_layernorm.weight"), &[of.hidden], 0.5);
        }
    }

    /// A safetensors file with the tensors that `keep` chooses.
    pub(crate) fn file(&self, dtype: &str, keep: impl Fn(&str) -> bool) -> Vec<u8> {
        self.file_of(|_| dtype, keep)
    }

    /// The same with a type for each tensor.
    pub(crate) fn file_of<'a>(&self, type_of: impl Fn(&str) -> &'a str, keep: impl Fn(&str) -> bool) -> Vec<u8> {
        let (mut header, mut data) = (serde_json::Map::new(), Vec::new());
        header.insert("__metadata__".to_owned(), json!({"format": "pt"}));
        for (name, (shape, numbers)) in self.by_name.iter().filter(|(name, _)| keep(name)) {
            let (start, dtype) = (data.len(), type_of(name));
            for number in numbers {
                match dtype {
                    "F32" => data.extend(number.to_le_bytes()),
                    "F16" => data.extend(half::f16::from_f32(*number).to_le_bytes()),
                    _ => data.extend(half::bf16::from_f32(*number).to_le_bytes()),
                }
            }
            header.insert(name.clone(), json!({"dtype": dtype, "shape": shape, "data_offsets": [start, data.len()]}));
        }
        let header = Value::Object(header).to_string();
        let mut file = (header.len() as u64).to_le_bytes().to_vec();
        file.extend(header.as_bytes());
        file.extend(data);
        file
    }

    /// The same tensors, rounded as a type of 16 bits rounds them.
    pub(crate) fn rounded(mut self, dtype: &str) -> Self {
        let all = self.by_name.values_mut().flat_map(|(_, numbers)| numbers);
        all.for_each(|number| *number = rounded(*number, dtype));
        self
    }
}

/// A number as a type of 16 bits rounds it.
pub(crate) fn rounded(number: f32, dtype: &str) -> f32 {
    match dtype {
        "F16" => half::f16::from_f32(number).to_f32(),
        "BF16" => half::bf16::from_f32(number).to_f32(),
        _ => number,
    }
}

/// Numbers between -1 and 1, the same ones for the same seed.
#[derive(Debug)]
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> f32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 40) as f32 / (1_u64 << 23) as f32) - 1.0
    }

    pub(crate) fn ids(&mut self, n: usize, vocab: usize) -> Vec<u32> {
        (0..n).map(|_| ((self.next() + 1.0) / 2.0 * vocab as f32) as u32 % vocab as u32).collect()
    }
}
