//! Running a run again: a new run that takes over the steps before some step, or all that did not change.

use brickwork_engine::{
    ASSEMBLER_STEP, Clock, DerivedFrom, Diagnostic, Journal, Phrase, RerunAction, RerunStep, RunChange, RunId, RunPlan,
    RunRecord, RunStatus, Step, StepRecord, plan_rerun,
};
use brickwork_store::NewRun;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::app::{App, SystemClock};
use crate::error::AppError;
use crate::request::invalid;
use crate::views::RunView;

/// From where a run is to run again, and what is to be different.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RerunRequest {
    /// The name of the first step to run again, `assembler` included; all of them when absent.
    pub from: Option<String>,
    /// The pipeline with changes; as it was when absent. Unless `keep_unchanged`, only that step and later ones may differ.
    pub pipeline: Option<Value>,
    /// Whether every step is taken over that would be asked what it was asked, wherever it stands.
    pub keep_unchanged: bool,
}

/// What would become of each step of a run that is run again with `keep_unchanged`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct RerunPlan {
    /// In list order, the Assembler last.
    pub steps: Vec<RerunStep>,
}

impl App {
    /// Makes a new run that takes over steps as they were and runs the rest, with new seeds where the pipeline leaves them
    /// open and with the models that serve the roles now. The earlier run stays as it is. Taken over are the steps before
    /// `from`, or with `keep_unchanged` exactly what [`App::plan_rerun`] says.
    ///
    /// # Errors
    /// [`AppError::UnknownRun`], [`AppError::RunUnfinished`] while it is waiting or running, [`AppError::InvalidRequest`]
    /// when there is no such step, a step before it cannot be taken over or nothing is left to run, those of
    /// [`App::start_run`], or a fault of the database.
    pub async fn rerun(&self, run_id: RunId, request: RerunRequest) -> Result<RunView, AppError> {
        let (earlier, mut plan) = self.rerun_basis(run_id, request.pipeline).await?;
        let mut reused = Vec::new();
        if request.keep_unchanged {
            let steps = planned(&earlier, &plan, request.from.as_deref())?;
            reused = keep(&earlier, &mut plan, &steps)?;
        } else if let Some(from) = request.from {
            let first = position_of(&plan, &from)?;
            reused = take_over(&earlier, &mut plan, first)?;
            plan.derived_from = Some(DerivedFrom { run_id, from });
        }
        let new = NewRun { run_id: Uuid::now_v7(), at: SystemClock.now(), plan, reused, key: None };
        Ok(self.submit(new).await?.run)
    }

    /// What [`App::rerun`] would do with `keep_unchanged`, and why. Nothing is stored.
    ///
    /// # Errors
    /// As [`App::rerun`]; that nothing is left to run is none here.
    pub async fn plan_rerun(&self, run_id: RunId, request: RerunRequest) -> Result<RerunPlan, AppError> {
        let (earlier, plan) = self.rerun_basis(run_id, request.pipeline).await?;
        Ok(RerunPlan { steps: planned(&earlier, &plan, request.from.as_deref())? })
    }

    /// The earlier run, and the plan of one of `pipeline` (its own when absent) as it would be made now.
    async fn rerun_basis(&self, run_id: RunId, pipeline: Option<Value>) -> Result<(RunRecord, RunPlan), AppError> {
        let earlier = self.store().load(run_id).await?.ok_or_else(|| AppError::UnknownRun(run_id.to_string()))?;
        if !earlier.status.has_ended() && !earlier.paused && !earlier.interrupted {
            return Err(AppError::RunUnfinished(run_id));
        }
        let body = match pipeline {
            Some(edited) => edited,
            None => serde_json::to_value(&earlier.plan.pipeline)
                .map_err(|error| AppError::Internal(format!("the pipeline cannot be written: {error}")))?,
        };
        let plan = self.plan(earlier.plan.project_id, &body).await?;
        Ok((earlier, plan))
    }
}

/// What becomes of each step; `from` must be one of them.
fn planned(earlier: &RunRecord, plan: &RunPlan, from: Option<&str>) -> Result<Vec<RerunStep>, AppError> {
    from.map(|name| position_of(plan, name)).transpose()?;
    Ok(plan_rerun(earlier, plan, from))
}

