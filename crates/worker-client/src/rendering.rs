//! What a prompt would be for a model, without generating anything.

use brickwork_engine::ports::{InferenceError, InferenceErrorCode, Prompt};
use brickwork_engine::{ModelRef, Phrase};
use brickwork_worker_protocol::{CountTexts, CountTokens, FromWorker, Render, ToWorker};

use crate::client::WorkerClient;
use crate::convert;

/// A prompt as a model would get it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendering {
    /// The whole text, control tokens spelled out; absent unless it was asked for.
    pub text: Option<String>,
    /// Tokens of the whole prompt.
    pub tokens: u32,
    /// Context window that the model was trained with, in tokens; absent when its file does not say.
    pub context_length: Option<u32>,
    /// Whether the model brings a chat template of its own.
    pub has_chat_template: bool,
}

impl WorkerClient {
    /// The tokens of `prompt` as `model` would get them, its chat template included.
    ///
    /// # Errors
    /// Those of a generation.
    pub async fn count_tokens(&self, model: ModelRef, prompt: Prompt) -> Result<u32, InferenceError> {
        let prompt = convert::prompt(&prompt);
        let path = model.path.clone();
        let request =
            move |job| ToWorker::CountTokens(CountTokens { job, model: path.clone(), prompt: prompt.clone() });
        match self.ask(Some(model), request).await? {
            FromWorker::TokenCount { tokens, .. } => Ok(tokens),
            other => Err(unexpected(&other)),
        }
    }

    /// `prompt` as `model` would get it: the same layout and the same count as a generation's. Reads no weights where the
    /// model is not in memory.
    ///
    /// # Errors
    /// Those of a generation.
    pub async fn render(&self, model: ModelRef, prompt: Prompt, with_text: bool) -> Result<Rendering, InferenceError> {
        let prompt = convert::prompt(&prompt);
        let path = model.path.clone();
        let request =
            move |job| ToWorker::Render(Render { job, model: path.clone(), prompt: prompt.clone(), with_text });
        match self.ask(Some(model), request).await? {
            FromWorker::Rendered(rendered) => Ok(Rendering {
                text: rendered.text,
                tokens: rendered.tokens,
                context_length: (rendered.n_ctx_train > 0).then_some(rendered.n_ctx_train),
                has_chat_template: rendered.has_chat_template,
            }),
            other => Err(unexpected(&other)),
        }
    }

    /// How many tokens each of `texts` has by itself in `model`'s vocabulary, in their order.
    ///
    /// # Errors
    /// Those of a generation.
    pub async fn count_texts(&self, model: ModelRef, texts: Vec<String>) -> Result<Vec<u32>, InferenceError> {
        let n_texts = texts.len();
        let path = model.path.clone();
        let request = move |job| ToWorker::CountTexts(CountTexts { job, model: path.clone(), texts: texts.clone() });
        match self.ask(Some(model), request).await? {
            FromWorker::TextCounts { counts, .. } if counts.len() == n_texts => Ok(counts),
            other => Err(unexpected(&other)),
        }
    }
}

fn unexpected(frame: &FromWorker) -> InferenceError {
    // The frame's text may be the user's own and long.
    let kind = match frame {
        FromWorker::TokenCount { .. } => "a token count",
        FromWorker::TextCounts { .. } => "token counts of another number of texts",
        _ => "another kind of frame",
    };
    let message = format!("The model worker answered with {kind}. Install program and worker from one release.");
    InferenceError::new(InferenceErrorCode::Internal, message).saying(Phrase::new("worker_of_another_release"))
}
