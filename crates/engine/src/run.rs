//! A run: what is kept of it, and the changes that lead from one state to the next.
//!
//! [`RunRecord::apply`] is the state machine. A journal's content and a window's view are both folds of the same
//! changes, so they cannot disagree.

mod change;
mod record;
mod report;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::pipeline::{JsonMap, Pipeline};

pub use change::{ArtifactTarget, RunChange, StepOutcome};
pub use record::{IllegalChange, RunRecord, StepRecord};
pub use report::{AssemblyReport, Attempt, StepReport};

/// A run's identifier (UUID version 7, made outside).
pub type RunId = Uuid;

/// The reserved name of the last step.
pub const ASSEMBLER_STEP: &str = "assembler";

/// Where a run or a step stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum RunStatus {
    /// Waiting.
    Pending,
    /// At work.
    Running,
    /// Ended well.
    Success,
    /// Ended by a fault.
    Failed,
    /// Ended by the user.
    Cancelled,
}

impl RunStatus {
    /// Whether nothing more will happen by itself.
    #[must_use]
    pub const fn has_ended(self) -> bool {
        matches!(self, Self::Success | Self::Failed | Self::Cancelled)
    }

    /// The word of the wire and of the store, e.g. `SUCCESS`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "PENDING",
            Self::Running => "RUNNING",
            Self::Success => "SUCCESS",
            Self::Failed => "FAILED",
            Self::Cancelled => "CANCELLED",
        }
    }

    /// The status of [`RunStatus::as_str`]'s word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Pending, Self::Running, Self::Success, Self::Failed, Self::Cancelled]
            .into_iter()
            .find(|status| status.as_str() == word)
    }
}

/// The model that a step is to use, resolved when the run is made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ModelRef {
    /// The id under which models are listed, usually the file's name without extension. `scripted` is the placeholder.
    /// For a model that another program serves, the name that this program knows it by.
    pub id: String,
    /// Absolute path of the file or folder; empty for the scripted model. For a model that another program serves, that
    /// program's base address, which begins with `http://` or `https://` as no path does.
    pub path: String,
    /// Whether a general default model stands in for the role's own.
    #[serde(default)]
    pub stand_in: bool,
}

impl ModelRef {
    /// The id of the scripted placeholder.
    pub const SCRIPTED: &'static str = "scripted";

    /// The id of what stands for a model where a step needs none.
    pub const NONE: &'static str = "none";

    /// The scripted placeholder, which runs only when chosen by name.
    #[must_use]
    pub fn scripted() -> Self {
        Self { id: Self::SCRIPTED.into(), path: String::new(), stand_in: false }
    }

    /// The model `name` that an OpenAI-compatible server serves at `base_url`.
    #[must_use]
    pub fn remote(base_url: impl Into<String>, name: impl Into<String>) -> Self {
        Self { id: name.into(), path: base_url.into(), stand_in: false }
    }

    /// What stands for a model where a step needs none.
    #[must_use]
    pub fn none() -> Self {
        Self { id: Self::NONE.into(), path: String::new(), stand_in: false }
    }

    /// Whether the step needs no model.
    #[must_use]
    pub fn is_none(&self) -> bool {
        self.id == Self::NONE && self.path.is_empty()
    }

    /// Whether output of this model is simulated.
    #[must_use]
    pub fn is_simulated(&self) -> bool {
        self.id == Self::SCRIPTED && self.is_local()
    }

    /// Whether this program runs it, so that no text leaves the program for it.
    #[must_use]
    pub fn is_local(&self) -> bool {
        self.base_url().is_none()
    }

    /// The base address of the server that runs it; `None` for a model of this program's own.
    #[must_use]
    pub fn base_url(&self) -> Option<&str> {
        ["http://", "https://"].iter().any(|scheme| self.path.starts_with(scheme)).then_some(&*self.path)
    }

    /// The host, with its port where the address names one, to which text is sent for it; `None` for a model of this
    /// program's own.
    #[must_use]
    pub fn remote_host(&self) -> Option<&str> {
        let (_, rest) = self.base_url()?.split_once("://")?;
        rest.split(['/', '?', '#']).next()
    }
}

/// The hosts to which text is sent for these models, each once, in the order in which they come.
#[must_use]
pub fn remote_hosts<'a>(models: impl IntoIterator<Item = &'a ModelRef>) -> Vec<String> {
    let mut hosts: Vec<String> = Vec::new();
    for host in models.into_iter().filter_map(ModelRef::remote_host) {
        if !hosts.iter().any(|known| known == host) {
            hosts.push(host.to_owned());
        }
    }
    hosts
}

