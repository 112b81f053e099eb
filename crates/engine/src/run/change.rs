//! The changes of a run.

use brickwork_artifacts::Artifact;
use brickwork_syntax::Conflict;
use serde::{Deserialize, Serialize};

use super::{AssemblyReport, Attempt, FinalArtifactsFrom, RunId, RunPlan, RunStatus, StepReport};
use crate::phrase::Phrase;
use crate::ports::{FinishReason, InferenceErrorCode, Timings};

/// How a step ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "status", rename_all = "UPPERCASE")]
pub enum StepOutcome {
    /// It ended well.
    Success {
        /// Why generation ended.
        finish_reason: FinishReason,
    },
    /// It failed.
    Failed {
        /// The kind of fault.
        code: InferenceErrorCode,
        /// The cause, for the user.
        error: String,
        /// The cause in a form that can be put into another language; absent in the first records.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        phrase: Option<Phrase>,
    },
    /// The user ended it.
    Cancelled,
}

impl StepOutcome {
    /// The status that a step has after this outcome.
    #[must_use]
    pub const fn status(&self) -> RunStatus {
        match self {
            Self::Success { .. } => RunStatus::Success,
            Self::Failed { .. } => RunStatus::Failed,
            Self::Cancelled => RunStatus::Cancelled,
        }
    }
}

/// Whose artifacts are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "of", rename_all = "snake_case", deny_unknown_fields)]
pub enum ArtifactTarget {
    /// Those of one step, the Assembler's own included.
    Step {
        /// Its list position.
        position: usize,
    },
    /// The run's final ones.
    Final,
}

