//! One module per table: its schema and every statement that touches it.

pub(crate) mod generated_artifacts;
pub(crate) mod orchestration_runs;
pub(crate) mod pipelines;
pub(crate) mod projects;
pub(crate) mod run_events;
pub(crate) mod run_steps;
pub(crate) mod settings;

pub use generated_artifacts::StoredArtifact;
pub use pipelines::SavedPipeline;
pub use projects::Project;
