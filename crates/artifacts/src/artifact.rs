//! The artifact itself: one file-like piece of a model's output.

use serde::{Deserialize, Serialize};

use crate::syntax::SyntaxReport;

/// One piece of code (or text) found in a model's output.
///
/// On the wire it is the specification's `{type, name, content}`, with further fields beside them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Artifact {
    /// The file extension without a dot, e.g. `jsx`, `py`.
    #[serde(rename = "type")]
    pub kind: String,
    /// File name, possibly with forward-slash folders (`src/Form.jsx`); unique within its step.
    pub name: String,
    /// The piece's text, exactly as the model wrote it between its fences.
    pub content: String,
    /// Whether the model gave the name (otherwise it follows the rule `{step}_component_{n}.{ext}`).
    #[serde(default)]
    pub named: bool,
    /// Whether the closing fence was seen; `false` when the output ended inside the block.
    #[serde(default = "closed_default")]
    pub closed: bool,
    /// Byte offset, from 0, of the content in the step's output.
    #[serde(default)]
    pub start: usize,
    /// Byte offset just past the content in the step's output.
    #[serde(default)]
    pub end: usize,
    /// Whether the content parses; absent as long as nobody looked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub syntax: Option<SyntaxReport>,
}

const fn closed_default() -> bool {
    true
}
