//! What surfaces show of a run: the specification's fields, and the others beside them.

use brickwork_artifacts::Artifact;
use brickwork_engine::{
    AssemblyReport, DerivedFrom, FinalArtifactsFrom, FinishReason, InferenceErrorCode, ModelRef, Phrase, Pipeline,
    Role, RunRecord, RunStatus, StepRecord, StepReport, Timestamp, Timings,
};
use brickwork_store::{RunMarks, RunSummary};
use serde::Serialize;
use uuid::Uuid;

/// A step as surfaces show it.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct StepView {
    /// List position in the pipeline, from 0; the Assembler's is the number of steps.
    pub position: usize,
    /// Its name.
    pub step_name: String,
    /// Its role.
    pub model_type: Role,
    /// The model it uses.
    pub model: ModelRef,
    /// Whether its output is the scripted placeholder's.
    pub simulated: bool,
    /// Whether its text goes to a server.
    pub remote: bool,
    /// The host, with its port where the address names one, to which its text is sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remote_host: Option<String>,
    /// The sampler's seed.
    pub seed: u32,
    /// Where it stands.
    pub status: RunStatus,
    /// The model's output so far.
    pub result: String,
    /// The model's own output, where the user has put `result` in its place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub original_result: Option<String>,
    /// The artifacts in it.
    pub artifacts: Vec<Artifact>,
    /// Whether the user has edited them since.
    pub artifacts_edited: bool,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// The same in a form that can be put into another language; absent in the first records.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_phrase: Option<Phrase>,
    /// The kind of fault.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_code: Option<InferenceErrorCode>,
    /// Why generation ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finish_reason: Option<FinishReason>,
    /// Seconds.
    pub execution_time: f64,
    /// Where they went.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timings: Option<Timings>,
    /// The user turn as rendered.
    pub prompt: String,
    /// What the user should know about it.
    pub warnings: Vec<String>,
    /// When it began.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Timestamp>,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<Timestamp>,
    /// The earlier run that carried it out, where this run took it over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reused_from: Option<Uuid>,
    /// What is known of its output besides the artifacts: edits of earlier files, attempts at its gate.
    pub report: StepReport,
    /// Whether its output passed the step's gate; absent without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gate_passed: Option<bool>,
}

/// A run as surfaces show it.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct RunView {
    /// The run.
    pub run_id: Uuid,
    /// Its project.
    pub project_id: Uuid,
    /// The pipeline's name.
    pub name: String,
    /// Where it stands.
    pub status: RunStatus,
    /// Whether its program ended before it did.
    pub interrupted: bool,
    /// Whether it waits for the user.
    pub paused: bool,
    /// Whether it is to wait after its running step.
    pub pause_requested: bool,
    /// Whether it is to end.
    pub cancel_requested: bool,
    /// The run whose first steps this one took over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub derived_from: Option<DerivedFrom>,
    /// Whether the user marked it as a favourite.
    pub favourite: bool,
    /// The saved pipeline that it was made from, if that is still there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pipeline_id: Option<Uuid>,
    /// The version of that pipeline.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pipeline_version: Option<u32>,
    /// Whether any of its output is the scripted placeholder's.
    pub simulated: bool,
    /// Whether text of any of its steps goes to a server.
    pub remote: bool,
    /// The hosts to which it goes, each once, in the order of the steps.
    pub remote_hosts: Vec<String>,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Steps, the Assembler excluded.
    pub total_steps: usize,
    /// Steps that ended well, the Assembler excluded.
    pub successful_steps: usize,
    /// Steps that failed, the Assembler excluded.
    pub failed_steps: usize,
    /// Seconds of all steps together, the Assembler excluded.
    pub total_execution_time: f64,
    /// The steps, the Assembler excluded.
    pub steps: Vec<StepView>,
    /// The Assembler.
    pub assembler: StepView,
    /// The assembled pieces.
    pub final_artifacts: Vec<Artifact>,
    /// Where they came from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub final_artifacts_from: Option<FinalArtifactsFrom>,
    /// Whether the user has edited them since.
    pub final_artifacts_edited: bool,
    /// What does not fit among the pieces, and what is wrong with the Assembler's result; absent until the run ended well.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assembly: Option<AssemblyReport>,
    /// The Assembler's whole output.
    pub assembled_code: String,
    /// The pipeline as it was written.
    pub pipeline: Pipeline,
    /// When it was accepted.
    pub created_at: Timestamp,
    /// When it began.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Timestamp>,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<Timestamp>,
    /// Seconds after its beginning in which nobody worked on it: it was paused, interrupted, or back in the queue.
    pub held_s: f64,
    /// Since when nobody works on it, after it had begun and before it ended; not counted in `held_s` yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub held_since: Option<Timestamp>,
    /// The number of its last recorded change.
    pub seq: u64,
}

