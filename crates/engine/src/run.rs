//! A run: what is kept of it, and the changes that lead from one state to the next.
//!
//! [`RunRecord::apply`] is the state machine. A journal's content and a window's view are both folds of the same
//! changes, so they cannot disagree.

mod record;
mod report;

use brickwork_artifacts::Artifact;
use brickwork_syntax::Conflict;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::phrase::Phrase;
use crate::pipeline::{JsonMap, Pipeline};
use crate::ports::{FinishReason, InferenceErrorCode, Timings};

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

/// How a step ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "status", rename_all = "UPPERCASE")]
pub enum StepOutcome {
    /// It ended well.
    Success {
        /// Why generation ended.
        finish_reason: FinishReason,
    },
    /// It failed.
    Failed {
        /// The kind of fault.
        code: InferenceErrorCode,
        /// The cause, for the user.
        error: String,
        /// The cause in a form that can be put into another language; absent in the first records.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        phrase: Option<Phrase>,
    },
    /// The user ended it.
    Cancelled,
}

impl StepOutcome {
    /// The status that a step has after this outcome.
    #[must_use]
    pub const fn status(&self) -> RunStatus {
        match self {
            Self::Success { .. } => RunStatus::Success,
            Self::Failed { .. } => RunStatus::Failed,
            Self::Cancelled => RunStatus::Cancelled,
        }
    }
}

/// Whose artifacts are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "of", rename_all = "snake_case", deny_unknown_fields)]
pub enum ArtifactTarget {
    /// Those of one step, the Assembler's own included.
    Step {
        /// Its list position.
        position: usize,
    },
    /// The run's final ones.
    Final,
}

