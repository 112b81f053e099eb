//! A run: what is kept of it, and the changes that lead from one state to the next.
//!
//! [`RunRecord::apply`] is the state machine. A journal's content and a window's view are both folds of the same
//! changes, so they cannot disagree.

use brickwork_artifacts::Artifact;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::pipeline::Pipeline;
use crate::ports::{FinishReason, InferenceErrorCode, Timings};
use crate::role::Role;
use crate::time::Timestamp;

/// A run's identifier (UUID version 7, made outside).
pub type RunId = Uuid;

/// The reserved name of the last step.
pub const ASSEMBLER_STEP: &str = "assembler";

/// Where a run or a step stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum RunStatus {
    /// Waiting.
    Pending,
    /// At work.
    Running,
    /// Ended well.
    Success,
    /// Ended by a fault.
    Failed,
    /// Ended by the user.
    Cancelled,
}

impl RunStatus {
    /// Whether nothing more will happen by itself.
    #[must_use]
    pub const fn has_ended(self) -> bool {
        matches!(self, Self::Success | Self::Failed | Self::Cancelled)
    }

    /// The word of the wire and of the store, e.g. `SUCCESS`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "PENDING",
            Self::Running => "RUNNING",
            Self::Success => "SUCCESS",
            Self::Failed => "FAILED",
            Self::Cancelled => "CANCELLED",
        }
    }

    /// The status of [`RunStatus::as_str`]'s word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Pending, Self::Running, Self::Success, Self::Failed, Self::Cancelled]
            .into_iter()
            .find(|status| status.as_str() == word)
    }
}

/// The model that a step is to use, resolved when the run is made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelRef {
    /// The id under which models are listed, usually the file's name without extension. `scripted` is the placeholder.
    pub id: String,
    /// Absolute path of the file or folder; empty for the scripted model.
    pub path: String,
    /// Whether a general default model stands in for the role's own.
    #[serde(default)]
    pub stand_in: bool,
}

impl ModelRef {
    /// The id of the scripted placeholder.
    pub const SCRIPTED: &'static str = "scripted";

    /// The scripted placeholder, which runs only when chosen by name.
    #[must_use]
    pub fn scripted() -> Self {
        Self { id: Self::SCRIPTED.into(), path: String::new(), stand_in: false }
    }

    /// Whether output of this model is simulated.
    #[must_use]
    pub fn is_simulated(&self) -> bool {
        self.id == Self::SCRIPTED
    }
}

/// Everything that fixes a run before it starts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunPlan {
    /// The project.
    pub project_id: Uuid,
    /// The pipeline, as it was validated.
    pub pipeline: Pipeline,
    /// One model per list position of `pipeline.steps`, then the Assembler's.
    pub models: Vec<ModelRef>,
    /// One sampler seed per list position, then the Assembler's: the pipeline's own, or one drawn for this run where it
    /// leaves the seed open.
    pub seeds: Vec<u32>,
}

/// Which of the three sources the final artifacts came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FinalArtifactsFrom {
    /// Code blocks of the Assembler's output.
    Assembler,
    /// The Assembler's whole output, which is code without any fence.
    AssemblerText,
    /// The steps' latest pieces, since the Assembler gave no code.
    Steps,
}

impl FinalArtifactsFrom {
    /// The word of the wire and of the store.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Assembler => "assembler",
            Self::AssemblerText => "assembler_text",
            Self::Steps => "steps",
        }
    }

    /// The value of [`FinalArtifactsFrom::as_str`]'s word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Assembler, Self::AssemblerText, Self::Steps].into_iter().find(|from| from.as_str() == word)
    }
}

/// How a step ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
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

/// One change of a run. Positions are list positions of the pipeline's steps; the Assembler's is their count.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
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
    },
    /// A step that a crash cut off begins anew; its unfinished text is void.
    StepRestarted {
        /// Its position.
        position: usize,
    },
    /// The process that ran it is gone: PENDING again, `interrupted`.
    Interrupted,
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
    },
}

