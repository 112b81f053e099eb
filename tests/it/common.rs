//! Pipelines for the tests, and short ways to look into results.

use brickwork_tests::pipeline;
use serde_json::{Value, json};

/// The shipped React pipeline made short and repeatable: `max_tokens` a step, temperature 0, and few tokens for the
/// Assembler.
pub(crate) fn short_react(max_tokens: u32) -> Value {
    let mut body = pipeline("react-component");
    let parameters = json!({ "max_tokens": max_tokens, "temperature": 0.0, "seed": 1 });
    for step in body["steps"].as_array_mut().unwrap() {
        step["parameters"] = parameters.clone();
    }
    body["assembler"] = json!({ "parameters": parameters });
    body
}

/// A pipeline of one step with `prompt`.
pub(crate) fn one_step(prompt: &str) -> Value {
    json!({
        "name": "One step",
        "steps": [{ "step_name": "only", "model_type": "CodeGemma", "prompt": prompt, "parameters": { "max_tokens": 64 } }]
    })
}

/// The steps and the Assembler of a run.
pub(crate) fn all_steps(run: &Value) -> Vec<&Value> {
    run["steps"].as_array().unwrap().iter().chain([&run["assembler"]]).collect()
}

/// Whether a line of `run --json` is the recorded change of that kind.
pub(crate) fn is_change(line: &Value, kind: &str) -> bool {
    line["event"] == "change" && line["change"]["kind"] == kind
}

pub(crate) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}"))
}

pub(crate) fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or_else(|| panic!("no whole number: {value}"))
}
