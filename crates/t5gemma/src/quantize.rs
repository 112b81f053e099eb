//! Converting a folder once into one file whose weights are in blocks of 8 or 4 bits.
//!
//! Projections get the type that is asked for, embeddings and the output table 8 bits, and norms and biases stay in 32 bits.
//! A matrix whose rows do not divide into blocks gets the next finer type. The file carries the configuration, the tokenizer
//! and the SHA-256 of every source file with it.
//!
//! Invariant: the file appears under its name by one rename, when it is whole and on the disk. Until then it grows beside it as
//! `.NAME.part`, tensor after tensor; whoever converts the same source again goes on where that ends.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use candle_core::quantized::{GgmlDType, QTensor};
use candle_core::{Device, Tensor};
use rayon::prelude::*;
use sha2::{Digest, Sha256};

use crate::error::T5GemmaError;
use crate::files::gguf::{
    ARCHITECTURE, KEY_ARCHITECTURE, KEY_CONFIG, KEY_GENERATION, KEY_INSTRUCTION_TUNED, KEY_TOKENIZER, Planned, Value,
    padding, write_header,
};
use crate::files::{Kind, ModelFiles, Reader};

/// The key of the source's checksums: a JSON object from file names to SHA-256 in hexadecimal digits.
const KEY_SOURCE: &str = "t5gemma.source_sha256_json";
const KEY_NAME: &str = "general.name";
const KEY_CONTEXT: &str = "t5gemma.context_length";
const KEY_FILE_TYPE: &str = "general.file_type";
const KEY_VERSION: &str = "general.quantization_version";

/// Numbers that are converted at once.
const PIECE: usize = 4 << 20;
/// Part of the progress that the checksums make.
const HASH_PART: f32 = 0.2;

/// The type of the projections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quantization {
    /// 8 bits and a scale for every 32 numbers.
    Q8_0,
    /// 4 bits and two scales of 6 bits for every 32 numbers.
    Q4K,
}

impl Quantization {
    /// The name in file names: `Q8_0` or `Q4_K`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Q8_0 => "Q8_0",
            Self::Q4K => "Q4_K",
        }
    }

    /// The type that a name stands for, in capital or small letters.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Q8_0, Self::Q4K].into_iter().find(|kind| kind.name().eq_ignore_ascii_case(name))
    }

    /// The format's number for a file that is mostly of this type.
    const fn file_type(self) -> u32 {
        match self {
            Self::Q8_0 => 7,
            Self::Q4K => 15,
        }
    }

    fn kind_for(self, name: &str, shape: &[usize]) -> Kind {
        let is_table = name.ends_with("embed_tokens.weight") || name == brickwork_t5gemma_config::LM_HEAD;
        let [_, width] = *shape else { return Kind::F32 };
        let wanted = if is_table { Self::Q8_0 } else { self };
        let fits = |kind: GgmlDType| width.is_multiple_of(kind.block_size());
        match wanted {
            Self::Q4K if fits(GgmlDType::Q4K) => Kind::Blocks(GgmlDType::Q4K),
            Self::Q4K | Self::Q8_0 if fits(GgmlDType::Q8_0) => Kind::Blocks(GgmlDType::Q8_0),
            Self::Q4K | Self::Q8_0 => Kind::F32,
        }
    }
}

/// A converted model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quantized {
    /// The file.
    pub path: PathBuf,
    /// Its size.
    pub size_bytes: u64,
    /// Tensors that an earlier attempt had converted already.
    pub n_resumed: usize,
}

/// Where the converted form of the model in `folder` belongs: inside it, `FOLDER-Q8_0.gguf`.
#[must_use]
pub fn quantized_path(folder: &Path, quantization: Quantization) -> PathBuf {
    let whole = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    let name = whole.file_name().unwrap_or_default().to_string_lossy().into_owned();
    folder.join(format!("{name}-{}.gguf", quantization.name()))
}

