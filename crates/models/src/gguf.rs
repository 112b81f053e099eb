//! The header of a GGUF file, read and checked without loading the model.
//!
//! Everything that the loader would trust is checked against the file's length first: counts, lengths, types, shapes,
//! offsets. Memory stays below some tens of megabytes whatever the file claims; values that are not wanted are skipped.
//! The format is described in ggml's `docs/gguf.md`; where that leaves something open, llama.cpp's reader decides.
//! A model that comes in several files is read and checked as one.

mod architectures;
mod fault;
mod figures;
mod metadata;
mod quantization;
mod source;
mod template;
mod tensors;
mod values;
mod vocabulary;

use std::fs::File;
use std::io::{Read, Seek};
use std::path::{Path, PathBuf};

use serde::Serialize;

pub use architectures::{ARCHITECTURES, T5GEMMA};
pub use fault::{GgufError, GgufFault};
use metadata::Metadata;
use source::Source;
pub use template::read_chat_template;
use tensors::Tensors;
pub use values::PerLayer;

use crate::fit::T5GemmaFigures;
use crate::shards::{MissingShard, files_of, shard_of};

/// What a GGUF file says about its model.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct GgufInfo {
    /// Version of the format, 2 or 3.
    pub version: u32,
    /// The architecture, e.g. `llama`.
    pub architecture: String,
    /// The model's own name.
    pub name: Option<String>,
    /// Tokens that the model was trained to see at once.
    pub context_length: Option<u64>,
    /// Parameters: the elements of all tensors; `None` for a file without tensors.
    pub n_params: Option<u64>,
    /// The quantization, e.g. `Q4_K_M`: as the file says, else the type that holds most of the parameters.
    pub quantization: Option<String>,
    /// Whether it brings a chat template.
    pub has_chat_template: bool,
    /// Bytes of the chat template.
    pub chat_template_bytes: Option<u64>,
    /// The licence that it names.
    pub licence: Option<String>,
    /// Size of the file in bytes; of all files together where the model has several.
    pub size_bytes: u64,
    /// Number of tensors.
    pub n_tensors: u64,
    /// Layers.
    pub block_count: Option<u64>,
    /// Width of the hidden state.
    pub embedding_length: Option<u64>,
    /// Attention heads.
    pub head_count: Option<PerLayer>,
    /// Attention heads that have keys and values of their own; as many as heads where the file does not say. 0 for a
    /// layer without attention.
    pub head_count_kv: Option<PerLayer>,
    /// Width of one head's key; the width of the hidden state by the number of heads where the file does not say.
    pub key_length: Option<u64>,
    /// Width of one head's value; likewise.
    pub value_length: Option<u64>,
    /// Width of one head's key in layers with a sliding window, where it is another.
    pub key_length_swa: Option<u64>,
    /// Width of one head's value in layers with a sliding window, where it is another.
    pub value_length_swa: Option<u64>,
    /// Width of the compressed keys and values of latent attention.
    pub kv_lora_rank: Option<u64>,
    /// Width of one head's key in latent attention.
    pub key_length_mla: Option<u64>,
    /// Width of the feed-forward part.
    pub feed_forward_length: Option<PerLayer>,
    /// Tokens of the vocabulary.
    pub vocab_size: Option<u64>,
    /// Tokens that layers with a sliding window look back.
    pub sliding_window: Option<u64>,
    /// Which layers have a sliding window: every layer but each n-th, or for each layer 1 or 0. `None` where the
    /// architecture decides.
    pub sliding_window_pattern: Option<PerLayer>,
    /// Layers at the end that reuse the keys and values of earlier ones.
    pub shared_kv_layers: Option<u64>,
    /// Layers at the end that only predict further tokens ahead.
    pub nextn_predict_layers: Option<u64>,
    /// Of a model with recurrent layers, each n-th that has attention.
    pub full_attention_interval: Option<u64>,
    /// Experts of each layer.
    pub expert_count: Option<u64>,
    /// Experts that each token goes through.
    pub expert_used_count: Option<u64>,
    /// Dimensions of a head that are turned by the position.
    pub rope_dimension_count: Option<u64>,
    /// Whether some or all layers keep a state of fixed size instead of keys and values.
    pub recurrent: bool,
    /// Width of the convolution of recurrent layers.
    pub ssm_conv_kernel: Option<u64>,
    /// Width of recurrent layers.
    pub ssm_inner_size: Option<u64>,
    /// Width of the state of recurrent layers.
    pub ssm_state_size: Option<u64>,
    /// Groups of recurrent layers.
    pub ssm_group_count: Option<u64>,
    /// The tokenizer's kind, e.g. `gpt2` for byte-pair encoding.
    pub tokenizer_model: Option<String>,
    /// How the tokenizer splits text first, e.g. `smollm`.
    pub tokenizer_pre: Option<String>,
    /// Files that the model comes in, where it says so.
    pub split_count: Option<u64>,
    /// Which of those files this one is, from 0.
    pub split_no: Option<u64>,
    /// The figures of a T5Gemma, which has none of llama.cpp's.
    pub t5gemma: Option<T5GemmaFigures>,
    /// Bytes of all tensors together, without the padding between them.
    pub tensor_bytes: u64,
    /// Bytes of the table of token embeddings.
    pub token_embedding_bytes: u64,
    /// Bytes of the output matrix; 0 where the token embeddings serve as such.
    pub output_bytes: u64,
    /// Bytes of the tensors of each layer, from layer 0 on (`blk.N.` in their names).
    pub layer_bytes: Vec<u64>,
}

