//! What a gate may ask for.

use brickwork_syntax::schema_fault;
use serde_json::Value;

use super::Diagnostic;
use crate::gate::{Gate, MAX_COMMAND_S, MAX_CONTINUATIONS, MAX_REPAIRS};
use crate::phrase::Phrase;

/// Every fault of the gate that stands at `path`.
pub(super) fn check(gate: &Gate, path: &str, found: &mut Vec<Diagnostic>) {
    let limits = [
        ("repairs", u64::from(gate.repairs), 0, u64::from(MAX_REPAIRS)),
        ("continuations", u64::from(gate.continuations), 0, u64::from(MAX_CONTINUATIONS)),
        ("timeout_s", gate.timeout_s, 1, MAX_COMMAND_S),
    ];
    for (field, value, least, most) in limits {
        if !(least..=most).contains(&value) {
            found.push(
                Diagnostic::error(
                    "out_of_range",
                    format!("{path}.{field}"),
                    format!("{field} is {value}."),
                    format!("Use {least} to {most}."),
                )
                .saying(
                    Phrase::new("gate_out_of_range")
                        .with("field", field)
                        .with("value", value)
                        .with("least", least)
                        .with("most", most),
                ),
            );
        }
    }
    if let Some(fault) = gate.json_schema.as_ref().and_then(|schema| schema_fault(&Value::Object(schema.clone()))) {
        found.push(
            Diagnostic::error(
                "invalid_schema",
                format!("{path}.json_schema"),
                format!("This is no JSON Schema: {fault}."),
                "Correct it; references to other documents are not followed.",
            )
            .saying(Phrase::new("invalid_schema").with("cause", fault.to_string())),
        );
    }
    if gate.command.as_ref().is_some_and(|command| command.first().is_none_or(|program| program.trim().is_empty())) {
        found.push(
            Diagnostic::error(
                "empty_command",
                format!("{path}.command"),
                "The command names no program.",
                "Give the program and its arguments as a list, or leave `command` out.",
            )
            .saying(Phrase::new("empty_command")),
        );
    }
    if !gate.syntax && gate.json_schema.is_none() && gate.command.is_none() {
        found.push(
            Diagnostic::error(
                "empty_gate",
                path,
                "The gate checks nothing.",
                "Leave `syntax` on, or give a `json_schema` or a `command`; or remove the gate.",
            )
            .saying(Phrase::new("empty_gate")),
        );
    }
}