/// One change of a run. Positions are list positions of the pipeline's steps; the Assembler's is their count.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[expect(clippy::large_enum_variant, reason = "changes are few and short-lived; boxing would complicate every match")]
pub enum RunChange {
    /// The run was accepted: PENDING.
    Created {
        /// What it is to do.
        plan: RunPlan,
    },
    /// It began (or began again): RUNNING.
    Started,
    /// A step began.
    StepStarted {
        /// Its position.
        position: usize,
        /// The user turn that the step adds to the conversation, rendered.
        prompt: String,
        /// What the user should know about it, e.g. variables that the context does not know.
        warnings: Vec<String>,
        /// For the Assembler: what does not fit among the pieces, which `prompt` tells.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        conflicts: Vec<Conflict>,
    },
    /// A step's answer was held against its gate. Its text is void; another attempt may follow.
    StepAttempted {
        /// Its position.
        position: usize,
        /// What was tried, and what came of it.
        attempt: Attempt,
    },
    /// Text of the running step since its last chunk.
    StepText {
        /// Its position.
        position: usize,
        /// Byte offset of `text` in the step's output.
        offset: usize,
        /// The text.
        text: String,
    },
    /// A step ended; everything it made is here.
    StepFinished {
        /// Its position.
        position: usize,
        /// How.
        outcome: StepOutcome,
        /// The model's whole output, raw.
        result: String,
        /// The artifacts in it.
        artifacts: Vec<Artifact>,
        /// Seconds from its start.
        execution_time: f64,
        /// Where they went; absent when the model never answered.
        timings: Option<Timings>,
        /// What is known of the output besides; its attempts and conflicts were told before.
        #[serde(default)]
        report: StepReport,
    },
    /// A step that a crash cut off begins anew; its unfinished text is void.
    StepRestarted {
        /// Its position.
        position: usize,
    },
    /// A step of an earlier run is taken over as it was; recorded before the run starts.
    StepReused {
        /// Its position in this run; in the earlier one it may have had another.
        position: usize,
        /// The run that carried it out.
        #[schema(value_type = Uuid)]
        from: RunId,
        /// The user turn as rendered then.
        prompt: String,
        /// Warnings of that prompt.
        warnings: Vec<String>,
        /// The model's whole output, raw.
        result: String,
        /// The artifacts in it.
        artifacts: Vec<Artifact>,
        /// Why generation ended.
        finish_reason: Option<FinishReason>,
        /// Seconds that it took then.
        execution_time: f64,
        /// Where they went.
        timings: Option<Timings>,
        /// The model's own output, where the user had put `result` in its place.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        original_result: Option<String>,
        /// Whether the user had edited the artifacts.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        artifacts_edited: bool,
        /// What is known of the output besides.
        #[serde(default)]
        report: StepReport,
    },
    /// The user put a text of their own in the place of a finished step's output, before any step read it.
    StepEdited {
        /// Its position.
        position: usize,
        /// The user's text.
        result: String,
        /// The artifacts in it.
        artifacts: Vec<Artifact>,
        /// What is known of it besides.
        #[serde(default)]
        report: StepReport,
    },
    /// The artifacts of a finished step were found anew in its output, by newer rules.
    StepReread {
        /// Its position.
        position: usize,
        /// The artifacts.
        artifacts: Vec<Artifact>,
        /// What is known of the output besides.
        report: StepReport,
    },
    /// The user chose between the Assembler's result and the steps' latest pieces.
    FinalChosen {
        /// Which.
        from: FinalArtifactsFrom,
        /// The pieces.
        artifacts: Vec<Artifact>,
        /// Whether nobody chose: the pieces follow from outputs that were read anew, by the choice that was made before.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        reread: bool,
    },
    /// The user edited artifacts: renamed, merged, rewrote, removed or added some. The one change that an ended run takes.
    ArtifactsEdited {
        /// Whose they are.
        target: ArtifactTarget,
        /// All that there are from now on.
        artifacts: Vec<Artifact>,
        /// Whether they differ from those that were found in the output; they no longer do when the user took all
        /// edits back.
        #[serde(default = "edited_default", skip_serializing_if = "Clone::clone")]
        edited: bool,
    },
    /// The process that ran it is gone: PENDING again, `interrupted`, until it is resumed.
    Interrupted,
    /// The process that ran it stopped in good order: PENDING again, in its old place in the queue.
    Requeued,
    /// The user wants it to wait after the running step.
    PauseRequested,
    /// It waits for the user: PENDING, `paused`, until it is resumed.
    Paused,
    /// A paused or interrupted run takes its place in the queue again.
    Resumed,
    /// The user wants it to end; whoever runs it is to stop.
    CancelRequested,
    /// The run ended.
    Finished {
        /// SUCCESS, FAILED or CANCELLED.
        status: RunStatus,
        /// `Pipeline stopped at step 'NAME': CAUSE`, when it failed.
        error: Option<String>,
        /// The assembled pieces.
        final_artifacts: Vec<Artifact>,
        /// Where they came from; absent unless SUCCESS.
        final_artifacts_from: Option<FinalArtifactsFrom>,
        /// How they came about; absent unless SUCCESS.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        assembly: Option<AssemblyReport>,
    },
}

/// Edits were not told from their being taken back in the first records.
const fn edited_default() -> bool {
    true
}

impl RunChange {
    /// The end of a run that the user cancelled.
    #[must_use]
    pub const fn cancelled() -> Self {
        Self::Finished {
            status: RunStatus::Cancelled,
            error: None,
            final_artifacts: Vec::new(),
            final_artifacts_from: None,
            assembly: None,
        }
    }

    /// The change's name, as in its wire form.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Created { .. } => "created",
            Self::Started => "started",
            Self::StepStarted { .. } => "step_started",
            Self::StepAttempted { .. } => "step_attempted",
            Self::StepText { .. } => "step_text",
            Self::StepFinished { .. } => "step_finished",
            Self::StepRestarted { .. } => "step_restarted",
            Self::StepReused { .. } => "step_reused",
            Self::StepEdited { .. } => "step_edited",
            Self::StepReread { .. } => "step_reread",
            Self::FinalChosen { .. } => "final_chosen",
            Self::ArtifactsEdited { .. } => "artifacts_edited",
            Self::Interrupted => "interrupted",
            Self::Requeued => "requeued",
            Self::PauseRequested => "pause_requested",
            Self::Paused => "paused",
            Self::Resumed => "resumed",
            Self::CancelRequested => "cancel_requested",
            Self::Finished { .. } => "finished",
        }
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
