//! One module per table: its schema and every statement that touches it.

pub(crate) mod generated_artifacts;
pub(crate) mod idempotency_keys;
pub(crate) mod orchestration_runs;
pub(crate) mod pipeline_drafts;
pub(crate) mod pipeline_versions;
pub(crate) mod pipelines;
pub(crate) mod projects;
pub(crate) mod queue;
pub(crate) mod run_events;
pub(crate) mod run_list;
pub(crate) mod run_search;
pub(crate) mod run_steps;
pub(crate) mod settings;

pub use generated_artifacts::StoredArtifact;
pub use idempotency_keys::IdempotencyKey;
pub use pipeline_drafts::KeptDraft;
pub use pipeline_versions::{SavedVersion, VersionSummary};
pub use pipelines::{PipelineSummary, SavedPipeline};
pub use projects::Project;
pub use queue::{Standing, WaitingRun, Wish};
