//! Whether JSON holds to a JSON Schema (drafts 4 to 2020-12).

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::json_place::line_of;
use crate::request::SyntaxSource;

/// The most errors that are told of one text.
const ERRORS_MAX: usize = 20;

/// A place at which a value breaks its schema.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SchemaError {
    /// The text's place in the list that was asked about, from 0.
    pub source: usize,
    /// The value's place as a JSON pointer (RFC 6901); empty for the whole.
    pub pointer: String,
    /// The line on which the value begins, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// What is wrong, as a sentence.
    pub message: String,
}

/// Why this is no JSON Schema; `None` when it is one. References to other documents are refused: nothing is fetched.
#[must_use]
pub fn schema_fault(schema: &Value) -> Option<String> {
    jsonschema::validator_for(schema).err().map(|error| error.to_string())
}

/// Every place at which a JSON text among `sources` breaks `schema`. Texts that are no JSON have no errors here: that they do
/// not parse is another matter. A schema that is none has no errors either; [`schema_fault`] tells.
#[must_use]
pub fn schema_errors(schema: &Value, sources: &[SyntaxSource]) -> Vec<SchemaError> {
    let Ok(validator) = jsonschema::validator_for(schema) else { return Vec::new() };
    let values = sources.iter().enumerate().filter(|(_, one)| one.kind == "json");
    let values = values.filter_map(|(at, one)| Some((at, serde_json::from_str::<Value>(&one.content).ok()?)));
    values
        .flat_map(|(source, value)| {
            let told = |error: jsonschema::ValidationError<'_>| {
                let pointer = error.instance_path.to_string();
                let line = line_of(&sources[source].content, &pointer);
                SchemaError { source, line, message: format!("{error}."), pointer }
            };
            validator.iter_errors(&value).take(ERRORS_MAX).map(told).collect::<Vec<_>>()
        })
        .collect()
}
