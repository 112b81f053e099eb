//! What can be wrong with a folder of safetensors files.

use std::io;
use std::path::PathBuf;

/// A folder that is not a model that can be used.
#[derive(Debug, thiserror::Error)]
#[error("{}: {fault}; {remedy}", path.display(), remedy = fault.remedy())]
pub struct SafetensorsError {
    /// The file, or the folder where no single file is at fault.
    pub path: PathBuf,
    /// What is wrong.
    pub fault: SafetensorsFault,
}

/// What is wrong with a folder of safetensors files.
#[derive(Debug, thiserror::Error)]
pub enum SafetensorsFault {
    /// A file could not be read.
    #[error("it cannot be read: {0}")]
    Io(io::Error),
    /// A file that must be there is not.
    #[error("this file of the model is missing")]
    Missing,
    /// A file is no JSON, or not of the expected form.
    #[error("it is not what it should be: {0}")]
    Json(serde_json::Error),
    /// Something is larger than it may be.
    #[error("{what} has {found} bytes; at most {limit} are possible")]
    TooLarge {
        /// What is large.
        what: &'static str,
        /// Its size, or the part of it that was read, in bytes.
        found: u64,
        /// The most that is accepted, in bytes.
        limit: u64,
    },
    /// A file ends too early.
    #[error("it has {size_bytes} bytes, where {needed} are expected: the file is incomplete")]
    Truncated {
        /// The bytes that are expected.
        needed: u64,
        /// The bytes that it has.
        size_bytes: u64,
    },
    /// A file goes on after its last tensor.
    #[error("it has {size_bytes} bytes, but its tensors end at {end}")]
    Surplus {
        /// The end of the last tensor: byte offset from the file's start.
        end: u64,
        /// The bytes that it has.
        size_bytes: u64,
    },
    /// A tensor's type is not known.
    #[error("tensor `{tensor}` has the unknown type `{found}`")]
    UnknownType {
        /// The tensor.
        tensor: String,
        /// The type's name in the file.
        found: String,
    },
    /// A tensor's place does not fit its shape, or not the place of its neighbour.
    #[error("tensor `{tensor}` has an impossible shape or place: {cause}")]
    Tensor {
        /// The tensor.
        tensor: String,
        /// Why.
        cause: String,
    },
    /// A tensor that the model needs is not there.
    #[error("tensor `{0}` is missing")]
    TensorMissing(String),
    /// A tensor that the model does not have.
    #[error("the index names the file `{0}`, which is no file of a model")]
    BadName(String),
    /// A model of another type.
    #[error("its model type is `{0}`, and in this format this program runs T5Gemma only")]
    OtherModel(String),
    /// The configuration, or what stands beside it, is not one that a model can be built from.
    #[error("{0}")]
    Config(String),
}

impl SafetensorsFault {
    /// What the user can do.
    #[must_use]
    pub const fn remedy(&self) -> &'static str {
        match self {
            Self::Io(_) => "check that the file exists and may be read",
            Self::Missing => "get that file too, into the same folder",
            Self::OtherModel(_) => "choose the GGUF file of this model",
            Self::Config(_) => "get this file of the model again, or choose another model",
            _ => "get the model again, since it is damaged, or choose another one",
        }
    }
}

impl From<io::Error> for SafetensorsFault {
    fn from(err: io::Error) -> Self {
        match err.kind() {
            io::ErrorKind::NotFound => Self::Missing,
            _ => Self::Io(err),
        }
    }
}
