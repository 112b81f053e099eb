//! Reading a pipeline that is still being written.

use brickwork_engine::{Diagnostic, Phrase, Pipeline, parse_pipeline};
use serde_json::Value;

use crate::error::AppError;

/// Faults that keep a pipeline from running but not from being looked at.
const TOLERATED: [&str; 3] = ["empty_prompt", "invalid_name", "no_steps"];

/// The pipeline that `body` spells, whose name, steps and prompts may be missing.
///
/// # Errors
/// [`AppError::InvalidPipeline`] with every other fault.
pub(super) fn unfinished(body: &Value) -> Result<Pipeline, AppError> {
    let mut body = body.clone();
    if let Some(fields) = body.as_object_mut() {
        fields.entry("name").or_insert_with(|| "".into());
        for step in fields.get_mut("steps").and_then(Value::as_array_mut).into_iter().flatten() {
            if let Some(step) = step.as_object_mut() {
                step.entry("prompt").or_insert_with(|| "".into());
            }
        }
    }
    let faults = match parse_pipeline(&body) {
        Ok(pipeline) => return Ok(pipeline),
        Err(faults) => faults,
    };
    let serious: Vec<Diagnostic> =
        faults.into_iter().filter(|fault| !TOLERATED.contains(&fault.code.as_str())).collect();
    if !serious.is_empty() {
        return Err(AppError::InvalidPipeline(serious));
    }
    serde_json::from_value(body).map_err(|error| {
        let remedy = "Correct the value and try again.";
        let finding = Diagnostic::error("invalid_pipeline", "$", error.to_string(), remedy);
        let phrase = Phrase::new("invalid_pipeline").with("cause", error.to_string());
        AppError::InvalidPipeline(vec![finding.saying(phrase)])
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_not_written_yet_is_no_fault() {
        assert_eq!(unfinished(&json!({ "steps": [] })).unwrap().steps.len(), 0);
        let body = json!({ "name": "", "steps": [{ "step_name": "a", "model_type": "CodeLlama" },
            { "step_name": "b", "model_type": "CodeGemma", "prompt": " " }] });
        assert_eq!(unfinished(&body).unwrap().steps[0].prompt, "");
    }

    #[test]
    fn every_other_fault_is_told() {
        let check = |body: Value, codes: &[&str]| {
            let error = unfinished(&body).unwrap_err();
            let found: Vec<&str> = error.diagnostics().iter().map(|fault| fault.code.as_str()).collect();
            assert_eq!(found, codes, "{body}");
        };
        check(json!([]), &["wrong_type"]);
        check(json!({ "name": "P" }), &["missing_field"]);
        check(json!({ "steps": [{ "step_name": "a", "prompt": 3 }] }), &["missing_field", "wrong_type"]);
        let twins =
            json!([{ "step_name": "a", "model_type": "CodeLlama" }, { "step_name": "a", "model_type": "CodeLlama" }]);
        check(json!({ "steps": twins }), &["duplicate_step_name"]);
    }
}
