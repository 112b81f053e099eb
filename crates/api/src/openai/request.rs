//! What a client asks for.

use brickwork_app::{ChatRequest, Message, Parameters, Speaker};
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::error::Refusal;

/// The most tokens that can be asked for.
const MAX_TOKENS: u32 = 131_072;

/// The most texts at which generation can stop.
const MAX_STOPS: usize = 16;

/// A conversation to be answered. Fields that are not listed are ignored.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct ChatCompletionRequest {
    /// A role's name, or the id of a model file.
    pub(super) model: String,
    /// The conversation so far.
    #[schema(min_items = 1)]
    messages: Vec<RequestMessage>,
    /// 0 is deterministic; 0.7 when absent.
    #[schema(minimum = 0, maximum = 2)]
    temperature: Option<f32>,
    /// Nucleus sampling: the smallest set of tokens whose probability reaches this.
    #[schema(minimum = 0, maximum = 1)]
    top_p: Option<f32>,
    /// The most tokens to generate; 512 when absent.
    #[schema(minimum = 1, maximum = 131_072)]
    max_completion_tokens: Option<u32>,
    /// The older name of `max_completion_tokens`, which goes before it.
    #[schema(minimum = 1, maximum = 131_072)]
    max_tokens: Option<u32>,
    /// Texts at which generation stops; they are not part of the answer.
    stop: Option<Stop>,
    /// Seed of the sampler; its last 32 bits count.
    seed: Option<i64>,
    /// Number of answers: 1.
    #[schema(minimum = 1, maximum = 1)]
    n: Option<u32>,
    /// Whether the answer comes in chunks.
    stream: Option<bool>,
    /// What the chunks hold.
    stream_options: Option<StreamOptions>,
}

/// One message of the conversation.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct RequestMessage {
    /// Who wrote it.
    role: RequestRole,
    /// What; an answer of the assistant may have none.
    content: Option<Content>,
}

/// Who wrote a message. `developer` is another word for `system`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum RequestRole {
    System,
    Developer,
    User,
    Assistant,
}

/// A message's text, whole or in parts.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(untagged, expecting = "must be a text or a list of text parts")]
pub(crate) enum Content {
    Text(String),
    Parts(Vec<TextPart>),
}

/// A part of a message.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct TextPart {
    #[serde(rename = "type")]
    #[expect(dead_code, reason = "that it is `text` is all that is to be known")]
    kind: TextPartKind,
    text: String,
}

/// The kind of a part.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum TextPartKind {
    Text,
}

/// Where to stop: one text, or up to 16.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(untagged, expecting = "must be a text or a list of texts")]
pub(crate) enum Stop {
    One(String),
    Many(Vec<String>),
}

/// What the chunks of an answer hold.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct StreamOptions {
    /// Whether a last chunk counts the tokens.
    include_usage: Option<bool>,
}

impl ChatCompletionRequest {
    /// Reads a request and checks its values.
    pub(super) fn read(body: Value) -> Result<Self, Refusal> {
        require_objects(&body)?;
        let request: Self = serde_path_to_error::deserialize(body).map_err(|error| {
            let place = error.path().to_string();
            let param = (place != ".").then_some(place);
            Refusal::invalid(param.as_deref(), format!("{}.", error.inner()))
        })?;
        request.check()?;
        Ok(request)
    }

    fn check(&self) -> Result<(), Refusal> {
        let between = |name: &str, value: Option<f32>, max: f32| match value {
            Some(value) if !(0.0..=max).contains(&value) => {
                Err(Refusal::invalid(Some(name), format!("`{name}` is {value}, but must be from 0 to {max}.")))
            }
            _ => Ok(()),
        };
        between("temperature", self.temperature, 2.0)?;
        between("top_p", self.top_p, 1.0)?;
        for (name, value) in [("max_completion_tokens", self.max_completion_tokens), ("max_tokens", self.max_tokens)] {
            if value.is_some_and(|value| !(1..=MAX_TOKENS).contains(&value)) {
                return Err(Refusal::invalid(Some(name), format!("`{name}` must be from 1 to {MAX_TOKENS}.")));
            }
        }
        if self.n.is_some_and(|n| n != 1) {
            return Err(Refusal::invalid(Some("n"), "`n` must be 1: a model gives one answer at a time."));
        }
        if matches!(&self.stop, Some(Stop::Many(stops)) if stops.len() > MAX_STOPS) {
            return Err(Refusal::invalid(Some("stop"), format!("`stop` can hold at most {MAX_STOPS} texts.")));
        }
        if self.messages.is_empty() {
            return Err(Refusal::invalid(Some("messages"), "`messages` is empty. Give at least one message."));
        }
        Ok(())
    }

    pub(super) fn is_streamed(&self) -> bool {
        self.stream.unwrap_or(false)
    }

    pub(super) fn includes_usage(&self) -> bool {
        self.stream_options.as_ref().and_then(|options| options.include_usage).unwrap_or(false)
    }

