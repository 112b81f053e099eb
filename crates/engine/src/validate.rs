//! From JSON to a pipeline, with one diagnostic per fault.
//!
//! The shape is checked field by field, so that a request with five faults hears of all five, each with its JSON path.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::context::{RunContext, artifacts_key, output_key, variables, visible_steps};
use crate::gate::MAX_CONTINUATIONS;
use crate::phrase::Phrase;
use crate::pipeline::Pipeline;
use crate::prompt::{unknown_variable_fault, unknown_variable_phrase, unknown_variable_remedy};
use crate::role::Role;
use crate::run::ASSEMBLER_STEP;

mod gate_check;
mod shape;

/// The most steps of a pipeline.
const MAX_STEPS: usize = 256;
/// The longest step name, in characters.
const MAX_STEP_NAME: usize = 64;
/// The most tokens that a step may ask for.
const MAX_TOKENS: u32 = 131_072;
/// The longest time limit of a step, in seconds: a day.
pub const MAX_TIMEOUT_S: u64 = 86_400;
/// The longest pipeline name, in characters.
const MAX_NAME: usize = 200;

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The pipeline cannot run.
    Error,
    /// It can, but perhaps not as meant.
    Warning,
}

/// One finding about a pipeline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// A stable word for the kind of fault, e.g. `unknown_field`.
    pub code: String,
    /// The place, as a JSON path from `$`, e.g. `$.steps[0].prompt`.
    pub path: String,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub remedy: String,
    /// Both sentences in a form that can be put into another language.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phrase: Option<Box<Phrase>>,
}

impl Diagnostic {
    /// A finding that keeps the pipeline from running.
    #[must_use]
    pub fn error(code: &str, path: impl Into<String>, message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            code: code.to_owned(),
            path: path.into(),
            message: message.into(),
            remedy: remedy.into(),
            phrase: None,
        }
    }

    /// The same finding, which can be put into another language: `phrase` stands for its message and its remedy together.
    #[must_use]
    pub fn saying(mut self, phrase: Phrase) -> Self {
        self.phrase = Some(Box::new(phrase));
        self
    }

    /// The same finding, which does not keep the pipeline from running.
    #[must_use]
    pub fn into_warning(mut self) -> Self {
        self.severity = Severity::Warning;
        self
    }
}

/// Reads a pipeline from JSON.
///
/// # Errors
/// Every fault of shape or meaning; never empty, and every entry has severity error.
pub fn parse_pipeline(body: &Value) -> Result<Pipeline, Vec<Diagnostic>> {
    let faults = shape::check(body);
    if !faults.is_empty() {
        return Err(faults);
    }
    let pipeline: Pipeline = serde_json::from_value(body.clone()).map_err(|error| {
        let phrase = Phrase::new("invalid_pipeline").with("cause", error.to_string());
        vec![
            Diagnostic::error("invalid_pipeline", "$", error.to_string(), "Correct the value and try again.")
                .saying(phrase),
        ]
    })?;
    let faults: Vec<Diagnostic> =
        validate_pipeline(&pipeline).into_iter().filter(|fault| fault.severity == Severity::Error).collect();
    if faults.is_empty() { Ok(pipeline) } else { Err(faults) }
}

/// Everything that is wrong with a pipeline of the right shape, warnings included.
#[must_use]
pub fn validate_pipeline(pipeline: &Pipeline) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    check_pipeline(pipeline, &mut found);
    for position in 0..pipeline.steps.len() {
        check_step(pipeline, position, &mut found);
    }
    if let Some(settings) = &pipeline.assembler {
        if let Some(parameters) = &settings.parameters {
            check_parameters(parameters, "$.assembler.parameters", &mut found);
        }
        if let Some(prompt) = &settings.prompt {
            check_prompt(pipeline, pipeline.steps.len(), prompt, "$.assembler.prompt", &mut found);
        }
    }
    found
}

