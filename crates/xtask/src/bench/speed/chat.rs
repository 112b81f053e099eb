//! One streamed answer of either side, by the clock of the client.

use std::io::BufRead;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::super::http;

/// How long a server may be silent; a long prompt takes its time on a slow machine.
const PATIENCE: Duration = Duration::from_secs(600);

/// An answer and its times.
#[derive(Debug, Clone, Default)]
pub(super) struct Answer {
    /// From the request to the first text, and to the end, in seconds.
    pub(super) first_s: f64,
    pub(super) whole_s: f64,
    pub(super) first_at: Option<Instant>,
    pub(super) prompt_tokens: u64,
    pub(super) cached_tokens: u64,
    pub(super) tokens: u64,
    pub(super) text: String,
}

impl Answer {
    /// Tokens per second after the first.
    pub(super) fn decode(&self) -> f64 {
        self.tokens.saturating_sub(1) as f64 / (self.whole_s - self.first_s).max(1e-9)
    }

    /// Tokens per second, the prompt's time included.
    pub(super) fn overall(&self) -> f64 {
        self.tokens as f64 / self.whole_s.max(1e-9)
    }
}

/// What is asked: who speaks and what, in turn, and the most tokens of the answer.
#[derive(Debug, Clone)]
pub(super) struct Question<'a> {
    pub(super) messages: Vec<Value>,
    pub(super) max_tokens: u64,
    pub(super) stop: &'a [&'a str],
}

/// A message of a conversation.
pub(super) fn message(role: &str, content: impl Into<String>) -> Value {
    json!({ "role": role, "content": content.into() })
}

/// Asks by OpenAI's protocol, which both sides speak.
///
/// # Errors
/// When the server refuses, or the answer ends early or without text.
pub(super) fn ask(authority: &str, question: &Question<'_>) -> Result<Answer> {
    let mut body = json!({
        "model": "CodeLlama", "messages": question.messages, "max_tokens": question.max_tokens, "temperature": 0,
        "stream": true, "stream_options": { "include_usage": true },
    });
    if !question.stop.is_empty() {
        body["stop"] = json!(question.stop);
    }
    let body = body.to_string();
    let started = Instant::now();
    let content = http::open(authority, "POST", "/v1/chat/completions", "", &body, PATIENCE)?;
    read(content, started)
}

/// Reads the events of an answer as they come.
fn read(content: impl BufRead, started: Instant) -> Result<Answer> {
    let mut answer = Answer::default();
    let mut usage = Value::Null;
    for line in content.lines() {
        let line = line?;
        let Some(data) = line.strip_prefix("data: ").filter(|data| data.starts_with('{')) else { continue };
        let mut event: Value = serde_json::from_str(data).with_context(|| format!("no event: {data}"))?;
        anyhow::ensure!(event["error"].is_null(), "the server failed: {}", event["error"]);
        let choice = &event["choices"][0];
        if let Some(text) = choice["delta"]["content"].as_str().filter(|text| !text.is_empty()) {
            answer.first_at.get_or_insert_with(Instant::now);
            answer.text.push_str(text);
        }
        if !choice["finish_reason"].is_null() {
            answer.whole_s = started.elapsed().as_secs_f64();
        }
        if event["usage"].is_object() {
            usage = event["usage"].take();
        }
    }
    let first = answer.first_at.context("the answer is empty")?;
    answer.first_s = first.duration_since(started).as_secs_f64();
    answer.tokens = usage["completion_tokens"].as_u64().context("the answer does not count its tokens")?;
    answer.prompt_tokens = usage["prompt_tokens"].as_u64().unwrap_or_default();
    answer.cached_tokens = usage["prompt_tokens_details"]["cached_tokens"].as_u64().unwrap_or_default();
    anyhow::ensure!(answer.whole_s > 0.0, "the answer was cut off");
    Ok(answer)
}

/// Says how much each side had to do, so that one sees whether it was the same.
pub(super) fn say_work(names: &[&str], taken: &[Vec<Answer>]) {
    for (name, answers) in names.iter().zip(taken) {
        let all =
            |of: fn(&Answer) -> u64| answers.iter().map(|answer| of(answer).to_string()).collect::<Vec<_>>().join(" ");
        println!(
            "{name}: prompt tokens {}, of them cached {}, generated {}",
            all(|answer| answer.prompt_tokens),
            all(|answer| answer.cached_tokens),
            all(|answer| answer.tokens)
        );
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

    use super::*;

    #[test]
    fn events_of_both_sides_are_read() {
        let events = "data: {\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":null},\"finish_reason\":null}]}\n\n: \
                      alive\n\ndata: {\"choices\":[{\"delta\":{\"content\":\"a\"},\"finish_reason\":null}]}\n\ndata: \
                      {\"choices\":[{\"delta\":{\"content\":\"b\"},\"finish_reason\":null}]}\n\ndata: \
                      {\"choices\":[{\"delta\":{},\"finish_reason\":\"length\"}]}\n\n";
        let end = "data: {\"choices\":[],\"usage\":{\"completion_tokens\":2,\"prompt_tokens\":9,\
                   \"prompt_tokens_details\":{\"cached_tokens\":4}}}\n\ndata: [DONE]\n\n";
        let read = |text: String| read(text.as_bytes(), Instant::now());
        let answer = read(format!("{events}{end}")).unwrap();
        assert_eq!((&*answer.text, answer.tokens, answer.prompt_tokens, answer.cached_tokens), ("ab", 2, 9, 4));
        assert!(read(events.to_owned()).is_err(), "no count");
        assert!(read(end.to_owned()).is_err(), "no text");
        assert!(read(format!("data: {{\"error\":\"x\"}}\n{events}{end}")).is_err());
    }
}
