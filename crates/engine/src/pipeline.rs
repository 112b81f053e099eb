//! The pipeline as the user writes it: the shape of the specification's request body.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;
use uuid::Uuid;

use crate::gate::Gate;
use crate::role::Role;

/// A JSON object with its keys in the order in which they were written.
pub type JsonMap = serde_json::Map<String, Value>;

/// A pipeline: steps that run one after another, each on its own model, and the Assembler after them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Pipeline {
    /// The project that it belongs to; it must agree with the path's where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Uuid")]
    pub project_id: Option<Uuid>,
    /// What it is called.
    #[schemars(length(min = 1, max = 200))]
    pub name: String,
    /// What it makes, one or two sentences.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// The steps, in the order in which they run.
    #[schemars(length(min = 1, max = 100))]
    pub steps: Vec<Step>,
    /// Values that every step sees (project configuration).
    #[serde(default, skip_serializing_if = "JsonMap::is_empty")]
    pub global_context: JsonMap,
    /// The user's own notes; they never reach a model.
    #[serde(default, skip_serializing_if = "JsonMap::is_empty")]
    pub metadata: JsonMap,
    /// Changes to the Assembler, which runs by itself after the steps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "AssemblerSettings")]
    pub assembler: Option<AssemblerSettings>,
}

/// One step: one role, one instruction.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// Its name, unique in the pipeline: letters, digits, `_`, `-`, `.` and spaces.
    #[schemars(length(min = 1, max = 64), regex(pattern = r"^[A-Za-z0-9_. -]+$"))]
    pub step_name: String,
    /// The role that carries it out; `Assembler` is refused, since it runs by itself.
    pub model_type: Role,
    /// The instruction. `{{ dotted.path }}` is replaced by the context's value.
    #[schemars(length(min = 1))]
    pub prompt: String,
    /// Values that this step adds to the context.
    #[serde(default, skip_serializing_if = "JsonMap::is_empty")]
    pub context: JsonMap,
    /// Sampling and length.
    #[serde(default)]
    pub parameters: Parameters,
    /// Names of the earlier steps whose turns this step sees; all of them when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Vec<String>")]
    pub inputs: Option<Vec<String>>,
    /// Whether the step runs.
    #[serde(default = "enabled_default", skip_serializing_if = "is_true")]
    pub enabled: bool,
    /// Seconds that the model may work on this step before it fails; waiting for its turn does not count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u64", range(min = 1, max = 86_400))]
    pub timeout_s: Option<u64>,
    /// A check that the step's artifacts must pass.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Gate")]
    pub gate: Option<Gate>,
    /// Globs below the project folder whose files are attached as context.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<String>,
    /// Whether the run waits for the user after this step.
    #[serde(default, skip_serializing_if = "is_false")]
    pub pause_after: bool,
}

/// Sampling and length of one generation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Parameters {
    /// The most tokens to generate.
    #[schemars(range(min = 1, max = 131_072))]
    pub max_tokens: u32,
    /// 0 is deterministic, 1 is creative.
    #[serde(serialize_with = "as_written")]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub temperature: f32,
    /// Seed of the sampler; chosen per run when absent and then recorded.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u32", range(max = 4_294_967_295_u32))]
    pub seed: Option<u32>,
    /// Nucleus sampling: the smallest set of tokens whose probability reaches this.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "as_written_if_any")]
    #[schemars(with = "f32", range(min = 0.0, max = 1.0))]
    pub top_p: Option<f32>,
    /// Texts at which generation stops; they are not part of the output.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16))]
    pub stop: Vec<String>,
    /// How often an answer goes on, by `max_tokens` more tokens each time, that `max_tokens` cut off inside a file. When
    /// absent, once where `max_tokens` is the default, and never where another number was chosen. A step's gate has a number
    /// of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u32", range(max = 8))]
    pub continuations: Option<u32>,
}

/// 0.3 as 0.3: a `serde_json::Value` holds 64 bits, in which the nearest number of 32 bits is 0.30000001192092896.
fn as_written<S: Serializer>(number: &f32, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(number.to_string().parse().unwrap_or_else(|_| f64::from(*number)))
}

fn as_written_if_any<S: Serializer>(number: &Option<f32>, serializer: S) -> Result<S::Ok, S::Error> {
    match number {
        Some(number) => as_written(number, serializer),
        None => serializer.serialize_none(),
    }
}

/// Changes to the Assembler.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct AssemblerSettings {
    /// An instruction of the user's own in place of the built-in one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub prompt: Option<String>,
    /// Sampling and length; 0.3 and 2048 by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Parameters")]
    pub parameters: Option<Parameters>,
    /// How the pieces are joined: by the `model` (the default), or `deterministic`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "AssemblerMode")]
    pub mode: Option<AssemblerMode>,
}

/// How the pieces are joined.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AssemblerMode {
    /// The Assembler's model writes the final files.
    #[default]
    Model,
    /// No model: the latest piece of each file is taken as it is.
    Deterministic,
}

impl AssemblerMode {
    /// The mode of a word of the wire.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "model" => Some(Self::Model),
            "deterministic" => Some(Self::Deterministic),
            _ => None,
        }
    }
}

impl Default for Parameters {
    /// The specification's defaults: 512 tokens, temperature 0.7.
    fn default() -> Self {
        Self { max_tokens: 512, temperature: 0.7, seed: None, top_p: None, stop: Vec::new(), continuations: None }
    }
}

impl Pipeline {
    /// How its pieces are joined.
    #[must_use]
    pub fn assembler_mode(&self) -> AssemblerMode {
        self.assembler.as_ref().and_then(|settings| settings.mode).unwrap_or_default()
    }

    /// The parameters at a list position; behind the last step they are the Assembler's: the user's, or the
    /// specification's 0.3 and 2048.
    #[must_use]
    pub fn parameters_at(&self, position: usize) -> Parameters {
        match self.steps.get(position) {
            Some(step) => step.parameters.clone(),
            None => self
                .assembler
                .as_ref()
                .and_then(|settings| settings.parameters.clone())
                .unwrap_or_else(|| Role::Assembler.recommended_parameters()),
        }
    }
}

impl Pipeline {
    /// How often an answer at a list position goes on that `max_tokens` cut off inside a file.
    #[must_use]
    pub fn continuations_at(&self, position: usize) -> u32 {
        let step = self.steps.get(position);
        if let Some(gate) = step.and_then(|step| step.gate.as_ref()) {
            return gate.continuations;
        }
        let parameters = self.parameters_at(position);
        // A length that somebody chose is kept to; the default was chosen by nobody.
        let default = match step {
            Some(_) => Parameters::default(),
            None => Role::Assembler.recommended_parameters(),
        };
        parameters.continuations.unwrap_or_else(|| u32::from(parameters.max_tokens == default.max_tokens))
    }
}

/// The published JSON Schema of a pipeline file and of the request body.
///
/// # Panics
/// Never: a derived schema is always valid JSON.
#[must_use]
pub fn pipeline_schema() -> Value {
    let mut schema = schemars::schema_for!(Pipeline);
    schema.insert("title".into(), "Brickwork pipeline".into());
    schema.to_value()
}

const fn enabled_default() -> bool {
    true
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
const fn is_true(value: &bool) -> bool {
    *value
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
const fn is_false(value: &bool) -> bool {
    !*value
}
