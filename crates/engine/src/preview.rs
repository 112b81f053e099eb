//! What each step of a plan would ask its model, before it has run.
//!
//! Invariant: a step's conversation is made by the same functions as a run's ([`crate::prompt`]), so where all that it
//! reads is known it is what the run will send, word for word. Outputs that are not known yet stand as a placeholder in
//! what is shown, and as nothing in what is counted; their `max_tokens` are told beside it. Pure.

use std::collections::BTreeMap;

use brickwork_artifacts::Artifact;
use serde::{Deserialize, Serialize};

use crate::context::{artifacts_key, output_key, variables, visible_steps};
use crate::ports::Message;
use crate::prompt::{SYSTEM_TEXT, context_block, conversation, file_block, files_block, turn, unknown_variable};
use crate::rerun::{RerunAction, plan_rerun};
use crate::role::Role;
use crate::run::{RunId, RunPlan, RunRecord, RunStatus, StepRecord};
use crate::time::Timestamp;

/// What a part of a prompt is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PartKind {
    /// The one system text.
    System,
    /// The values that every step sees.
    ProjectContext,
    /// The step's own values.
    Context,
    /// The role's charge.
    Charge,
    /// The step's instruction.
    Instruction,
    /// An attached file.
    File,
    /// The output of an earlier step.
    Output,
    /// The turn of an earlier step.
    Earlier,
    /// What the model's chat template writes around all of these.
    Layout,
}

/// One part of a prompt, in the order in which the model reads them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PromptPart {
    /// What it is.
    pub kind: PartKind,
    /// The file's path or the earlier step's name, for those kinds.
    pub label: Option<String>,
    /// The text, as far as it is known.
    pub text: String,
    /// The most tokens that it will have beyond `text`; 0 when all of it is known.
    pub unknown_tokens: u32,
}

/// What one step would ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepPreview {
    /// The conversation, with placeholders for what is not known.
    pub shown: Vec<Message>,
    /// The conversation to count: the same, with nothing in the place of unknown outputs.
    pub counted: Vec<Message>,
    /// The parts of `counted`.
    pub parts: Vec<PromptPart>,
    /// The most tokens that the unknown outputs will add.
    pub unknown_tokens: u32,
    /// What the user should know about it.
    pub warnings: Vec<String>,
}

/// A plan, and how far its outputs are known.
#[derive(Debug, Clone)]
pub struct Preview {
    /// The run as it would be, with placeholders in the place of unknown outputs.
    shown: RunRecord,
    /// The same, with nothing in their place.
    counted: RunRecord,
    /// The `max_tokens` of the steps whose output is not known, by list position.
    unknown: BTreeMap<usize, u32>,
}

impl Preview {
    /// `plan` before its run. Steps that a run of it would take over from `earlier` are known.
    #[must_use]
    pub fn new(plan: RunPlan, earlier: Option<&RunRecord>) -> Self {
        let reused = earlier.map(|earlier| (earlier, plan_rerun(earlier, &plan, None)));
        let known = |position: usize| {
            let (earlier, steps) = reused.as_ref()?;
            let step = steps.iter().find(|step| step.position == position && step.action == RerunAction::Reuse)?;
            earlier.step(step.earlier_position?)
        };
        let start = RunRecord::new(RunId::nil(), Timestamp::from_micros(0), plan);
        let mut preview = Self { counted: start.clone(), shown: start, unknown: BTreeMap::new() };
        if let (Some((earlier, steps)), Some(assembler)) = (&reused, preview.counted.steps.len().checked_sub(1)) {
            // What the pieces lack is known where all of them are.
            let is_known = steps[..assembler].iter().all(|step| step.action == RerunAction::Reuse);
            let conflicts = earlier.steps.last().filter(|_| is_known).map(|step| step.report.conflicts.clone());
            for record in [&mut preview.shown, &mut preview.counted] {
                record.steps[assembler].report.conflicts = conflicts.clone().unwrap_or_default();
            }
        }
        for index in 0..preview.counted.steps.len() {
            let StepRecord { position, ref step_name, ref model, .. } = preview.counted.steps[index];
            if let Some(done) = known(position) {
                let step = StepRecord { position, model: model.clone(), ..done.clone() };
                preview.shown.steps[index] = step.clone();
                preview.counted.steps[index] = step;
                continue;
            }
            let max_tokens = preview.counted.plan.pipeline.parameters_at(position).max_tokens;
            preview.unknown.insert(position, max_tokens);
            let artifact = placeholder_artifact(step_name);
            let output = format!("«output of `{step_name}`, up to {max_tokens} tokens»");
            for (record, result) in [(&mut preview.shown, output), (&mut preview.counted, String::new())] {
                let prompt = turn(record, position).text;
                let step = &mut record.steps[index];
                (step.prompt, step.result) = (prompt, result);
                (step.status, step.artifacts) = (RunStatus::Success, vec![artifact.clone()]);
            }
        }
        preview
    }

    /// The plan.
    #[must_use]
    pub const fn plan(&self) -> &RunPlan {
        &self.counted.plan
    }

    /// The enabled steps in list order, the Assembler last: list position, name and role.
    pub fn steps(&self) -> impl Iterator<Item = (usize, &str, Role)> {
        self.counted.steps.iter().map(|step| (step.position, step.step_name.as_str(), step.role))
    }

