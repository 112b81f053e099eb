//! How a script drives the peer through the pipeline.

use std::time::Instant;

use anyhow::Result;
use serde_json::{Map, Value, json};

use super::super::chat::{self, Question, message};
use super::super::texts;
use super::{ASSEMBLER_TOKENS, Run, SHORTER, steps};

/// What the Assembler is told (`ASSEMBLER_PROMPT` of `crates/engine/src/prompt.rs`).
const ASSEMBLE: &str = "Write the complete final code, without conflicts between the pieces and with short documentation \
comments: one fenced code block per file, its file name in a comment on the first line.";

/// The flow of the specification: one message a request, the instruction and then everything known as JSON.
///
/// # Errors
/// When the server does not answer.
pub(super) fn as_specified(authority: &str, pipeline: &Value) -> Result<Run> {
    let started = Instant::now();
    let mut context = pipeline["global_context"].as_object().cloned().unwrap_or_default();
    let mut tokens = 0;
    for (index, (instruction, own, max_tokens)) in requests(pipeline).into_iter().enumerate() {
        context.extend(own);
        let content = format!("{instruction}\n\nContext:\n{}", Value::Object(context.clone()));
        let messages = vec![message("system", texts::SYSTEM), message("user", content)];
        let answer = chat::ask(authority, &Question { messages, max_tokens, stop: &[] })?;
        tokens += answer.tokens;
        context.insert(format!("step_{index}_artifacts"), json!(artifacts(&answer.text, index)));
        context.insert(format!("step_{index}_output"), Value::String(answer.text));
    }
    Ok(Run { wall_s: started.elapsed().as_secs_f64(), tokens })
}

/// Our layout: a conversation that only grows, with the turns of our run.
///
/// # Errors
/// When the server does not answer.
pub(super) fn growing(authority: &str, pipeline: &Value, turns: &[String]) -> Result<Run> {
    let started = Instant::now();
    let mut messages = vec![message("system", texts::SYSTEM)];
    let mut tokens = 0;
    for (index, (turn, (_, _, max_tokens))) in turns.iter().zip(requests(pipeline)).enumerate() {
        let opening = if index == 0 { opening(&pipeline["global_context"]) } else { String::new() };
        messages.push(message("user", format!("{opening}{turn}")));
        let answer = chat::ask(authority, &Question { messages: messages.clone(), max_tokens, stop: &[] })?;
        tokens += answer.tokens;
        messages.push(message("assistant", answer.text));
    }
    Ok(Run { wall_s: started.elapsed().as_secs_f64(), tokens })
}

/// The turns of a run of ours, as they were sent.
pub(super) fn turns(view: &Value) -> Vec<String> {
    steps(view).filter_map(|step| step["prompt"].as_str().map(str::to_owned)).collect()
}

/// Instruction, own context and length of each request, the Assembler's last.
fn requests(pipeline: &Value) -> Vec<(String, Map<String, Value>, u64)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let own = |step: &Value| step["context"].as_object().cloned().unwrap_or_default();
    let of = |step: &Value| {
        (text(&step["prompt"]), own(step), step["parameters"]["max_tokens"].as_u64().unwrap_or(512 / SHORTER))
    };
    let steps = pipeline["steps"].as_array().into_iter().flatten().map(of);
    steps.chain([(ASSEMBLE.to_owned(), Map::new(), ASSEMBLER_TOKENS / SHORTER)]).collect()
}

/// The project's context as our layout writes it.
fn opening(context: &Value) -> String {
    let lines = context.as_object().into_iter().flatten().map(|(key, value)| {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        format!("- {key}: {value}\n")
    });
    format!("Project context:\n{}\n", lines.collect::<String>())
}

/// The fenced blocks of an answer, named as in the specification.
fn artifacts(text: &str, step: usize) -> Vec<Value> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((_, after)) = rest.split_once("```") {
        let Some((tag, body)) = after.split_once('\n') else { break };
        let Some((content, behind)) = body.split_once("```") else { break };
        let kind = tag.trim();
        found.push(json!({ "type": kind, "name": format!("step_{step}_{}.{kind}", found.len()), "content": content }));
        rest = behind;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fenced_blocks_are_artifacts() {
        let found = artifacts("a\n```jsx\nlet a;\n```\nb\n```css\nx\n```\n```js\nopen", 1);
        let names: Vec<&str> = found.iter().filter_map(|artifact| artifact["name"].as_str()).collect();
        assert_eq!(names, ["step_1_0.jsx", "step_1_1.css"]);
        assert_eq!(found[0]["content"], "let a;\n");
    }

    #[test]
    fn the_opening_is_that_of_our_prompts() {
        let context = json!({ "ticket": 1, "styling": "tailwind" });
        assert_eq!(opening(&context), "Project context:\n- ticket: 1\n- styling: tailwind\n\n");
    }
}
