//! The record of a run and of its steps, and how each change leads to the next state.

use brickwork_artifacts::{Artifact, read_output};
use serde::{Deserialize, Serialize};

use super::{
    ASSEMBLER_STEP, ArtifactTarget, AssemblyReport, FinalArtifactsFrom, ModelRef, RunChange, RunId, RunPlan, RunStatus,
    StepOutcome, StepReport, remote_hosts,
};
use crate::context::visible_steps;
use crate::phrase::Phrase;
use crate::ports::{FinishReason, InferenceErrorCode, Timings};
use crate::role::Role;
use crate::time::Timestamp;

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
    /// The model's own output, where the user has put `result` in its place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub original_result: Option<String>,
    /// The artifacts in it, once ended.
    pub artifacts: Vec<Artifact>,
    /// Whether the user has edited them since.
    #[serde(default)]
    pub artifacts_edited: bool,
    /// The kind of fault, when it failed.
    pub error_code: Option<InferenceErrorCode>,
    /// The cause, when it failed.
    pub error: Option<String>,
    /// The cause in a form that can be put into another language.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_phrase: Option<Phrase>,
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
    /// The earlier run that carried it out, where this run took it over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reused_from: Option<RunId>,
    /// What is known of its output besides the artifacts.
    #[serde(default)]
    pub report: StepReport,
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
    /// Whether the process that ran it ended before it did; only while PENDING.
    pub interrupted: bool,
    /// Whether it waits for the user; only while PENDING.
    pub paused: bool,
    /// Whether it is to wait after the running step.
    pub pause_requested: bool,
    /// Whether it is to end.
    pub cancel_requested: bool,
    /// The specified error text, when it failed.
    pub error: Option<String>,
    /// The enabled steps in list order, the Assembler last.
    pub steps: Vec<StepRecord>,
    /// The assembled pieces.
    pub final_artifacts: Vec<Artifact>,
    /// Where they came from.
    pub final_artifacts_from: Option<FinalArtifactsFrom>,
    /// Whether the user has edited them since.
    #[serde(default)]
    pub final_artifacts_edited: bool,
    /// How they came about, once it ended well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assembly: Option<AssemblyReport>,
    /// When it was accepted.
    pub created_at: Timestamp,
    /// When it first began.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
    /// Microseconds after its beginning in which nobody worked on it: it was paused, interrupted, or back in the queue.
    #[serde(default)]
    pub held_micros: i64,
    /// Since when nobody works on it, after it had begun and before it ended.
    #[serde(default)]
    pub held_since: Option<Timestamp>,
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
            paused: false,
            pause_requested: false,
            cancel_requested: false,
            error: None,
            steps,
            final_artifacts: Vec::new(),
            final_artifacts_from: None,
            final_artifacts_edited: false,
            assembly: None,
            created_at: at,
            started_at: None,
            finished_at: None,
            held_micros: 0,
            held_since: None,
            seq: 1,
        }
    }

    /// Whether any of its output comes from the scripted placeholder.
    #[must_use]
    pub fn is_simulated(&self) -> bool {
        self.steps.iter().any(|step| step.model.is_simulated())
    }

    /// The hosts to which text of it goes, each once, in the order of its steps.
    #[must_use]
    pub fn remote_hosts(&self) -> Vec<String> {
        remote_hosts(self.steps.iter().map(|step| &step.model))
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
                self.started_at.get_or_insert(at);
                self.take_up(at);
            }
            RunChange::Interrupted => {
                self.put_down(at);
                self.interrupted = true;
            }
            RunChange::Requeued => self.put_down(at),
            RunChange::PauseRequested => self.pause_requested = true,
            RunChange::Paused => {
                self.put_down(at);
                self.paused = true;
                self.pause_requested = false;
            }
            RunChange::Resumed => {
                self.interrupted = false;
                self.paused = false;
                self.pause_requested = false;
            }
            RunChange::CancelRequested => self.cancel_requested = true,
            RunChange::Finished { status, error, final_artifacts, final_artifacts_from, assembly } => {
                self.status = *status;
                self.interrupted = false;
                self.paused = false;
                self.pause_requested = false;
                self.cancel_requested = false;
                self.error.clone_from(error);
                self.final_artifacts.clone_from(final_artifacts);
                self.final_artifacts_from = *final_artifacts_from;
                self.assembly.clone_from(assembly);
                self.finished_at = Some(at);
                self.take_up(at);
                self.cut_off_running(at);
            }
            RunChange::StepStarted { position, .. }
            | RunChange::StepAttempted { position, .. }
            | RunChange::StepText { position, .. }
            | RunChange::StepFinished { position, .. }
            | RunChange::StepReused { position, .. }
            | RunChange::StepEdited { position, .. }
            | RunChange::StepReread { position, .. }
            | RunChange::ArtifactsEdited { target: ArtifactTarget::Step { position }, .. }
            | RunChange::StepRestarted { position } => {
                if let Some(step) = self.steps.iter_mut().find(|step| step.position == *position) {
                    step.apply(at, change);
                }
            }
            RunChange::ArtifactsEdited { target: ArtifactTarget::Final, artifacts, edited } => {
                self.final_artifacts.clone_from(artifacts);
                self.final_artifacts_edited = *edited;
            }
            RunChange::FinalChosen { from, artifacts, .. } => {
                self.final_artifacts.clone_from(artifacts);
                self.final_artifacts_from = Some(*from);
                self.final_artifacts_edited = false;
            }
        }
        self.seq += 1;
        Ok(())
    }

    /// The artifacts of each step that the one at list position `position` reads, in list order. Edits in its output are of
    /// these.
    #[must_use]
    pub fn pieces_before(&self, position: usize) -> Vec<Vec<Artifact>> {
        let visible = visible_steps(&self.plan.pipeline, position);
        visible.into_iter().filter_map(|input| Some(self.step(input)?.artifacts.clone())).collect()
    }

    /// The run ends while these steps are unfinished, as when a run is cancelled that lost its process.
    fn cut_off_running(&mut self, at: Timestamp) {
        let running = |step: &StepRecord| step.status == RunStatus::Running;
        let positions: Vec<usize> = self.steps.iter().filter(|step| running(step)).map(|step| step.position).collect();
        for position in positions {
            let earlier = self.pieces_before(position).concat();
            if let Some(step) = self.steps.iter_mut().find(|step| step.position == position) {
                step.cut_off(at, &earlier);
            }
        }
    }

    /// Nobody works on it from now on.
    fn put_down(&mut self, at: Timestamp) {
        self.status = RunStatus::Pending;
        if self.started_at.is_some() {
            self.held_since.get_or_insert(at);
        }
    }

    /// It goes on, or ends.
    fn take_up(&mut self, at: Timestamp) {
        if let Some(since) = self.held_since.take() {
            self.held_micros += at.as_micros() - since.as_micros();
        }
    }

    /// Seconds after its beginning in which nobody worked on it, up to the last time that somebody did.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "differences are far below 2^52 microseconds")]
    pub fn held_s(&self) -> f64 {
        self.held_micros as f64 / 1e6
    }

    /// Whether a step that reads the output of the one at list position `position` has begun, or has ended.
    fn has_begun_to_read(&self, position: usize) -> bool {
        self.steps
            .iter()
            .filter(|step| step.status != RunStatus::Pending)
            .any(|step| visible_steps(&self.plan.pipeline, step.position).contains(&position))
    }

    fn accepts(&self, change: &RunChange) -> bool {
        let step_is = |position: usize, wanted: &[RunStatus]| {
            self.status == RunStatus::Running && self.step(position).is_some_and(|step| wanted.contains(&step.status))
        };
        let step_runs = || self.steps.iter().any(|step| step.status == RunStatus::Running);
        let is_running = self.status == RunStatus::Running;
        let is_held = self.status == RunStatus::Pending && (self.interrupted || self.paused);
        let is_waiting = self.status == RunStatus::Pending && !is_held;
        match change {
            RunChange::Created { .. } => false,
            RunChange::Started => is_waiting,
            RunChange::StepStarted { position, .. } => step_is(*position, &[RunStatus::Pending]),
            RunChange::StepText { position, offset, .. } => {
                step_is(*position, &[RunStatus::Running])
                    && self.step(*position).is_some_and(|step| step.result.len() == *offset)
            }
            RunChange::StepFinished { position, .. } | RunChange::StepAttempted { position, .. } => {
                step_is(*position, &[RunStatus::Running])
            }
            RunChange::StepRestarted { position } => step_is(*position, &[RunStatus::Running]),
            RunChange::StepReused { position, .. } => {
                is_waiting
                    && self.started_at.is_none()
                    && self.step(*position).is_some_and(|step| step.status == RunStatus::Pending)
            }
            RunChange::StepEdited { position, .. } => {
                is_held
                    && self.step(*position).is_some_and(|step| step.status == RunStatus::Success)
                    && !self.has_begun_to_read(*position)
            }
            RunChange::ArtifactsEdited { target: ArtifactTarget::Step { position }, .. }
            | RunChange::StepReread { position, .. } => {
                self.step(*position).is_some_and(|step| step.status == RunStatus::Success)
            }
            RunChange::ArtifactsEdited { target: ArtifactTarget::Final, .. } | RunChange::FinalChosen { .. } => {
                self.status == RunStatus::Success
            }
            RunChange::Interrupted | RunChange::Requeued => is_running,
            RunChange::PauseRequested => is_running && !self.pause_requested,
            RunChange::Paused => is_waiting || (is_running && !step_runs()),
            RunChange::Resumed => is_held,
            RunChange::CancelRequested => is_running && !self.cancel_requested,
            RunChange::Finished { status, .. } => {
                status.has_ended() && matches!(self.status, RunStatus::Running | RunStatus::Pending)
            }
        }
    }
}