/// What is kept of a step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StepRecord {
    /// List position, from 0; the Assembler's is the number of steps.
    pub position: usize,
    /// Its name; `assembler` for the Assembler.
    pub step_name: String,
    /// Its role.
    pub role: Role,
    /// The model it uses.
    pub model: ModelRef,
    /// Where it stands.
    pub status: RunStatus,
    /// The user turn as rendered; empty until it starts.
    pub prompt: String,
    /// The model's output so far.
    pub result: String,
    /// The artifacts in it, once ended.
    pub artifacts: Vec<Artifact>,
    /// The kind of fault, when it failed.
    pub error_code: Option<InferenceErrorCode>,
    /// The cause, when it failed.
    pub error: Option<String>,
    /// Why generation ended.
    pub finish_reason: Option<FinishReason>,
    /// Warnings of its prompt.
    pub warnings: Vec<String>,
    /// Seconds from start to end; 0 until then.
    pub execution_time: f64,
    /// Where they went.
    pub timings: Option<Timings>,
    /// When it began.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
}

/// What is kept of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunRecord {
    /// The run.
    pub run_id: RunId,
    /// What it was to do.
    pub plan: RunPlan,
    /// Where it stands.
    pub status: RunStatus,
    /// Whether the process that ran it ended before it did.
    pub interrupted: bool,
    /// The specified error text, when it failed.
    pub error: Option<String>,
    /// The enabled steps in list order, the Assembler last.
    pub steps: Vec<StepRecord>,
    /// The assembled pieces.
    pub final_artifacts: Vec<Artifact>,
    /// Where they came from.
    pub final_artifacts_from: Option<FinalArtifactsFrom>,
    /// When it was accepted.
    pub created_at: Timestamp,
    /// When it first began.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
    /// The number of the last change.
    pub seq: u64,
}

/// A change that does not follow from the run's state.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("run {run_id} is {status}: it cannot take the change {change}", status = .status.as_str())]
pub struct IllegalChange {
    /// The run.
    pub run_id: RunId,
    /// Where it stands.
    pub status: RunStatus,
    /// The change that was refused, named.
    pub change: &'static str,
}

impl RunChange {
    /// The change's name, as in its wire form.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Created { .. } => "created",
            Self::Started => "started",
            Self::StepStarted { .. } => "step_started",
            Self::StepText { .. } => "step_text",
            Self::StepFinished { .. } => "step_finished",
            Self::StepRestarted { .. } => "step_restarted",
            Self::Interrupted => "interrupted",
            Self::Finished { .. } => "finished",
        }
    }
}

impl RunRecord {
    /// The record that `Created` makes.
    #[must_use]
    pub fn new(run_id: RunId, at: Timestamp, plan: RunPlan) -> Self {
        let steps = plan
            .pipeline
            .steps
            .iter()
            .enumerate()
            .filter(|(_, step)| step.enabled)
            .map(|(position, step)| (position, step.step_name.clone(), step.model_type))
            .chain([(plan.pipeline.steps.len(), ASSEMBLER_STEP.to_owned(), Role::Assembler)])
            .map(|(position, step_name, role)| {
                StepRecord::pending(position, step_name, role, plan.models[position].clone())
            })
            .collect();
        Self {
            run_id,
            plan,
            status: RunStatus::Pending,
            interrupted: false,
            error: None,
            steps,
            final_artifacts: Vec::new(),
            final_artifacts_from: None,
            created_at: at,
            started_at: None,
            finished_at: None,
            seq: 1,
        }
    }

    /// Whether any of its output comes from the scripted placeholder.
    #[must_use]
    pub fn is_simulated(&self) -> bool {
        self.steps.iter().any(|step| step.model.is_simulated())
    }

    /// The Assembler's whole output.
    #[must_use]
    pub fn assembled_code(&self) -> &str {
        self.steps.last().map_or("", |step| &step.result)
    }

    /// The step at list position `position`.
    #[must_use]
    pub fn step(&self, position: usize) -> Option<&StepRecord> {
        self.steps.iter().find(|step| step.position == position)
    }

