//! From a conversation to token ids.
//!
//! [`template`] renders the model's chat template around placeholders, [`tokens`] turns the result into ids. Message
//! text never meets the template engine and is never parsed for control tokens, so nothing that a user or a model
//! writes can open or close a turn.

pub(crate) mod template;
pub(crate) mod tokens;

use crate::text::Stop;

/// The layout for models that bring no chat template, which are base models: plain text under headings, as in many
/// texts that they were trained on, with an opening of the answer that makes code the likely continuation. Turn markers
/// would not help, not even where the vocabulary has them: a base model never learned them (the base Gemma 3 270M
/// repeats the prompt between `<start_of_turn>` marks, and writes code here).
///
/// Jinja drops the last line feed of a source, so the last ones are written as an expression.
pub(crate) const HEADINGS: &str = "{% for message in messages %}\
{% if message.role == 'user' %}### Instruction:\n\
{% elif message.role == 'assistant' %}### Response:\nHere is the code:\n\n{% endif %}\
{{ message.content }}\n\n{% endfor %}### Response:\nHere is the code:{{ '\\n\\n' }}";

/// Texts by which a model shows, in the layout [`HEADINGS`], that it goes on with a turn that is not its own.
pub(crate) fn heading_stops() -> Vec<Stop> {
    ["\n### Instruction:", "\n### Response:"]
        .iter()
        .map(|text| Stop { text: (*text).to_owned(), ends_turn: true })
        .collect()
}
