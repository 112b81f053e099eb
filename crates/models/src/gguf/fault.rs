//! What can be wrong with a GGUF file.

use std::io;
use std::path::PathBuf;

/// A file that is not a model that can be used.
#[derive(Debug, thiserror::Error)]
#[error("{}: {fault} (at byte {at_byte}); {remedy}", path.display(), remedy = fault.remedy())]
pub struct GgufError {
    /// The file.
    pub path: PathBuf,
    /// Where reading stopped: byte offset from the file's start.
    pub at_byte: u64,
    /// What is wrong.
    pub fault: GgufFault,
}

/// What is wrong with a GGUF file.
#[derive(Debug, thiserror::Error)]
pub enum GgufFault {
    /// It could not be read.
    #[error("it cannot be read: {0}")]
    Io(io::Error),
    /// It does not start like a GGUF file.
    #[error("it starts with {} and not with `GGUF`, so it is no model file", .0.escape_ascii())]
    Magic([u8; 4]),
    /// A version that cannot be read.
    #[error("it has version {0} of the format; versions 2 and 3 are supported")]
    Version(u32),
    /// A file for big-endian machines.
    #[error("it is made for big-endian machines")]
    BigEndian,
    /// It ends too early.
    #[error("it ends after {size_bytes} bytes, where {wanted} more are expected")]
    Truncated {
        /// Bytes expected from the place on.
        wanted: u64,
        /// The file's size.
        size_bytes: u64,
    },
    /// A count or length that no model has.
    #[error("it claims {found} {what}; at most {limit} are possible")]
    TooMany {
        /// What is counted.
        what: &'static str,
        /// The count in the file.
        found: u64,
        /// The most that is accepted there.
        limit: u64,
    },
    /// A number that stands for no type.
    #[error("{what} has the unknown type {found}")]
    UnknownType {
        /// What has it.
        what: String,
        /// The number in the file.
        found: u32,
    },
    /// An entry whose value is of another type than the format requires.
    #[error("`{key}` is not {expected}")]
    WrongType {
        /// The entry's key.
        key: String,
        /// What it must be.
        expected: &'static str,
    },
    /// Text that is not UTF-8.
    #[error("{0} is not valid text")]
    NotText(&'static str),
    /// A key or tensor name that occurs twice.
    #[error("`{0}` occurs twice")]
    Duplicate(String),
    /// An alignment that is no power of two.
    #[error("its alignment {0} is not a power of two")]
    Alignment(u64),
    /// A tensor whose shape is impossible.
    #[error("tensor `{tensor}` has an impossible shape: {cause}")]
    Shape {
        /// The tensor.
        tensor: String,
        /// Why.
        cause: &'static str,
    },
    /// A tensor that does not follow the one before it.
    #[error("the data of tensor `{tensor}` is at {found}, but must be at {expected}")]
    Offset {
        /// The tensor.
        tensor: String,
        /// Its offset in the data, in bytes.
        found: u64,
        /// The end of the tensor before, aligned.
        expected: u64,
    },
    /// Data that reaches past the end.
    #[error("its tensors need {needed} bytes, but it has {size_bytes}: the file is incomplete")]
    DataMissing {
        /// The bytes that the whole file needs.
        needed: u64,
        /// The bytes that it has.
        size_bytes: u64,
    },
    /// No architecture is named.
    #[error("it names no architecture (`general.architecture`)")]
    NoArchitecture,
    /// A metadata entry without a name.
    #[error("a metadata entry has an empty key")]
    EmptyKey,
    /// Two words of the vocabulary that are the same.
    #[error("word {number} of its vocabulary, `{word}`, occurs twice")]
    SameWord {
        /// The number of the second one, from 0.
        number: u64,
        /// The word, or its beginning.
        word: String,
    },
    /// A figure of the layers that no model has.
    #[error("its figure `{name}` is {found}, which no model has")]
    Figure {
        /// The figure's name without the architecture's.
        name: &'static str,
        /// Its value.
        found: u64,
    },
    /// A T5Gemma's configuration that no model can be built from.
    #[error("`{key}` is not a configuration that can be used: {cause}")]
    T5Gemma {
        /// The entry's key.
        key: String,
        /// What is wrong.
        cause: String,
    },
    /// An unknown way to scale positions.
    #[error("its way to scale positions, `{0}`, is not known")]
    RopeScaling(String),
    /// An architecture that the inference library does not know.
    #[error("its architecture `{0}` is not known to this program's inference library")]
    UnknownArchitecture(String),
    /// A file that holds something else than a model that writes text.
    #[error("it is {what}")]
    NotAModel {
        /// What it is, with its article.
        what: &'static str,
    },
    /// A later part of a model that comes in several files.
    #[error("it is part {number} of {count} of a model")]
    LaterShard {
        /// Its number, from 1.
        number: u64,
        /// How many parts there are.
        count: u64,
    },
    /// A part of a model that is missing.
    #[error("it is part 1 of {count} of a model, and a part is missing: `{name}`")]
    ShardMissing {
        /// How many parts there are.
        count: u64,
        /// The name of the missing file.
        name: String,
    },
    /// Parts that do not belong together, or a part whose name does not say which it is.
    #[error("it is a part of a model that comes in {count} files, but {cause}")]
    ShardMismatch {
        /// How many parts it says there are.
        count: u64,
        /// What does not fit.
        cause: String,
    },
}

impl GgufFault {
    /// What the user can do.
    #[must_use]
    pub const fn remedy(&self) -> &'static str {
        match self {
            Self::Io(_) => "check that the file exists and may be read",
            Self::Magic(_) => "choose a file in GGUF format",
            Self::Version(0 | 1) => "convert the model again with a current tool",
            Self::Version(_) => "update Brickwork, or choose a file in version 3 of the format",
            Self::BigEndian => "choose the little-endian file of this model",
            Self::Truncated { .. } | Self::DataMissing { .. } => "get the file again, since a part of it is missing",
            Self::NoArchitecture => "choose the model's main file",
            Self::UnknownArchitecture(_) => "update Brickwork, or choose another model",
            Self::NotAModel { .. } => "choose a model that writes text, in GGUF format",
            Self::LaterShard { .. } => "choose the first part",
            Self::ShardMissing { .. } => "get that part too, into the same folder and under that name",
            Self::ShardMismatch { .. } => "get all parts of the model again, under the names that they had",
            _ => "get the file again, since it is damaged, or choose another one",
        }
    }
}

impl From<io::Error> for GgufFault {
    fn from(err: io::Error) -> Self {
        Self::Io(err)
    }
}
