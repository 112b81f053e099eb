//! Whether a document has the shape of an example.

use serde_json::Value;

use crate::common::text;

/// Checks that `actual` has every field of `example` with a value of the same kind. The entries of a list are held
/// against the example's fullest entry. Further fields are allowed.
#[track_caller]
pub(super) fn check_like(example: &Value, actual: &Value, place: &str) {
    match (example, actual) {
        (Value::Object(fields), Value::Object(found)) => {
            for (name, value) in fields {
                let there = found.get(name).unwrap_or_else(|| panic!("{place}.{name} is missing in {actual}"));
                check_like(value, there, &format!("{place}.{name}"));
            }
        }
        (Value::Array(examples), Value::Array(found)) => {
            let Some(fullest) = examples.iter().max_by_key(|example| example.to_string().len()) else { return };
            for (index, value) in found.iter().enumerate() {
                check_like(fullest, value, &format!("{place}[{index}]"));
            }
        }
        (Value::String(_), Value::String(_))
        | (Value::Number(_), Value::Number(_))
        | (Value::Bool(_), Value::Bool(_)) => {}
        _ => panic!("{place} is {actual}, where the specification has {example}"),
    }
}

/// Checks a step's time and the names of its artifacts.
#[track_caller]
pub(super) fn check_step(step: &Value) {
    assert!(seconds(&step["execution_time"]) >= 0.0);
    let rule = format!("{}_component_", text(&step["step_name"]));
    for (index, artifact) in step["artifacts"].as_array().unwrap().iter().enumerate() {
        let (kind, name) = (text(&artifact["type"]), text(&artifact["name"]));
        assert!(name.ends_with(&format!(".{kind}")), "the type of {name} is {kind}");
        if name.starts_with(&rule) {
            assert_eq!(name, format!("{rule}{index}.{kind}"));
        }
    }
}

/// A number of seconds.
#[track_caller]
pub(super) fn seconds(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("no number of seconds: {value}"))
}

/// An instant as RFC 3339 writes it, in UTC as the specification does.
#[track_caller]
pub(super) fn stamp(value: &Value) -> jiff::Timestamp {
    let written = text(value);
    assert!(written.contains('T') && written.ends_with('Z'), "{written}");
    written.parse().unwrap_or_else(|error| panic!("{written}: {error}"))
}
