//! What goes wrong with a server, in words that say what to do, and whether trying again may help.

use std::error::Error as _;
use std::time::Duration;

use brickwork_engine::{InferenceError, InferenceErrorCode as Code, Phrase};
use reqwest::StatusCode;
use reqwest::header::{HeaderMap, RETRY_AFTER};
use serde_json::Value;

use crate::address::{BaseUrl, NotPrivate};
use crate::client::Key;

/// The longest wait that a server can ask for.
const LONGEST_WAIT: Duration = Duration::from_mins(1);

/// The most characters of a server's own message that are shown.
const MESSAGE_CHARS: usize = 300;

/// Whether the same request may go better later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Retry {
    Never,
    /// After as long as the server says, where it does.
    Later(Option<Duration>),
    /// The server reads the model; it will answer by itself.
    Loading,
}

/// A fault of one attempt.
#[derive(Debug, Clone)]
pub(crate) struct Fault {
    pub(crate) error: InferenceError,
    pub(crate) retry: Retry,
}

impl Fault {
    pub(crate) fn new(code: Code, message: impl Into<String>) -> Self {
        Self { error: InferenceError::new(code, message), retry: Retry::Never }
    }

    pub(crate) fn later(code: Code, message: impl Into<String>) -> Self {
        Self { error: InferenceError::new(code, message), retry: Retry::Later(None) }
    }

    /// The same fault, which can be put into another language.
    pub(crate) fn saying(self, phrase: Phrase) -> Self {
        Self { error: self.error.saying(phrase), ..self }
    }
}

/// All that an error and its causes say.
pub(crate) fn causes(error: &reqwest::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let said = cause.to_string();
        if !text.contains(&said) {
            text.push_str(": ");
            text.push_str(&said);
        }
        source = cause.source();
    }
    text
}

/// No answer came.
pub(crate) fn unreachable(base: &BaseUrl, error: reqwest::Error) -> Fault {
    let error = error.without_url();
    let mut source = error.source();
    while let Some(cause) = source {
        if cause.is::<NotPrivate>() {
            let message = format!(
                "`{}` is no private address, and http would send prompts and key through the open network unencrypted. Bind \
                 an https address, or allow it for this server.",
                base.host()
            );
            let phrase = Phrase::new("server_not_private").with("host", base.host());
            return Fault::new(Code::RemoteRefused, message).saying(phrase);
        }
        source = cause.source();
    }
    let (what, reason) = if error.is_connect() {
        ("cannot be reached", "server_not_reached")
    } else {
        ("broke off", "server_broke_off")
    };
    let message = format!(
        "The server {} {what} ({}). See that it runs and that the address is right, then run the step again.",
        base.host(),
        causes(&error)
    );
    let phrase = Phrase::new(reason).with("host", base.host()).with("cause", causes(&error));
    Fault::later(Code::RemoteUnreachable, message).saying(phrase)
}

/// The server said nothing for too long.
pub(crate) fn silent(base: &BaseUrl, limit: Duration) -> Fault {
    let message = format!(
        "The server {} said nothing for {} s. See whether it is overloaded, or give it a longer time limit where the role is \
         bound.",
        base.host(),
        limit.as_secs_f32()
    );
    // It may still be at work on it: asking again would only add to its load.
    let phrase = Phrase::new("server_silent").with("host", base.host());
    Fault::new(Code::RemoteUnreachable, message).saying(phrase.with("seconds", limit.as_secs_f32().to_string()))
}

/// The connection ended in the middle of an answer.
pub(crate) fn cut(base: &BaseUrl) -> Fault {
    let message = format!(
        "The server {} ended the connection in the middle of its answer. Look into its log, then run the step again.",
        base.host()
    );
    Fault::later(Code::RemoteUnreachable, message).saying(Phrase::new("server_cut_off").with("host", base.host()))
}

/// What came is no answer.
pub(crate) fn nonsense(base: &BaseUrl, what: &str) -> Fault {
    let message = format!(
        "The server {} answered with {what}. See that the address is that of an OpenAI-compatible interface, which usually \
         ends in /v1.",
        base.host()
    );
    let phrase = Phrase::new("server_answers_nonsense").with("host", base.host()).with("what", what);
    Fault::new(Code::RemoteFailed, message).saying(phrase)
}

