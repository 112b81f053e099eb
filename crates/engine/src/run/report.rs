//! What is known of a step's answer beside its artifacts, and of the final pieces.

use brickwork_artifacts::{Artifact, EXTRACTOR_VERSION, Extraction, PatchReport, Source};
use brickwork_syntax::{Conflict, ResultFault};
use serde::{Deserialize, Serialize};

use crate::gate::Finding;
use crate::ports::{FinishReason, Timings};

/// What is known of a step's answer beside its artifacts.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct StepReport {
    /// The version of the rules by which its artifacts were found.
    pub extractor_version: u32,
    /// Where they were found.
    #[serde(default)]
    pub source: Source,
    /// Whether the answer ended inside a block (or a thought), so that more was to come.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unclosed: bool,
    /// What became of each edit of an earlier file, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub patches: Vec<PatchReport>,
    /// How often the answer was continued after `max_tokens` had cut it off.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub continuations: u32,
    /// For the Assembler: what did not fit among the pieces.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conflicts: Vec<Conflict>,
    /// Everything that was tried, in order; empty for a step without a gate.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attempts: Vec<Attempt>,
    /// The number of the attempt that was kept, from 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kept: Option<usize>,
}

/// One attempt at passing a step's gate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Attempt {
    /// The model's answer, raw.
    pub result: String,
    /// The artifacts in it.
    pub artifacts: Vec<Artifact>,
    /// What the gate found wrong; nothing when it passed.
    pub findings: Vec<Finding>,
    /// Why generation ended.
    pub finish_reason: FinishReason,
    /// Where time and tokens went.
    pub timings: Timings,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
const fn is_zero(value: &u32) -> bool {
    *value == 0
}

impl StepReport {
    /// What an extraction tells.
    #[must_use]
    pub fn of(extraction: &Extraction) -> Self {
        Self {
            extractor_version: EXTRACTOR_VERSION,
            source: extraction.source,
            unclosed: extraction.unclosed,
            patches: extraction.patches.clone(),
            ..Self::default()
        }
    }

    /// Whether the kept attempt passed the gate; `None` without a gate.
    #[must_use]
    pub fn passed(&self) -> Option<bool> {
        Some(self.attempts.get(self.kept?)?.findings.is_empty())
    }
}

/// How the final pieces came about.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct AssemblyReport {
    /// What does not fit among the steps' latest pieces.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conflicts: Vec<Conflict>,
    /// What is wrong with the Assembler's result, beside those pieces.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<ResultFault>,
    /// Whether the steps' latest pieces stand in for a result of the Assembler that loses a file or does not parse.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub fallback: bool,
}
