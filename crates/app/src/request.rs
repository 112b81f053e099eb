//! Reading a request's JSON, so that a fault names its place.

use brickwork_engine::{Diagnostic, Phrase};
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_path_to_error::Segment;

use crate::error::AppError;

/// The request that `body` spells.
///
/// # Errors
/// [`AppError::InvalidRequest`] with the JSON path of the first fault.
pub fn read_request<T: DeserializeOwned>(body: &Value) -> Result<T, AppError> {
    serde_path_to_error::deserialize(body).map_err(|error| {
        let path: String = std::iter::once("$".to_owned()).chain(error.path().iter().filter_map(segment)).collect();
        let message = error.inner().to_string();
        let code = if message.starts_with("unknown field") {
            "unknown_field"
        } else if message.starts_with("missing field") {
            "missing_field"
        } else {
            "wrong_type"
        };
        invalid(code, &path, format!("{}.", capitalised(&message)), "Correct the value and send it again.")
    })
}

fn segment(segment: &Segment) -> Option<String> {
    match segment {
        Segment::Seq { index } => Some(format!("[{index}]")),
        Segment::Map { key } | Segment::Enum { variant: key } => Some(format!(".{key}")),
        Segment::Unknown => None,
    }
}

fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// A refusal with one finding.
pub(crate) fn invalid(code: &str, path: &str, message: impl Into<String>, remedy: &str) -> AppError {
    AppError::InvalidRequest(vec![Diagnostic::error(code, path, message, remedy)])
}

/// The text without surrounding white space, if it has 1 to `max_chars` characters and no control characters; otherwise
/// the fault at `path`.
pub(crate) fn line(text: &str, path: &str, max_chars: usize) -> Result<String, Diagnostic> {
    let text = text.trim();
    let n_chars = text.chars().count();
    let fault = |code: &str, message: String, remedy: &str, phrase: Phrase| {
        Err(Diagnostic::error(code, path, message, remedy).saying(phrase))
    };
    match () {
        () if text.is_empty() => {
            let message = "This text is empty.".into();
            fault("empty", message, "Give at least one visible character.", Phrase::new("text_empty"))
        }
        () if n_chars > max_chars => {
            let message = format!("This text has {n_chars} characters; {max_chars} are allowed.");
            let phrase = Phrase::new("text_too_long").with("count", n_chars).with("limit", max_chars);
            fault("too_long", message, "Shorten it.", phrase)
        }
        () if text.chars().any(char::is_control) => {
            let message = "This text holds a control character.".into();
            let phrase = Phrase::new("text_with_control_character");
            fault("control_character", message, "Remove line breaks and tabs.", phrase)
        }
        () => Ok(text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use serde::Deserialize;
    use serde_json::json;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only the reading is looked at")]
    struct Sample {
        name: String,
        #[serde(default)]
        sizes: Vec<u8>,
    }

    #[test]
    fn faults_name_their_place() {
        let check = |body: Value, code: &str, path: &str| {
            let error = read_request::<Sample>(&body).unwrap_err();
            let [found] = error.diagnostics() else { panic!("{error}") };
            assert_eq!((&*found.code, &*found.path), (code, path), "{}", found.message);
        };
        check(json!({}), "missing_field", "$");
        check(json!({ "name": 3 }), "wrong_type", "$.name");
        check(json!({ "name": "x", "sizes": [1, 300] }), "wrong_type", "$.sizes[1]");
        check(json!({ "name": "x", "size": 1 }), "unknown_field", "$.size");
        check(json!("x"), "wrong_type", "$");
    }

    #[test]
    fn lines_are_trimmed_and_bounded() {
        assert_eq!(line("  Shop \n", "$.name", 4).unwrap(), "Shop");
        for (text, code) in [(" \t ", "empty"), ("Shops", "too_long"), ("a\nb", "control_character")] {
            assert_eq!(line(text, "$.name", 4).unwrap_err().code, code);
        }
    }
}
