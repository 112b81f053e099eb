//! Running a run again from some step on: a new run that takes over the steps before it.

use brickwork_engine::{
    ASSEMBLER_STEP, Clock, DerivedFrom, Diagnostic, Journal, RunChange, RunId, RunPlan, RunRecord, RunStatus, Step,
    StepRecord,
};
use brickwork_store::NewRun;
use serde::Deserialize;
use serde_json::Value;
use uuid::Uuid;

use crate::app::{App, SystemClock};
use crate::error::AppError;
use crate::views::RunView;

/// From where a run is to run again, and what is to be different.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RerunRequest {
    /// The name of the first step to run again, `assembler` included; all of them when absent.
    pub from: Option<String>,
    /// The pipeline with changes to that step or to later ones; as it was when absent.
    pub pipeline: Option<Value>,
}

impl App {
    /// Makes a new run that takes over the steps before `from` as they were and runs the rest, with new seeds where the
    /// pipeline leaves them open and with the models that serve the roles now. The earlier run stays as it is.
    ///
    /// # Errors
    /// [`AppError::UnknownRun`], [`AppError::RunUnfinished`] while it is waiting or running, [`AppError::InvalidRequest`]
    /// when there is no such step or a step before it cannot be taken over, those of [`App::start_run`], or a fault of
    /// the database.
    pub async fn rerun(&self, run_id: RunId, request: RerunRequest) -> Result<RunView, AppError> {
        let earlier = self.store().load(run_id).await?.ok_or_else(|| AppError::UnknownRun(run_id.to_string()))?;
        if !earlier.status.has_ended() && !earlier.paused && !earlier.interrupted {
            return Err(AppError::RunUnfinished(run_id));
        }
        let body = match request.pipeline {
            Some(edited) => edited,
            None => serde_json::to_value(&earlier.plan.pipeline)
                .map_err(|error| AppError::Internal(format!("the pipeline cannot be written: {error}")))?,
        };
        let mut plan = self.plan(earlier.plan.project_id, &body).await?;
        let mut reused = Vec::new();
        if let Some(from) = request.from {
            let first = position_of(&plan, &from)?;
            reused = take_over(&earlier, &mut plan, first)?;
            plan.derived_from = Some(DerivedFrom { run_id, from });
        }
        let new = NewRun { run_id: Uuid::now_v7(), at: SystemClock.now(), plan, reused, key: None };
        Ok(self.submit(new).await?.run)
    }
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
        AppError::InvalidRequest(vec![Diagnostic::error(
            "unknown_step",
            "from",
            format!("The pipeline has no step `{name}` that runs."),
            format!("Name one of: {}.", names.join(", ")),
        )])
    })
}

/// The changes that take over all steps before list position `first`; their models and seeds are those of then.
fn take_over(earlier: &RunRecord, plan: &mut RunPlan, first: usize) -> Result<Vec<RunChange>, AppError> {
    let mut reused = Vec::new();
    let mut faults = Vec::new();
    if first > 0 && earlier.plan.global_context() != plan.global_context() {
        faults.push(Diagnostic::error(
            "context_changed",
            "$.global_context",
            "The context that every step sees is not what it was, so no earlier step can be taken over.",
            "Run again from the first step, or leave the context as it was.",
        ));
    }
    for position in 0..first {
        let step = &plan.pipeline.steps[position];
        if !step.enabled {
            continue;
        }
        match reusable(earlier, step, position) {
            Ok(done) => {
                plan.models[position] = done.model.clone();
                plan.seeds[position] = earlier.plan.seeds[position];
                reused.push(reuse(earlier.run_id, done));
            }
            Err(message) => faults.push(Diagnostic::error(
                "step_not_reusable",
                format!("$.steps[{position}]"),
                message,
                format!("Run again from `{}` or from a step before it.", step.step_name),
            )),
        }
    }
    if faults.is_empty() { Ok(reused) } else { Err(AppError::InvalidRequest(faults)) }
}

/// The step at `position` as the earlier run carried it out, if the result still holds.
fn reusable<'a>(earlier: &'a RunRecord, step: &Step, position: usize) -> Result<&'a StepRecord, String> {
    let name = &step.step_name;
    let same = earlier.plan.pipeline.steps.get(position).is_some_and(|before| {
        // When to stop waiting or to ask the user changes nothing about what a step made.
        let without = |step: &Step| Step { timeout_s: None, pause_after: false, ..step.clone() };
        without(before) == without(step)
    });
    if !same {
        return Err(format!("The step `{name}` is not what it was in the earlier run."));
    }
    earlier
        .step(position)
        .filter(|done| done.status == RunStatus::Success)
        .ok_or_else(|| format!("The step `{name}` did not end well in the earlier run."))
}

fn reuse(from: RunId, step: &StepRecord) -> RunChange {
    RunChange::StepReused {
        position: step.position,
        // A step that was itself taken over names the run that carried it out.
        from: step.reused_from.unwrap_or(from),
        prompt: step.prompt.clone(),
        warnings: step.warnings.clone(),
        result: step.result.clone(),
        artifacts: step.artifacts.clone(),
        finish_reason: step.finish_reason,
        execution_time: step.execution_time,
        timings: step.timings,
    }
}