    /// What the step at list position `position` would ask; `None` when it does not run.
    #[must_use]
    pub fn step(&self, position: usize) -> Option<StepPreview> {
        self.counted.step(position)?;
        let turn = turn(&self.counted, position);
        let parts = self.parts(position, &turn.text);
        let unknown_tokens = parts.iter().fold(0, |sum: u32, part| sum.saturating_add(part.unknown_tokens));
        Some(StepPreview {
            shown: conversation(&self.shown, position, &crate::prompt::turn(&self.shown, position).text),
            counted: conversation(&self.counted, position, &turn.text),
            parts,
            unknown_tokens,
            warnings: self.true_warnings(position, turn.warnings),
        })
    }

    fn parts(&self, position: usize, own: &str) -> Vec<PromptPart> {
        let plan = self.plan();
        let mut parts = vec![part(PartKind::System, None, SYSTEM_TEXT)];
        parts.push(part(PartKind::ProjectContext, None, context_block("Project context", &plan.global_context())));
        for earlier in visible_steps(&plan.pipeline, position) {
            let Some(step) = self.counted.step(earlier) else { continue };
            let is_unknown = self.unknown.contains_key(&earlier);
            let inserted = if is_unknown { self.inserted_tokens(earlier) } else { 0 };
            let turn = part(PartKind::Earlier, Some(&step.step_name), &*step.prompt);
            parts.push(PromptPart { unknown_tokens: inserted, ..turn });
            let output = part(PartKind::Output, Some(&step.step_name), &*step.result);
            parts.push(PromptPart { unknown_tokens: self.unknown.get(&earlier).copied().unwrap_or(0), ..output });
        }
        parts.extend(self.own_parts(position, own));
        parts.retain(|part| !part.text.is_empty() || part.unknown_tokens > 0);
        parts
    }

    /// The parts of a step's own turn, which is laid out as [`turn`] says.
    fn own_parts(&self, position: usize, own: &str) -> Vec<PromptPart> {
        let plan = self.plan();
        let step = plan.pipeline.steps.get(position);
        let role = step.map_or(Role::Assembler, |step| step.model_type);
        let context = step.map(|step| context_block("Context", &step.context)).unwrap_or_default();
        let files = plan.files_at(position);
        let mut rest = own.strip_prefix(context.as_str()).unwrap_or(own);
        let mut parts = vec![part(PartKind::Context, None, context)];
        for (index, file) in files.iter().enumerate() {
            // The title above all files counts with the first one.
            let text = if index == 0 { files_block(&files[..1]) } else { file_block(file) };
            rest = rest.strip_prefix(text.as_str()).unwrap_or(rest);
            parts.push(part(PartKind::File, Some(&file.path), text));
        }
        rest = rest.strip_prefix(role.charge()).unwrap_or(rest);
        parts.push(part(PartKind::Charge, None, role.charge()));
        let instruction = part(PartKind::Instruction, None, rest);
        parts.push(PromptPart { unknown_tokens: self.inserted_tokens(position), ..instruction });
        parts
    }

    /// The most tokens that variables of a step's instruction will stand for whose values are not known.
    fn inserted_tokens(&self, position: usize) -> u32 {
        let Some(template) = self.template(position) else { return 0 };
        let of_variable = |path: &str| self.unknown_input(position, path).unwrap_or(0);
        variables(template).iter().fold(0, |sum, variable| sum.saturating_add(of_variable(variable.path)))
    }

    /// The `max_tokens` of the unknown step whose output or artifacts the variable `path` reads.
    fn unknown_input(&self, position: usize, path: &str) -> Option<u32> {
        let first = path.split('.').next()?;
        visible_steps(&self.plan().pipeline, position)
            .into_iter()
            .find(|input| (path == output_key(*input)) || first == artifacts_key(*input))
            .and_then(|input| self.unknown.get(&input).copied())
    }

    /// The user's own instruction of a step.
    fn template(&self, position: usize) -> Option<&str> {
        let pipeline = &self.plan().pipeline;
        match pipeline.steps.get(position) {
            Some(step) => Some(&step.prompt),
            None => pipeline.assembler.as_ref().and_then(|settings| settings.prompt.as_deref()),
        }
    }

    /// `warnings` without those of variables that the run will know.
    fn true_warnings(&self, position: usize, warnings: Vec<String>) -> Vec<String> {
        let known_later: Vec<String> = variables(self.template(position).unwrap_or_default())
            .iter()
            .filter(|variable| self.unknown_input(position, variable.path).is_some())
            .map(|variable| unknown_variable(variable.path))
            .collect();
        let mut kept: Vec<String> = Vec::new();
        for warning in warnings {
            if !known_later.contains(&warning) && !kept.contains(&warning) {
                kept.push(warning);
            }
        }
        kept
    }
}

fn part(kind: PartKind, label: Option<&String>, text: impl Into<String>) -> PromptPart {
    PromptPart { kind, label: label.cloned(), text: text.into(), unknown_tokens: 0 }
}

/// Stands for the pieces that a step will make, where the Assembler's instruction names them: about as long as a name.
fn placeholder_artifact(step_name: &str) -> Artifact {
    let name = format!("«files of `{step_name}`»");
    Artifact {
        kind: String::new(),
        name,
        content: String::new(),
        named: false,
        closed: true,
        start: 0,
        end: 0,
        syntax: None,
    }
}