/// Converts the model in `folder` into the file `to`. `on_progress` gets the part done, 0 to 1, and cancels by `false`; what
/// was converted until then is kept for the next attempt. A file that was made of the same source is left as it is.
///
/// # Errors
/// Those of [`ModelFiles::open`]; [`T5GemmaError::BadRequest`] for a model that is quantized already or that another program
/// converts now; [`T5GemmaError::Io`] when the disk is full; [`T5GemmaError::Cancelled`].
pub fn quantize(
    folder: &Path,
    to: &Path,
    quantization: Quantization,
    on_progress: &mut dyn FnMut(f32) -> bool,
) -> Result<Quantized, T5GemmaError> {
    let files = ModelFiles::open(folder)?;
    if !folder.is_dir() {
        let message = format!("{} is converted already. Name the folder that it was made from.", folder.display());
        return Err(T5GemmaError::BadRequest(message));
    }
    let plan: Vec<Planned> = files
        .config
        .tensors()
        .into_iter()
        .map(|(name, shape)| Planned { kind: quantization.kind_for(&name, &shape), name, shape })
        .collect();
    let hashes = hash_source(&files, &mut |part| on_progress(part * HASH_PART))?;
    let header = header(&files, quantization, &hashes, &plan)
        .map_err(|cause| T5GemmaError::Io { path: to.to_owned(), cause })?;
    if starts_with(to, &header) && size_of(to) == Some(whole_size(&header, &plan)) {
        let size_bytes = whole_size(&header, &plan);
        return Ok(Quantized { path: to.to_owned(), size_bytes, n_resumed: plan.len() });
    }
    let mut part = Part::open(to, header, plan)?;
    let n_resumed = part.n_done;
    part.convert(&files, &mut |done| on_progress(HASH_PART + done * (1.0 - HASH_PART)))?;
    let size_bytes = part.finish(to)?;
    Ok(Quantized { path: to.to_owned(), size_bytes, n_resumed })
}

/// The file while it grows.
struct Part {
    path: PathBuf,
    file: File,
    plan: Vec<Planned>,
    /// Tensors that are whole.
    n_done: usize,
}

impl Part {
    /// Opens or begins it, and takes a lock that lasts until it is closed.
    fn open(to: &Path, header: Vec<u8>, plan: Vec<Planned>) -> Result<Self, T5GemmaError> {
        let name = to.file_name().unwrap_or_default().to_string_lossy();
        let path = to.with_file_name(format!(".{name}.part"));
        let io = |cause| T5GemmaError::Io { path: path.clone(), cause };
        let mut file = File::options().create(true).truncate(false).read(true).write(true).open(&path).map_err(io)?;
        if file.try_lock().is_err() {
            let message =
                format!("Another program converts this model now; {} is its work. Wait for it.", path.display());
            return Err(T5GemmaError::BadRequest(message));
        }
        let mut end = header.len() as u64;
        let mut n_done = 0;
        if starts_with(&path, &header) {
            let size = file.metadata().map_err(io)?.len();
            while let Some(tensor) = plan.get(n_done) {
                let n_bytes = padded(tensor);
                if end + n_bytes > size {
                    break;
                }
                end += n_bytes;
                n_done += 1;
            }
        } else {
            file.set_len(0).map_err(io)?;
            file.write_all(&header).map_err(io)?;
        }
        // Half a tensor goes.
        file.set_len(end).map_err(io)?;
        file.seek(SeekFrom::End(0)).map_err(io)?;
        Ok(Self { path, file, plan, n_done })
    }

    fn convert(&mut self, files: &ModelFiles, on_progress: &mut dyn FnMut(f32) -> bool) -> Result<(), T5GemmaError> {
        let left: Vec<Planned> = self.plan[self.n_done..].to_vec();
        let total = left.iter().map(|tensor| files.tensor(&tensor.name).map(|stored| stored.n_bytes));
        let total = total.sum::<Result<u64, _>>()?;
        let mut reader = Reader::new(total, on_progress);
        let mut numbers = Vec::new();
        for tensor in left {
            let stored = files.tensor(&tensor.name)?;
            let n_rows = tensor.shape[0];
            let width = tensor.shape.iter().skip(1).product::<usize>();
            let step = (PIECE / width).clamp(1, n_rows);
            for start in (0..n_rows).step_by(step) {
                reader.rows(stored, start..n_rows.min(start + step), &mut numbers)?;
                let bytes = blocks(&numbers, width, tensor.kind)?;
                self.write(&bytes)?;
            }
            self.write(padding(tensor.n_bytes()))?;
            self.n_done += 1;
        }
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), T5GemmaError> {
        self.file.write_all(bytes).map_err(|cause| T5GemmaError::Io { path: self.path.clone(), cause })
    }

    /// Gives the whole file its name.
    fn finish(self, to: &Path) -> Result<u64, T5GemmaError> {
        let finish = || {
            self.file.sync_all()?;
            fs::rename(&self.path, to)?;
            fs::metadata(to).map(|about| about.len())
        };
        finish().map_err(|cause| T5GemmaError::Io { path: to.to_owned(), cause })
    }
}

