//! From a conversation to the one source text that the encoder reads.
//!
//! **Models that were trained on instructions** get Gemma's turns, one after the other, and the opening of the model's next
//! one; the decoder then writes that turn. There is no system role, so the system text opens the first user turn, with an
//! empty line behind it:
//!
//! ```text
//! <start_of_turn>user
//! SYSTEM
//!
//! USER 1<end_of_turn>
//! <start_of_turn>model
//! OUTPUT 1<end_of_turn>
//! <start_of_turn>user
//! USER 2<end_of_turn>
//! <start_of_turn>model
//! ```
//!
//! **Base models** (PrefixLM, UL2) get plain text: the contents in their order with an empty line between two, and no word
//! about who wrote which. The decoder writes what follows.
//!
//! Either text only grows from step to step, as the conversation does. Neither begins with a start token or ends with an end
//! token. The contents are text: what looks like a marker in them stays text.

use crate::error::T5GemmaError;
use crate::tokenizer::{END_OF_TURN, START_OF_TURN, Tokenizer};

/// Between two contents of one turn, and between two contents for a base model.
const GAP: &str = "\n\n";

/// Who wrote a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Speaker {
    /// The system text.
    System,
    /// An instruction.
    User,
    /// A model's output.
    Model,
}

/// One message of a conversation.
#[derive(Debug, Clone, Copy)]
pub struct Message<'a> {
    /// Who wrote it.
    pub speaker: Speaker,
    /// Its text; data, never parsed for control tokens.
    pub content: &'a str,
}

/// What the model gets.
#[derive(Debug, Clone, Copy)]
pub enum Prompt<'a> {
    /// A conversation.
    Chat(&'a [Message<'a>]),
    /// Text as it stands.
    Plain(&'a str),
}

/// A source as the encoder gets it: the ids, and the same in words.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Source {
    /// The token ids, without start or end token.
    pub ids: Vec<u32>,
    /// The text that they stand for, control tokens spelled out.
    pub text: String,
}

/// Lays a prompt out.
pub(crate) fn lay_out(
    prompt: Prompt<'_>,
    is_instruction_tuned: bool,
    tokenizer: &Tokenizer,
) -> Result<Source, T5GemmaError> {
    let messages = match prompt {
        Prompt::Chat(messages) => messages,
        Prompt::Plain(text) => &[Message { speaker: Speaker::User, content: text }],
    };
    if messages.iter().all(|message| message.content.is_empty()) {
        return Err(T5GemmaError::EmptyPrompt);
    }
    let mut writer = Writer { tokenizer, source: Source::default(), run: String::new() };
    if is_instruction_tuned && matches!(prompt, Prompt::Chat(_)) {
        writer.turns(messages)?;
    } else {
        let contents: Vec<&str> =
            messages.iter().map(|message| message.content).filter(|content| !content.is_empty()).collect();
        writer.run = contents.join(GAP);
    }
    writer.end_run()?;
    Ok(writer.source)
}

/// A source in the making.
struct Writer<'a> {
    tokenizer: &'a Tokenizer,
    source: Source,
    /// Text since the last control token. It is tokenised as a whole, as the model's own tokenizer would.
    run: String,
}

impl Writer<'_> {
    fn turns(&mut self, messages: &[Message<'_>]) -> Result<(), T5GemmaError> {
        let mut open = None;
        for message in messages.iter().filter(|message| !message.content.is_empty()) {
            let role = match message.speaker {
                Speaker::System | Speaker::User => "user",
                Speaker::Model => "model",
            };
            if open == Some(role) {
                self.run.push_str(GAP);
            } else {
                if open.is_some() {
                    self.close_turn()?;
                }
                self.open_turn(role)?;
            }
            open = Some(role);
            self.run.push_str(message.content);
        }
        self.close_turn()?;
        self.open_turn("model")
    }

    fn open_turn(&mut self, role: &str) -> Result<(), T5GemmaError> {
        self.control(START_OF_TURN)?;
        self.run.push_str(role);
        self.run.push('\n');
        Ok(())
    }

    fn close_turn(&mut self) -> Result<(), T5GemmaError> {
        self.control(END_OF_TURN)?;
        self.run.push('\n');
        Ok(())
    }

    fn control(&mut self, marker: &str) -> Result<(), T5GemmaError> {
        self.end_run()?;
        self.source.ids.extend(self.tokenizer.encode_markup(marker)?);
        self.source.text.push_str(marker);
        Ok(())
    }

    fn end_run(&mut self) -> Result<(), T5GemmaError> {
        self.source.ids.extend(self.tokenizer.encode(&self.run)?);
        self.source.text.push_str(&self.run);
        self.run.clear();
        Ok(())
    }
}
