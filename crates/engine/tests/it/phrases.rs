//! What each finding names, so that a window can say it in its own language.

use std::collections::HashMap;

use brickwork_engine::{Diagnostic, Phrase, PhraseParam, parse_pipeline, validate_pipeline, warning_phrase};
use serde_json::{Value, json};

fn base() -> Value {
    json!({"name": "P", "steps": [
        {"step_name": "a", "model_type": "CodeLlama", "prompt": "One."},
        {"step_name": "b", "model_type": "CodeGemma", "prompt": "Two."}
    ]})
}

/// The window's English messages, by their names.
fn english() -> HashMap<String, String> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../ui/messages/said-pipeline/en.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// The message `name` with what the phrase names.
fn put(name: &str, phrase: &Phrase) -> String {
    let english = english();
    let message = english.get(name).unwrap_or_else(|| panic!("the window has no message {name}"));
    let filled = phrase.params.iter().fold(message.clone(), |text, (name, value)| {
        let value = match value {
            PhraseParam::Count(count) => count.to_string(),
            PhraseParam::Text(text) => text.clone(),
        };
        text.replace(&format!("{{{name}}}"), &value)
    });
    filled.replace("\\{", "{").replace("\\}", "}")
}

/// Whether the finding says the sentence `reason` of `params`, and the window's English says the same.
fn check_finding(found: &Diagnostic, reason: &str, params: &Value) {
    let phrase = found.phrase.as_deref().unwrap_or_else(|| panic!("{found:?} has no phrase"));
    let expected: Value = json!({"reason": reason, "params": params});
    let mut said = serde_json::to_value(phrase).unwrap();
    said["params"] = serde_json::to_value(&phrase.params).unwrap();
    assert_eq!(said, expected, "{found:?}");
    assert_eq!(put(&format!("say_{reason}"), phrase), found.message);
    assert_eq!(put(&format!("fix_{reason}"), phrase), found.remedy);
}

fn check(change: impl FnOnce(&mut Value), reason: &str, params: &Value) {
    let mut body = base();
    change(&mut body);
    let found = parse_pipeline(&body).expect_err("the pipeline is at fault");
    assert_eq!(found.len(), 1, "{found:?}");
    check_finding(&found[0], reason, params);
}

#[test]
fn faults_of_shape_name_what_they_are_about() {
    check(|body| *body = json!([]), "not_an_object", &json!({"value": "[]"}));
    check(
        |body| body["colour"] = json!(1),
        "unknown_field",
        &json!({"field": "colour", "fields": "project_id, name, description, steps, global_context, metadata, assembler"}),
    );
    let without_name = |body: &mut Value| {
        body.as_object_mut().unwrap().remove("name");
    };
    check(without_name, "missing_field", &json!({"field": "name"}));
    let step = |field: &'static str, value: Value| move |body: &mut Value| body["steps"][0][field] = value;
    check(step("prompt", json!(7)), "not_a_text", &json!({"value": "7"}));
    check(step("enabled", json!("yes")), "not_a_truth_value", &json!({"value": "\"yes\""}));
    check(step("context", json!(1)), "not_an_object", &json!({"value": "1"}));
    check(step("inputs", json!([1])), "not_a_list_of_texts", &json!({"value": "[1]"}));
    check(step("model_type", json!("GPT")), "not_a_role", &json!({"value": "\"GPT\""}));
    check(step("parameters", json!({"seed": -1})), "not_a_whole_number", &json!({"value": "-1"}));
    check(step("parameters", json!({"temperature": "x"})), "not_a_number", &json!({"value": "\"x\""}));
    check(|body| body["project_id"] = json!("x"), "not_a_uuid", &json!({"value": "\"x\""}));
    check(|body| body["steps"] = json!(1), "not_a_list_of_objects", &json!({"value": "1"}));
}