/// Numbers as they are stored: `width` of them are a row.
fn blocks(numbers: &[f32], width: usize, kind: Kind) -> Result<Vec<u8>, T5GemmaError> {
    let Kind::Blocks(kind) = kind else {
        return Ok(numbers.iter().flat_map(|number| number.to_le_bytes()).collect());
    };
    // Rows are independent, so each thread takes some.
    let rows = (numbers.len() / width).div_ceil(4 * rayon::current_num_threads()).max(1);
    let parts = numbers.par_chunks(rows * width).map(|part| {
        let rows = Tensor::from_slice(part, (part.len() / width, width), &Device::Cpu)?;
        QTensor::quantize(&rows, kind)?.data().map(std::borrow::Cow::into_owned)
    });
    Ok(parts.collect::<Result<Vec<Vec<u8>>, candle_core::Error>>()?.concat())
}

fn padded(tensor: &Planned) -> u64 {
    tensor.n_bytes() + padding(tensor.n_bytes()).len() as u64
}

fn whole_size(header: &[u8], plan: &[Planned]) -> u64 {
    header.len() as u64 + plan.iter().map(padded).sum::<u64>()
}

fn size_of(path: &Path) -> Option<u64> {
    fs::metadata(path).ok().map(|about| about.len())
}

/// Whether the file begins with these bytes: the header names the source's checksums, so it is work on the same source.
fn starts_with(path: &Path, header: &[u8]) -> bool {
    let mut start = Vec::new();
    let read = File::open(path).and_then(|file| file.take(header.len() as u64).read_to_end(&mut start));
    read.is_ok() && start == header
}

fn header(files: &ModelFiles, quantization: Quantization, hashes: &str, plan: &[Planned]) -> io::Result<Vec<u8>> {
    let folder = std::path::absolute(&files.path).unwrap_or_else(|_| files.path.clone());
    let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let texts = &files.texts;
    let mut metadata = vec![
        (KEY_ARCHITECTURE, Value::Text(ARCHITECTURE.into())),
        (KEY_NAME, Value::Text(name.into())),
        (KEY_FILE_TYPE, Value::Number(quantization.file_type())),
        (KEY_VERSION, Value::Number(2)),
        (KEY_CONTEXT, Value::Number(u32::try_from(files.config.source_limit()).unwrap_or(u32::MAX))),
        (KEY_SOURCE, Value::Text(hashes.into())),
        (KEY_INSTRUCTION_TUNED, Value::Flag(files.is_instruction_tuned)),
        (KEY_CONFIG, Value::Text(texts.config.clone())),
        (KEY_TOKENIZER, Value::Text(texts.tokenizer.clone())),
    ];
    if let Some(generation) = &texts.generation {
        metadata.push((KEY_GENERATION, Value::Text(generation.clone())));
    }
    let mut header = Vec::new();
    write_header(&mut header, &metadata, plan)?;
    Ok(header)
}

/// The SHA-256 of every file that the conversion depends on, as JSON.
fn hash_source(files: &ModelFiles, on_progress: &mut dyn FnMut(f32) -> bool) -> Result<String, T5GemmaError> {
    let total = files.weight_files.iter().filter_map(|path| size_of(path)).sum::<u64>().max(1);
    let mut hashes = serde_json::Map::new();
    let texts = &files.texts;
    let small = [
        ("config.json", Some(&texts.config)),
        ("generation_config.json", texts.generation.as_ref()),
        ("tokenizer.json", Some(&texts.tokenizer)),
    ];
    for (name, text) in small {
        if let Some(text) = text {
            hashes.insert(name.to_owned(), hex(&Sha256::digest(text)).into());
        }
    }
    let mut done = 0;
    let mut piece = vec![0; 1 << 20];
    for path in &files.weight_files {
        let io = |cause| T5GemmaError::Io { path: path.clone(), cause };
        let mut file = File::open(path).map_err(io)?;
        let mut hash = Sha256::new();
        loop {
            let n = file.read(&mut piece).map_err(io)?;
            if n == 0 {
                break;
            }
            hash.update(&piece[..n]);
            done += n as u64;
            if !on_progress((done as f64 / total as f64).min(1.0) as f32) {
                return Err(T5GemmaError::Cancelled);
            }
        }
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        hashes.insert(name, hex(&hash.finalize()).into());
    }
    Ok(serde_json::Value::Object(hashes).to_string())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
