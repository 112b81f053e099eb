//! What a client is answered.

use std::time::{SystemTime, UNIX_EPOCH};

use brickwork_app::{ChatModel, FinishReason, InferenceEvent, Timings};
use futures::StreamExt;
use futures::stream::BoxStream;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::error::Refusal;

/// The models that can answer.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ModelList {
    /// `list`.
    pub(super) object: &'static str,
    /// The models.
    pub(super) data: Vec<ModelEntry>,
}

/// A model that can answer.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ModelEntry {
    /// The role's name.
    id: String,
    /// `model`.
    object: &'static str,
    /// Always 0: when a role came to be is nothing that a client could use.
    created: u64,
    /// `brickwork`.
    owned_by: &'static str,
    /// The id of the model that serves the role.
    model_id: String,
    /// Whether that is the scripted placeholder.
    simulated: bool,
    /// Whether a server runs it, to which the conversation is sent.
    remote: bool,
}

impl From<ChatModel> for ModelEntry {
    fn from(model: ChatModel) -> Self {
        Self {
            id: model.id.to_owned(),
            object: "model",
            created: 0,
            owned_by: "brickwork",
            model_id: model.model_id,
            simulated: model.simulated,
            remote: model.remote,
        }
    }
}

/// What the answer and each of its chunks begin with.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Heading {
    /// The answer's id.
    id: String,
    /// Seconds since 1970.
    created: u64,
    /// The model as the request names it.
    model: String,
    /// Whether the scripted placeholder answers.
    simulated: bool,
}

impl Heading {
    pub(super) fn new(model: String, simulated: bool) -> Self {
        let created = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        Self { id: format!("chatcmpl-{}", Uuid::now_v7().simple()), created, model, simulated }
    }
}

/// A whole answer.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ChatCompletion {
    #[serde(flatten)]
    heading: Heading,
    /// `chat.completion`.
    object: &'static str,
    /// The one answer.
    #[schema(min_items = 1, max_items = 1)]
    choices: [Choice; 1],
    /// Tokens.
    usage: Usage,
}

/// The one answer.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Choice {
    /// 0.
    index: u32,
    /// What the model said.
    message: AnswerMessage,
    /// Why it ended.
    finish_reason: Finish,
}

/// What the model said.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AnswerMessage {
    /// `assistant`.
    role: &'static str,
    /// Its text.
    content: String,
}

/// Why an answer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Finish {
    /// The model was done, or one of the `stop` texts appeared.
    Stop,
    /// The most tokens were reached.
    Length,
}

impl From<FinishReason> for Finish {
    fn from(reason: FinishReason) -> Self {
        match reason {
            FinishReason::EndOfTurn | FinishReason::StopString => Self::Stop,
            FinishReason::Length => Self::Length,
        }
    }
}

/// Numbers of tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Usage {
    /// Of the conversation.
    prompt_tokens: u32,
    /// Of the answer.
    completion_tokens: u32,
    /// Of both.
    total_tokens: u32,
    /// More about the conversation's.
    prompt_tokens_details: PromptTokensDetails,
}

/// Numbers of tokens of the conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct PromptTokensDetails {
    /// Those that had been processed before.
    cached_tokens: u32,
}

impl From<Timings> for Usage {
    fn from(timings: Timings) -> Self {
        Self {
            prompt_tokens: timings.prompt_tokens,
            completion_tokens: timings.generated_tokens,
            total_tokens: timings.prompt_tokens + timings.generated_tokens,
            prompt_tokens_details: PromptTokensDetails { cached_tokens: timings.cached_tokens },
        }
    }
}

/// A chunk of an answer.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ChatCompletionChunk {
    #[serde(flatten)]
    pub(super) heading: Heading,
    /// `chat.completion.chunk`.
    pub(super) object: &'static str,
    /// What is new; empty in the chunk that counts the tokens.
    #[schema(max_items = 1)]
    pub(super) choices: Vec<ChunkChoice>,
    /// Tokens: in the last chunk, if `stream_options` asks for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) usage: Option<Usage>,
}

/// What is new.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ChunkChoice {
    /// 0.
    pub(super) index: u32,
    /// What is added.
    pub(super) delta: Delta,
    /// Why the answer ended; null until then.
    #[schema(required)]
    pub(super) finish_reason: Option<Finish>,
}

/// What is added to the answer.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(crate) struct Delta {
    /// `assistant`, in the first chunk.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) role: Option<&'static str>,
    /// More text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) content: Option<String>,
}

/// Waits for the end, and gives the answer as one.
pub(super) async fn whole(
    mut events: BoxStream<'static, InferenceEvent>,
    heading: Heading,
) -> Result<ChatCompletion, Refusal> {
    let mut content = String::new();
    while let Some(event) = events.next().await {
        match event {
            InferenceEvent::Loading { .. } | InferenceEvent::Prompt { .. } => {}
            InferenceEvent::Text { text, .. } => content.push_str(&text),
            InferenceEvent::Failed(error) => return Err(error.into()),
            InferenceEvent::Done(completion) => {
                let message = AnswerMessage { role: "assistant", content };
                let choice = Choice { index: 0, message, finish_reason: completion.finish_reason.into() };
                let usage = completion.timings.into();
                return Ok(ChatCompletion { heading, object: "chat.completion", choices: [choice], usage });
            }
        }
    }
    Err(Refusal::ended_early())
}
