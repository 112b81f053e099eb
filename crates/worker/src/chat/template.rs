//! Chat templates, as Hugging Face's tokenizers render them: Jinja with `trim_blocks` and `lstrip_blocks`, Python's
//! string methods, `raise_exception` and `strftime_now`.
//!
//! Each message's content is replaced by a placeholder before the template runs. The result is cut at the placeholders
//! into [`Piece`]s, so it is known to the byte what came from the template and what from a message.

use std::collections::BTreeMap;

use brickwork_worker_protocol::{ChatMessage, Role};
use minijinja::value::Value;
use minijinja::{Environment, Error, ErrorKind, context};

/// Work that one rendering may cost, so that a hostile template ends. Real templates need a few hundred units a
/// message.
const FUEL: u64 = 10_000_000;

/// Placeholders are built from private characters, which no template holds.
const OPEN: char = '\u{E0B0}';
const CLOSE: char = '\u{E0B1}';

/// White space around a placeholder, which shows what the template strips: line feeds, more than any template writes
/// in a row, and inside of them U+2003, which no template writes itself.
const BEFORE: &str = "\n\n\n\n\n\n\n\u{2003}";
const AFTER: &str = "\u{2003}\n\n\n\n\n\n\n";
const SPACE: &str = "\u{2003}";

/// A part of a rendered conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Piece {
    /// Text of the template.
    Literal(String),
    /// The content of a message.
    Content {
        /// Which message, from 0, of [`Rendered::messages`].
        message: usize,
        /// What the template strips from its start.
        start: Strip,
        /// What the template strips from its end.
        end: Strip,
    },
}

/// What a template strips from one end of a content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Strip {
    /// Nothing.
    Nothing,
    /// Line feeds.
    LineFeeds,
    /// All white space.
    WhiteSpace,
}

/// A rendered conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rendered {
    /// The messages as they were rendered: the system text may have become part of the first user message.
    pub(crate) messages: Vec<ChatMessage>,
    /// The rendering, in order.
    pub(crate) pieces: Vec<Piece>,
}

/// A compiled chat template.
#[derive(Debug)]
pub(crate) struct ChatTemplate {
    environment: Environment<'static>,
    bos_token: String,
    eos_token: String,
}

/// A template that cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TemplateError {
    /// It is not valid Jinja.
    #[error("the chat template cannot be read: {0}")]
    Source(String),
    /// It refuses the conversation.
    #[error("the chat template refuses this conversation: {0}")]
    Refused(String),
    /// It leaves a message out.
    #[error("the chat template leaves out message {} of {}", .message + 1, .of)]
    LeftOut {
        /// Which message, from 0.
        message: usize,
        /// How many there are.
        of: usize,
    },
}

const NAME: &str = "chat";

impl ChatTemplate {
    /// Compiles `source`. `bos_token` and `eos_token` are the texts that the template may ask for by these names.
    ///
    /// # Errors
    /// [`TemplateError::Source`] when it is not valid Jinja.
    pub(crate) fn new(source: &str, bos_token: String, eos_token: String) -> Result<Self, TemplateError> {
        let mut environment = Environment::new();
        let refused = |error: &dyn std::fmt::Display| TemplateError::Source(error.to_string());
        let syntax = minijinja::syntax::SyntaxConfig::builder()
            .trim_blocks(true)
            .lstrip_blocks(true)
            .build()
            .map_err(|error| refused(&error))?;
        environment.set_syntax(syntax);
        environment.set_fuel(Some(FUEL));
        environment.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
        environment.set_unknown_method_callback(minijinja_contrib::pycompat::unknown_method_callback);
        environment.add_function("raise_exception", |message: String| -> Result<String, Error> {
            Err(Error::new(ErrorKind::InvalidOperation, message))
        });
        environment.add_function("strftime_now", strftime_now);
        environment.add_template_owned(NAME, without_generation_tags(source)).map_err(|error| refused(&error))?;
        Ok(Self { environment, bos_token, eos_token })
    }

    /// Renders a conversation up to the point where the model's next turn begins. Where the model has the last word, its turn
    /// stays open behind it, to be gone on with.
    ///
    /// A template that knows no system role gets the system text at the start of the first user message; one that
    /// wants users and assistants to take turns gets messages of one role joined.
    ///
    /// # Errors
    /// [`TemplateError::Refused`] or [`TemplateError::LeftOut`] when it takes the conversation in none of these forms.
    pub(crate) fn render(&self, messages: &[ChatMessage]) -> Result<Rendered, TemplateError> {
        match messages.split_last() {
            Some((begun, before))
                if begun.role == Role::Assistant && !begun.content.is_empty() && !before.is_empty() =>
            {
                let mut rendered = self.render_up_to_turn(before)?;
                let message = rendered.messages.len();
                rendered.pieces.push(Piece::Content { message, start: Strip::Nothing, end: Strip::Nothing });
                rendered.messages.push(begun.clone());
                Ok(rendered)
            }
            _ => self.render_up_to_turn(messages),
        }
    }

    fn render_up_to_turn(&self, messages: &[ChatMessage]) -> Result<Rendered, TemplateError> {
        let first_error = match self.render_as_it_is(messages.to_vec()) {
            Ok(rendered) => return Ok(rendered),
            Err(error) => error,
        };
        let folded = fold_system(messages);
        let joined = join_roles(&folded);
        for attempt in [folded, joined] {
            if attempt != messages
                && let Ok(rendered) = self.render_as_it_is(attempt)
            {
                return Ok(rendered);
            }
        }
        Err(first_error)
    }