/// One change of a run. Positions are list positions of the pipeline's steps; the Assembler's is their count.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[expect(clippy::large_enum_variant, reason = "changes are few and short-lived; boxing would complicate every match")]
pub enum RunChange {
    /// The run was accepted: PENDING.
    Created {
        /// What it is to do.
        plan: RunPlan,
    },
    /// It began (or began again): RUNNING.
    Started,
    /// A step began.
    StepStarted {
        /// Its position.
        position: usize,
        /// The user turn that the step adds to the conversation, rendered.
        prompt: String,
        /// What the user should know about it, e.g. variables that the context does not know.
        warnings: Vec<String>,
        /// For the Assembler: what does not fit among the pieces, which `prompt` tells.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        conflicts: Vec<Conflict>,
    },
    /// A step's answer was held against its gate. Its text is void; another attempt may follow.
    StepAttempted {
        /// Its position.
        position: usize,
        /// What was tried, and what came of it.
        attempt: Attempt,
    },
    /// Text of the running step since its last chunk.
    StepText {
        /// Its position.
        position: usize,
        /// Byte offset of `text` in the step's output.
        offset: usize,
        /// The text.
        text: String,
    },
    /// A step ended; everything it made is here.
    StepFinished {
        /// Its position.
        position: usize,
        /// How.
        outcome: StepOutcome,
        /// The model's whole output, raw.
        result: String,
        /// The artifacts in it.
        artifacts: Vec<Artifact>,
        /// Seconds from its start.
        execution_time: f64,
        /// Where they went; absent when the model never answered.
        timings: Option<Timings>,
        /// What is known of the output besides; its attempts and conflicts were told before.
        #[serde(default)]
        report: StepReport,
    },
    /// A step that a crash cut off begins anew; its unfinished text is void.
    StepRestarted {
        /// Its position.
        position: usize,
    },
    /// A step of an earlier run is taken over as it was; recorded before the run starts.
    StepReused {
        /// Its position in this run; in the earlier one it may have had another.
        position: usize,
        /// The run that carried it out.
        #[schema(value_type = Uuid)]
        from: RunId,
        /// The user turn as rendered then.
        prompt: String,
        /// Warnings of that prompt.
        warnings: Vec<String>,
        /// The model's whole output, raw.
        result: String,
        /// The artifacts in it.
        artifacts: Vec<Artifact>,
        /// Why generation ended.
        finish_reason: Option<FinishReason>,
        /// Seconds that it took then.
        execution_time: f64,
        /// Where they went.
        timings: Option<Timings>,
        /// The model's own output, where the user had put `result` in its place.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        original_result: Option<String>,
        /// Whether the user had edited the artifacts.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        artifacts_edited: bool,
        /// What is known of the output besides.
        #[serde(default)]
        report: StepReport,
    },
    /// The user put a text of their own in the place of a finished step's output, before any step read it.
    StepEdited {
        /// Its position.
        position: usize,
        /// The user's text.
        result: String,
        /// The artifacts in it.
        artifacts: Vec<Artifact>,
        /// What is known of it besides.
        #[serde(default)]
        report: StepReport,
    },
    /// The artifacts of a finished step were found anew in its output, by newer rules.
    StepReread {
        /// Its position.
        position: usize,
        /// The artifacts.
        artifacts: Vec<Artifact>,
        /// What is known of the output besides.
        report: StepReport,
    },
    /// The user chose between the Assembler's result and the steps' latest pieces.
    FinalChosen {
        /// Which.
        from: FinalArtifactsFrom,
        /// The pieces.
        artifacts: Vec<Artifact>,
        /// Whether nobody chose: the pieces follow from outputs that were read anew, by the choice that was made before.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        reread: bool,
    },
    /// The user edited artifacts: renamed, merged, rewrote, removed or added some. The one change that an ended run takes.
    ArtifactsEdited {
        /// Whose they are.
        target: ArtifactTarget,
        /// All that there are from now on.
        artifacts: Vec<Artifact>,
        /// Whether they differ from those that were found in the output; they no longer do when the user took all
        /// edits back.
        #[serde(default = "edited_default", skip_serializing_if = "Clone::clone")]
        edited: bool,
    },
    /// The process that ran it is gone: PENDING again, `interrupted`, until it is resumed.
    Interrupted,
    /// The process that ran it stopped in good order: PENDING again, in its old place in the queue.
    Requeued,
    /// The user wants it to wait after the running step.
    PauseRequested,
    /// It waits for the user: PENDING, `paused`, until it is resumed.
    Paused,
    /// A paused or interrupted run takes its place in the queue again.
    Resumed,
    /// The user wants it to end; whoever runs it is to stop.
    CancelRequested,
    /// The run ended.
    Finished {
        /// SUCCESS, FAILED or CANCELLED.
        status: RunStatus,
        /// `Pipeline stopped at step 'NAME': CAUSE`, when it failed.
        error: Option<String>,
        /// The assembled pieces.
        final_artifacts: Vec<Artifact>,
        /// Where they came from; absent unless SUCCESS.
        final_artifacts_from: Option<FinalArtifactsFrom>,
        /// How they came about; absent unless SUCCESS.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        assembly: Option<AssemblyReport>,
    },
}

/// Edits were not told from their being taken back in the first records.
const fn edited_default() -> bool {
    true
}

impl RunChange {
    /// The end of a run that the user cancelled.
    #[must_use]
    pub const fn cancelled() -> Self {
        Self::Finished {
            status: RunStatus::Cancelled,
            error: None,
            final_artifacts: Vec::new(),
            final_artifacts_from: None,
            assembly: None,
        }
    }

    /// The change's name, as in its wire form.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Created { .. } => "created",
            Self::Started => "started",
            Self::StepStarted { .. } => "step_started",
            Self::StepAttempted { .. } => "step_attempted",
            Self::StepText { .. } => "step_text",
            Self::StepFinished { .. } => "step_finished",
            Self::StepRestarted { .. } => "step_restarted",
            Self::StepReused { .. } => "step_reused",
            Self::StepEdited { .. } => "step_edited",
            Self::StepReread { .. } => "step_reread",
            Self::FinalChosen { .. } => "final_chosen",
            Self::ArtifactsEdited { .. } => "artifacts_edited",
            Self::Interrupted => "interrupted",
            Self::Requeued => "requeued",
            Self::PauseRequested => "pause_requested",
            Self::Paused => "paused",
            Self::Resumed => "resumed",
            Self::CancelRequested => "cancel_requested",
            Self::Finished { .. } => "finished",
        }
    }
}
