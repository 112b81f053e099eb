//! The scripted model: a placeholder that answers from a script.
//!
//! It runs only when a user or a test chooses it by name, and everything that it makes is marked as simulated.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use futures::StreamExt;
use futures::stream::{self, BoxStream};

use crate::phrase::Phrase;
use crate::ports::{
    Completion, FinishReason, Generation, Inference, InferenceError, InferenceErrorCode, InferenceEvent, Prompt,
    Speaker, Timings,
};

/// One scripted answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ScriptedReply {
    /// This text, word by word.
    Text(String),
    /// Some text, and then this fault.
    Fault {
        /// The text before the fault.
        text: String,
        /// The fault.
        error: InferenceError,
    },
    /// Some text, and then nothing more until the stream is dropped.
    Hang {
        /// The text before the silence.
        text: String,
    },
}

/// Answers with the given replies in order and, when there are none left, with a short program that quotes the
/// instruction.
#[derive(Debug, Default)]
pub struct ScriptedInference {
    replies: Mutex<VecDeque<ScriptedReply>>,
    seen: Mutex<Vec<Generation>>,
}

impl ScriptedInference {
    /// A model that answers with `replies` first.
    #[must_use]
    pub fn new(replies: impl IntoIterator<Item = ScriptedReply>) -> Self {
        Self { replies: Mutex::new(replies.into_iter().collect()), seen: Mutex::default() }
    }

    /// Every request so far, in order.
    #[must_use]
    pub fn seen(&self) -> Vec<Generation> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How many tokens it counts in `prompt`: its words.
    #[must_use]
    pub fn count_tokens(prompt: &Prompt) -> u32 {
        count_words(prompt)
    }

    /// The text that it gets: the messages, each behind its role.
    #[must_use]
    pub fn layout(prompt: &Prompt) -> String {
        match prompt {
            Prompt::Raw(text) => text.clone(),
            Prompt::Chat(messages) => {
                messages.iter().map(|message| format!("{}: {}\n", message.role.as_str(), message.content)).collect()
            }
        }
    }
}

impl Inference for ScriptedInference {
    fn generate(&self, generation: Generation) -> BoxStream<'static, InferenceEvent> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).push(generation.clone());
        if is_empty(&generation.prompt) {
            let error = InferenceError::new(
                InferenceErrorCode::BadRequest,
                "The prompt is empty. Write an instruction and run the step again.",
            )
            .saying(Phrase::new("prompt_empty"));
            return stream::iter([InferenceEvent::Failed(error)]).boxed();
        }
        let reply = self.replies.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        match reply.unwrap_or_else(|| ScriptedReply::Text(placeholder(&generation.prompt))) {
            ScriptedReply::Text(text) => stream::iter(answer(&generation, &text)).boxed(),
            ScriptedReply::Fault { text, error } => {
                stream::iter(words(&text)).chain(stream::iter([InferenceEvent::Failed(error)])).boxed()
            }
            ScriptedReply::Hang { text } => stream::iter(words(&text)).chain(stream::pending()).boxed(),
        }
    }
}

fn answer(generation: &Generation, text: &str) -> Vec<InferenceEvent> {
    let parameters = &generation.parameters;
    let cut_at = parameters.stop.iter().filter(|stop| !stop.is_empty()).filter_map(|stop| text.find(stop)).min();
    let mut events = words(&text[..cut_at.unwrap_or(text.len())]);
    let mut finish_reason = if cut_at.is_some() { FinishReason::StopString } else { FinishReason::EndOfTurn };
    let max_tokens = parameters.max_tokens as usize;
    if events.len() > max_tokens {
        events.truncate(max_tokens);
        finish_reason = FinishReason::Length;
    }
    let generated = u32::try_from(events.len()).unwrap_or(u32::MAX);
    let prompt_tokens = count_words(&generation.prompt);
    let prompt = InferenceEvent::Prompt { done: prompt_tokens, total: prompt_tokens, cached: 0 };
    let timings = Timings { prompt_tokens, generated_tokens: generated, ..Timings::default() };
    let done = Completion { finish_reason, timings, token_ids: (0..generated).collect() };
    [InferenceEvent::Loading { fraction: 1.0 }, prompt]
        .into_iter()
        .chain(events)
        .chain([InferenceEvent::Done(done)])
        .collect()
}

fn words(text: &str) -> Vec<InferenceEvent> {
    (1u32..)
        .zip(text.split_inclusive(char::is_whitespace))
        .map(|(generated, word)| InferenceEvent::Text { text: word.to_owned(), generated })
        .collect()
}

fn is_empty(prompt: &Prompt) -> bool {
    match prompt {
        Prompt::Raw(text) => text.is_empty(),
        Prompt::Chat(messages) => messages.iter().all(|message| message.content.is_empty()),
    }
}

fn count_words(prompt: &Prompt) -> u32 {
    let count = match prompt {
        Prompt::Raw(text) => text.split_whitespace().count(),
        Prompt::Chat(messages) => messages.iter().map(|message| message.content.split_whitespace().count()).sum(),
    };
    u32::try_from(count).unwrap_or(u32::MAX)
}

fn placeholder(prompt: &Prompt) -> String {
    let instruction = match prompt {
        Prompt::Raw(text) => text.as_str(),
        Prompt::Chat(messages) => messages
            .iter()
            .rev()
            .find(|message| message.role == Speaker::User)
            .map_or("", |message| message.content.as_str()),
    };
    let quoted: Vec<String> =
        instruction.lines().take(12).map(|line| format!("# {}", line.replace('`', "'"))).collect();
    format!(
        "This is simulated output of the scripted placeholder.\n\n```python\n# Simulated: no model was run. The instruction was:\n{}\nprint(\"simulated\")\n```\n",
        quoted.join("\n")
    )
}
