//! A model as a folder of safetensors files, read and checked without loading it.
//!
//! Such a folder holds `config.json`, `tokenizer.json`, and the weights: `model.safetensors`, or several files that
//! `model.safetensors.index.json` names. As with GGUF files, everything that a loader would trust is checked first, with
//! bounded memory, and no tensor data is read. The format is described in the documentation of Hugging Face's
//! `safetensors`; the names and shapes of T5Gemma's tensors follow its implementation in their `transformers`.

mod config;
mod fault;
mod header;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use brickwork_t5gemma_config::{FORM_FILES, is_instruction_tuned};
use serde::{Deserialize, Serialize};

pub use fault::{SafetensorsError, SafetensorsFault};
use header::{Header, Tensor};

use crate::fit::T5GemmaFigures;
use crate::gguf::GgufInfo;

const CONFIG: &str = "config.json";
const TOKENIZER: &str = "tokenizer.json";
const WEIGHTS: &str = "model.safetensors";
const INDEX: &str = "model.safetensors.index.json";
const GENERATION: &str = "generation_config.json";
/// Known ones have less than 100 KiB.
const MAX_CONFIG_BYTES: u64 = 1 << 20;
/// Tens of bytes for each of at most some thousand tensors.
const MAX_INDEX_BYTES: u64 = 8 << 20;

/// What a folder of safetensors files says about its model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SafetensorsInfo {
    /// The model's type as its configuration names it: `t5gemma`.
    pub model_type: String,
    /// Tokens that the model was made to see at once.
    pub context_length: u64,
    /// Tokens of the vocabulary.
    pub vocab_size: u64,
    /// Layers of the encoder.
    pub encoder_layers: u64,
    /// Layers of the decoder.
    pub decoder_layers: u64,
    /// Parameters: the elements of all tensors.
    pub n_params: u64,
    /// Number of tensors.
    pub n_tensors: u64,
    /// The type that holds most of the parameters, e.g. `BF16`.
    pub tensor_type: String,
    /// Bytes of all weight files together.
    pub size_bytes: u64,
    /// Number of weight files.
    pub n_files: u64,
    /// What it takes beside its weights, and how much it reads and writes.
    pub figures: T5GemmaFigures,
    /// Whether it was trained on instructions, and so gets a conversation as turns.
    pub has_chat_template: bool,
}

impl SafetensorsInfo {
    /// The model as the worker has it in memory, in the words of a header: its weights become numbers of 32 bits.
    #[must_use]
    pub fn in_memory(&self) -> GgufInfo {
        GgufInfo {
            architecture: self.model_type.clone(),
            context_length: Some(self.context_length),
            n_params: Some(self.n_params),
            quantization: Some(self.tensor_type.clone()),
            has_chat_template: self.has_chat_template,
            size_bytes: self.size_bytes,
            n_tensors: self.n_tensors,
            vocab_size: Some(self.vocab_size),
            t5gemma: Some(self.figures),
            tensor_bytes: self.n_params.saturating_mul(4),
            ..GgufInfo::default()
        }
    }
}

/// Whether the folder looks like a model: it has a configuration and weights in this format.
#[must_use]
pub fn is_model_folder(folder: &Path) -> bool {
    folder.join(CONFIG).is_file() && (folder.join(WEIGHTS).is_file() || folder.join(INDEX).is_file())
}

/// The files directly in `folder` on which [`read_folder`]'s answer depends, sorted by name.
#[must_use]
pub fn files_in(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).map(|entries| entries.flatten().map(|entry| entry.path()).collect());
    let mut files: Vec<PathBuf> = entries.unwrap_or_default();
    files.retain(|path| {
        let mut names = [CONFIG, GENERATION, TOKENIZER, INDEX].iter().chain(&FORM_FILES);
        let is_named = path.file_name().is_some_and(|name| names.any(|known| name == *known));
        is_named || path.extension().is_some_and(|extension| extension == "safetensors")
    });
    files.sort();
    files
}