/// Reads and checks the header of the file at `path`, and those of the other files of its model where there are several.
/// Tensor data is not read. A model that is accepted is one that the inference library knows and that writes text.
///
/// # Errors
/// [`GgufError`] says what is wrong with which file, at which byte, and what to do.
pub fn read_header(path: &Path) -> Result<GgufInfo, GgufError> {
    let fail = |at_byte, fault| GgufError { path: path.to_owned(), at_byte, fault };
    let (source, header) = open_header(path)?;
    let at_byte = source.position();
    let Header { version, n_tensors, metadata, mut tensors } = header;
    let architecture = described(&metadata).map_err(|fault| fail(at_byte, fault))?;
    let (mut size_bytes, mut n_tensors) = (source.size_bytes(), n_tensors);
    drop(source);
    for shard in other_shards(path, &metadata).map_err(|fault| fail(at_byte, fault))? {
        let (source, part) = open_header(&shard.path)?;
        let fail = |fault| GgufError { path: shard.path.clone(), at_byte: source.position(), fault };
        shard.check(&part.metadata).map_err(fail)?;
        let mismatch = || GgufFault::ShardMismatch { count: shard.count, cause: "together they are too large".into() };
        tensors.add(part.tensors).ok_or_else(mismatch).map_err(fail)?;
        size_bytes += source.size_bytes();
        n_tensors += part.n_tensors;
    }
    Ok(info(Header { version, n_tensors, metadata, tensors }, architecture, size_bytes))
}

/// What one file holds.
struct Header {
    version: u32,
    n_tensors: u64,
    metadata: Metadata,
    tensors: Tensors,
}

/// Another file of the same model.
struct Shard {
    path: PathBuf,
    /// Which it is, from 0.
    no: u64,
    count: u64,
}

impl Shard {
    fn check(&self, metadata: &Metadata) -> Result<(), GgufFault> {
        let mismatch = |cause| Err(GgufFault::ShardMismatch { count: self.count, cause });
        if metadata.split_no != Some(self.no) {
            return mismatch(format!("it is not part {} as its name says", self.no + 1));
        }
        match metadata.split_count {
            Some(count) if count != self.count => mismatch(format!("the first part says {}", self.count)),
            _ => Ok(()),
        }
    }
}

fn open(path: &Path) -> Result<Source<File>, GgufError> {
    let open = || -> std::io::Result<(File, u64)> {
        let file = File::open(path)?;
        let about = file.metadata()?;
        if !about.is_file() {
            return Err(std::io::Error::other("it is not a regular file"));
        }
        Ok((file, about.len()))
    };
    let (file, size_bytes) =
        open().map_err(|err| GgufError { path: path.to_owned(), at_byte: 0, fault: GgufFault::Io(err) })?;
    Ok(Source::new(file, size_bytes))
}

fn open_header(path: &Path) -> Result<(Source<File>, Header), GgufError> {
    let mut source = open(path)?;
    match read(&mut source) {
        Ok(header) => Ok((source, header)),
        Err(fault) => Err(GgufError { path: path.to_owned(), at_byte: source.position(), fault }),
    }
}

fn read<R: Read + Seek>(source: &mut Source<R>) -> Result<Header, GgufFault> {
    let version = read_start(source)?;
    let n_tensors = source.u64()?;
    let n_entries = source.u64()?;
    let metadata = Metadata::read(source, n_entries)?;
    let tensors = Tensors::read(source, n_tensors, metadata.alignment)?;
    Ok(Header { version, n_tensors, metadata, tensors })
}

/// Reads and checks the header that `reader`, of `size_bytes` bytes, begins with, as [`read_header`] does for a model of
/// one file.
///
/// # Errors
/// [`GgufFault`] says what is wrong.
pub fn read_header_from<R: Read + Seek>(reader: R, size_bytes: u64) -> Result<GgufInfo, GgufFault> {
    let mut source = Source::new(reader, size_bytes);
    let header = read(&mut source)?;
    let architecture = described(&header.metadata)?;
    match header.metadata.split_count {
        Some(count) if count > 1 => Err(GgufFault::ShardMismatch { count, cause: "only this one is at hand".into() }),
        _ => Ok(info(header, architecture, size_bytes)),
    }
}

