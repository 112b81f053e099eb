//! What surfaces show of a preview.

use brickwork_engine::{
    AssemblerMode, InferenceError, Message, ModelRef, PartKind, Phrase, Pipeline, Preview, PromptPart, Role, Speaker,
    StepPreview, warning_phrase,
};
use serde::Serialize;

use super::budget::Budget;
use crate::models::{BindingView, ModelsView};

/// What a pipeline would ask its models, before it has run.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct PreviewView {
    /// The names of the steps in the order in which they would run, `assembler` last.
    pub order: Vec<String>,
    /// How many times a model would be loaded if one is kept in memory.
    pub model_loads: usize,
    /// The models that would be used, in the order of the steps.
    pub models: Vec<PreviewModelView>,
    /// Tokens of all prompts; absent when one of them cannot be counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total_prompt_tokens: Option<u64>,
    /// The most tokens that would be generated.
    pub total_max_tokens: u64,
    /// The enabled steps in list order, the Assembler last.
    pub steps: Vec<PreviewStepView>,
}

/// A model that would be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct PreviewModelView {
    /// Its id.
    pub id: String,
    /// Its file; empty for the placeholder and for one that is missing.
    pub path: String,
    /// The roles that it would serve here.
    pub role_names: Vec<String>,
    /// Bytes on disk.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size_bytes: Option<u64>,
    /// Tokens of its context window.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context_length: Option<u64>,
    /// Whether it is the scripted placeholder.
    pub simulated: bool,
    /// The host to which text would be sent for it; absent for a model of this program's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remote_host: Option<String>,
    /// Whether the default model stands in for the roles' own.
    pub stand_in: bool,
    /// Why it cannot run, and what to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    /// The same in a form that can be put into another language.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem_phrase: Option<Phrase>,
}

/// What one step would ask.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct PreviewStepView {
    /// List position in the pipeline, from 0; the Assembler's is the number of steps.
    pub position: usize,
    /// Its name.
    pub step_name: String,
    /// Its role.
    pub model_type: Role,
    /// The model that would carry it out; absent when none can.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<ModelRef>,
    /// Always true: disabled steps are left out.
    pub enabled: bool,
    /// The most tokens that the prompt can have: the known ones and `unknown_tokens`. Absent when it cannot be counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prompt_tokens: Option<u32>,
    /// Tokens of the prompt as far as it is known, counted by the model's own tokenizer on the whole layout.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub known_tokens: Option<u32>,
    /// Whether the counts are estimates: the model's server is not asked for a preview, or cannot count. The text of a step
    /// is then the conversation, since the server's layout is not known.
    pub estimated: bool,
    /// The most tokens that outputs will add which are not known yet.
    pub unknown_tokens: u32,
    /// The most tokens that it would generate.
    pub max_tokens: u32,
    /// Tokens of the model's context window; absent for the placeholder, which has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context_length: Option<u32>,
    /// The most tokens that the model writes, where its window holds the prompt alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output_limit: Option<u32>,
    /// Whether prompt and output fit for certain: into the context window together, or each within its own limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fits: Option<bool>,
    /// What the prompt is made of, in the order in which the model reads it, the layout around it last. Each part is
    /// counted by itself; the layout is what is left of the whole.
    pub parts: Vec<PreviewPartView>,
    /// What the user should know about the prompt.
    pub warnings: Vec<String>,
    /// Each of them in a form that can be put into another language, in the same order; null where it has none.
    pub warning_phrases: Vec<Option<Phrase>>,
    /// Why the prompt cannot be counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<PreviewProblem>,
    /// The conversation, for the step that was asked for. Outputs that are not known yet stand as «output of `NAME`, up to
    /// N tokens».
    #[serde(skip_serializing_if = "Option::is_none")]
    pub messages: Option<Vec<PreviewMessage>>,
    /// The text that the model gets, for the step that was asked for: the conversation in the layout of its chat template,
    /// control tokens spelled out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// One part of a prompt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct PreviewPartView {
    /// What it is.
    pub kind: PartKind,
    /// The file's path or the earlier step's name, for those kinds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Its tokens; the most that it can have where it is not known yet.
    pub tokens: u32,
    /// Whether all of it is known.
    pub known: bool,
}

