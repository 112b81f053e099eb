//! A step's gate: what its artifacts must pass, what was found wrong, and how the model is asked to mend it.

use brickwork_artifacts::{Artifact, Extraction, PatchOutcome};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::pipeline::JsonMap;

/// The most repair turns of one step.
pub const MAX_REPAIRS: u32 = 5;

/// The most continuations of one answer.
pub const MAX_CONTINUATIONS: u32 = 8;

/// The longest time that a gate's command may take, in seconds.
pub const MAX_COMMAND_S: u64 = 600;

/// Findings that the model is shown at most; more would only fill its context.
const SHOWN_MAX: usize = 8;

/// Lines of a file shown before and after the faulty one.
const LINES_AROUND: usize = 2;

/// A line of an excerpt is cut after this many characters.
const LINE_MAX: usize = 160;

/// A check that a step's artifacts must pass, and what is done when they do not. All checks that are given must hold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Gate {
    /// Whether there must be an artifact, each must parse where its language has a grammar, and none be cut off.
    #[serde(skip_serializing_if = "is_true")]
    pub syntax: bool,
    /// A JSON Schema that every JSON artifact must hold to; there must be one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "JsonMap")]
    #[schema(value_type = Option<Object>)]
    pub json_schema: Option<JsonMap>,
    /// A program and its arguments, run in a folder that holds the artifacts, which must exit with 0. Only commands that the
    /// settings allow are run.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Vec<String>")]
    pub command: Option<Vec<String>>,
    /// Seconds that the command may take.
    #[schemars(range(min = 1, max = 600))]
    #[serde(skip_serializing_if = "is_default_timeout")]
    pub timeout_s: u64,
    /// How often the model is shown what is wrong and asked again.
    #[schemars(range(max = 5))]
    pub repairs: u32,
    /// How often an answer is continued that `max_tokens` cut off inside a block.
    #[schemars(range(max = 8))]
    pub continuations: u32,
    /// Whether the step fails when no attempt passes. Otherwise the best attempt is kept, and marked.
    #[serde(skip_serializing_if = "is_false")]
    pub required: bool,
}