/// The architecture, when it is one that can be used, and the file is not a later part of a model.
fn described(metadata: &Metadata) -> Result<String, GgufFault> {
    if let (Some(no @ 1..), Some(count)) = (metadata.split_no, metadata.split_count) {
        return Err(GgufFault::LaterShard { number: no.saturating_add(1), count });
    }
    let kind = metadata.kind.as_deref();
    let Some(architecture) = &metadata.architecture else {
        // A file that is no model need not name one.
        architectures::check_kind(kind)?;
        return Err(GgufFault::NoArchitecture);
    };
    // Files of that kind that other programs made lack what the worker needs.
    if architecture != T5GEMMA || metadata.t5gemma.is_none() {
        architectures::check(architecture, kind, metadata.figure("pooling_type"))?;
    }
    figures::check(metadata)?;
    Ok(architecture.clone())
}

/// The files beside the first one at `path`, each of which exists.
fn other_shards(path: &Path, metadata: &Metadata) -> Result<Vec<Shard>, GgufFault> {
    let Some(count) = metadata.split_count.filter(|count| *count > 1) else { return Ok(Vec::new()) };
    let mismatch = |cause: &str| Err(GgufFault::ShardMismatch { count, cause: cause.to_owned() });
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let Some((_, number, total)) = shard_of(&stem) else {
        return mismatch("its name does not end in `-00001-of-` and their number");
    };
    if number != 1 || u64::from(total) != count {
        return mismatch("its name says something else");
    }
    let missing = |err: MissingShard| GgufFault::ShardMissing {
        count,
        name: err.missing.file_name().unwrap_or_default().to_string_lossy().into_owned(),
    };
    let files = files_of(path).map_err(missing)?;
    Ok(files.into_iter().zip(0..).skip(1).map(|(path, no)| Shard { path, no, count }).collect())
}

fn info(header: Header, architecture: String, size_bytes: u64) -> GgufInfo {
    let Header { version, n_tensors, metadata, tensors } = header;
    let named = metadata.file_type.and_then(quantization::file_type_name);
    let ssm_inner_size = metadata.figure("ssm.inner_size");
    let recurrent = architectures::is_recurrent(&architecture)
        || ssm_inner_size.is_some_and(|size| size > 0)
        || metadata.figure("wkv.head_size").is_some_and(|size| size > 0);
    GgufInfo {
        version,
        name: metadata.name.clone(),
        context_length: metadata.figure("context_length"),
        n_params: (n_tensors > 0).then_some(tensors.n_elements),
        quantization: named.or(tensors.main_type()).map(str::to_owned),
        has_chat_template: metadata.template_bytes.is_some() || metadata.is_instruction_tuned,
        chat_template_bytes: metadata.template_bytes,
        licence: metadata.licence.clone(),
        size_bytes,
        n_tensors,
        block_count: metadata.figure("block_count"),
        embedding_length: metadata.figure("embedding_length"),
        head_count: metadata.figures("attention.head_count"),
        head_count_kv: metadata.figures("attention.head_count_kv"),
        key_length: metadata.figure("attention.key_length"),
        value_length: metadata.figure("attention.value_length"),
        key_length_swa: metadata.figure("attention.key_length_swa"),
        value_length_swa: metadata.figure("attention.value_length_swa"),
        kv_lora_rank: metadata.figure("attention.kv_lora_rank"),
        key_length_mla: metadata.figure("attention.key_length_mla"),
        feed_forward_length: metadata.figures("feed_forward_length"),
        vocab_size: metadata
            .n_tokens
            .or_else(|| metadata.figure("vocab_size"))
            .or_else(|| metadata.t5gemma.map(|figures| figures.vocab_size)),
        sliding_window: metadata.figure("attention.sliding_window"),
        sliding_window_pattern: metadata.figures("attention.sliding_window_pattern"),
        shared_kv_layers: metadata.figure("attention.shared_kv_layers"),
        nextn_predict_layers: metadata.figure("nextn_predict_layers"),
        full_attention_interval: metadata.figure("full_attention_interval"),
        expert_count: metadata.figure("expert_count"),
        expert_used_count: metadata.figure("expert_used_count"),
        rope_dimension_count: metadata.figure("rope.dimension_count"),
        recurrent,
        ssm_conv_kernel: metadata.figure("ssm.conv_kernel"),
        ssm_inner_size,
        ssm_state_size: metadata.figure("ssm.state_size"),
        ssm_group_count: metadata.figure("ssm.group_count"),
        tokenizer_model: metadata.tokenizer_model,
        tokenizer_pre: metadata.tokenizer_pre,
        split_count: metadata.split_count,
        split_no: metadata.split_no,
        t5gemma: metadata.t5gemma,
        tensor_bytes: tensors.bytes,
        token_embedding_bytes: tensors.token_embedding_bytes,
        output_bytes: tensors.output_bytes,
        layer_bytes: tensors.layer_bytes,
        architecture,
    }
}

fn read_start<R: Read + Seek>(source: &mut Source<R>) -> Result<u32, GgufFault> {
    let magic = source.bytes::<4>()?;
    if &magic != b"GGUF" {
        return Err(GgufFault::Magic(magic));
    }
    match source.u32()? {
        version @ 2..=3 => Ok(version),
        // A version's bytes in the other order: the low half is empty.
        version if version & 0xffff == 0 && version != 0 => Err(GgufFault::BigEndian),
        version => Err(GgufFault::Version(version)),
    }
}