/// The changes that take over what `steps` says. The plan then says from which run and step on, and has the models, seeds
/// and files of then for what is taken over.
fn keep(earlier: &RunRecord, plan: &mut RunPlan, steps: &[RerunStep]) -> Result<Vec<RunChange>, AppError> {
    let first = steps.iter().find(|step| step.action == RerunAction::Run).ok_or_else(|| {
        invalid(
            "nothing_to_run",
            "from",
            "Nothing changed, so every step would be taken over and nothing would run.",
            "Change the pipeline, or name in `from` the first step that is to run again.",
        )
        .saying(Phrase::new("nothing_to_run"))
    })?;
    plan.derived_from = Some(DerivedFrom { run_id: earlier.run_id, from: first.step_name.clone() });
    let kept = steps.iter().filter(|step| step.action == RerunAction::Reuse);
    let done = kept.filter_map(|step| Some((step.position, earlier.step(step.earlier_position?)?)));
    Ok(done.map(|(position, done)| reuse(earlier, plan, position, done)).collect())
}

/// The list position of the step called `name`; the Assembler's is the number of steps.
fn position_of(plan: &RunPlan, name: &str) -> Result<usize, AppError> {
    let steps = &plan.pipeline.steps;
    if name == ASSEMBLER_STEP {
        return Ok(steps.len());
    }
    steps.iter().position(|step| step.enabled && step.step_name == name).ok_or_else(|| {
        let names: Vec<&str> = steps
            .iter()
            .filter(|step| step.enabled)
            .map(|step| step.step_name.as_str())
            .chain([ASSEMBLER_STEP])
            .collect();
        AppError::InvalidRequest(vec![
            Diagnostic::error(
                "unknown_step",
                "from",
                format!("The pipeline has no step `{name}` that runs."),
                format!("Name one of: {}.", names.join(", ")),
            )
            .saying(Phrase::new("unknown_step_to_run").with("name", name).with("names", names.join(", "))),
        ])
    })
}

/// The changes that take over all steps before list position `first`; their models and seeds are those of then.
fn take_over(earlier: &RunRecord, plan: &mut RunPlan, first: usize) -> Result<Vec<RunChange>, AppError> {
    let mut reused = Vec::new();
    let mut faults = Vec::new();
    if first > 0 && earlier.plan.global_context() != plan.global_context() {
        faults.push(
            Diagnostic::error(
                "context_changed",
                "$.global_context",
                "The context that every step sees is not what it was, so no earlier step can be taken over.",
                "Run again from the first step, or leave the context as it was.",
            )
            .saying(Phrase::new("context_changed")),
        );
    }
    for position in 0..first {
        let step = &plan.pipeline.steps[position];
        if !step.enabled {
            continue;
        }
        match reusable(earlier, step, position) {
            Ok(done) => reused.push(reuse(earlier, plan, position, done)),
            Err((message, reason)) => faults.push(
                Diagnostic::error(
                    "step_not_reusable",
                    format!("$.steps[{position}]"),
                    message,
                    format!("Run again from `{}` or from a step before it.", step.step_name),
                )
                .saying(Phrase::new(reason).with("step", &step.step_name)),
            ),
        }
    }
    if faults.is_empty() { Ok(reused) } else { Err(AppError::InvalidRequest(faults)) }
}

/// The step at `position` as the earlier run carried it out, if the result still holds.
fn reusable<'a>(
    earlier: &'a RunRecord,
    step: &Step,
    position: usize,
) -> Result<&'a StepRecord, (String, &'static str)> {
    let name = &step.step_name;
    let same = earlier.plan.pipeline.steps.get(position).is_some_and(|before| {
        // When to stop waiting or to ask the user changes nothing about what a step made.
        let without = |step: &Step| Step { timeout_s: None, pause_after: false, ..step.clone() };
        without(before) == without(step)
    });
    if !same {
        return Err((format!("The step `{name}` is not what it was in the earlier run."), "step_changed"));
    }
    earlier
        .step(position)
        .filter(|done| done.status == RunStatus::Success)
        .ok_or_else(|| (format!("The step `{name}` did not end well in the earlier run."), "step_did_not_end_well"))
}

/// The change that takes over `step` of the earlier run at list position `position` of `plan`, which then says what that
/// step was made with.
fn reuse(earlier: &RunRecord, plan: &mut RunPlan, position: usize, step: &StepRecord) -> RunChange {
    plan.models[position] = step.model.clone();
    plan.seeds[position] = earlier.plan.seeds[step.position];
    let files = earlier.plan.files_at(step.position);
    if plan.files_at(position) != files {
        plan.files.resize(plan.pipeline.steps.len(), Vec::new());
        plan.files[position] = files.to_vec();
    }
    RunChange::StepReused {
        position,
        // A step that was itself taken over names the run that carried it out.
        from: step.reused_from.unwrap_or(earlier.run_id),
        prompt: step.prompt.clone(),
        warnings: step.warnings.clone(),
        result: step.result.clone(),
        artifacts: step.artifacts.clone(),
        finish_reason: step.finish_reason,
        execution_time: step.execution_time,
        timings: step.timings,
        original_result: step.original_result.clone(),
        artifacts_edited: step.artifacts_edited,
        report: step.report.clone(),
    }
}
