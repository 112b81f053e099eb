//! The header of a GGUF file, read and checked without loading the model.
//!
//! Everything that the loader would trust is checked against the file's length first: counts, lengths, types, shapes,
//! offsets. Memory stays below a few megabytes whatever the file claims; values that are not wanted are skipped.
//! The format is described in ggml's `docs/gguf.md`; where that leaves something open, llama.cpp's reader decides.

mod fault;
mod metadata;
mod quantization;
mod source;
mod tensors;

use std::fs::File;
use std::io::{Read, Seek};
use std::path::Path;

use serde::Serialize;

pub use fault::{GgufError, GgufFault};
use metadata::Metadata;
use source::Source;
use tensors::Tensors;

/// What a GGUF file says about its model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
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
    /// The licence that it names.
    pub licence: Option<String>,
    /// Size of the file in bytes.
    pub size_bytes: u64,
    /// Number of tensors.
    pub n_tensors: u64,
}

/// Reads and checks the header of the file at `path`. Tensor data is not read.
///
/// # Errors
/// [`GgufError`] says what is wrong with the file, at which byte, and what to do.
pub fn read_header(path: &Path) -> Result<GgufInfo, GgufError> {
    let fail = |at_byte, fault| GgufError { path: path.to_owned(), at_byte, fault };
    let open = || -> std::io::Result<(File, u64)> {
        let file = File::open(path)?;
        let about = file.metadata()?;
        if !about.is_file() {
            return Err(std::io::Error::other("it is not a regular file"));
        }
        Ok((file, about.len()))
    };
    let (file, size_bytes) = open().map_err(|err| fail(0, GgufFault::Io(err)))?;
    let mut source = Source::new(file, size_bytes);
    read(&mut source).map_err(|fault| fail(source.position(), fault))
}

fn read<R: Read + Seek>(source: &mut Source<R>) -> Result<GgufInfo, GgufFault> {
    let version = read_start(source)?;
    let n_tensors = source.u64()?;
    let n_entries = source.u64()?;
    let metadata = Metadata::read(source, n_entries)?;
    let tensors = Tensors::read(source, n_tensors, metadata.alignment)?;
    let architecture = metadata.architecture.ok_or(GgufFault::NoArchitecture)?;
    let context_length =
        metadata.context_lengths.into_iter().find_map(|(of, length)| (of == architecture).then_some(length));
    let named = metadata.file_type.and_then(quantization::file_type_name);
    Ok(GgufInfo {
        version,
        architecture,
        name: metadata.name,
        context_length,
        n_params: (n_tensors > 0).then_some(tensors.n_elements),
        quantization: named.or(tensors.main_type).map(str::to_owned),
        has_chat_template: metadata.has_chat_template,
        licence: metadata.licence,
        size_bytes: source.size_bytes(),
        n_tensors,
    })
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
