//! Which steps of an earlier run a new one can take over, and why the others run again.
//!
//! Invariant: a step is taken over only when its model would be asked exactly what it was asked then: the same role,
//! model and parameters, and the same conversation, word for word. Steps are matched by name. Pure.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::context::visible_steps;
use crate::gate::Gate;
use crate::order::identity;
use crate::pipeline::{JsonMap, Parameters};
use crate::prompt::{context_block, conversation, turn};
use crate::run::{ASSEMBLER_STEP, RunPlan, RunRecord, RunStatus, StepRecord};
use crate::time::Timestamp;

/// What becomes of one step when a run is run again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RerunStep {
    /// Its list position in the new plan; the Assembler's is the number of steps.
    pub position: usize,
    /// Its name; `assembler` for the Assembler.
    pub step_name: String,
    /// List position of the step of that name in the earlier run; absent when there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub earlier_position: Option<usize>,
    /// What becomes of it.
    pub action: RerunAction,
    /// Why it runs; empty when it is taken over.
    pub reasons: Vec<RerunReason>,
}

/// What becomes of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RerunAction {
    /// Its output of the earlier run is taken over.
    Reuse,
    /// Its model works again.
    Run,
}

/// One reason why a step runs again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RerunReason {
    /// The kind.
    pub code: RerunCode,
    /// Which step, file, key or model is meant, where the kind names one; several are separated by `, `.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// The kind of a reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RerunCode {
    /// The user wants everything from some step on, and this one is at or behind it.
    Asked,
    /// The earlier run had no step of this name.
    NewStep,
    /// It did not end well in the earlier run.
    NotFinished,
    /// Another model serves it; `detail` is the present one's id.
    ModelChanged,
    /// Its sampling or length is another.
    ParametersChanged,
    /// Its gate is another.
    GateChanged,
    /// The pieces are joined in another way.
    ModeChanged,
    /// Its role is another.
    RoleChanged,
    /// Its instruction reads differently.
    PromptChanged,
    /// Its own context or the one that every step sees differs; `detail` names the keys.
    ContextChanged,
    /// Its attached files differ; `detail` names them.
    FilesChanged,
    /// It reads other steps than before, or in another order; `detail` names those that came or went.
    InputsChanged,
    /// A step that it reads runs again; `detail` is that step's name.
    InputRunsAgain,
    /// The output or the artifacts of a step that it reads were edited since; `detail` is that step's name.
    OutputEditedInput,
}

/// What becomes of each enabled step of `plan`, the Assembler included, when it takes over from `earlier` all that still
/// holds; in list order. Everything at or behind the step called `from` runs.
///
/// A seed that `plan` leaves open is no difference: a step that is taken over keeps the earlier one.
#[must_use]
pub fn plan_rerun(earlier: &RunRecord, plan: &RunPlan, from: Option<&str>) -> Vec<RerunStep> {
    // The new run as far as it is known: the steps that are taken over have ended in it.
    let mut now = RunRecord::new(earlier.run_id, Timestamp::from_micros(0), plan.clone());
    let first_asked = from.and_then(|from| now.steps.iter().position(|step| step.step_name == from));
    let mut planned: Vec<RerunStep> = Vec::new();
    for index in 0..now.steps.len() {
        let StepRecord { position, step_name, .. } = now.steps[index].clone();
        let before = earlier.steps.iter().find(|step| step.step_name == step_name);
        if let Some(before) = before {
            // Conflicts follow from the pieces: where those are the same, these are.
            now.steps[index].report.conflicts.clone_from(&before.report.conflicts);
        }
        let mut reasons = Vec::new();
        if first_asked.is_some_and(|first| index >= first) {
            reasons.push(reason(RerunCode::Asked));
        }
        match before {
            None => reasons.push(reason(RerunCode::NewStep)),
            Some(before) => Comparison { earlier, before, now: &now, position }.reasons(&planned, &mut reasons),
        }
        if let (true, Some(before)) = (reasons.is_empty(), before) {
            now.steps[index] = StepRecord { position, model: now.steps[index].model.clone(), ..before.clone() };
        }
        planned.push(RerunStep {
            position,
            step_name,
            earlier_position: before.map(|before| before.position),
            action: if reasons.is_empty() { RerunAction::Reuse } else { RerunAction::Run },
            reasons,
        });
    }
    planned
}

const fn reason(code: RerunCode) -> RerunReason {
    RerunReason { code, detail: None }
}

fn about(code: RerunCode, names: &[&str]) -> RerunReason {
    RerunReason { code, detail: (!names.is_empty()).then(|| names.join(", ")) }
}

/// A step of the earlier run beside the one of the same name in the new one.
struct Comparison<'a> {
    earlier: &'a RunRecord,
    before: &'a StepRecord,
    now: &'a RunRecord,
    position: usize,
}

