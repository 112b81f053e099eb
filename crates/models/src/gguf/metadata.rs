//! The key-value part: the few entries that are wanted, and the check of all others.

use std::collections::{HashMap, HashSet};
use std::io::{Read, Seek};

use brickwork_t5gemma_config::Config;

use super::fault::GgufFault;
use super::source::Source;
use super::values::{PerLayer, kind, number, per_layer, skip, text};
use super::vocabulary;
use crate::fit::T5GemmaFigures;

const MAX_ENTRIES: u64 = 10_000;
/// Known keys have fewer than 100 bytes.
const MAX_KEY_BYTES: u64 = 1024;
/// As of a folder's `config.json`.
const MAX_CONFIG_BYTES: u64 = 1 << 20;
const DEFAULT_ALIGNMENT: u64 = 32;
/// Figures that are kept, so that a file with thousands of prefixes takes no more memory than one with two.
const MAX_FIGURES: usize = 256;

/// The entries `{architecture}.NAME` that say how large a model is in memory, as llama.cpp names them
/// (`LLM_KV_NAMES` in `llama-arch.cpp`).
const FIGURES: [&str; 27] = [
    "attention.head_count",
    "attention.head_count_kv",
    "attention.key_length",
    "attention.key_length_mla",
    "attention.key_length_swa",
    "attention.kv_lora_rank",
    "attention.shared_kv_layers",
    "attention.sliding_window",
    "attention.sliding_window_pattern",
    "attention.value_length",
    "attention.value_length_swa",
    "block_count",
    "context_length",
    "embedding_length",
    "expert_count",
    "expert_used_count",
    "feed_forward_length",
    "full_attention_interval",
    "nextn_predict_layers",
    "pooling_type",
    "rope.dimension_count",
    "ssm.conv_kernel",
    "ssm.group_count",
    "ssm.inner_size",
    "ssm.state_size",
    "vocab_size",
    "wkv.head_size",
];

/// What is kept of the entries.
#[derive(Debug, Default)]
pub(super) struct Metadata {
    pub(super) architecture: Option<String>,
    /// `general.type`: `model`, `adapter`, `imatrix` or `mmproj`.
    pub(super) kind: Option<String>,
    pub(super) name: Option<String>,
    pub(super) licence: Option<String>,
    pub(super) file_type: Option<u64>,
    /// Bytes of the chat template.
    pub(super) template_bytes: Option<u64>,
    pub(super) tokenizer_model: Option<String>,
    pub(super) tokenizer_pre: Option<String>,
    /// Tokens of the vocabulary.
    pub(super) n_tokens: Option<u64>,
    pub(super) split_no: Option<u64>,
    pub(super) split_count: Option<u64>,
    /// How positions are scaled, where the file says so.
    pub(super) rope_scaling: Option<String>,
    /// What the configuration says that this program's conversion of a T5Gemma puts in.
    pub(super) t5gemma: Option<T5GemmaFigures>,
    /// Whether that model was trained on instructions.
    pub(super) is_instruction_tuned: bool,
    /// Tensors' data begin at multiples of this many bytes.
    pub(super) alignment: u64,
    /// Every entry whose name is one of [`FIGURES`], of whichever architecture, since that may be named later.
    figures: HashMap<String, PerLayer>,
}

impl Metadata {
    pub(super) fn read<R: Read + Seek>(source: &mut Source<R>, n_entries: u64) -> Result<Self, GgufFault> {
        let mut metadata = Self { alignment: DEFAULT_ALIGNMENT, ..Self::default() };
        each_entry(source, n_entries, |source, key, kind| metadata.take(source, key, kind))?;
        Ok(metadata)
    }