fn check_pipeline(pipeline: &Pipeline, found: &mut Vec<Diagnostic>) {
    let name_length = pipeline.name.trim().chars().count();
    if name_length == 0 || name_length > MAX_NAME {
        found.push(
            Diagnostic::error(
                "invalid_name",
                "$.name",
                format!("The pipeline's name has {name_length} characters."),
                format!("Give it a name of 1 to {MAX_NAME} characters."),
            )
            .saying(Phrase::new("invalid_name").with("count", name_length).with("limit", MAX_NAME)),
        );
    }
    if pipeline.steps.is_empty() {
        found.push(
            Diagnostic::error("no_steps", "$.steps", "The pipeline has no steps.", "Add at least one step.")
                .saying(Phrase::new("no_steps")),
        );
    } else if !pipeline.steps.iter().any(|step| step.enabled) {
        found.push(
            Diagnostic::error(
                "no_steps",
                "$.steps",
                "Every step of the pipeline is disabled.",
                "Enable at least one step.",
            )
            .saying(Phrase::new("every_step_disabled")),
        );
    }
    if pipeline.steps.len() > MAX_STEPS {
        found.push(
            Diagnostic::error(
                "too_many_steps",
                "$.steps",
                format!("The pipeline has {} steps.", pipeline.steps.len()),
                format!("Split it: a pipeline has at most {MAX_STEPS} steps."),
            )
            .saying(Phrase::new("too_many_steps").with("count", pipeline.steps.len()).with("limit", MAX_STEPS)),
        );
    }
}

fn check_step(pipeline: &Pipeline, position: usize, found: &mut Vec<Diagnostic>) {
    let step = &pipeline.steps[position];
    let at = |field: &str| format!("$.steps[{position}].{field}");
    check_step_name(pipeline, position, found);
    if step.model_type == Role::Assembler {
        found.push(
            Diagnostic::error(
                "assembler_as_step",
                at("model_type"),
                "A step cannot have the model_type `Assembler`: the Assembler runs by itself after the last step.",
                "Choose CodeLlama, CodeGemma or T5Gemma; change the Assembler under `assembler`.",
            )
            .saying(Phrase::new("assembler_as_step")),
        );
    }
    check_parameters(&step.parameters, &at("parameters"), found);
    check_prompt(pipeline, position, &step.prompt, &at("prompt"), found);
    for (index, input) in step.inputs.iter().flatten().enumerate() {
        if !pipeline.steps[..position].iter().any(|earlier| earlier.step_name == *input) {
            found.push(
                Diagnostic::error(
                    "unknown_input",
                    at(&format!("inputs[{index}]")),
                    format!("No step before `{}` is called `{input}`.", step.step_name),
                    "Name an earlier step, or leave `inputs` out to read all of them.",
                )
                .saying(Phrase::new("unknown_input").with("step", &step.step_name).with("input", input)),
            );
        }
    }
    if step.timeout_s.is_some_and(|seconds| !(1..=MAX_TIMEOUT_S).contains(&seconds)) {
        found.push(
            Diagnostic::error(
                "out_of_range",
                at("timeout_s"),
                format!("`timeout_s` must be from 1 to {MAX_TIMEOUT_S} seconds."),
                "Give a number of seconds in that range, or leave it out.",
            )
            .saying(Phrase::new("timeout_out_of_range").with("limit", MAX_TIMEOUT_S)),
        );
    }
    if let Some(gate) = &step.gate {
        gate_check::check(gate, &at("gate"), found);
    }
}

fn check_step_name(pipeline: &Pipeline, position: usize, found: &mut Vec<Diagnostic>) {
    let name = &pipeline.steps[position].step_name;
    let path = format!("$.steps[{position}].step_name");
    let length = name.chars().count();
    let allowed = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ' ');
    let is_path = name.starts_with('.') || name.ends_with(['.', ' ']) || name.starts_with(' ') || name.contains("..");
    if length == 0 || length > MAX_STEP_NAME || !name.chars().all(allowed) || is_path {
        found.push(Diagnostic::error(
            "invalid_step_name",
            path,
            format!("`{name}` cannot be a step's name."),
            format!(
                "Use 1 to {MAX_STEP_NAME} letters, digits, `_`, `-`, `.` and spaces, with neither `.` nor a space at \
                 its ends."
            ),
        )
        .saying(Phrase::new("invalid_step_name").with("name", name).with("limit", MAX_STEP_NAME)));
    } else if name.eq_ignore_ascii_case(ASSEMBLER_STEP) {
        found.push(
            Diagnostic::error(
                "reserved_step_name",
                path,
                format!("The name `{name}` is reserved for the Assembler."),
                "Choose another name.",
            )
            .saying(Phrase::new("reserved_step_name").with("name", name)),
        );
    } else if pipeline.steps[..position].iter().any(|earlier| earlier.step_name == *name) {
        found.push(
            Diagnostic::error(
                "duplicate_step_name",
                path,
                format!("Two steps are called `{name}`."),
                "Rename one of them: names are unique in a pipeline.",
            )
            .saying(Phrase::new("duplicate_step_name").with("name", name)),
        );
    }
}

