//! Runs and changes from which the checks of a journal are told. Everything is a pure function of its arguments.

use brickwork_artifacts::{Artifact, PatchFault, PatchOutcome, PatchReport, Source, SyntaxError, SyntaxReport};
use brickwork_syntax::{Conflict, ResultFault};
use uuid::Uuid;

use crate::gate::{Finding, FindingKind};
use crate::phrase::Phrase;
use crate::pipeline::{JsonMap, Parameters, Pipeline, Step};
use crate::ports::{FinishReason, InferenceErrorCode, Timings};
use crate::role::Role;
use crate::run::{
    ArtifactTarget, AssemblyReport, Attempt, FinalArtifactsFrom, ModelRef, RunChange, RunId, RunPlan, RunStatus,
    StepOutcome, StepReport,
};
use crate::time::Timestamp;

/// The default project, which every store has.
pub const PROJECT_ID: Uuid = Uuid::from_u128(0x550e_8400_e29b_41d4_a716_4466_5544_0000);

/// The instant `second` seconds and one microsecond after the suite's first one.
#[must_use]
pub fn at(second: usize) -> Timestamp {
    let seconds = i64::try_from(second).unwrap_or(i64::MAX / 2_000_000);
    Timestamp::from_micros(1_750_000_000_000_001 + seconds * 1_000_000)
}

/// A plan of `steps` steps called `step 0`, `step 1`, ... with a model for each and for the Assembler.
#[must_use]
pub fn plan(steps: usize) -> RunPlan {
    let step = |position: usize| Step {
        step_name: format!("step {position}"),
        model_type: [Role::CodeLlama, Role::CodeGemma, Role::T5Gemma][position % 3],
        prompt: format!("Do part {position} of {{{{ task }}}}"),
        context: JsonMap::new(),
        parameters: Parameters { seed: Some(7), stop: vec!["END".into()], ..Parameters::default() },
        inputs: None,
        enabled: true,
        timeout_s: None,
        gate: None,
        files: Vec::new(),
        pause_after: false,
    };
    let global_context = JsonMap::from_iter([("zebra".into(), 1.into()), ("apple".into(), "2".into())]);
    let model = |number: usize| ModelRef {
        id: format!("model-{number}"),
        path: format!("/models/model-{number}.gguf"),
        stand_in: number.is_multiple_of(2),
    };
    let pipeline = Pipeline {
        project_id: Some(PROJECT_ID),
        name: "Sample".into(),
        description: "A pipeline of the compliance suite.".into(),
        steps: (0..steps).map(step).collect(),
        global_context,
        metadata: JsonMap::new(),
        assembler: None,
    };
    RunPlan::new(PROJECT_ID, pipeline, (0..=steps).map(model).collect(), (7..).take(steps + 1).collect())
}

/// All changes of a run of `plan` (whose steps are all enabled) that goes well, from `Created` to `Finished`.
#[must_use]
pub fn happy_changes(plan: &RunPlan) -> Vec<RunChange> {
    let mut changes = vec![RunChange::Created { plan: plan.clone() }, RunChange::Started];
    for position in 0..=plan.pipeline.steps.len() {
        let (first, second) = (format!("```rust\n// part {position}\n"), "fn main() {}\n```\n");
        changes.push(start_step(position));
        changes.push(text(position, 0, &first));
        changes.push(text(position, first.len(), second));
        changes.push(finish_step(position, &format!("{first}{second}")));
    }
    changes.push(finish_run(RunStatus::Success));
    changes
}

/// The step at `position` begins.
pub(super) fn start_step(position: usize) -> RunChange {
    let warnings = vec![format!("the context has no `missing.{position}`")];
    RunChange::StepStarted {
        position,
        prompt: format!("Instruction {position}"),
        warnings,
        conflicts: vec![conflict()],
    }
}

/// `text` joins the output of the step at `position`.
pub(super) fn text(position: usize, offset: usize, text: &str) -> RunChange {
    RunChange::StepText { position, offset, text: text.into() }
}

/// The step at `position` ends well with `result` and one artifact.
#[must_use]
pub fn finish_step(position: usize, result: &str) -> RunChange {
    let timings = Timings {
        load_ms: 12.5,
        prompt_ms: 80.25,
        generate_ms: 1000.125,
        prompt_tokens: 321,
        cached_tokens: 300,
        generated_tokens: 42,
        drafted_tokens: 30,
        accepted_tokens: 20,
    };
    end_step(position, StepOutcome::Success { finish_reason: FinishReason::EndOfTurn }, result, Some(timings))
}