/// A page of the list of runs.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct RunPage {
    /// Newest first.
    pub runs: Vec<RunSummary>,
    /// The cursor of the next page; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// How many runs pass the filter on all pages together, where that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<u64>,
}

impl StepView {
    fn new(step: StepRecord, seeds: &[u32]) -> Self {
        Self {
            position: step.position,
            step_name: step.step_name,
            model_type: step.role,
            simulated: step.model.is_simulated(),
            remote: !step.model.is_local(),
            remote_host: step.model.remote_host().map(str::to_owned),
            model: step.model,
            seed: seeds.get(step.position).copied().unwrap_or_default(),
            status: step.status,
            result: step.result,
            original_result: step.original_result,
            artifacts: step.artifacts,
            artifacts_edited: step.artifacts_edited,
            error: step.error,
            error_phrase: step.error_phrase,
            error_code: step.error_code,
            finish_reason: step.finish_reason,
            execution_time: step.execution_time,
            timings: step.timings,
            prompt: step.prompt,
            warnings: step.warnings,
            started_at: step.started_at,
            finished_at: step.finished_at,
            reused_from: step.reused_from,
            gate_passed: step.report.passed(),
            report: step.report,
        }
    }
}

impl RunView {
    /// The view with what is kept beside the record.
    pub(crate) fn with(mut self, marks: RunMarks) -> Self {
        self.favourite = marks.favourite;
        (self.pipeline_id, self.pipeline_version) = marks.origin.unzip();
        self
    }
}

impl From<RunRecord> for RunView {
    fn from(record: RunRecord) -> Self {
        let (simulated, remote_hosts, held_s) = (record.is_simulated(), record.remote_hosts(), record.held_s());
        let mut steps: Vec<StepView> =
            record.steps.into_iter().map(|step| StepView::new(step, &record.plan.seeds)).collect();
        let assembler = steps.pop().expect("every run record ends with the Assembler");
        let count = |status| steps.iter().filter(|step| step.status == status).count();
        Self {
            run_id: record.run_id,
            project_id: record.plan.project_id,
            name: record.plan.pipeline.name.clone(),
            status: record.status,
            interrupted: record.interrupted,
            paused: record.paused,
            pause_requested: record.pause_requested,
            cancel_requested: record.cancel_requested,
            derived_from: record.plan.derived_from,
            favourite: false,
            pipeline_id: None,
            pipeline_version: None,
            simulated,
            remote: !remote_hosts.is_empty(),
            remote_hosts,
            error: record.error,
            total_steps: steps.len(),
            successful_steps: count(RunStatus::Success),
            failed_steps: count(RunStatus::Failed),
            total_execution_time: steps.iter().map(|step| step.execution_time).sum(),
            assembled_code: assembler.result.clone(),
            steps,
            assembler,
            final_artifacts: record.final_artifacts,
            final_artifacts_from: record.final_artifacts_from,
            final_artifacts_edited: record.final_artifacts_edited,
            assembly: record.assembly,
            pipeline: record.plan.pipeline,
            created_at: record.created_at,
            started_at: record.started_at,
            finished_at: record.finished_at,
            held_s,
            held_since: record.held_since,
            seq: record.seq,
        }
    }
}
