//! A model on disk: its configuration, its tokenizer, and where each tensor lies.
//!
//! Invariant: once [`ModelFiles::open`] has answered, every tensor that the configuration calls for is known to be there,
//! with the right shape, in a type that can be read, and wholly inside its file. Headers alone were read for that, so a
//! model that cannot be used is refused before it takes memory.

pub(crate) mod gguf;
mod read;
mod safetensors;

use std::collections::{BTreeMap, HashMap};
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use brickwork_t5gemma_config::{Config, ConfigError, is_instruction_tuned};
use candle_core::quantized::GgmlDType;

use crate::error::T5GemmaError;
pub(crate) use read::{Reader, n_elements};

const CONFIG: &str = "config.json";
const GENERATION: &str = "generation_config.json";
const TOKENIZER: &str = "tokenizer.json";
const MOST_CONFIG_BYTES: u64 = 1 << 20;
/// Gemma's tokenizer has 34 MB.
const MOST_TOKENIZER_BYTES: u64 = 256 << 20;

/// How the numbers of a tensor are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    F32,
    F16,
    Bf16,
    /// In blocks of a quantized type, row after row.
    Blocks(GgmlDType),
}

impl Kind {
    /// Bytes of `n` numbers; `None` where they fill no whole blocks, or are too many.
    fn n_bytes(self, n: u64) -> Option<u64> {
        match self {
            Self::F32 => n.checked_mul(4),
            Self::F16 | Self::Bf16 => n.checked_mul(2),
            Self::Blocks(kind) => {
                let block = kind.block_size() as u64;
                n.is_multiple_of(block).then(|| (n / block).checked_mul(kind.type_size() as u64))?
            }
        }
    }
}

/// Where a tensor lies.
#[derive(Debug, Clone)]
pub(crate) struct Stored {
    pub(crate) file: Arc<PathBuf>,
    pub(crate) kind: Kind,
    pub(crate) shape: Vec<usize>,
    /// From the beginning of the file, in bytes.
    pub(crate) offset: u64,
    pub(crate) n_bytes: u64,
}

/// A model on disk that has been checked.
#[derive(Debug)]
pub struct ModelFiles {
    /// The folder, or the file in GGUF format.
    pub(crate) path: PathBuf,
    pub(crate) config: Config,
    /// The texts that a converted model carries with it.
    pub(crate) texts: Texts,
    pub(crate) is_instruction_tuned: bool,
    /// Only those that the configuration calls for.
    tensors: HashMap<String, Stored>,
    /// The files that hold weights, sorted by name.
    pub(crate) weight_files: Vec<PathBuf>,
}

/// The small files of a model.
#[derive(Debug, Default)]
pub(crate) struct Texts {
    pub(crate) config: Vec<u8>,
    pub(crate) generation: Option<Vec<u8>>,
    pub(crate) tokenizer: Vec<u8>,
}

impl ModelFiles {
    /// Opens a folder of safetensors files as Hugging Face lays it out, or a file that [`crate::quantize`] made.
    ///
    /// # Errors
    /// What is missing, damaged or of another kind, and where.
    pub fn open(path: &Path) -> Result<Self, T5GemmaError> {
        if path.is_dir() {
            Self::open_folder(path)
        } else if path.is_file() {
            Self::open_gguf(path)
        } else {
            Err(T5GemmaError::Missing { path: path.to_owned() })
        }
    }

    fn open_folder(folder: &Path) -> Result<Self, T5GemmaError> {
        let config_path = folder.join(CONFIG);
        let texts = Texts {
            config: small_file(&config_path, MOST_CONFIG_BYTES)?,
            generation: optional_file(&folder.join(GENERATION), MOST_CONFIG_BYTES)?,
            tokenizer: Vec::new(),
        };
        let config = parsed(&config_path, &texts)?;
        let texts = Texts { tokenizer: small_file(&folder.join(TOKENIZER), MOST_TOKENIZER_BYTES)?, ..texts };
        let found = safetensors::tensors(folder)?;
        let tensors = checked(folder, &config, found)?;
        let is_instruction_tuned = is_instruction_tuned(folder)
            .map_err(|error| T5GemmaError::Tokenizer { path: error.path, what: error.what })?;
        Ok(Self::new(folder, config, texts, is_instruction_tuned, tensors))
    }

    fn open_gguf(path: &Path) -> Result<Self, T5GemmaError> {
        let content = gguf::read(path)?;
        let config = parsed(path, &content.texts)?;
        let tensors = checked(path, &config, content.tensors)?;
        Ok(Self::new(path, config, content.texts, content.is_instruction_tuned, tensors))
    }

