//! The container of a converted model: GGUF, version 3, as <https://github.com/ggml-org/ggml/blob/master/docs/gguf.md>
//! describes it, with the tensor names of the safetensors files and the model's small files as texts among the metadata.
//! One file is a whole model.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use candle_core::quantized::GgmlDType;

use super::{Kind, MOST_CONFIG_BYTES, MOST_TOKENIZER_BYTES, Stored, Texts};
use crate::error::T5GemmaError;

pub(crate) const ARCHITECTURE: &str = "t5gemma";
pub(crate) const KEY_ARCHITECTURE: &str = "general.architecture";
pub(crate) const KEY_CONFIG: &str = "t5gemma.config_json";
pub(crate) const KEY_GENERATION: &str = "t5gemma.generation_config_json";
pub(crate) const KEY_TOKENIZER: &str = "t5gemma.tokenizer_json";
pub(crate) const KEY_INSTRUCTION_TUNED: &str = "t5gemma.instruction_tuned";

const MAGIC: u32 = 0x4655_4747;
const VERSION: u32 = 3;
const ALIGNMENT: u64 = 32;
const MOST_ENTRIES: u64 = 1 << 16;
const MOST_NAME_BYTES: u64 = 1 << 16;
const MOST_DIMENSIONS: u32 = 4;

const TYPE_UINT32: u32 = 4;
const TYPE_BOOL: u32 = 7;
const TYPE_STRING: u32 = 8;

/// The header of a converted model.
#[derive(Debug)]
pub(super) struct Content {
    pub(super) texts: Texts,
    pub(super) is_instruction_tuned: bool,
    pub(super) tensors: BTreeMap<String, Stored>,
}

/// A value of the metadata, of the types that a converted model uses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    Number(u32),
    Flag(bool),
    Text(Vec<u8>),
}

/// Reads the header of the file at `path`.
pub(super) fn read(path: &Path) -> Result<Content, T5GemmaError> {
    let io = |cause| T5GemmaError::Io { path: path.to_owned(), cause };
    let file = File::open(path).map_err(io)?;
    let size = file.metadata().map_err(io)?.len();
    let mut source = Source { reader: BufReader::new(file), at: 0, size };
    let header = source.header().map_err(|fault| match fault {
        Fault::Io(cause) => io(cause),
        Fault::Damaged(what) => T5GemmaError::Damaged { path: path.to_owned(), what },
        Fault::Other(what) => T5GemmaError::Config { path: path.to_owned(), what },
    })?;
    content(path, size, source.at, header)
}

struct Header {
    metadata: BTreeMap<String, Value>,
    tensors: Vec<Described>,
}

struct Described {
    name: String,
    shape: Vec<u64>,
    kind: Kind,
    offset: u64,
}

/// Checks every tensor against the file's size.
fn content(path: &Path, size: u64, header_bytes: u64, header: Header) -> Result<Content, T5GemmaError> {
    let Header { mut metadata, tensors: described } = header;
    let data = header_bytes.next_multiple_of(ALIGNMENT);
    let file: Arc<PathBuf> = Arc::new(path.to_owned());
    let mut tensors = BTreeMap::new();
    for Described { name, shape, kind, offset } in described {
        let wrong = |what: String| T5GemmaError::Tensor { path: path.to_owned(), tensor: name.clone(), what };
        let n = shape.iter().try_fold(1_u64, |n, size| n.checked_mul(*size));
        let n_bytes =
            n.and_then(|n| kind.n_bytes(n)).ok_or_else(|| wrong(format!("has the impossible shape {shape:?}")))?;
        let end = data.checked_add(offset).and_then(|start| start.checked_add(n_bytes));
        if end.is_none_or(|end| end > size) {
            return Err(wrong("ends behind the end of the file: it is cut short".to_owned()));
        }
        let shape = shape.iter().map(|size| *size as usize).collect();
        let stored = Stored { file: Arc::clone(&file), kind, shape, offset: data + offset, n_bytes };
        tensors.insert(name, stored);
    }
    let mut text = |key: &str| match metadata.remove(key) {
        Some(Value::Text(text)) => Some(text),
        _ => None,
    };
    let missing = |key: &str| T5GemmaError::Config {
        path: path.to_owned(),
        what: format!("it carries no '{key}'; only files that Brickwork converted can be read here"),
    };
    let texts = Texts {
        config: text(KEY_CONFIG).ok_or_else(|| missing(KEY_CONFIG))?,
        generation: text(KEY_GENERATION),
        tokenizer: text(KEY_TOKENIZER).ok_or_else(|| missing(KEY_TOKENIZER))?,
    };
    let is_instruction_tuned = metadata.get(KEY_INSTRUCTION_TUNED) == Some(&Value::Flag(true));
    Ok(Content { texts, is_instruction_tuned, tensors })
}

