//! What a server is asked.

use brickwork_engine::{Generation, Prompt};
use serde_json::{Value, json};

use crate::survey::ServerKind;

/// The path and body of the request for `generation`.
///
/// Only what every server of this kind takes is sent, since some refuse fields that they do not know. llama.cpp is asked
/// for more: for its progress, and for figures with every token. Its answer does not tell a stop string from the end of a
/// turn, so that stop strings are looked for on this side, with the figures of the token at which they appeared.
pub(crate) fn body(generation: &Generation, server: ServerKind) -> (&'static str, Value) {
    let parameters = &generation.parameters;
    let mut body = json!({
        "model": generation.model.id,
        "stream": true,
        "stream_options": { "include_usage": true },
        "max_tokens": parameters.max_tokens,
        "temperature": parameters.temperature,
        // The engine settles the seed before a run starts; a request without one is still reproducible.
        "seed": parameters.seed.unwrap_or(0),
    });
    if let Some(top_p) = parameters.top_p {
        body["top_p"] = json!(top_p);
    }
    if server == ServerKind::LlamaCpp {
        body["timings_per_token"] = json!(true);
        body["return_progress"] = json!(true);
    } else if !parameters.stop.is_empty() {
        // More than four are refused by some servers; all of them are looked for on this side anyway.
        body["stop"] = json!(&parameters.stop[..parameters.stop.len().min(4)]);
    }
    match &generation.prompt {
        Prompt::Chat(messages) => {
            body["messages"] = json!(messages);
            ("chat/completions", body)
        }
        Prompt::Raw(text) => {
            body["prompt"] = json!(text);
            ("completions", body)
        }
    }
}

/// Whether there is nothing to continue.
pub(crate) fn is_empty(prompt: &Prompt) -> bool {
    match prompt {
        Prompt::Raw(text) => text.is_empty(),
        Prompt::Chat(messages) => messages.iter().all(|message| message.content.is_empty()),
    }
}

/// Bytes of text in a prompt.
pub(crate) fn n_bytes(prompt: &Prompt) -> usize {
    match prompt {
        Prompt::Raw(text) => text.len(),
        Prompt::Chat(messages) => messages.iter().map(|message| message.content.len()).sum(),
    }
}