impl StepRecord {
    /// Whether it joins the pieces.
    #[must_use]
    pub fn is_assembler(&self) -> bool {
        self.role == Role::Assembler
    }

    /// A step that has not begun.
    fn pending(position: usize, step_name: String, role: Role, model: ModelRef) -> Self {
        Self {
            position,
            step_name,
            role,
            model,
            status: RunStatus::Pending,
            prompt: String::new(),
            result: String::new(),
            original_result: None,
            artifacts: Vec::new(),
            artifacts_edited: false,
            error_code: None,
            error: None,
            error_phrase: None,
            finish_reason: None,
            warnings: Vec::new(),
            execution_time: 0.0,
            timings: None,
            started_at: None,
            finished_at: None,
            reused_from: None,
            report: StepReport::default(),
        }
    }

    fn cut_off(&mut self, at: Timestamp, earlier: &[Artifact]) {
        let extraction = read_output(&self.step_name, &self.result, earlier);
        self.status = RunStatus::Cancelled;
        self.set_report(&StepReport::of(&extraction));
        self.artifacts = extraction.artifacts;
        self.finished_at = Some(at);
    }

    /// Takes what is known of the output, beside what was told of the step before.
    fn set_report(&mut self, report: &StepReport) {
        let before = std::mem::replace(&mut self.report, report.clone());
        if self.report.attempts.is_empty() {
            self.report.attempts = before.attempts;
        }
        if self.report.conflicts.is_empty() {
            self.report.conflicts = before.conflicts;
        }
        self.report.kept = self.report.kept.or(before.kept);
        self.report.continuations = self.report.continuations.max(before.continuations);
    }