#[test]
fn faults_of_meaning_name_what_they_are_about() {
    let none = json!({});
    let step = |field: &'static str, value: Value| move |body: &mut Value| body["steps"][1][field] = value;
    let with = |name: &'static str, value: Value| step("parameters", json!({ name: value }));
    check(|body| body["name"] = json!(" "), "invalid_name", &json!({"count": 0, "limit": 200}));
    check(|body| body["steps"] = json!([]), "no_steps", &none);
    let all_off = |body: &mut Value| {
        for index in 0..2 {
            body["steps"][index]["enabled"] = json!(false);
        }
    };
    check(all_off, "every_step_disabled", &none);
    let many = |body: &mut Value| {
        let numbered = |n: usize| json!({"step_name": format!("s{n}"), "model_type": "CodeLlama", "prompt": "Go."});
        body["steps"] = (0..257).map(numbered).collect();
    };
    check(many, "too_many_steps", &json!({"count": 257, "limit": 256}));
    check(step("step_name", json!("../x")), "invalid_step_name", &json!({"name": "../x", "limit": 64}));
    check(step("step_name", json!("assembler")), "reserved_step_name", &json!({"name": "assembler"}));
    check(step("step_name", json!("a")), "duplicate_step_name", &json!({"name": "a"}));
    check(step("model_type", json!("Assembler")), "assembler_as_step", &none);
    check(step("prompt", json!(" ")), "empty_prompt", &none);
    check(step("inputs", json!(["c"])), "unknown_input", &json!({"step": "b", "input": "c"}));
    check(step("timeout_s", json!(0)), "timeout_out_of_range", &json!({"limit": 86_400}));
    check(with("max_tokens", json!(0)), "max_tokens_out_of_range", &json!({"value": 0, "limit": 131_072}));
    check(with("temperature", json!(2)), "temperature_out_of_range", &json!({"value": "2"}));
    check(with("top_p", json!(1.5)), "top_p_out_of_range", &none);
    let limits = json!({"field": "continuations", "value": 9, "least": 0, "most": 8});
    check(with("continuations", json!(9)), "gate_out_of_range", &limits);
    check(with("stop", json!([""])), "stop_out_of_range", &none);
}

#[test]
fn faults_of_gates_and_modes_name_what_they_are_about() {
    let no_such_mode = |body: &mut Value| body["assembler"] = json!({"mode": "no_such_mode"});
    check(no_such_mode, "not_an_assembler_mode", &json!({"value": "\"no_such_mode\""}));
    let gate = |gate: Value| move |body: &mut Value| body["steps"][0]["gate"] = gate;
    check(
        gate(json!({"timeout_s": 0})),
        "gate_out_of_range",
        &json!({"field": "timeout_s", "value": 0, "least": 1, "most": brickwork_engine::MAX_COMMAND_S}),
    );
    check(gate(json!({"syntax": false})), "empty_gate", &json!({}));
    check(gate(json!({"command": []})), "empty_command", &json!({}));
}

#[test]
fn unknown_variables_are_named_in_findings_and_in_warnings() {
    let mut body = base();
    body["steps"][1]["prompt"] = json!("Use {{ nope.x }}.");
    let found = validate_pipeline(&parse_pipeline(&body).unwrap());
    assert_eq!(found.len(), 1, "{found:?}");
    check_finding(&found[0], "unknown_variable", &json!({"variable": "nope.x"}));
    // A run keeps the sentence alone.
    let sentence = format!("{} {}", found[0].message, found[0].remedy);
    assert_eq!(warning_phrase(&sentence).as_ref(), found[0].phrase.as_deref());
    for other in ["", "It broke.", "The context knows no value for {{ a }}.", "{{ a }}"] {
        assert_eq!(warning_phrase(other), None, "{other}");
    }
}

#[test]
fn an_older_finding_without_a_phrase_is_still_read() {
    let old = json!({"severity": "error", "code": "no_steps", "path": "$", "message": "M", "remedy": "R"});
    let found: Diagnostic = serde_json::from_value(old.clone()).unwrap();
    assert_eq!((found.phrase.is_none(), serde_json::to_value(&found).unwrap()), (true, old));
    let phrase = Phrase::new("x").with("count", 3u32).with("name", "y");
    let told = serde_json::to_value(&phrase).unwrap();
    assert_eq!(told, json!({"reason": "x", "params": {"count": 3, "name": "y"}}));
    assert_eq!(serde_json::from_value::<Phrase>(told).unwrap(), phrase);
}
