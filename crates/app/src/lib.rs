//! The use cases of Brickwork, one function each. Every surface (window, REST, command line) calls these and has no rule
//! of its own.
//!
//! It knows neither tauri nor axum nor clap.

mod app;
mod artifact_files;
mod backup;
mod changes;
mod config;
mod data;
mod error;
mod events;
mod export;
mod generate;
mod inference;
mod live;
mod log;
mod metrics;
mod models;
mod pipelines;
mod projects;
mod queue;
mod request;
mod rerun;
mod runs;
mod settings;
mod steer;
mod templates;
mod views;

pub use app::{App, Health, QueueState, WorkerState};
pub use artifact_files::{ArtifactFile, artifact_id_of};
pub use backup::{ArchiveFault, BackupError, BackupReport, BackupRequest, RestoreReport, restore_backup};
pub use brickwork_artifacts::{Artifact, extract};
pub use brickwork_engine::{
    Diagnostic, FinishReason, InferenceError, InferenceErrorCode, InferenceEvent, Message, Parameters, Pipeline, Role,
    RunChange, RunEvent, RunEventKind, RunStatus, Severity, Speaker, Timings, pipeline_schema,
};
pub use brickwork_highlight::{Highlighted, highlight};
pub use brickwork_store::{
    PipelineSummary, Project, RunSummary, SavedPipeline, SavedVersion, StoredArtifact, VersionSummary,
};
pub use config::{AppConfig, DEFAULT_PROJECT_ID, QueueRole};
pub use data::{PruneReport, PruneRequest, Retention, StorageView};
pub use error::{AppError, ErrorCode};
pub use events::EventStream;
pub use export::{ExportFileView, ExportPlanView, ExportRequest, ExportResult, ExportSource, SkippedFile, WrittenFile};
pub use generate::{ChatModel, ChatRequest, GenerateRequest};
pub use log::init_logging;
pub use metrics::{Gauges, METRICS_CONTENT_TYPE, Metrics};
pub use models::{BindingView, ModelFileView, ModelsView, RoleView};
pub use pipelines::{NewPipeline, PipelineUpdate, pipeline_id_of, version_of};
pub use projects::{ProjectRequest, project_id_of};
pub use queue::{QueueHolder, QueueView};
pub use request::read_request;
pub use rerun::RerunRequest;
pub use runs::{RunListRequest, StartRun, StartedRun, run_id_of};
pub use settings::{Language, ServerSettings, Settings, Theme};
pub use templates::Template;
pub use views::{RunPage, RunView, StepView};