    /// The request as the use case takes it.
    pub(super) fn into_chat(self) -> Result<ChatRequest, Refusal> {
        let defaults = Parameters::default();
        let parameters = Parameters {
            max_tokens: self.max_completion_tokens.or(self.max_tokens).unwrap_or(defaults.max_tokens),
            temperature: self.temperature.unwrap_or(defaults.temperature),
            seed: self.seed.map(last_32_bits),
            top_p: self.top_p,
            stop: match self.stop {
                None => Vec::new(),
                Some(Stop::One(text)) => vec![text],
                Some(Stop::Many(texts)) => texts,
            },
            continuations: None,
        };
        let messages = self.messages.into_iter().enumerate();
        let messages = messages.map(|(index, message)| message.into_chat(index)).collect::<Result<_, _>>()?;
        Ok(ChatRequest { model: self.model, messages, parameters })
    }
}

impl RequestMessage {
    fn into_chat(self, index: usize) -> Result<Message, Refusal> {
        let role = match self.role {
            RequestRole::System | RequestRole::Developer => Speaker::System,
            RequestRole::User => Speaker::User,
            RequestRole::Assistant => Speaker::Assistant,
        };
        let content = match self.content {
            Some(Content::Text(text)) => text,
            Some(Content::Parts(parts)) => parts.into_iter().map(|part| part.text).collect(),
            None if role == Speaker::Assistant => String::new(),
            None => {
                let param = format!("messages[{index}].content");
                return Err(Refusal::invalid(Some(&param), "This message has no content. Give it a text."));
            }
        };
        Ok(Message::new(role, content))
    }
}

/// Refuses lists where objects belong: serde would take them for the fields' values in order.
fn require_objects(body: &Value) -> Result<(), Refusal> {
    let refuse = |param: Option<String>| Err(Refusal::invalid(param.as_deref(), "This must be an object."));
    if !body.is_object() {
        return refuse(None);
    }
    if body.get("stream_options").is_some_and(Value::is_array) {
        return refuse(Some("stream_options".into()));
    }
    let messages = body.get("messages").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    for (index, message) in messages.iter().enumerate() {
        if !message.is_object() {
            return refuse(Some(format!("messages[{index}]")));
        }
        let parts = message.get("content").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        if let Some(part) = parts.iter().position(|part| !part.is_object()) {
            return refuse(Some(format!("messages[{index}].content[{part}]")));
        }
    }
    Ok(())
}

fn last_32_bits(seed: i64) -> u32 {
    let [a, b, c, d, ..] = seed.to_le_bytes();
    u32::from_le_bytes([a, b, c, d])
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use serde_json::json;

    use super::*;

    fn refused(mut change: Value, param: &str) {
        let mut body = json!({ "model": "CodeLlama", "messages": [{ "role": "user", "content": "hi" }] });
        body.as_object_mut().unwrap().append(change.as_object_mut().unwrap());
        let refusal = ChatCompletionRequest::read(body).and_then(ChatCompletionRequest::into_chat).unwrap_err();
        assert_eq!(refusal.param(), Some(param));
    }

    #[test]
    fn faults_are_refused_with_their_place() {
        refused(json!({ "temperature": 2.1 }), "temperature");
        refused(json!({ "temperature": "warm" }), "temperature");
        refused(json!({ "top_p": -0.1 }), "top_p");
        refused(json!({ "max_tokens": 0 }), "max_tokens");
        refused(json!({ "n": 2 }), "n");
        refused(json!({ "stop": vec!["x"; 17] }), "stop");
        refused(json!({ "messages": [] }), "messages");
        refused(json!({ "messages": [{ "role": "tool", "content": "x" }] }), "messages[0].role");
        refused(json!({ "messages": [{ "role": "user", "content": 1 }] }), "messages[0].content");
        refused(json!({ "messages": [{ "role": "user", "content": null }] }), "messages[0].content");
        refused(json!({ "messages": [["user", "hi"]] }), "messages[0]");
        refused(json!({ "messages": [{ "role": "user", "content": [["text", "hi"]] }] }), "messages[0].content[0]");
        refused(json!({ "stream_options": [true] }), "stream_options");
        let image = json!([{ "type": "image_url", "image_url": { "url": "x" } }]);
        refused(json!({ "messages": [{ "role": "user", "content": image }] }), "messages[0].content");
    }

    #[test]
    fn a_request_is_read_with_all_its_forms() {
        let body = json!({
            "model": "CodeLlama",
            "messages": [
                { "role": "developer", "content": "Be brief." },
                { "role": "user", "content": [{ "type": "text", "text": "a" }, { "type": "text", "text": "b" }] },
                { "role": "assistant" },
            ],
            "temperature": 2, "max_tokens": 5, "max_completion_tokens": 7, "stop": "\n", "seed": -1, "n": 1,
            "user": "unknown fields are ignored", "top_p": null,
        });
        let chat = ChatCompletionRequest::read(body).unwrap().into_chat().unwrap();
        let said: Vec<_> = chat.messages.iter().map(|message| (message.role, message.content.as_str())).collect();
        assert_eq!(said, [(Speaker::System, "Be brief."), (Speaker::User, "ab"), (Speaker::Assistant, "")]);
        assert_eq!(chat.parameters.max_tokens, 7);
        assert_eq!(chat.parameters.stop, ["\n"]);
        assert_eq!(chat.parameters.seed, Some(u32::MAX));
    }
}