fn check_parameters(parameters: &crate::pipeline::Parameters, path: &str, found: &mut Vec<Diagnostic>) {
    if parameters.max_tokens == 0 || parameters.max_tokens > MAX_TOKENS {
        found.push(
            Diagnostic::error(
                "out_of_range",
                format!("{path}.max_tokens"),
                format!("max_tokens is {}.", parameters.max_tokens),
                format!("Use 1 to {MAX_TOKENS}."),
            )
            .saying(
                Phrase::new("max_tokens_out_of_range").with("value", parameters.max_tokens).with("limit", MAX_TOKENS),
            ),
        );
    }
    if !(0.0..=1.0).contains(&parameters.temperature) {
        found.push(
            Diagnostic::error(
                "out_of_range",
                format!("{path}.temperature"),
                format!("temperature is {}.", parameters.temperature),
                "Use 0 (deterministic) to 1 (creative).",
            )
            .saying(Phrase::new("temperature_out_of_range").with("value", parameters.temperature.to_string())),
        );
    }
    if parameters.top_p.is_some_and(|top_p| !(top_p > 0.0 && top_p <= 1.0)) {
        found.push(
            Diagnostic::error(
                "out_of_range",
                format!("{path}.top_p"),
                "top_p lies outside 0 to 1.",
                "Use a value above 0 and up to 1.",
            )
            .saying(Phrase::new("top_p_out_of_range")),
        );
    }
    if let Some(continuations) = parameters.continuations.filter(|&number| number > MAX_CONTINUATIONS) {
        found.push(
            Diagnostic::error(
                "out_of_range",
                format!("{path}.continuations"),
                format!("continuations is {continuations}."),
                format!("Use 0 to {MAX_CONTINUATIONS}."),
            )
            .saying(
                Phrase::new("gate_out_of_range")
                    .with("field", "continuations")
                    .with("value", continuations)
                    .with("least", 0_u32)
                    .with("most", MAX_CONTINUATIONS),
            ),
        );
    }
    if parameters.stop.len() > 16 || parameters.stop.iter().any(String::is_empty) {
        found.push(
            Diagnostic::error(
                "out_of_range",
                format!("{path}.stop"),
                "stop has more than 16 texts or an empty one.",
                "Give up to 16 texts, none of them empty.",
            )
            .saying(Phrase::new("stop_out_of_range")),
        );
    }
}

fn check_prompt(pipeline: &Pipeline, position: usize, prompt: &str, path: &str, found: &mut Vec<Diagnostic>) {
    if prompt.trim().is_empty() {
        found.push(
            Diagnostic::error("empty_prompt", path, "The prompt is empty.", "Write what the model is to do.")
                .saying(Phrase::new("empty_prompt")),
        );
    }
    let context = expected_context(pipeline, position);
    for variable in variables(prompt).iter().filter(|variable| !context.knows(variable.path)) {
        let warning = Diagnostic::error(
            "unknown_variable",
            path,
            unknown_variable_fault(variable.path),
            unknown_variable_remedy(variable.path),
        );
        found.push(warning.into_warning().saying(unknown_variable_phrase(variable.path)));
    }
}

/// What a step's context will hold, before anything has run.
struct ExpectedContext {
    now: RunContext,
    later: Vec<String>,
}

impl ExpectedContext {
    fn knows(&self, path: &str) -> bool {
        let first = path.split('.').next().unwrap_or(path);
        self.now.get(path).is_some() || self.later.iter().any(|key| key == first)
    }
}

fn expected_context(pipeline: &Pipeline, position: usize) -> ExpectedContext {
    let mut now = RunContext::new(pipeline.global_context.clone());
    let visible = visible_steps(pipeline, position);
    for context in visible.iter().chain([&position]).filter_map(|&index| pipeline.steps.get(index)) {
        now.merge(&context.context);
    }
    let later = visible.iter().flat_map(|&index| [output_key(index), artifacts_key(index)]).collect();
    ExpectedContext { now, later }
}