/// An answer of another status than 200, with what is known of its body.
pub(crate) fn refusal(
    base: &BaseUrl,
    model: &str,
    key: Option<&Key>,
    status: StatusCode,
    headers: &HeaderMap,
    body: &str,
) -> Fault {
    let host = base.host();
    let parsed: Value = serde_json::from_str(body).unwrap_or_default();
    let said = said(&parsed, key).map_or_else(String::new, |said| format!(": {said}"));
    // `said` is empty, or begins with a colon, in every language.
    let phrase = |reason: &str| Phrase::new(reason).with("host", host.clone()).with("said", &said);
    match status.as_u16() {
        300..=399 => Fault::new(
            Code::RemoteRefused,
            format!("The server {host} leads on to another address, which is not followed. Bind that address itself."),
        )
        .saying(phrase("server_leads_on")),
        401 if key.is_none() => Fault::new(
            Code::RemoteRefused,
            format!("The server {host} asks for a key. Set one for it in Models{said}."),
        )
        .saying(phrase("server_asks_for_key")),
        401 => Fault::new(
            Code::RemoteRefused,
            format!("The server {host} does not take the key that is kept for it. Set another one in Models{said}."),
        )
        .saying(phrase("server_refuses_key")),
        403 => Fault::new(
            Code::RemoteRefused,
            format!("The server {host} does not let this key use the model `{model}`{said}. Ask who runs it."),
        )
        .saying(phrase("server_refuses_model").with("model", model)),
        404 if said.to_lowercase().contains("model") => Fault::new(
            Code::ModelMissing,
            format!("The server {host} has no model `{model}`{said}. Bind one that `brickwork remote check` lists."),
        )
        .saying(phrase("server_lacks_model").with("model", model)),
        404 | 405 => nonsense(base, &format!("status {}", status.as_u16())),
        _ => in_body(base, status, &parsed, &said, headers),
    }
}

/// A fault that a body tells, also in the midst of a stream.
fn in_body(base: &BaseUrl, status: StatusCode, parsed: &Value, said: &str, headers: &HeaderMap) -> Fault {
    let host = base.host();
    if is_overflow(status, parsed, said) {
        let error = &parsed["error"];
        let numbers = match (error["n_prompt_tokens"].as_u64(), error["n_ctx"].as_u64()) {
            (Some(prompt), Some(window)) => format!(" ({prompt} tokens, and its context window has {window})"),
            _ => said.to_owned(),
        };
        let message = format!(
            "The prompt is too long for the model on {host}{numbers}. Let the step see fewer earlier steps or files, or start \
             the server with a larger context window."
        );
        let phrase = Phrase::new("server_prompt_too_long").with("host", host);
        let phrase = match (error["n_prompt_tokens"].as_u64(), error["n_ctx"].as_u64()) {
            (Some(prompt), Some(window)) => Phrase { reason: "server_prompt_too_long_for".to_owned(), ..phrase }
                .with("prompt", prompt)
                .with("context", window),
            _ => phrase.with("said", said),
        };
        return Fault::new(Code::PromptTooLong, message).saying(phrase);
    }
    let phrase = |reason: &str| Phrase::new(reason).with("host", host.clone());
    let retry = Retry::Later(retry_after(headers));
    match status.as_u16() {
        503 if said.to_lowercase().contains("loading model") => Fault {
            error: InferenceError::new(Code::RemoteUnreachable, format!("The server {host} still loads its model."))
                .saying(phrase("server_still_loads")),
            retry: Retry::Loading,
        },
        429 => Fault {
            error: InferenceError::new(
                Code::RemoteFailed,
                format!("The server {host} has too much to do, or the key's limit is reached{said}. Try again later."),
            )
            .saying(phrase("server_busy").with("said", said)),
            retry,
        },
        408 | 500..=599 => Fault {
            error: InferenceError::new(
                Code::RemoteFailed,
                format!("The server {host} failed (status {}){said}. Look into its log.", status.as_u16()),
            )
            .saying(phrase("server_failed").with("status", status.as_u16()).with("said", said)),
            retry,
        },
        400 | 422 => Fault::new(
            Code::BadRequest,
            format!("The server {host} does not take the request{said}. Change the step's parameters or its model."),
        )
        .saying(phrase("server_refuses_request").with("said", said)),
        other => Fault::new(Code::RemoteFailed, format!("The server {host} answered with status {other}{said}."))
            .saying(phrase("server_answered_with_status").with("status", other).with("said", said)),
    }
}