enum Fault {
    Io(io::Error),
    Damaged(String),
    Other(String),
}

impl From<io::Error> for Fault {
    fn from(cause: io::Error) -> Self {
        if cause.kind() == io::ErrorKind::UnexpectedEof {
            Self::Damaged("it ends within its header".to_owned())
        } else {
            Self::Io(cause)
        }
    }
}

struct Source<R> {
    reader: R,
    at: u64,
    size: u64,
}

impl<R: Read> Source<R> {
    fn header(&mut self) -> Result<Header, Fault> {
        if self.u32()? != MAGIC {
            return Err(Fault::Damaged("it is no GGUF file".to_owned()));
        }
        let version = self.u32()?;
        if !(2..=VERSION).contains(&version) {
            return Err(Fault::Damaged(format!("its version {version} of the format is not known")));
        }
        let n_tensors = self.count("tensors")?;
        let n_entries = self.count("entries of metadata")?;
        let mut metadata = BTreeMap::new();
        for _ in 0..n_entries {
            let key = self.name()?;
            let value = self.value(&key)?;
            if key == KEY_ARCHITECTURE && value != Value::Text(ARCHITECTURE.into()) {
                return Err(Fault::Other("it holds a model of another architecture than 't5gemma'".to_owned()));
            }
            metadata.insert(key, value);
        }
        let tensors = (0..n_tensors).map(|_| self.tensor()).collect::<Result<_, _>>()?;
        Ok(Header { metadata, tensors })
    }

    fn tensor(&mut self) -> Result<Described, Fault> {
        let name = self.name()?;
        let n = self.u32()?;
        if n > MOST_DIMENSIONS {
            return Err(Fault::Damaged(format!("its tensor '{name}' has {n} dimensions")));
        }
        let mut shape = (0..n).map(|_| self.u64()).collect::<Result<Vec<_>, _>>()?;
        // The format begins with the dimension that lies closest together.
        shape.reverse();
        let kind = self.u32()?;
        let kind = kind_of(kind)
            .ok_or_else(|| Fault::Damaged(format!("its tensor '{name}' is of type {kind}, which is not known")))?;
        Ok(Described { name, shape, kind, offset: self.u64()? })
    }

    fn value(&mut self, key: &str) -> Result<Value, Fault> {
        match self.u32()? {
            TYPE_UINT32 => Ok(Value::Number(self.u32()?)),
            TYPE_BOOL => Ok(Value::Flag(self.bytes::<1>()? != [0])),
            TYPE_STRING => {
                let limit = if key == KEY_TOKENIZER { MOST_TOKENIZER_BYTES } else { MOST_CONFIG_BYTES };
                Ok(Value::Text(self.text(limit)?))
            }
            // Files of other programs use more types.
            other => Err(Fault::Other(format!(
                "its metadata '{key}' is of type {other}; only files that Brickwork converted can be read here"
            ))),
        }
    }

    fn count(&mut self, of: &str) -> Result<u64, Fault> {
        let n = self.u64()?;
        if n > MOST_ENTRIES { Err(Fault::Damaged(format!("it claims {n} {of}"))) } else { Ok(n) }
    }

    fn name(&mut self) -> Result<String, Fault> {
        let text = self.text(MOST_NAME_BYTES)?;
        String::from_utf8(text).map_err(|_| Fault::Damaged("a name in its header is no text".to_owned()))
    }

