//! The three ports through which the engine reaches the world.
//!
//! Each has at least two implementations, all of which pass the suite in [`crate::compliance`].

use futures::future::BoxFuture;
use futures::stream::BoxStream;
use serde::{Deserialize, Serialize};

use crate::event::RunEvent;
use crate::phrase::Phrase;
use crate::pipeline::Parameters;
use crate::run::{ModelRef, RunChange, RunId, RunRecord};
use crate::time::Timestamp;

/// Who wrote a message of the conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Speaker {
    /// The one system text, first in every conversation.
    System,
    /// An instruction.
    User,
    /// A model's output, whichever model wrote it.
    Assistant,
}

impl Speaker {
    /// The word of the wire, e.g. `user`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::User => "user",
            Self::Assistant => "assistant",
        }
    }
}

/// One message of a conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Who wrote it.
    pub role: Speaker,
    /// Its text; data, never parsed for control tokens.
    pub content: String,
}

impl Message {
    /// A message of `role` with `content`.
    #[must_use]
    pub fn new(role: Speaker, content: impl Into<String>) -> Self {
        Self { role, content: content.into() }
    }
}

/// What the model is asked to continue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Prompt {
    /// A conversation, rendered with the model's chat template.
    Chat(Vec<Message>),
    /// Plain text, continued as it stands.
    Raw(String),
}

/// One request to a model.
#[derive(Debug, Clone, PartialEq)]
pub struct Generation {
    /// The model to use.
    pub model: ModelRef,
    /// What to continue.
    pub prompt: Prompt,
    /// Sampling and length.
    pub parameters: Parameters,
}

/// Why generation ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FinishReason {
    /// The model ended its turn.
    EndOfTurn,
    /// One of the `stop` strings appeared; it is not part of the text.
    StopString,
    /// `max_tokens` was reached.
    Length,
}

/// Where time and tokens went. Times in milliseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Timings {
    /// Time to load the model; 0 when it was resident.
    pub load_ms: f64,
    /// Time to process the prompt's new tokens.
    pub prompt_ms: f64,
    /// Time to generate.
    pub generate_ms: f64,
    /// Tokens of the whole prompt, cached ones included.
    pub prompt_tokens: u32,
    /// Tokens of the prompt that were taken from the key/value cache.
    pub cached_tokens: u32,
    /// Tokens generated.
    pub generated_tokens: u32,
    /// Tokens that were guessed ahead, for the model to check several at a time.
    #[serde(default)]
    pub drafted_tokens: u32,
    /// Guessed tokens that were what the model chose; they are among those generated.
    #[serde(default)]
    pub accepted_tokens: u32,
}

/// How a generation ended well.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Completion {
    /// Why it ended.
    pub finish_reason: FinishReason,
    /// Where time and tokens went.
    pub timings: Timings,
    /// Ids of the generated tokens, the end-of-turn token excluded.
    pub token_ids: Vec<u32>,
}

/// What a model reports while it works. A stream of these ends with exactly one `Done` or `Failed`.
#[derive(Debug, Clone, PartialEq)]
pub enum InferenceEvent {
    /// The model is being read into memory; `fraction` 0 to 1.
    Loading {
        /// Part done, 0 to 1.
        fraction: f32,
    },
    /// The prompt is being processed.
    Prompt {
        /// Tokens processed or taken from the cache so far.
        done: u32,
        /// Tokens of the whole prompt.
        total: u32,
        /// Tokens taken from the cache.
        cached: u32,
    },
    /// New text (whole characters), and how many tokens were generated so far.
    Text {
        /// The text that these tokens add.
        text: String,
        /// Tokens generated so far.
        generated: u32,
    },
    /// The generation ended.
    Done(Completion),
    /// The generation failed.
    Failed(InferenceError),
}