    fn take<R: Read + Seek>(&mut self, source: &mut Source<R>, key: &str, kind: u32) -> Result<(), GgufFault> {
        match key {
            "general.architecture" => self.architecture = Some(text(source, key, kind)?),
            "general.type" => self.kind = Some(text(source, key, kind)?),
            "general.name" => self.name = Some(text(source, key, kind)?),
            "general.license" => self.licence = Some(text(source, key, kind)?),
            "general.file_type" => self.file_type = Some(number(source, key, kind)?),
            "general.alignment" => {
                self.alignment = number(source, key, kind)?;
                if kind != kind::U32 || !self.alignment.is_power_of_two() {
                    return Err(GgufFault::Alignment(self.alignment));
                }
            }
            "tokenizer.chat_template" => {
                let before = source.position();
                skip(source, key, kind)?;
                // A text is stored as its length in 8 bytes and then its bytes.
                self.template_bytes = (kind == kind::TEXT).then(|| source.position() - before - 8);
            }
            "tokenizer.ggml.model" => self.tokenizer_model = Some(text(source, key, kind)?),
            "tokenizer.ggml.pre" => self.tokenizer_pre = Some(text(source, key, kind)?),
            "tokenizer.ggml.tokens" if kind == kind::ARRAY => self.n_tokens = Some(vocabulary::read(source, key)?),
            "t5gemma.config_json" => {
                let wrong = |cause| GgufFault::T5Gemma { key: key.to_owned(), cause };
                if kind != kind::TEXT {
                    return Err(wrong("it is no text".to_owned()));
                }
                let config = source.text("bytes in a configuration", MAX_CONFIG_BYTES)?;
                let config = Config::parse(config.as_bytes(), None).map_err(|error| wrong(error.to_string()))?;
                self.t5gemma = Some(T5GemmaFigures::of(&config));
            }
            "t5gemma.instruction_tuned" if kind == kind::BOOL => {
                self.is_instruction_tuned = source.bytes::<1>()? == [1];
            }
            "split.no" => self.split_no = Some(number(source, key, kind)?),
            "split.count" => self.split_count = Some(number(source, key, kind)?),
            _ if kind == kind::TEXT && key.ends_with(".rope.scaling.type") => {
                self.rope_scaling = Some(text(source, key, kind)?);
            }
            _ => return self.take_figure(source, key, kind),
        }
        Ok(())
    }

    fn take_figure<R: Read + Seek>(&mut self, source: &mut Source<R>, key: &str, kind: u32) -> Result<(), GgufFault> {
        let wanted = key.split_once('.').is_some_and(|(_, name)| FIGURES.contains(&name));
        if !wanted || self.figures.len() >= MAX_FIGURES {
            return skip(source, key, kind).map(|_| ());
        }
        if key.ends_with(".context_length") {
            self.figures.insert(key.to_owned(), PerLayer::All(number(source, key, kind)?));
        } else if let Some(figure) = per_layer(source, key, kind)? {
            self.figures.insert(key.to_owned(), figure);
        }
        Ok(())
    }

    /// The architecture's own entry `name`, for all layers or for each.
    pub(super) fn figures(&self, name: &str) -> Option<PerLayer> {
        let architecture = self.architecture.as_deref()?;
        self.figures.get(&format!("{architecture}.{name}")).cloned()
    }

    /// Width of one attention head: as the file says, else what each head has of the hidden state's width.
    pub(super) fn head_width(&self) -> Option<u64> {
        let of_heads = || self.figure("embedding_length")?.checked_div(self.figure("attention.head_count")?);
        self.figure("attention.key_length").or_else(of_heads)
    }

    /// The architecture's own entry `name`, if it is one number.
    pub(super) fn figure(&self, name: &str) -> Option<u64> {
        match self.figures(name)? {
            PerLayer::All(figure) => Some(figure),
            PerLayer::Each(_) => None,
        }
    }
}

/// Hands each entry's key and type to `take`, which must read or skip the value; checks that no key is empty or occurs
/// twice.
pub(super) fn each_entry<R: Read + Seek>(
    source: &mut Source<R>,
    n_entries: u64,
    mut take: impl FnMut(&mut Source<R>, &str, u32) -> Result<(), GgufFault>,
) -> Result<(), GgufFault> {
    if n_entries > MAX_ENTRIES {
        return Err(GgufFault::TooMany { what: "metadata entries", found: n_entries, limit: MAX_ENTRIES });
    }
    let mut seen = HashSet::new();
    for _ in 0..n_entries {
        let key = source.text("bytes in a metadata key", MAX_KEY_BYTES)?;
        if key.is_empty() {
            return Err(GgufFault::EmptyKey);
        }
        let kind = source.u32()?;
        take(source, &key, kind)?;
        if let Some(key) = seen.replace(key) {
            return Err(GgufFault::Duplicate(key));
        }
    }
    Ok(())
}
