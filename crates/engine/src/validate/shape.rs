//! The shape of a pipeline's JSON: known fields, their types, and the required ones.

use serde_json::Value;

use super::Diagnostic;
use crate::phrase::Phrase;
use crate::pipeline::AssemblerMode;
use crate::role::Role;

/// The type that a field must have.
#[derive(Clone, Copy)]
enum Kind {
    Text,
    Whole,
    Number,
    Bool,
    Object,
    Texts,
    Uuid,
    Role,
    /// How pieces are joined.
    Mode,
    /// An object with these fields.
    Record(&'static [Field]),
    /// A list of objects with these fields.
    Records(&'static [Field]),
}

/// One field of an object.
struct Field {
    name: &'static str,
    kind: Kind,
    required: bool,
}

const fn required(name: &'static str, kind: Kind) -> Field {
    Field { name, kind, required: true }
}

const fn optional(name: &'static str, kind: Kind) -> Field {
    Field { name, kind, required: false }
}

const PARAMETERS: &[Field] = &[
    optional("max_tokens", Kind::Whole),
    optional("temperature", Kind::Number),
    optional("seed", Kind::Whole),
    optional("top_p", Kind::Number),
    optional("stop", Kind::Texts),
    optional("continuations", Kind::Whole),
];

const GATE: &[Field] = &[
    optional("syntax", Kind::Bool),
    optional("json_schema", Kind::Object),
    optional("command", Kind::Texts),
    optional("timeout_s", Kind::Whole),
    optional("repairs", Kind::Whole),
    optional("continuations", Kind::Whole),
    optional("required", Kind::Bool),
];

const STEP: &[Field] = &[
    required("step_name", Kind::Text),
    required("model_type", Kind::Role),
    required("prompt", Kind::Text),
    optional("context", Kind::Object),
    optional("parameters", Kind::Record(PARAMETERS)),
    optional("inputs", Kind::Texts),
    optional("enabled", Kind::Bool),
    optional("timeout_s", Kind::Whole),
    optional("gate", Kind::Record(GATE)),
    optional("files", Kind::Texts),
    optional("pause_after", Kind::Bool),
];

const ASSEMBLER: &[Field] =
    &[optional("prompt", Kind::Text), optional("parameters", Kind::Record(PARAMETERS)), optional("mode", Kind::Mode)];

const PIPELINE: &[Field] = &[
    optional("project_id", Kind::Uuid),
    required("name", Kind::Text),
    optional("description", Kind::Text),
    required("steps", Kind::Records(STEP)),
    optional("global_context", Kind::Object),
    optional("metadata", Kind::Object),
    optional("assembler", Kind::Record(ASSEMBLER)),
];

/// Every fault of shape.
pub(super) fn check(body: &Value) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    check_record(body, PIPELINE, "$", &mut found);
    found
}

fn check_record(value: &Value, fields: &'static [Field], path: &str, found: &mut Vec<Diagnostic>) {
    let Some(map) = value.as_object() else {
        found.push(wrong_type(path, "an object", "not_an_object", value));
        return;
    };
    for key in map.keys().filter(|key| fields.iter().all(|field| field.name != *key)) {
        let known: Vec<&str> = fields.iter().map(|field| field.name).collect();
        found.push(
            Diagnostic::error(
                "unknown_field",
                format!("{path}.{key}"),
                format!("There is no field `{key}` here."),
                format!("Remove it or correct its name. The fields are: {}.", known.join(", ")),
            )
            .saying(Phrase::new("unknown_field").with("field", key).with("fields", known.join(", "))),
        );
    }
    for field in fields {
        let place = format!("{path}.{}", field.name);
        match map.get(field.name) {
            Some(value) => check_value(value, field.kind, &place, found),
            None if field.required => found.push(
                Diagnostic::error(
                    "missing_field",
                    place,
                    format!("The field `{}` is missing.", field.name),
                    format!("Add `{}`.", field.name),
                )
                .saying(Phrase::new("missing_field").with("field", field.name)),
            ),
            None => {}
        }
    }
}

fn check_value(value: &Value, kind: Kind, path: &str, found: &mut Vec<Diagnostic>) {
    let (fits, wanted, reason) = match kind {
        Kind::Text => (value.is_string(), "a text", "not_a_text"),
        Kind::Bool => (value.is_boolean(), "true or false", "not_a_truth_value"),
        Kind::Object => (value.is_object(), "an object", "not_an_object"),
        Kind::Number => (value.is_number(), "a number", "not_a_number"),
        Kind::Whole => (is_u32(value), "a whole number from 0 to 4294967295", "not_a_whole_number"),
        Kind::Uuid => (is_uuid(value), "a UUID such as 550e8400-e29b-41d4-a716-446655440000", "not_a_uuid"),
        Kind::Role => (is_role(value), "CodeLlama, CodeGemma or T5Gemma", "not_a_role"),
        Kind::Mode => {
            let is_mode = value.as_str().and_then(AssemblerMode::parse).is_some();
            (is_mode, "`model` or `deterministic`", "not_an_assembler_mode")
        }
        Kind::Texts => {
            let texts = value.as_array().is_some_and(|items| items.iter().all(Value::is_string));
            (texts, "a list of texts", "not_a_list_of_texts")
        }
        Kind::Record(fields) => return check_record(value, fields, path, found),
        Kind::Records(fields) => {
            if let Some(items) = value.as_array() {
                for (index, item) in items.iter().enumerate() {
                    check_record(item, fields, &format!("{path}[{index}]"), found);
                }
                return;
            }
            (false, "a list of objects", "not_a_list_of_objects")
        }
    };
    if !fits {
        found.push(wrong_type(path, wanted, reason, value));
    }
}

fn is_u32(value: &Value) -> bool {
    value.as_u64().is_some_and(|number| u32::try_from(number).is_ok())
}

fn is_uuid(value: &Value) -> bool {
    value.as_str().is_some_and(|text| uuid::Uuid::parse_str(text).is_ok())
}

fn is_role(value: &Value) -> bool {
    value.as_str().is_some_and(|name| Role::parse(name).is_some())
}

fn wrong_type(path: &str, wanted: &str, reason: &str, value: &Value) -> Diagnostic {
    let mut shown = value.to_string();
    if shown.chars().count() > 60 {
        shown = shown.chars().take(60).chain(['…']).collect();
    }
    Diagnostic::error(
        "wrong_type",
        path,
        format!("This must be {wanted}, but it is {shown}."),
        format!("Give {wanted}."),
    )
    .saying(Phrase::new(reason).with("value", shown))
}
