//! The use cases of Brickwork, one function each. Every surface (window, REST, command line) calls these and has no rule
//! of its own.
//!
//! It knows neither tauri nor axum nor clap.

mod app;
mod artifact_edits;
mod artifact_files;
mod artifact_preview;
mod backup;
mod changes;
mod config;
mod data;
mod drafts;
mod error;
mod events;
mod export;
mod export_undo;
mod generate;
mod history;
mod inference;
mod live;
mod log;
mod metrics;
mod models;
mod output_edit;
mod pipelines;
mod preview;
mod project_files;
mod projects;
mod queue;
mod request;
mod rerun;
mod runs;
mod settings;
mod steer;
mod templates;
mod views;

pub use app::{App, DeviceView, Health, QueueState, WorkerState};
pub use artifact_edits::ArtifactEditRequest;
pub use artifact_files::{ArtifactFile, artifact_id_of};
pub use artifact_preview::{PREVIEW_POLICY, PreviewTheme};
pub use backup::{ArchiveFault, BackupError, BackupReport, BackupRequest, RestoreReport, restore_backup};
pub use brickwork_artifacts::{Artifact, ArtifactOperation, extract};
pub use brickwork_engine::{
    Diagnostic, FinishReason, InferenceError, InferenceErrorCode, InferenceEvent, Message, Parameters, Pipeline,
    RerunAction, RerunCode, RerunReason, RerunStep, Role, RunChange, RunEvent, RunEventKind, RunStatus, Severity,
    Speaker, Timings, pipeline_schema,
};
pub use brickwork_highlight::{Highlighted, highlight};
pub use brickwork_store::{
    KeptDraft, PipelineSummary, Project, RunState, RunSummary, SavedPipeline, SavedVersion, SnippetPart,
    StoredArtifact, VersionSummary,
};
pub use config::{AppConfig, DEFAULT_PROJECT_ID, QueueRole};
pub use data::{PruneReport, PruneRequest, Retention, StorageView};
pub use drafts::{DraftRequest, SavedDraft};
pub use error::{AppError, ErrorCode};
pub use events::EventStream;
pub use export::{ExportFileView, ExportPlanView, ExportRequest, ExportResult, ExportSource, SkippedFile, WrittenFile};
pub use export_undo::{RunExport, RunExports, UndoRequest, UndoResult, export_id_of};
pub use generate::{ChatModel, ChatRequest, GenerateRequest};
pub use history::{
    DeletedRuns, RefusalReason, RefusedRun, RestoredRuns, RunListRequest, RunsRequest, instant_of, run_states_of,
};
pub use log::init_logging;
pub use metrics::{Gauges, METRICS_CONTENT_TYPE, Metrics};
pub use models::{BindingView, ModelFileView, ModelsView, RoleView};
pub use pipelines::{NewPipeline, PipelineCopy, PipelineUpdate, VersionLabel, pipeline_id_of, version_of};
pub use preview::{
    PreviewMessage, PreviewModelView, PreviewPartView, PreviewProblem, PreviewRequest, PreviewStepView, PreviewView,
};
pub use projects::{ProjectRequest, project_id_of};
pub use queue::{QueueHolder, QueueView};
pub use request::read_request;
pub use rerun::{RerunPlan, RerunRequest};
pub use runs::{StartRun, StartedRun, run_id_of};
pub use settings::{Language, ServerSettings, Settings, Theme};
pub use templates::Template;
pub use views::{RunPage, RunView, StepView};