/// Why a prompt cannot be counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct PreviewProblem {
    /// The kind: `model_problem` when no model can carry the step out, else the code of the model's fault.
    pub code: String,
    /// What is wrong, and with which thing.
    pub message: String,
    /// What to do about it, where the message does not say it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
    /// The same in a form that can be put into another language.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phrase: Option<Phrase>,
}

/// One message of a conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct PreviewMessage {
    /// Who writes it.
    pub role: Speaker,
    /// Its text.
    pub content: String,
}

/// The model that would carry out the step at a list position; one without id where none can.
pub(super) fn serving(models: &ModelsView, pipeline: &Pipeline, position: usize) -> ModelRef {
    let role = pipeline.steps.get(position).map_or(Role::Assembler, |step| step.model_type);
    if role == Role::Assembler && pipeline.assembler_mode() == AssemblerMode::Deterministic {
        return ModelRef::none();
    }
    let present = binding(models, role).filter(|binding| binding.present);
    let none = || ModelRef { id: String::new(), path: String::new(), stand_in: false };
    present.map_or_else(none, |binding| ModelRef {
        id: binding.id.clone(),
        path: binding.path.clone(),
        stand_in: binding.stand_in,
    })
}

fn binding(models: &ModelsView, role: Role) -> Option<&BindingView> {
    models.models.iter().find(|view| view.name == role.name()).map(|view| &view.binding)
}

impl PreviewView {
    /// The view before anything is counted.
    pub(super) fn of(preview: &Preview, order: &[usize], models: &ModelsView) -> Self {
        let name_of =
            |at: &usize| preview.steps().find(|(position, ..)| position == at).map(|(_, name, _)| name.to_owned());
        let mut view = Self {
            order: order.iter().filter_map(name_of).collect(),
            model_loads: 0,
            models: Vec::new(),
            total_prompt_tokens: None,
            total_max_tokens: 0,
            steps: Vec::new(),
        };
        let is_without_model = preview.plan().pipeline.assembler_mode() == AssemblerMode::Deterministic;
        for (position, step_name, role) in preview.steps() {
            if is_without_model && role == Role::Assembler {
                continue;
            }
            let Some(binding) = binding(models, role) else { continue };
            view.use_model(binding, role, models);
            let plan = preview.plan();
            view.steps.push(PreviewStepView {
                position,
                step_name: step_name.to_owned(),
                model_type: role,
                model: binding.present.then(|| plan.models[position].clone()),
                enabled: true,
                prompt_tokens: None,
                known_tokens: None,
                estimated: false,
                unknown_tokens: 0,
                max_tokens: plan.pipeline.parameters_at(position).max_tokens,
                context_length: None,
                output_limit: None,
                fits: None,
                parts: Vec::new(),
                warnings: Vec::new(),
                warning_phrases: Vec::new(),
                problem: binding.problem.as_ref().map(|problem| PreviewProblem {
                    code: "model_problem".into(),
                    message: problem.clone(),
                    remedy: None,
                    phrase: binding.problem_phrase.clone(),
                }),
                messages: None,
                text: None,
            });
        }
        view
    }

