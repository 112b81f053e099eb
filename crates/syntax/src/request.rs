//! Questions and answers as data, so that another process can answer them.
//!
//! Grammars have scanners in C that read whatever a model wrote. Whoever must not die of one asks a child process.

use brickwork_artifacts::{Artifact, SyntaxReport};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::assembly::{Assembly, Step, assemble};
use crate::check::check_until;
use crate::schema::{SchemaError, schema_errors};
use crate::verify::{ResultFault, verify};

/// A text to look at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyntaxSource {
    /// Its kind, a file extension without a dot.
    pub kind: String,
    /// The text.
    pub content: String,
}

/// A question.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "snake_case")]
pub enum SyntaxRequest {
    /// Do these parse?
    Check {
        /// The texts.
        sources: Vec<SyntaxSource>,
    },
    /// Does the JSON among these hold to a schema?
    Schema {
        /// The JSON Schema.
        schema: Value,
        /// The texts; those that are no JSON are passed over.
        sources: Vec<SyntaxSource>,
    },
    /// What do the steps' pieces make together, and what does not fit?
    Assemble {
        /// The steps, in order.
        steps: Vec<Step>,
        /// Names of files that are there besides.
        others: Vec<String>,
    },
    /// Does an assembled result hold everything that its pieces held?
    Verify {
        /// The pieces.
        pieces: Vec<Artifact>,
        /// The result.
        result: Vec<Artifact>,
        /// Names of files that are there besides.
        others: Vec<String>,
    },
}

/// The answer to the question of the same name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "snake_case")]
pub enum SyntaxAnswer {
    /// One report for each text.
    Check {
        /// In the order of the texts.
        reports: Vec<SyntaxReport>,
    },
    /// What does not hold.
    Schema {
        /// In the order of the texts.
        errors: Vec<SchemaError>,
    },
    /// The pieces and their conflicts.
    Assemble {
        /// Both.
        assembly: Assembly,
    },
    /// What is wrong with the result.
    Verify {
        /// In a stable order.
        faults: Vec<ResultFault>,
    },
}

/// Answers a question. The work of checking gives up where `stop` says so, which is asked often.
#[must_use]
pub fn answer(request: &SyntaxRequest, stop: &mut dyn FnMut() -> bool) -> SyntaxAnswer {
    match request {
        SyntaxRequest::Check { sources } => SyntaxAnswer::Check {
            reports: sources.iter().map(|source| check_until(&source.kind, &source.content, stop)).collect(),
        },
        SyntaxRequest::Schema { schema, sources } => SyntaxAnswer::Schema { errors: schema_errors(schema, sources) },
        SyntaxRequest::Assemble { steps, others } => SyntaxAnswer::Assemble { assembly: assemble(steps, others) },
        SyntaxRequest::Verify { pieces, result, others } => {
            SyntaxAnswer::Verify { faults: verify(pieces, result, others) }
        }
    }
}
