//! The use cases of Brickwork, one function each. Every surface (window, REST, command line) calls these and has no rule
//! of its own.
//!
//! It knows neither tauri nor axum nor clap.

mod app;
mod config;
mod error;
mod events;
mod export;
mod generate;
mod inference;
mod live;
mod log;
mod models;
mod runs;
mod settings;
mod templates;
mod views;

pub use app::{App, Health, QueueState, WorkerState};
pub use brickwork_artifacts::{Artifact, extract};
pub use brickwork_engine::{
    Diagnostic, FinishReason, InferenceError, InferenceErrorCode, InferenceEvent, Parameters, Pipeline, Role,
    RunChange, RunEvent, RunEventKind, RunStatus, Severity, Timings, pipeline_schema,
};
pub use brickwork_highlight::{Highlighted, highlight};
pub use brickwork_store::{Project, RunSummary, StoredArtifact};
pub use config::{AppConfig, DEFAULT_PROJECT_ID};
pub use error::{AppError, ErrorCode};
pub use events::EventStream;
pub use export::{ExportFileView, ExportPlanView, ExportRequest, ExportResult, ExportSource, SkippedFile, WrittenFile};
pub use generate::GenerateRequest;
pub use log::init_logging;
pub use models::{BindingView, ModelFileView, ModelsView, RoleView};
pub use runs::{RunListRequest, run_id_of};
pub use settings::{Language, Settings, Theme};
pub use templates::Template;
pub use views::{RunPage, RunView, StepView};