    /// Adds a model, or a role to a model that is there.
    fn use_model(&mut self, binding: &BindingView, role: Role, models: &ModelsView) {
        let is_same = |model: &PreviewModelView| (&model.id, &model.path) == (&binding.id, &binding.path);
        if let Some(model) = self.models.iter_mut().find(|model| is_same(model)) {
            if model.role_names.iter().all(|name| name != role.name()) {
                model.role_names.push(role.name().to_owned());
            }
            return;
        }
        let file = models.files.iter().find(|file| file.path == binding.path);
        self.models.push(PreviewModelView {
            id: binding.id.clone(),
            path: binding.path.clone(),
            role_names: vec![role.name().to_owned()],
            // A file outside the models folder is not listed.
            size_bytes: binding.size_bytes.or_else(|| std::fs::metadata(&binding.path).ok().map(|about| about.len())),
            context_length: file.and_then(|file| file.context_length),
            simulated: binding.simulated,
            remote_host: binding.remote.as_ref().map(|remote| remote.host.clone()),
            stand_in: binding.stand_in,
            problem: binding.problem.clone(),
            problem_phrase: binding.problem_phrase.clone(),
        });
    }

    /// Fills in what follows from the steps' counts.
    pub(super) fn sum_up(&mut self) {
        let prompts: Option<Vec<u64>> = self.steps.iter().map(|step| step.prompt_tokens.map(u64::from)).collect();
        self.total_prompt_tokens = prompts.map(|prompts| prompts.iter().sum());
        self.total_max_tokens = self.steps.iter().map(|step| u64::from(step.max_tokens)).sum();
        for model in &mut self.models {
            let of_model = |step: &&PreviewStepView| {
                step.model.as_ref().is_some_and(|used| (&used.path, &used.id) == (&model.path, &model.id))
            };
            let counted = self.steps.iter().filter(of_model).find_map(|step| step.context_length);
            model.context_length = model.context_length.or(counted.map(u64::from));
        }
    }
}

impl PreviewStepView {
    /// Fills in what is known without a model.
    pub(super) fn describe(&mut self, step: &StepPreview, with_messages: bool) {
        self.unknown_tokens = step.unknown_tokens;
        self.warnings.clone_from(&step.warnings);
        self.warning_phrases = step.warnings.iter().map(|warning| warning_phrase(warning)).collect();
        self.messages = with_messages.then(|| step.shown.iter().map(message).collect());
    }

    /// Fills in what the model counted.
    pub(super) fn count(&mut self, step: &StepPreview, budget: Budget) {
        let prompt_tokens = budget.known_tokens.saturating_add(step.unknown_tokens);
        let parts_together: u32 = budget.part_tokens.iter().fold(0, |sum, tokens| sum.saturating_add(*tokens));
        self.known_tokens = Some(budget.known_tokens);
        self.estimated = budget.estimated;
        self.prompt_tokens = Some(prompt_tokens);
        self.context_length = budget.context_length;
        self.output_limit = budget.output_limit;
        self.fits = budget.context_length.map(|window| match budget.output_limit {
            Some(limit) => prompt_tokens <= window && self.max_tokens <= limit,
            None => prompt_tokens.saturating_add(self.max_tokens) <= window,
        });
        self.parts =
            step.parts.iter().zip(&budget.part_tokens).map(|(part, tokens)| part_view(part, *tokens)).collect();
        let layout = budget.known_tokens.saturating_sub(parts_together);
        if layout > 0 {
            self.parts.push(PreviewPartView { kind: PartKind::Layout, label: None, tokens: layout, known: true });
        }
        self.text = budget.text;
    }
}

fn part_view(part: &PromptPart, tokens: u32) -> PreviewPartView {
    PreviewPartView {
        kind: part.kind,
        label: part.label.clone(),
        tokens: tokens.saturating_add(part.unknown_tokens),
        known: part.unknown_tokens == 0,
    }
}

fn message(message: &Message) -> PreviewMessage {
    PreviewMessage { role: message.role, content: message.content.clone() }
}

impl PreviewProblem {
    pub(super) fn of(error: &InferenceError) -> Self {
        let code = serde_json::to_value(error.code).ok().and_then(|code| code.as_str().map(str::to_owned));
        Self {
            code: code.unwrap_or_else(|| "internal".into()),
            message: error.message.clone(),
            remedy: None,
            phrase: error.phrase.clone(),
        }
    }
}