/// Everything that fixes a run before it starts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RunPlan {
    /// The project.
    pub project_id: Uuid,
    /// The pipeline, as it was validated.
    pub pipeline: Pipeline,
    /// One model per list position of `pipeline.steps`, then the Assembler's.
    pub models: Vec<ModelRef>,
    /// One sampler seed per list position, then the Assembler's: the pipeline's own, or one drawn for this run where it
    /// leaves the seed open.
    pub seeds: Vec<u32>,
    /// The project's values, which every step sees; the pipeline's own are stronger.
    #[serde(default, skip_serializing_if = "JsonMap::is_empty")]
    #[schema(value_type = Object)]
    pub project_context: JsonMap,
    /// Seconds after which a step fails that names no limit of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step_timeout_s: Option<u64>,
    /// The files attached to each step, one list per list position of `pipeline.steps`; empty when no step names any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<Vec<AttachedFile>>,
    /// The run whose first steps this one takes over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub derived_from: Option<DerivedFrom>,
}

/// A file of the project that stands in a step's turn.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct AttachedFile {
    /// Its path below the project's folder, with `/` between the parts.
    pub path: String,
    /// Its text as it was when the run was made.
    pub content: String,
}

/// Where the first steps of a run come from that runs another one again from some step on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct DerivedFrom {
    /// The earlier run.
    pub run_id: Uuid,
    /// The name of the first step that runs again.
    pub from: String,
}

impl RunPlan {
    /// A plan without anything of the project's or of an earlier run.
    #[must_use]
    pub fn new(project_id: Uuid, pipeline: Pipeline, models: Vec<ModelRef>, seeds: Vec<u32>) -> Self {
        Self {
            project_id,
            pipeline,
            models,
            seeds,
            project_context: JsonMap::new(),
            step_timeout_s: None,
            files: Vec::new(),
            derived_from: None,
        }
    }

    /// The values that every step sees: the project's, then the pipeline's, which replace those of the same name.
    #[must_use]
    pub fn global_context(&self) -> JsonMap {
        let mut values = self.project_context.clone();
        for (key, value) in &self.pipeline.global_context {
            values.insert(key.clone(), value.clone());
        }
        values
    }

    /// The files attached to the step at list position `position`.
    #[must_use]
    pub fn files_at(&self, position: usize) -> &[AttachedFile] {
        self.files.get(position).map_or(&[], Vec::as_slice)
    }

    /// Seconds that the model may work on the step at list position `position`: the step's own limit, else the plan's.
    #[must_use]
    pub fn timeout_s_at(&self, position: usize) -> Option<u64> {
        self.pipeline.steps.get(position).and_then(|step| step.timeout_s).or(self.step_timeout_s)
    }
}

/// Which of the three sources the final artifacts came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FinalArtifactsFrom {
    /// Code blocks of the Assembler's output.
    Assembler,
    /// The Assembler's whole output, which is code without any fence.
    AssemblerText,
    /// The steps' latest pieces, since the Assembler gave no code.
    Steps,
}

impl FinalArtifactsFrom {
    /// The word of the wire and of the store.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Assembler => "assembler",
            Self::AssemblerText => "assembler_text",
            Self::Steps => "steps",
        }
    }

    /// The value of [`FinalArtifactsFrom::as_str`]'s word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Assembler, Self::AssemblerText, Self::Steps].into_iter().find(|from| from.as_str() == word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_of_a_server_is_told_by_its_path() {
        let check = |path: &str, host: Option<&str>| {
            let model = ModelRef { id: "m".into(), path: path.into(), stand_in: false };
            assert_eq!((model.is_local(), model.remote_host()), (host.is_none(), host), "{path}");
        };
        check("http://127.0.0.1:8080/v1", Some("127.0.0.1:8080"));
        check("https://llm.example.org", Some("llm.example.org"));
        check("http://[::1]:1234/v1", Some("[::1]:1234"));
        check("/models/http/m.gguf", None);
        check("C:\\models\\m.gguf", None);
        check("", None);
        let away = |path: &str| ModelRef::remote(path, "m");
        let models = [away("https://b/v1"), ModelRef::scripted(), away("http://a:1"), away("http://b/other")];
        assert_eq!(remote_hosts(&models), ["b", "a:1"], "each once, in order");
        assert!(ModelRef::scripted().is_simulated());
        assert!(
            !ModelRef::remote("https://example.org/v1", "scripted").is_simulated(),
            "a server may call its model so"
        );
    }
}
