//! One diagnostic per fault, each with its place.

use brickwork_engine::{Severity, parse_pipeline, pipeline_schema, validate_pipeline};
use proptest::prelude::*;
use serde_json::{Value, json};

fn base() -> Value {
    json!({"name": "P", "steps": [
        {"step_name": "a", "model_type": "CodeLlama", "prompt": "One."},
        {"step_name": "b", "model_type": "CodeGemma", "prompt": "Two."}
    ]})
}

fn check(change: impl FnOnce(&mut Value), expected: &[(&str, &str)]) {
    let mut body = base();
    change(&mut body);
    let found = parse_pipeline(&body).expect_err("the pipeline is at fault");
    let found: Vec<(&str, &str)> = found.iter().map(|fault| (fault.code.as_str(), fault.path.as_str())).collect();
    assert_eq!(found, expected, "{body}");
}

#[test]
fn the_base_is_sound() {
    let mut body = base();
    assert!(parse_pipeline(&body).is_ok());
    body["steps"][0]["gate"] = json!({"syntax": true, "repairs": 5, "command": ["tsc"]});
    body["assembler"] = json!({"mode": "deterministic"});
    let pipeline = parse_pipeline(&body).unwrap();
    assert_eq!(
        serde_json::to_value(&pipeline.steps[0].gate).unwrap(),
        json!({
            "command": ["tsc"], "repairs": 5, "continuations": 1
        })
    );
}

#[test]
fn every_fault_is_told_with_its_place() {
    check(|body| body["colour"] = json!(1), &[("unknown_field", "$.colour")]);
    check(|body| body["steps"] = json!([]), &[("no_steps", "$.steps")]);
    check(|body| *body = json!([]), &[("wrong_type", "$")]);
    check(|body| body["steps"][0]["prompt"] = json!(7), &[("wrong_type", "$.steps[0].prompt")]);
    check(|body| body["steps"][1]["prompt"] = json!("  "), &[("empty_prompt", "$.steps[1].prompt")]);
    check(|body| body["steps"][1]["step_name"] = json!("a"), &[("duplicate_step_name", "$.steps[1].step_name")]);
    check(|body| body["steps"][0]["step_name"] = json!("../x"), &[("invalid_step_name", "$.steps[0].step_name")]);
    check(|body| body["steps"][0]["step_name"] = json!("Assembler"), &[("reserved_step_name", "$.steps[0].step_name")]);
    check(|body| body["steps"][0]["model_type"] = json!("GPT"), &[("wrong_type", "$.steps[0].model_type")]);
    check(
        |body| body["steps"][0]["model_type"] = json!("Assembler"),
        &[("assembler_as_step", "$.steps[0].model_type")],
    );
    check(
        |body| body["steps"][0]["parameters"] = json!({"temperature": 2, "max_tokens": 0}),
        &[("out_of_range", "$.steps[0].parameters.max_tokens"), ("out_of_range", "$.steps[0].parameters.temperature")],
    );
    check(
        |body| body["steps"][0]["parameters"] = json!({"max_tokens": 1.5, "seed": -1, "tmp": 1}),
        &[
            ("unknown_field", "$.steps[0].parameters.tmp"),
            ("wrong_type", "$.steps[0].parameters.max_tokens"),
            ("wrong_type", "$.steps[0].parameters.seed"),
        ],
    );
    check(|body| body["steps"][0]["inputs"] = json!(["b"]), &[("unknown_input", "$.steps[0].inputs[0]")]);
    for (gate, code, path) in [
        (json!({"parses": true}), "unknown_field", ".parses"),
        (json!({"repairs": "2"}), "wrong_type", ".repairs"),
        (json!({"repairs": 6}), "out_of_range", ".repairs"),
        (json!({"continuations": 9}), "out_of_range", ".continuations"),
        (json!({"timeout_s": 0}), "out_of_range", ".timeout_s"),
        (json!({"json_schema": {"type": "no such type"}}), "invalid_schema", ".json_schema"),
        (json!({"json_schema": {"$ref": "https://example.org/other.json"}}), "invalid_schema", ".json_schema"),
        (json!({"command": []}), "empty_command", ".command"),
        (json!({"command": [" "]}), "empty_command", ".command"),
        (json!({"syntax": false}), "empty_gate", ""),
    ] {
        let path = format!("$.steps[0].gate{path}");
        check(|body| body["steps"][0]["gate"] = gate.clone(), &[(code, &path)]);
    }
    check(|body| body["steps"][0]["timeout_s"] = json!(0), &[("out_of_range", "$.steps[0].timeout_s")]);
    check(|body| body["assembler"] = json!({"mode": "magic"}), &[("wrong_type", "$.assembler.mode")]);
    check(
        |body| {
            body.as_object_mut().unwrap().remove("name");
        },
        &[("missing_field", "$.name")],
    );
    check(
        |body| {
            let step = body["steps"][0].clone();
            let many: Vec<Value> = (0..1000)
                .map(|n| {
                    let mut step = step.clone();
                    step["step_name"] = json!(format!("s{n}"));
                    step
                })
                .collect();
            body["steps"] = json!(many);
        },
        &[("too_many_steps", "$.steps")],
    );
}

#[test]
fn unknown_variables_only_warn() {
    let mut body = base();
    body["steps"][1]["prompt"] = json!("Use {{ step_0_output }}, {{ step_1_output }} and {{ nope.x }}.");
    let pipeline = parse_pipeline(&body).unwrap();
    let found = validate_pipeline(&pipeline);
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found.iter().all(|finding| finding.severity == Severity::Warning && finding.path == "$.steps[1].prompt"));
}

#[test]
fn a_pipeline_survives_the_way_through_json() {
    let pipeline = parse_pipeline(&base()).unwrap();
    let again = parse_pipeline(&serde_json::to_value(&pipeline).unwrap()).unwrap();
    assert_eq!(pipeline, again);
}

#[test]
fn the_schema_refuses_unknown_fields() {
    let schema = pipeline_schema();
    assert_eq!(schema["additionalProperties"], json!(false));
    assert_eq!(schema["$defs"]["Step"]["additionalProperties"], json!(false));
}

proptest! {
    #[test]
    fn no_body_breaks_the_checks(text in any::<String>(), number in any::<f64>()) {
        let mut body = base();
        body["steps"][0]["step_name"] = json!(text);
        body["steps"][0]["prompt"] = json!(text);
        body["steps"][0]["parameters"] = json!({"temperature": number, "top_p": number});
        if let Ok(pipeline) = parse_pipeline(&body) {
            prop_assert!((0.0..=1.0).contains(&pipeline.steps[0].parameters.temperature));
        }
    }
}