    fn apply(&mut self, at: Timestamp, change: &RunChange) {
        match change {
            RunChange::StepStarted { prompt, warnings, conflicts, .. } => {
                self.report.conflicts.clone_from(conflicts);
                self.status = RunStatus::Running;
                self.prompt.clone_from(prompt);
                self.warnings.clone_from(warnings);
                self.started_at = Some(at);
            }
            RunChange::StepText { text, .. } => self.result.push_str(text),
            RunChange::StepAttempted { attempt, .. } => {
                self.report.attempts.push(attempt.clone());
                self.result.clear();
            }
            RunChange::StepFinished { outcome, result, artifacts, execution_time, timings, report, .. } => {
                self.set_report(report);
                self.status = outcome.status();
                self.result.clone_from(result);
                self.artifacts.clone_from(artifacts);
                self.execution_time = *execution_time;
                self.timings = *timings;
                self.finished_at = Some(at);
                match outcome {
                    StepOutcome::Success { finish_reason } => self.finish_reason = Some(*finish_reason),
                    StepOutcome::Failed { code, error, phrase } => {
                        self.error_code = Some(*code);
                        self.error = Some(error.clone());
                        self.error_phrase.clone_from(phrase);
                    }
                    StepOutcome::Cancelled => {}
                }
            }
            RunChange::StepReused {
                from,
                prompt,
                warnings,
                result,
                artifacts,
                finish_reason,
                execution_time,
                timings,
                original_result,
                artifacts_edited,
                report,
                ..
            } => {
                self.report.clone_from(report);
                self.status = RunStatus::Success;
                self.original_result.clone_from(original_result);
                self.artifacts_edited = *artifacts_edited;
                self.reused_from = Some(*from);
                self.prompt.clone_from(prompt);
                self.warnings.clone_from(warnings);
                self.result.clone_from(result);
                self.artifacts.clone_from(artifacts);
                self.finish_reason = *finish_reason;
                self.execution_time = *execution_time;
                self.timings = *timings;
            }
            RunChange::StepReread { artifacts, report, .. } => {
                self.set_report(report);
                self.artifacts.clone_from(artifacts);
                self.artifacts_edited = false;
            }
            RunChange::StepEdited { result, artifacts, report, .. } => {
                self.set_report(report);
                let before = std::mem::replace(&mut self.result, result.clone());
                self.original_result.get_or_insert(before);
                self.artifacts.clone_from(artifacts);
                self.artifacts_edited = false;
            }
            RunChange::ArtifactsEdited { artifacts, edited, .. } => {
                self.artifacts.clone_from(artifacts);
                self.artifacts_edited = *edited;
            }
            RunChange::StepRestarted { .. } => {
                *self =
                    Self::pending(self.position, std::mem::take(&mut self.step_name), self.role, self.model.clone());
            }
            _ => {}
        }
    }
}