    fn render_as_it_is(&self, messages: Vec<ChatMessage>) -> Result<Rendered, TemplateError> {
        let values: Vec<Value> = messages
            .iter()
            .enumerate()
            .map(|(index, message)| {
                let content = if message.content.is_empty() {
                    String::new()
                } else {
                    format!("{BEFORE}{OPEN}{index}{CLOSE}{AFTER}")
                };
                Value::from(BTreeMap::from([
                    ("role", Value::from(message.role.as_str())),
                    ("content", Value::from(content)),
                ]))
            })
            .collect();
        let rendered = self
            .environment
            .get_template(NAME)
            .and_then(|template| {
                template.render(context! {
                    messages => values,
                    add_generation_prompt => true,
                    bos_token => self.bos_token.as_str(),
                    eos_token => self.eos_token.as_str(),
                    tools => Value::from(()),
                    documents => Value::from(()),
                })
            })
            .map_err(|error| TemplateError::Refused(error.to_string()))?;
        let pieces = cut(&rendered);
        for (index, message) in messages.iter().enumerate() {
            let is_there = |piece: &Piece| matches!(piece, Piece::Content { message, .. } if *message == index);
            if !message.content.is_empty() && !pieces.iter().any(is_there) {
                return Err(TemplateError::LeftOut { message: index, of: messages.len() });
            }
        }
        Ok(Rendered { messages, pieces })
    }
}

/// The conversation with its system texts at the start of the user message that follows them.
fn fold_system(messages: &[ChatMessage]) -> Vec<ChatMessage> {
    let mut folded = Vec::with_capacity(messages.len());
    let mut system: Option<String> = None;
    for message in messages {
        match (message.role, system.take()) {
            (Role::System, None) => system = Some(message.content.clone()),
            (Role::System, Some(earlier)) => system = Some(format!("{earlier}\n\n{}", message.content)),
            (Role::User, Some(text)) => {
                folded.push(ChatMessage { role: Role::User, content: format!("{text}\n\n{}", message.content) });
            }
            (_, text) => {
                folded.extend(text.map(|content| ChatMessage { role: Role::User, content }));
                folded.push(message.clone());
            }
        }
    }
    folded.extend(system.map(|content| ChatMessage { role: Role::User, content }));
    folded
}

/// The conversation with neighbours of one role joined.
fn join_roles(messages: &[ChatMessage]) -> Vec<ChatMessage> {
    let mut joined: Vec<ChatMessage> = Vec::with_capacity(messages.len());
    for message in messages {
        match joined.last_mut() {
            Some(last) if last.role == message.role => {
                last.content.push_str("\n\n");
                last.content.push_str(&message.content);
            }
            _ => joined.push(message.clone()),
        }
    }
    joined
}

/// Cuts a rendering at the placeholders, and reads from the white space around them what the template stripped.
fn cut(rendered: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut literal = String::new();
    let mut rest = rendered;
    while let Some((before, message, after)) = next_placeholder(rest) {
        literal.push_str(before);
        let start = take_end(&mut literal);
        let (end, after) = take_start(after);
        if !literal.is_empty() {
            pieces.push(Piece::Literal(std::mem::take(&mut literal)));
        }
        pieces.push(Piece::Content { message, start, end });
        rest = after;
    }
    literal.push_str(rest);
    if !literal.is_empty() {
        pieces.push(Piece::Literal(literal));
    }
    pieces
}

fn take_end(literal: &mut String) -> Strip {
    let (strip, length) = if literal.ends_with(BEFORE) {
        (Strip::Nothing, BEFORE.len())
    } else if literal.ends_with(SPACE) {
        (Strip::LineFeeds, SPACE.len())
    } else {
        (Strip::WhiteSpace, 0)
    };
    literal.truncate(literal.len() - length);
    strip
}

fn take_start(text: &str) -> (Strip, &str) {
    match (text.strip_prefix(AFTER), text.strip_prefix(SPACE)) {
        (Some(rest), _) => (Strip::Nothing, rest),
        (None, Some(rest)) => (Strip::LineFeeds, rest),
        (None, None) => (Strip::WhiteSpace, text),
    }
}

/// The text before the next placeholder, its message, and the text after it.
fn next_placeholder(text: &str) -> Option<(&str, usize, &str)> {
    let (before, rest) = text.split_once(OPEN)?;
    let (number, after) = rest.split_once(CLOSE)?;
    Some((before, number.parse().ok()?, after))
}

/// Hugging Face's `{% generation %}` marks only matter in training; minijinja does not know them.
fn without_generation_tags(source: &str) -> String {
    let mut text = String::with_capacity(source.len());
    let mut rest = source;
    while let Some(at) = rest.find("{%") {
        let (before, tag) = rest.split_at(at + 2);
        text.push_str(before);
        let word_at = tag.len() - tag.trim_start_matches(['-', '+', ' ', '\t', '\n']).len();
        text.push_str(&tag[..word_at]);
        rest = &tag[word_at..];
        for (word, replacement) in [("generation", "if true"), ("endgeneration", "endif")] {
            if let Some(after) = rest.strip_prefix(word)
                && after.trim_start_matches([' ', '\t', '\n', '-', '+']).starts_with("%}")
            {
                text.push_str(replacement);
                rest = after;
                break;
            }
        }
    }
    text.push_str(rest);
    text
}

fn strftime_now(format: &str) -> Result<String, Error> {
    jiff::fmt::strtime::format(format, &jiff::Zoned::now())
        .map_err(|error| Error::new(ErrorKind::InvalidOperation, error.to_string()))
}

#[cfg(test)]
#[path = "template/tests.rs"]
mod tests;