/// The kind of an inference fault; stable, used by surfaces to choose help.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum InferenceErrorCode {
    /// No model file is at the bound place, or no model is bound.
    ModelMissing,
    /// The file is not a model that can be loaded.
    ModelInvalid,
    /// llama.cpp refused to load the model or to make a context.
    LoadFailed,
    /// Memory ran out.
    OutOfMemory,
    /// Prompt and `max_tokens` together exceed the context window.
    PromptTooLong,
    /// The worker process ended in the middle of the job.
    WorkerCrashed,
    /// The worker process said nothing for too long and was ended.
    WorkerSilent,
    /// The worker program cannot be started.
    WorkerUnavailable,
    /// The step's own time limit passed.
    TimedOut,
    /// No answer passed the step's gate, which must be passed.
    GateFailed,
    /// A request that the model cannot serve (for example an empty prompt).
    BadRequest,
    /// The server that runs the model could not be reached, said nothing for too long, or broke off.
    RemoteUnreachable,
    /// The server that runs the model refused: a key that is missing or wrong, an address that must not be used.
    RemoteRefused,
    /// The server that runs the model failed, or gave an answer that makes no sense.
    RemoteFailed,
    /// Anything else.
    Internal,
}

/// A fault of one generation. It is data: it fails the step and leaves the program running.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct InferenceError {
    /// The kind.
    pub code: InferenceErrorCode,
    /// What happened, to which thing, and what to do next.
    pub message: String,
    /// The same in a form that can be put into another language.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phrase: Option<Phrase>,
}

impl InferenceError {
    /// An error of `code` with `message`.
    #[must_use]
    pub fn new(code: InferenceErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), phrase: None }
    }

    /// The same error, which can be put into another language: `phrase` stands for its whole message.
    #[must_use]
    pub fn saying(mut self, phrase: Phrase) -> Self {
        self.phrase = Some(phrase);
        self
    }
}

/// Runs models.
pub trait Inference: Send + Sync {
    /// Starts a generation. Dropping the stream cancels it; the model stays usable.
    fn generate(&self, generation: Generation) -> BoxStream<'static, InferenceEvent>;
}

/// A fault of the journal.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The run is not in the journal.
    #[error("run {0} does not exist")]
    UnknownRun(RunId),
    /// The change does not follow from the run's state.
    #[error(transparent)]
    Illegal(#[from] crate::run::IllegalChange),
    /// The storage failed (disk full, file locked, ...). The change was not recorded.
    #[error("the run journal could not be written: {0}")]
    Storage(String),
}

/// Keeps runs. A change is durable when `record` returns, and only then is it announced to anyone.
pub trait Journal: Send + Sync {
    /// Appends `change` to `run_id`'s history at `at`, and returns its number: 1 for the run's first change, then
    /// growing by one.
    ///
    /// # Errors
    /// [`JournalError::Illegal`] when the change does not follow from the run's state, [`JournalError::UnknownRun`] for
    /// a change other than `Created` to an unknown run, [`JournalError::Storage`] when it could not be kept.
    fn record(&self, run_id: RunId, at: Timestamp, change: RunChange) -> BoxFuture<'_, Result<u64, JournalError>>;

    /// The run as all recorded changes leave it, or `None`.
    ///
    /// # Errors
    /// [`JournalError::Storage`] when it could not be read.
    fn load(&self, run_id: RunId) -> BoxFuture<'_, Result<Option<RunRecord>, JournalError>>;

    /// The recorded changes of a run after number `after`, in order, as events.
    ///
    /// # Errors
    /// [`JournalError::Storage`] when they could not be read.
    fn events(&self, run_id: RunId, after: u64) -> BoxFuture<'_, Result<Vec<RunEvent>, JournalError>>;
}

/// Tells the time, and waits for it.
pub trait Clock: Send + Sync {
    /// The present instant.
    fn now(&self) -> Timestamp;

    /// Resolves once this clock has moved on by `seconds`, 0 or more, since the call.
    fn sleep(&self, seconds: f64) -> BoxFuture<'static, ()>;
}