/// The step at `position` is taken over from the run `from`, where it made `result` and one artifact.
pub(super) fn reuse_step(position: usize, from: RunId, result: &str) -> RunChange {
    RunChange::StepReused {
        position,
        from,
        prompt: format!("Instruction {position}"),
        warnings: Vec::new(),
        result: result.into(),
        artifacts: vec![artifact(&format!("part_{position}.rs"), result)],
        finish_reason: Some(FinishReason::EndOfTurn),
        execution_time: 2.5,
        timings: None,
        original_result: Some(format!("{result}, as the model wrote it")),
        artifacts_edited: true,
        report: report(),
    }
}

/// The user puts `result` in the place of the output of the step at `position`.
pub(super) fn edit_step(position: usize, result: &str) -> RunChange {
    let artifacts = vec![artifact(&format!("edited_{position}.rs"), result)];
    RunChange::StepEdited { position, result: result.into(), artifacts, report: report() }
}

/// The user makes one artifact called `name` all that `target` has.
pub(super) fn edit_artifacts(target: ArtifactTarget, name: &str) -> RunChange {
    RunChange::ArtifactsEdited { target, artifacts: vec![artifact(name, "by hand\n")], edited: true }
}

/// The step at `position` fails for want of memory, having made `result`.
pub(super) fn fail_step(position: usize, result: &str) -> RunChange {
    let phrase = Phrase::new("out_of_memory").with("needed", 12u64).with("model", "sample");
    let outcome = StepOutcome::Failed {
        code: InferenceErrorCode::OutOfMemory,
        error: "out of memory".into(),
        phrase: Some(phrase),
    };
    end_step(position, outcome, result, None)
}

/// The user ends the step at `position`, which has made `result`.
pub(super) fn cancel_step(position: usize, result: &str) -> RunChange {
    end_step(position, StepOutcome::Cancelled, result, None)
}

fn end_step(position: usize, outcome: StepOutcome, result: &str, timings: Option<Timings>) -> RunChange {
    let artifacts = vec![artifact(&format!("part_{position}.rs"), result)];
    RunChange::StepFinished {
        position,
        outcome,
        result: result.into(),
        artifacts,
        execution_time: 1.092_875,
        timings,
        report: report(),
    }
}

/// The run ends with `status`; with one final artifact when that is SUCCESS.
#[must_use]
pub fn finish_run(status: RunStatus) -> RunChange {
    let success = status == RunStatus::Success;
    RunChange::Finished {
        status,
        error: None,
        final_artifacts: if success { vec![artifact("src/main.rs", "fn main() {}\n")] } else { Vec::new() },
        final_artifacts_from: success.then_some(FinalArtifactsFrom::Assembler),
        assembly: success.then(|| AssemblyReport {
            conflicts: vec![conflict()],
            faults: vec![ResultFault::LostFile { name: "gone.rs".into() }],
            fallback: false,
        }),
    }
}

/// An artifact called `name` with `content`.
pub(super) fn artifact(name: &str, content: &str) -> Artifact {
    Artifact {
        kind: "rs".into(),
        name: name.into(),
        content: content.into(),
        named: true,
        closed: false,
        start: 3,
        end: 3 + content.len(),
        syntax: Some(SyntaxReport::of(Some("rust".into()), vec![SyntaxError::at(content, 1, 2, "Odd.".into())])),
    }
}

/// A gate found `message` in an attempt of the step at `position`.
pub(super) fn attempt_step(position: usize, result: &str, message: &str) -> RunChange {
    RunChange::StepAttempted {
        position,
        attempt: Attempt {
            result: result.into(),
            artifacts: vec![artifact("tried.rs", result)],
            findings: vec![Finding {
                line: Some(3),
                excerpt: Some("> 3 | x".into()),
                ..Finding::about(FindingKind::Syntax, "tried.rs", message)
            }],
            finish_reason: FinishReason::Length,
            timings: Timings { generated_tokens: 7, ..Timings::default() },
        },
    }
}

fn conflict() -> Conflict {
    Conflict::SameName { name: "a.rs".into(), steps: vec!["first".into(), "second".into()] }
}

fn report() -> StepReport {
    StepReport {
        extractor_version: 2,
        source: Source::Whole,
        unclosed: true,
        patches: vec![PatchReport {
            name: Some("a.rs".into()),
            outcome: PatchOutcome::Refused { fault: PatchFault::NotFound { hunk: 2 } },
            start: 4,
            end: 9,
        }],
        continuations: 1,
        kept: Some(0),
        ..StepReport::default()
    }
}