/// A fault that comes in the midst of a stream, with the status that it tells of itself.
pub(crate) fn in_stream(base: &BaseUrl, key: Option<&Key>, error: &Value) -> Fault {
    let status = error["code"].as_u64().and_then(|code| u16::try_from(code).ok());
    let status = status.and_then(|code| StatusCode::from_u16(code).ok()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let parsed = serde_json::json!({ "error": error });
    let said = said(&parsed, key).map_or_else(String::new, |said| format!(": {said}"));
    in_body(base, status, &parsed, &said, &HeaderMap::new())
}

/// Whether the prompt was too long: llama.cpp and OpenAI have a word for it, others only a sentence.
fn is_overflow(status: StatusCode, parsed: &Value, said: &str) -> bool {
    let error = &parsed["error"];
    let words = [&error["type"], &error["code"]];
    let is_word = |value: &&Value| {
        value.as_str().is_some_and(|word| matches!(word, "exceed_context_size_error" | "context_length_exceeded"))
    };
    let said = said.to_lowercase();
    let is_sentence = ["maximum context length", "context length", "context window", "context size"]
        .iter()
        .any(|phrase| said.contains(phrase));
    words.iter().any(is_word) || status == StatusCode::PAYLOAD_TOO_LARGE || (status.is_client_error() && is_sentence)
}

/// The server's own words, shortened, without line breaks, and without the key where it repeats that.
fn said(parsed: &Value, key: Option<&Key>) -> Option<String> {
    let error = &parsed["error"];
    let text = [&error["message"], error, &parsed["message"], &parsed["detail"]].into_iter().find_map(Value::as_str)?;
    let text = key
        .filter(|key| !key.reveal().is_empty())
        .map_or_else(|| text.to_owned(), |key| text.replace(key.reveal(), "…"));
    let line = text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
    let line = line.collect::<Vec<_>>().join(" ");
    let short: String = line.chars().take(MESSAGE_CHARS).collect();
    let short = short.trim_end_matches('.');
    (!short.is_empty()).then(|| short.to_owned())
}

fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds: f64 = headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Duration::try_from_secs_f64(seconds).ok().map(|wait| wait.min(LONGEST_WAIT))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test ends at the first surprise")]

    use super::*;

    fn fault(status: u16, body: &str, key: Option<&Key>) -> Fault {
        let base = BaseUrl::parse("https://llm.example.org", false).unwrap();
        refusal(&base, "coder", key, StatusCode::from_u16(status).unwrap(), &HeaderMap::new(), body)
    }

    #[test]
    fn statuses_have_their_kinds() {
        let check = |status: u16, body: &str, code: Code, retry: bool| {
            let fault = fault(status, body, None);
            assert_eq!(fault.error.code, code, "{status} {body}");
            assert_eq!(fault.retry != Retry::Never, retry, "{status} {body}");
            assert!(fault.error.message.contains("llm.example.org"), "{}", fault.error.message);
        };
        check(307, "", Code::RemoteRefused, false);
        check(401, r#"{"error":{"message":"Invalid API Key"}}"#, Code::RemoteRefused, false);
        check(403, "", Code::RemoteRefused, false);
        check(404, r#"{"error":"model \"coder\" not found, try pulling it first"}"#, Code::ModelMissing, false);
        check(404, "<html>", Code::RemoteFailed, false);
        check(400, r#"{"error":{"type":"exceed_context_size_error","message":"x"}}"#, Code::PromptTooLong, false);
        check(400, r#"{"message":"This model's maximum context length is 4096 tokens."}"#, Code::PromptTooLong, false);
        check(400, r#"{"error":{"message":"temperature must be below 2"}}"#, Code::BadRequest, false);
        check(413, "", Code::PromptTooLong, false);
        check(429, "", Code::RemoteFailed, true);
        check(500, "", Code::RemoteFailed, true);
        check(503, r#"{"error":{"message":"Loading model"}}"#, Code::RemoteUnreachable, true);
        assert_eq!(fault(503, r#"{"error":{"message":"Loading model"}}"#, None).retry, Retry::Loading);
    }

    #[test]
    fn row_35_a_key_that_the_server_repeats_is_not_shown() {
        let key = Key::new("sk-very-secret");
        let body = r#"{"error":{"message":"Incorrect API key provided: sk-very-secret.\n\u001b[31mGo"}}"#;
        let message = fault(401, body, Some(&key)).error.message;
        assert!(!message.contains("very-secret") && message.contains("Incorrect API key"), "{message}");
        assert!(message.chars().all(|c| !c.is_control()), "{message:?}");
    }

    #[test]
    fn a_server_can_ask_for_a_wait_but_not_for_hours() {
        let with = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(RETRY_AFTER, value.parse().unwrap());
            retry_after(&headers)
        };
        assert_eq!(with("2"), Some(Duration::from_secs(2)));
        assert_eq!(with("86400"), Some(LONGEST_WAIT));
        for nonsense in ["-1", "soon", "NaN", "1e300", "Wed, 21 Oct 2015 07:28:00 GMT"] {
            assert_eq!(with(nonsense), None, "{nonsense}");
        }
    }
}
