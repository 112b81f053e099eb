//! Everything that can go wrong between a model's folder and its last token.

use std::io;
use std::path::PathBuf;

/// What failed, with the values and the remedy.
#[derive(Debug, thiserror::Error)]
pub enum T5GemmaError {
    /// A file of the model is not there.
    #[error("{} is missing. Download the model again, or choose another one", path.display())]
    Missing {
        /// The file or folder.
        path: PathBuf,
    },
    /// A file could not be read or written.
    #[error("{} could not be read or written: {cause}. Check that it may be used and that the disk has room", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        cause: io::Error,
    },
    /// The model is of another kind.
    #[error("{} describes a model of type '{model_type}', not 't5gemma': {}", path.display(), other_model_remedy(model_type))]
    OtherModel {
        /// The configuration.
        path: PathBuf,
        /// The type that it names.
        model_type: String,
    },
    /// The configuration is not one that a model can be built from.
    #[error("{}: {what}. Download the model again, or choose another one", path.display())]
    Config {
        /// The configuration.
        path: PathBuf,
        /// The key and what is wrong with its value.
        what: String,
    },
    /// A weight file is damaged or cut short.
    #[error("{} is damaged: {what}. Download it again", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Where, and what is wrong there.
        what: String,
    },
    /// A tensor that the configuration calls for is in no weight file.
    #[error("{} has no tensor '{tensor}', which its configuration calls for. Download the model again", path.display())]
    TensorMissing {
        /// The folder or file that was searched.
        path: PathBuf,
        /// The tensor.
        tensor: String,
    },
    /// A tensor is not as the configuration says.
    #[error("the tensor '{tensor}' in {} {what}. Download the model again, or choose another one", path.display())]
    Tensor {
        /// The file that holds it.
        path: PathBuf,
        /// The tensor.
        tensor: String,
        /// What is wrong with it.
        what: String,
    },
    /// The tokenizer cannot be used.
    #[error("the tokenizer {} cannot be used: {what}. Download the model again", path.display())]
    Tokenizer {
        /// The tokenizer's file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// The prompt is empty.
    #[error("the prompt is empty. Write an instruction")]
    EmptyPrompt,
    /// The source text is longer than what the encoder was made for.
    #[error(
        "the prompt has {n_tokens} tokens, but the encoder of this model holds {limit}. Shorten the prompt, let the \
         step see fewer earlier steps, or choose a model with a larger context"
    )]
    SourceTooLong {
        /// Tokens of the source.
        n_tokens: usize,
        /// The most that are possible.
        limit: usize,
    },
    /// More output is asked for than the decoder was made for.
    #[error(
        "max_tokens asks for {max_tokens} tokens, but the decoder of this model gives at most {limit}. Lower max_tokens"
    )]
    OutputTooLong {
        /// Tokens asked for.
        max_tokens: usize,
        /// The most that are possible.
        limit: usize,
    },
    /// A token id lies outside the vocabulary.
    #[error("token {id} is not in the vocabulary of {vocab_size} tokens. The tokenizer belongs to another model")]
    UnknownToken {
        /// The id.
        id: u32,
        /// Size of the vocabulary.
        vocab_size: usize,
    },
    /// The network gave scores that are no numbers.
    #[error("the model gave scores that are no numbers. Its weights are damaged: download the model again")]
    NotFinite,
    /// A request that no model could serve.
    #[error("{0}")]
    BadRequest(String),
    /// The caller wants no more of it.
    #[error("it was cancelled")]
    Cancelled,
    /// Tensor arithmetic failed, for lack of memory or by a fault of the device.
    #[error("the model could not be computed: {0}. Close other programs, or choose a smaller model")]
    Compute(#[from] candle_core::Error),
}

fn other_model_remedy(model_type: &str) -> &'static str {
    match model_type {
        "t5gemma2" => "T5Gemma 2 is another architecture, which this version does not run. Choose a T5Gemma model",
        _ => "choose a T5Gemma model, or open this one as what it is",
    }
}
