//! A model in memory: its weights, its vocabulary, how it wants to be talked to, and one context.

pub(crate) mod context;
pub(crate) mod draft_model;
pub(crate) mod load;
mod rehearsal;
pub(crate) mod residents;
pub(crate) mod shelf;
mod vocabulary;

use std::sync::Arc;

use brickwork_worker_protocol::{ChatMessage, FailureCode, ModelFacts, Prompt};
use llama_cpp_2::model::LlamaModel;
use llama_cpp_2::token::LlamaToken;

use crate::chat;
use crate::chat::template::{ChatTemplate, TemplateError};
use crate::chat::tokens::{self, ControlTokens, LaidOut};
use crate::drafts::earlier::Earlier;
use crate::failure::Failure;
use crate::outputs::Outputs;
use crate::text::Stop;

/// A loaded model, or only its vocabulary.
#[derive(Debug)]
pub(crate) struct Model {
    pub(crate) weights: Arc<LlamaModel>,
    pub(crate) facts: ModelFacts,
    /// What was generated with it.
    pub(crate) outputs: Outputs,
    /// What it answered, to guess what it says next.
    pub(crate) earlier: Earlier,
    chat: ChatTemplate,
    /// Whether the built-in layout stands in for a missing chat template.
    has_headings: bool,
    controls: ControlTokens,
}

impl Model {
    /// Prepares a loaded model for conversations.
    ///
    /// # Errors
    /// [`FailureCode::ModelInvalid`] when it is none that generates text.
    pub(crate) fn new(weights: LlamaModel, path: &str) -> Result<Self, Failure> {
        let text = |key: &str| weights.meta_val_str(key).unwrap_or_default();
        let architecture = text("general.architecture");
        if !generates_text(&architecture) || weights.n_vocab() <= 0 || text("tokenizer.ggml.model") == "none" {
            return Err(Failure::new(
                FailureCode::ModelInvalid,
                format!(
                    "{path} holds a model of architecture '{architecture}', which does not generate text. Choose another model."
                ),
            )
            .saying("generates_no_text")
            .text("path", path)
            .text("architecture", architecture));
        }
        let own = weights.meta_val_str("tokenizer.chat_template").ok().filter(|source| !source.trim().is_empty());
        let facts = ModelFacts {
            name: text("general.name"),
            n_ctx_train: context_window(&weights, &architecture),
            n_params: weights.n_params(),
            n_vocab: u32::try_from(weights.n_vocab()).unwrap_or(0),
            has_chat_template: own.is_some(),
            architecture,
        };
        let own = own.map(|source| compile(&weights, &source));
        if let Some(Err(error)) = &own {
            eprintln!("{path}: {error}; a built-in layout is used instead");
        }
        let (chat, has_headings) = match own {
            Some(Ok(chat)) => (chat, false),
            _ => (compile(&weights, chat::HEADINGS).map_err(internal)?, true),
        };
        let controls = ControlTokens::new(&weights);
        Ok(Self {
            weights: Arc::new(weights),
            facts,
            outputs: Outputs::default(),
            earlier: Earlier::default(),
            chat,
            has_headings,
            controls,
        })
    }

    /// The token ids of a prompt.
    ///
    /// # Errors
    /// Those of [`Model::lay_out`].
    pub(crate) fn token_ids(&self, prompt: &Prompt) -> Result<Vec<LlamaToken>, Failure> {
        Ok(self.lay_out(prompt)?.ids)
    }

    /// A prompt as the model gets it.
    ///
    /// # Errors
    /// [`FailureCode::BadRequest`] when it is empty or the chat template refuses it.
    pub(crate) fn lay_out(&self, prompt: &Prompt) -> Result<LaidOut, Failure> {
        let laid_out = match prompt {
            Prompt::Raw(text) if text.is_empty() => LaidOut::default(),
            Prompt::Raw(text) => tokens::plain(&self.weights, &self.controls, text),
            Prompt::Chat(messages) if messages.iter().all(|message| message.content.is_empty()) => LaidOut::default(),
            Prompt::Chat(messages) => self.conversation(messages)?,
        };
        if laid_out.ids.is_empty() {
            let failure = Failure::new(FailureCode::BadRequest, "The prompt is empty. Write an instruction.");
            return Err(failure.saying("prompt_without_text"));
        }
        Ok(laid_out)
    }

    /// How many tokens `text` has by itself.
    pub(crate) fn count(&self, text: &str) -> usize {
        if text.is_empty() { 0 } else { self.weights.vocab().tokenize(text.as_bytes(), false, false).len() }
    }

    fn conversation(&self, messages: &[ChatMessage]) -> Result<LaidOut, Failure> {
        let rendered = self.chat.render(messages).map_err(|error| {
            let remedy = "Use another model, or change the conversation's roles.";
            Failure::new(FailureCode::BadRequest, format!("In model '{}', {error}. {remedy}", self.facts.name))
                .saying("chat_template_failed")
                .text("model", &self.facts.name)
                .text("cause", error.to_string())
        })?;
        Ok(tokens::lay_out(&self.weights, &self.controls, &rendered, &self.outputs))
    }

    /// Texts at which the layout of `prompt` ends a turn.
    pub(crate) fn turn_stops(&self, prompt: &Prompt) -> Vec<Stop> {
        match prompt {
            Prompt::Chat(_) if self.has_headings => chat::heading_stops(),
            Prompt::Raw(_) | Prompt::Chat(_) => Vec::new(),
        }
    }
}

fn compile(weights: &LlamaModel, source: &str) -> Result<ChatTemplate, TemplateError> {
    let vocab = weights.vocab();
    let text = |token: LlamaToken| {
        // A vocabulary without such a token gives -1, for which llama.cpp has no text.
        let text = if token.0 >= 0 { vocab.text(token) } else { None };
        text.map(|text| text.to_string_lossy().into_owned()).unwrap_or_default()
    };
    ChatTemplate::new(source, text(vocab.bos()), text(vocab.eos()))
}

fn internal(error: impl std::fmt::Display) -> Failure {
    Failure::new(FailureCode::Internal, error.to_string())
}

/// The context window that the model was trained with, in tokens. llama.cpp leaves it out when it reads the vocabulary
/// alone, so then the file's own word is asked for.
fn context_window(weights: &LlamaModel, architecture: &str) -> u32 {
    match weights.n_ctx_train() {
        0 => {
            let stated = weights.meta_val_str(&format!("{architecture}.context_length"));
            stated.ok().and_then(|text| text.parse().ok()).unwrap_or(0)
        }
        known => known,
    }
}

/// Whether llama.cpp can continue text with models of this architecture. The others are encoders or parts of models;
/// decoding with them ends the process.
fn generates_text(architecture: &str) -> bool {
    let encoders = ["bert", "t5", "clip", "wavtokenizer", "gemma-embedding"];
    !architecture.is_empty() && !encoders.iter().any(|encoder| architecture.contains(encoder))
}