impl Default for Gate {
    fn default() -> Self {
        Self {
            syntax: true,
            json_schema: None,
            command: None,
            timeout_s: 60,
            repairs: 1,
            continuations: 1,
            required: false,
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
const fn is_true(value: &bool) -> bool {
    *value
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
const fn is_false(value: &bool) -> bool {
    !*value
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
const fn is_default_timeout(value: &u64) -> bool {
    *value == 60
}

/// The kind of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FindingKind {
    /// The answer holds no artifact.
    NoArtifact,
    /// The answer ended inside an artifact.
    CutOff,
    /// An artifact does not parse.
    Syntax,
    /// An edit of an earlier file does not apply.
    Edit,
    /// The answer holds no JSON artifact that a schema could be about.
    NoJson,
    /// A JSON artifact breaks the schema, or nothing could be checked against it.
    Schema,
    /// The command failed.
    Command,
}

/// One thing that a gate found wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Finding {
    /// The kind.
    pub kind: FindingKind,
    /// The artifact's name, where one is meant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub artifact: Option<String>,
    /// The line in it, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// What is wrong, as a sentence.
    pub message: String,
    /// The lines around it, with their numbers, or what a command printed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub excerpt: Option<String>,
}

impl Finding {
    /// A finding about no artifact in particular.
    #[must_use]
    pub fn new(kind: FindingKind, message: impl Into<String>) -> Self {
        Self { kind, artifact: None, line: None, message: message.into(), excerpt: None }
    }

    /// A finding about a whole artifact.
    #[must_use]
    pub fn about(kind: FindingKind, artifact: &str, message: impl Into<String>) -> Self {
        Self { artifact: Some(artifact.to_owned()), ..Self::new(kind, message) }
    }
}

/// What the extraction and the syntax of an answer tell against it. `artifacts` carry their reports.
#[must_use]
pub(crate) fn syntax_findings(artifacts: &[Artifact], extraction: &Extraction) -> Vec<Finding> {
    let mut found = Vec::new();
    if artifacts.is_empty() {
        found.push(Finding::new(FindingKind::NoArtifact, "The answer has no code block."));
    }
    for patch in &extraction.patches {
        if let PatchOutcome::Refused { fault } = patch.outcome {
            let name = patch.name.as_deref().unwrap_or("a file");
            let artifact = patch.name.clone();
            let message = format!("`{name}` {fault}.");
            found.push(Finding { artifact, ..Finding::new(FindingKind::Edit, message) });
        }
    }
    for artifact in artifacts {
        if !artifact.closed {
            let message = format!("`{}` is cut off: the answer ended inside it.", artifact.name);
            found.push(Finding::about(FindingKind::CutOff, &artifact.name, message));
        }
        let errors = artifact.syntax.iter().flat_map(|report| &report.errors);
        found.extend(errors.map(|error| Finding {
            line: Some(error.line),
            excerpt: Some(excerpt(&artifact.content, error.line)),
            ..Finding::about(FindingKind::Syntax, &artifact.name, error.message.clone())
        }));
    }
    found
}

/// The lines around `line`, from 1, each with its number.
pub(crate) fn excerpt(content: &str, line: usize) -> String {
    let first = line.saturating_sub(LINES_AROUND).max(1);
    let shown = content.lines().enumerate().skip(first - 1).take(line + LINES_AROUND + 1 - first);
    let lines = shown.map(|(at, text)| {
        let mark = if at + 1 == line { '>' } else { ' ' };
        let cut: String = text.chars().take(LINE_MAX).collect();
        format!("{mark} {:>4} | {cut}", at + 1)
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// The user turn that shows the model what is wrong with its answer.
#[must_use]
pub(crate) fn repair_turn(findings: &[Finding]) -> String {
    let mut text = "Your answer does not pass the check:\n".to_owned();
    for finding in findings.iter().take(SHOWN_MAX) {
        text.push_str("\n- ");
        if let (Some(artifact), Some(line)) = (&finding.artifact, finding.line) {
            text.push_str(&format!("`{artifact}`, line {line}: "));
        }
        text.push_str(&finding.message);
        if let Some(excerpt) = &finding.excerpt {
            text.push_str(&format!("\n\n{}\n", indented(excerpt)));
        }
    }
    if findings.len() > SHOWN_MAX {
        text.push_str(&format!("\n- and {} more.", findings.len() - SHOWN_MAX));
    }
    text.push_str(
        "\n\nCorrect this and give the whole answer again: every file complete, each in its own fenced code block.",
    );
    text
}

/// Indented as CommonMark's code is, so that nothing in it can open or close a block.
fn indented(text: &str) -> String {
    text.lines().map(|line| format!("    {line}")).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repair_turn_shows_the_faulty_lines() {
        let content = "a\nb\nc(\nd\ne\nf";
        let finding = Finding {
            line: Some(3),
            excerpt: Some(excerpt(content, 3)),
            ..Finding::about(FindingKind::Syntax, "x.js", "`(` is never closed with `)`.")
        };
        let lines = ["       1 | a", "       2 | b", "  >    3 | c(", "       4 | d", "       5 | e"];
        let shown: Vec<String> = lines.iter().map(|line| format!("  {line}")).collect();
        assert_eq!(
            repair_turn(&[finding]),
            format!(
                "Your answer does not pass the check:\n\n- `x.js`, line 3: `(` is never closed with `)`.\n\n{}\n\n\n\
                 Correct this and give the whole answer again: every file complete, each in its own fenced code block.",
                shown.join("\n")
            )
        );
    }

    #[test]
    fn an_excerpt_stays_within_the_file() {
        assert_eq!(excerpt("a", 1), ">    1 | a");
        assert_eq!(excerpt("", 1), "");
        assert_eq!(excerpt("a\nb", 2), "     1 | a\n>    2 | b");
    }
}