    fn text(&mut self, limit: u64) -> Result<Vec<u8>, Fault> {
        let n = self.u64()?;
        if n > limit || n > self.size - self.at {
            return Err(Fault::Damaged(format!("it claims a text of {n} bytes at byte {}", self.at)));
        }
        let mut text = vec![0; n as usize];
        self.fill(&mut text)?;
        Ok(text)
    }

    fn u32(&mut self) -> Result<u32, Fault> {
        Ok(u32::from_le_bytes(self.bytes()?))
    }

    fn u64(&mut self) -> Result<u64, Fault> {
        Ok(u64::from_le_bytes(self.bytes()?))
    }

    fn bytes<const N: usize>(&mut self) -> Result<[u8; N], Fault> {
        let mut bytes = [0; N];
        self.fill(&mut bytes)?;
        Ok(bytes)
    }

    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), Fault> {
        self.reader.read_exact(bytes)?;
        self.at += bytes.len() as u64;
        Ok(())
    }
}

/// A tensor that will be written.
#[derive(Debug, Clone)]
pub(crate) struct Planned {
    pub(crate) name: String,
    pub(crate) shape: Vec<usize>,
    pub(crate) kind: Kind,
}

impl Planned {
    /// Bytes of its data, without the gap behind it.
    pub(crate) fn n_bytes(&self) -> u64 {
        self.kind.n_bytes(super::n_elements(&self.shape)).unwrap_or_default()
    }
}

/// Writes everything before the data of the first tensor.
pub(crate) fn write_header(to: &mut impl Write, metadata: &[(&str, Value)], tensors: &[Planned]) -> io::Result<()> {
    let mut header: Vec<u8> = Vec::new();
    header.extend(MAGIC.to_le_bytes());
    header.extend(VERSION.to_le_bytes());
    header.extend((tensors.len() as u64).to_le_bytes());
    header.extend((metadata.len() as u64).to_le_bytes());
    let text = |header: &mut Vec<u8>, text: &[u8]| {
        header.extend((text.len() as u64).to_le_bytes());
        header.extend(text);
    };
    for (key, value) in metadata {
        text(&mut header, key.as_bytes());
        match value {
            Value::Number(number) => {
                header.extend(TYPE_UINT32.to_le_bytes());
                header.extend(number.to_le_bytes());
            }
            Value::Flag(flag) => {
                header.extend(TYPE_BOOL.to_le_bytes());
                header.push(u8::from(*flag));
            }
            Value::Text(value) => {
                header.extend(TYPE_STRING.to_le_bytes());
                text(&mut header, value);
            }
        }
    }
    let mut offset = 0_u64;
    for tensor in tensors {
        text(&mut header, tensor.name.as_bytes());
        header.extend((tensor.shape.len() as u32).to_le_bytes());
        for size in tensor.shape.iter().rev() {
            header.extend((*size as u64).to_le_bytes());
        }
        header.extend(number_of(tensor.kind).to_le_bytes());
        header.extend(offset.to_le_bytes());
        offset += tensor.n_bytes().next_multiple_of(ALIGNMENT);
    }
    header.resize(header.len().next_multiple_of(ALIGNMENT as usize), 0);
    to.write_all(&header)
}

/// The gap behind `n_bytes` bytes of data.
pub(crate) fn padding(n_bytes: u64) -> &'static [u8] {
    &[0; ALIGNMENT as usize][..(n_bytes.next_multiple_of(ALIGNMENT) - n_bytes) as usize]
}

/// The kinds that a converted model may hold, with the format's numbers for them.
const KINDS: [(u32, Kind); 5] = [
    (0, Kind::F32),
    (1, Kind::F16),
    (8, Kind::Blocks(GgmlDType::Q8_0)),
    (12, Kind::Blocks(GgmlDType::Q4K)),
    (30, Kind::Bf16),
];

fn kind_of(number: u32) -> Option<Kind> {
    KINDS.iter().find(|(known, _)| *known == number).map(|(_, kind)| *kind)
}

fn number_of(kind: Kind) -> u32 {
    KINDS.iter().find(|(_, known)| *known == kind).map_or(0, |(number, _)| *number)
}