    fn new(
        path: &Path,
        config: Config,
        texts: Texts,
        is_instruction_tuned: bool,
        tensors: HashMap<String, Stored>,
    ) -> Self {
        let mut weight_files: Vec<PathBuf> = tensors.values().map(|stored| stored.file.as_ref().clone()).collect();
        weight_files.sort();
        weight_files.dedup();
        Self { path: path.to_owned(), config, texts, is_instruction_tuned, tensors, weight_files }
    }

    /// The model's figures.
    #[must_use]
    pub const fn config(&self) -> &Config {
        &self.config
    }

    /// Whether the model was trained on instructions: it brings a chat template, or its folder's name says `it`.
    #[must_use]
    pub const fn is_instruction_tuned(&self) -> bool {
        self.is_instruction_tuned
    }

    /// Number of weights.
    #[must_use]
    pub fn n_params(&self) -> u64 {
        self.tensors.values().map(|stored| n_elements(&stored.shape)).sum()
    }

    /// Bytes that the weights take on disk.
    pub(crate) fn stored_bytes(&self) -> u64 {
        self.tensors.values().map(|stored| stored.n_bytes).sum()
    }

    /// Bytes that the weights take in memory: blocks as they are, everything else in 32 bits.
    #[must_use]
    pub fn memory_bytes(&self) -> u64 {
        let bytes = |stored: &Stored| match stored.kind {
            Kind::Blocks(_) => stored.n_bytes,
            _ => n_elements(&stored.shape) * 4,
        };
        self.tensors.values().map(bytes).sum()
    }

    /// The name and place of a tensor that the configuration calls for.
    pub(crate) fn tensor(&self, name: &str) -> Result<&Stored, T5GemmaError> {
        let missing = || T5GemmaError::TensorMissing { path: self.path.clone(), tensor: name.to_owned() };
        self.tensors.get(name).ok_or_else(missing)
    }

    /// What a fault of the tokenizer is told with.
    pub(crate) fn tokenizer_path(&self) -> PathBuf {
        if self.path.is_dir() { self.path.join(TOKENIZER) } else { self.path.clone() }
    }
}

/// Keeps the tensors that `config` calls for, and refuses what is not as it says.
fn checked(
    path: &Path,
    config: &Config,
    mut found: BTreeMap<String, Stored>,
) -> Result<HashMap<String, Stored>, T5GemmaError> {
    let mut tensors = HashMap::new();
    for (name, shape) in config.tensors() {
        let Some(stored) = found.remove(&name) else {
            return Err(T5GemmaError::TensorMissing { path: path.to_owned(), tensor: name });
        };
        if stored.shape != shape {
            let what = format!("has the shape {:?}, where the configuration needs {shape:?}", stored.shape);
            return Err(T5GemmaError::Tensor { path: stored.file.as_ref().clone(), tensor: name, what });
        }
        if matches!(stored.kind, Kind::Blocks(_)) && !is_in_rows(&name, &shape, stored.kind) {
            let what = "is quantized, which only tables and projections with rows of whole blocks can be".to_owned();
            return Err(T5GemmaError::Tensor { path: stored.file.as_ref().clone(), tensor: name, what });
        }
        tensors.insert(name, stored);
    }
    Ok(tensors)
}

/// Whether a tensor may be stored in blocks of `kind`.
fn is_in_rows(name: &str, shape: &[usize], kind: Kind) -> bool {
    shape.len() == 2 && name.ends_with(".weight") && kind.n_bytes(shape[1] as u64).is_some()
}

/// The configuration among the texts of the model at `path`.
fn parsed(path: &Path, texts: &Texts) -> Result<Config, T5GemmaError> {
    Config::parse(&texts.config, texts.generation.as_deref()).map_err(|error| {
        let path = path.to_owned();
        match error {
            ConfigError::OtherModel(model_type) => T5GemmaError::OtherModel { path, model_type },
            ConfigError::Invalid(what) => T5GemmaError::Config { path, what },
        }
    })
}

fn optional_file(path: &Path, limit: u64) -> Result<Option<Vec<u8>>, T5GemmaError> {
    if path.is_file() { small_file(path, limit).map(Some) } else { Ok(None) }
}

/// The content of a file that is not large.
fn small_file(path: &Path, limit: u64) -> Result<Vec<u8>, T5GemmaError> {
    if !fs::metadata(path).is_ok_and(|about| about.is_file()) {
        return Err(T5GemmaError::Missing { path: path.to_owned() });
    }
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(limit + 1).read_to_end(&mut bytes));
    read.map_err(|cause| T5GemmaError::Io { path: path.to_owned(), cause })?;
    if bytes.len() as u64 > limit {
        let what = format!("it has more than {limit} bytes");
        return Err(T5GemmaError::Damaged { path: path.to_owned(), what });
    }
    Ok(bytes)
}