    /// Takes the next change.
    ///
    /// # Errors
    /// [`IllegalChange`] when the change does not follow; the record is then untouched.
    pub fn apply(&mut self, at: Timestamp, change: &RunChange) -> Result<(), IllegalChange> {
        if !self.accepts(change) {
            return Err(IllegalChange { run_id: self.run_id, status: self.status, change: change.name() });
        }
        match change {
            RunChange::Created { .. } => {}
            RunChange::Started => {
                self.status = RunStatus::Running;
                self.interrupted = false;
                self.error = None;
                self.finished_at = None;
                self.started_at.get_or_insert(at);
            }
            RunChange::Interrupted => {
                self.status = RunStatus::Pending;
                self.interrupted = true;
            }
            RunChange::Finished { status, error, final_artifacts, final_artifacts_from } => {
                self.status = *status;
                self.error.clone_from(error);
                self.final_artifacts.clone_from(final_artifacts);
                self.final_artifacts_from = *final_artifacts_from;
                self.finished_at = Some(at);
            }
            RunChange::StepStarted { position, .. }
            | RunChange::StepText { position, .. }
            | RunChange::StepFinished { position, .. }
            | RunChange::StepRestarted { position } => {
                if let Some(step) = self.steps.iter_mut().find(|step| step.position == *position) {
                    step.apply(at, change);
                }
            }
        }
        self.seq += 1;
        Ok(())
    }

    fn accepts(&self, change: &RunChange) -> bool {
        let step_is = |position: usize, wanted: &[RunStatus]| {
            self.status == RunStatus::Running && self.step(position).is_some_and(|step| wanted.contains(&step.status))
        };
        match change {
            RunChange::Created { .. } => false,
            RunChange::Started => matches!(self.status, RunStatus::Pending | RunStatus::Failed),
            RunChange::StepStarted { position, .. } => step_is(*position, &[RunStatus::Pending]),
            RunChange::StepText { position, offset, .. } => {
                step_is(*position, &[RunStatus::Running])
                    && self.step(*position).is_some_and(|step| step.result.len() == *offset)
            }
            RunChange::StepFinished { position, .. } => step_is(*position, &[RunStatus::Running]),
            RunChange::StepRestarted { position } => {
                step_is(*position, &[RunStatus::Running, RunStatus::Failed, RunStatus::Cancelled])
            }
            RunChange::Interrupted => matches!(self.status, RunStatus::Running | RunStatus::Pending),
            RunChange::Finished { status, .. } => {
                status.has_ended() && matches!(self.status, RunStatus::Running | RunStatus::Pending)
            }
        }
    }
}

impl StepRecord {
    /// A step that has not begun.
    const fn pending(position: usize, step_name: String, role: Role, model: ModelRef) -> Self {
        Self {
            position,
            step_name,
            role,
            model,
            status: RunStatus::Pending,
            prompt: String::new(),
            result: String::new(),
            artifacts: Vec::new(),
            error_code: None,
            error: None,
            finish_reason: None,
            warnings: Vec::new(),
            execution_time: 0.0,
            timings: None,
            started_at: None,
            finished_at: None,
        }
    }

    fn apply(&mut self, at: Timestamp, change: &RunChange) {
        match change {
            RunChange::StepStarted { prompt, warnings, .. } => {
                self.status = RunStatus::Running;
                self.prompt.clone_from(prompt);
                self.warnings.clone_from(warnings);
                self.started_at = Some(at);
            }
            RunChange::StepText { text, .. } => self.result.push_str(text),
            RunChange::StepFinished { outcome, result, artifacts, execution_time, timings, .. } => {
                self.status = outcome.status();
                self.result.clone_from(result);
                self.artifacts.clone_from(artifacts);
                self.execution_time = *execution_time;
                self.timings = *timings;
                self.finished_at = Some(at);
                match outcome {
                    StepOutcome::Success { finish_reason } => self.finish_reason = Some(*finish_reason),
                    StepOutcome::Failed { code, error } => {
                        self.error_code = Some(*code);
                        self.error = Some(error.clone());
                    }
                    StepOutcome::Cancelled => {}
                }
            }
            RunChange::StepRestarted { .. } => {
                *self =
                    Self::pending(self.position, std::mem::take(&mut self.step_name), self.role, self.model.clone());
            }
            _ => {}
        }
    }
}