/// Reads and checks the model in `folder`. Tensor data is not read. A model that is accepted is a whole T5Gemma.
///
/// # Errors
/// [`SafetensorsError`] says what is wrong with which file, and what to do.
pub fn read_folder(folder: &Path) -> Result<SafetensorsInfo, SafetensorsError> {
    let config = config::read(folder)?;
    let tokenizer = folder.join(TOKENIZER);
    if !tokenizer.is_file() {
        return Err(at(&tokenizer)(SafetensorsFault::Missing));
    }
    let mut weights = Weights::default();
    let index = folder.join(INDEX);
    // As the reference implementation, a single file comes before an index.
    if folder.join(WEIGHTS).is_file() {
        weights.add(&folder.join(WEIGHTS), None)?;
    } else if index.is_file() {
        for (file, tensors) in read_index(&index)? {
            weights.add(&folder.join(&file), Some(&tensors))?;
        }
    } else {
        return Err(at(&folder.join(WEIGHTS))(SafetensorsFault::Missing));
    }
    config::check_tensors(&config, &weights.tensors).map_err(at(folder))?;
    let has_chat_template = is_instruction_tuned(folder)
        .map_err(|error| SafetensorsError { path: error.path, fault: SafetensorsFault::Config(error.what) })?;
    let figures = T5GemmaFigures::of(&config);
    Ok(SafetensorsInfo {
        model_type: "t5gemma".to_owned(),
        context_length: figures.source_tokens,
        vocab_size: figures.vocab_size,
        encoder_layers: figures.encoder_layers,
        decoder_layers: figures.decoder_layers,
        n_params: weights.tensors.values().map(|tensor| tensor.n_elements).sum(),
        n_tensors: weights.tensors.len() as u64,
        tensor_type: weights.main_type(),
        size_bytes: weights.size_bytes,
        n_files: weights.n_files,
        figures,
        has_chat_template,
    })
}

fn at(path: &Path) -> impl FnOnce(SafetensorsFault) -> SafetensorsError {
    let path = path.to_owned();
    |fault| SafetensorsError { path, fault }
}

#[derive(Default)]
struct Weights {
    tensors: BTreeMap<String, Tensor>,
    size_bytes: u64,
    n_files: u64,
}

impl Weights {
    /// Takes the tensors of a file in; `expected` are those that the index says it has.
    fn add(&mut self, path: &Path, expected: Option<&[String]>) -> Result<(), SafetensorsError> {
        let open = || -> io::Result<(File, u64)> {
            let file = File::open(path)?;
            let about = file.metadata()?;
            if !about.is_file() {
                return Err(io::Error::other("it is not a regular file"));
            }
            Ok((file, about.len()))
        };
        let (file, size_bytes) = open().map_err(|err| at(path)(err.into()))?;
        let Header { tensors } = Header::read(file, size_bytes).map_err(at(path))?;
        if let Some(lost) = expected.and_then(|names| names.iter().find(|name| !tensors.contains_key(*name))) {
            return Err(at(path)(SafetensorsFault::TensorMissing(lost.clone())));
        }
        // A tensor that stands in two files is taken from the one that the index names.
        let is_meant = |name: &String| expected.is_none_or(|names| names.contains(name));
        self.tensors.extend(tensors.into_iter().filter(|(name, _)| is_meant(name)));
        self.size_bytes += size_bytes;
        self.n_files += 1;
        Ok(())
    }

    fn main_type(&self) -> String {
        let mut per_type: BTreeMap<&str, u64> = BTreeMap::new();
        for tensor in self.tensors.values() {
            *per_type.entry(tensor.kind.name).or_default() += tensor.n_elements;
        }
        per_type.into_iter().max_by_key(|(_, n)| *n).map_or_else(String::new, |(name, _)| name.to_owned())
    }
}

#[derive(Deserialize)]
struct Index {
    weight_map: BTreeMap<String, String>,
}

/// The files that an index names, each with its tensors.
fn read_index(path: &Path) -> Result<BTreeMap<String, Vec<String>>, SafetensorsError> {
    let text = small_file(path, MAX_INDEX_BYTES)?;
    let index: Index = serde_json::from_slice(&text).map_err(|err| at(path)(SafetensorsFault::Json(err)))?;
    let mut files: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (tensor, file) in index.weight_map {
        // A path would lead out of the folder.
        if !file.ends_with(".safetensors") || file.starts_with('.') || file.contains(['/', '\\', ':', '\0']) {
            return Err(at(path)(SafetensorsFault::BadName(file)));
        }
        files.entry(file).or_default().push(tensor);
    }
    Ok(files)
}

fn small_file(path: &Path, limit: u64) -> Result<Vec<u8>, SafetensorsError> {
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(limit + 1).read_to_end(&mut bytes));
    read.map_err(|err| at(path)(err.into()))?;
    if bytes.len() as u64 > limit {
        return Err(at(path)(SafetensorsFault::TooLarge { what: "the file", found: bytes.len() as u64, limit }));
    }
    Ok(bytes)
}