impl Comparison<'_> {
    fn reasons(&self, planned: &[RerunStep], reasons: &mut Vec<RerunReason>) {
        let (plan, earlier_plan) = (&self.now.plan, &self.earlier.plan);
        if self.before.status != RunStatus::Success {
            reasons.push(reason(RerunCode::NotFinished));
        }
        let mut is_explained = false;
        if let Some(step) = self.now.step(self.position) {
            if step.role != self.before.role {
                // A role brings its own charge, which is part of the step's turn.
                is_explained = true;
                reasons.push(reason(RerunCode::RoleChanged));
            }
            if identity(&step.model) != identity(&self.before.model) {
                reasons.push(about(RerunCode::ModelChanged, &[&step.model.id]));
            }
        }
        let seed_then = earlier_plan.seeds.get(self.before.position).copied();
        let then = Parameters { seed: seed_then, ..earlier_plan.pipeline.parameters_at(self.before.position) };
        let mut wanted = plan.pipeline.parameters_at(self.position);
        wanted.seed = wanted.seed.or(seed_then);
        if wanted != then {
            reasons.push(reason(RerunCode::ParametersChanged));
        }
        if gate(plan, self.position) != gate(earlier_plan, self.before.position) {
            reasons.push(reason(RerunCode::GateChanged));
        }
        if self.before.is_assembler() && plan.pipeline.assembler_mode() != earlier_plan.pipeline.assembler_mode() {
            reasons.push(reason(RerunCode::ModeChanged));
        }
        let visible = visible_steps(&plan.pipeline, self.position);
        let again = planned.iter().filter(|step| step.action == RerunAction::Run && visible.contains(&step.position));
        let again: Vec<RerunReason> = again.map(|step| about(RerunCode::InputRunsAgain, &[&step.step_name])).collect();
        // Whether the conversation is the same can be told only when all that it would hold is known.
        let is_known = again.is_empty() && self.before.status == RunStatus::Success;
        reasons.extend(again);
        if !is_known || !self.is_same_conversation() {
            let differences = self.differences();
            is_explained |= !is_known || !differences.is_empty();
            reasons.extend(differences);
            if !is_explained {
                // Every part reads as before, yet the whole does not: what the instruction's variables stand for differs.
                reasons.extend(self.edited_input().or(Some(reason(RerunCode::PromptChanged))));
            }
        }
    }

    fn is_same_conversation(&self) -> bool {
        let own = turn(self.now, self.position).text;
        conversation(self.now, self.position, &own)
            == conversation(self.earlier, self.before.position, &self.before.prompt)
    }

    /// The parts of the step's conversation that are written otherwise than they were.
    fn differences(&self) -> Vec<RerunReason> {
        let (plan, earlier_plan) = (&self.now.plan, &self.earlier.plan);
        let (position, then) = (self.position, self.before.position);
        let mut found = Vec::new();
        if instruction(plan, position) != instruction(earlier_plan, then) {
            found.push(reason(RerunCode::PromptChanged));
        }
        let keys: BTreeSet<String> = [
            (context_of(plan, position), context_of(earlier_plan, then)),
            (plan.global_context(), earlier_plan.global_context()),
        ]
        .iter()
        .flat_map(|(now, then)| changed_keys(now, then))
        .collect();
        if !keys.is_empty() {
            found.push(about(RerunCode::ContextChanged, &keys.iter().map(String::as_str).collect::<Vec<_>>()));
        }
        let (files, files_then) = (plan.files_at(position), earlier_plan.files_at(then));
        if files != files_then {
            let changed = files.iter().filter(|file| !files_then.contains(file));
            let gone = files_then.iter().filter(|old| files.iter().all(|file| file.path != old.path));
            let paths: Vec<&str> = changed.chain(gone).map(|file| file.path.as_str()).collect();
            found.push(about(RerunCode::FilesChanged, &paths));
        }
        let (reads, read) = (names_read(plan, position), names_read(earlier_plan, then));
        if reads != read {
            let came = reads.iter().filter(|name| !read.contains(name));
            let gone = read.iter().filter(|name| !reads.contains(name));
            found.push(about(RerunCode::InputsChanged, &came.chain(gone).copied().collect::<Vec<_>>()));
        }
        found
    }

    /// The first step that this one reads whose output or artifacts the user has edited.
    fn edited_input(&self) -> Option<RerunReason> {
        visible_steps(&self.now.plan.pipeline, self.position)
            .into_iter()
            .filter_map(|input| self.now.step(input))
            .find(|input| input.artifacts_edited || input.original_result.is_some())
            .map(|input| about(RerunCode::OutputEditedInput, &[&input.step_name]))
    }
}

fn gate(plan: &RunPlan, position: usize) -> Option<&Gate> {
    plan.pipeline.steps.get(position).and_then(|step| step.gate.as_ref())
}

/// The instruction as it is written; `None` for the Assembler's built-in one.
fn instruction(plan: &RunPlan, position: usize) -> Option<&str> {
    match plan.pipeline.steps.get(position) {
        Some(step) => Some(&step.prompt),
        None => plan.pipeline.assembler.as_ref().and_then(|settings| settings.prompt.as_deref()),
    }
}

fn context_of(plan: &RunPlan, position: usize) -> JsonMap {
    plan.pipeline.steps.get(position).map(|step| step.context.clone()).unwrap_or_default()
}

/// The keys whose value is another or that only one of the two has; all of them where only their order differs.
fn changed_keys(now: &JsonMap, then: &JsonMap) -> Vec<String> {
    if context_block("", now) == context_block("", then) {
        return Vec::new();
    }
    let either: BTreeSet<&String> = now.keys().chain(then.keys()).collect();
    let changed: Vec<String> =
        either.iter().filter(|key| now.get(**key) != then.get(**key)).map(|key| (*key).clone()).collect();
    if changed.is_empty() { either.into_iter().cloned().collect() } else { changed }
}

fn names_read(plan: &RunPlan, position: usize) -> Vec<&str> {
    let steps = &plan.pipeline.steps;
    visible_steps(&plan.pipeline, position)
        .into_iter()
        .map(|input| steps.get(input).map_or(ASSEMBLER_STEP, |step| step.step_name.as_str()))
        .collect()
}
