//! The use cases of Brickwork, one function each. Every surface (window, REST, command line) calls these and has no rule
//! of its own.
//!
//! It knows neither tauri nor axum nor clap.

mod app;
mod artifact_edits;
mod artifact_files;
mod artifact_preview;
mod assembly;
mod backup;
mod bundle;
mod cache_type;
mod catalog;
mod changes;
mod checking;
mod coloured;
mod config;
mod data;
mod doctor;
mod drafts;
mod error;
mod events;
mod export;
mod export_style;
mod export_undo;
mod extraction;
mod file_work;
mod fit;
mod foretell;
mod generate;
mod history;
mod hub;
mod inference;
mod lend;
mod live;
mod log;
mod manifest;
mod memory;
mod metrics;
mod model_detail;
mod model_files;
mod models;
mod output_edit;
mod pipelines;
mod preview;
mod project_files;
mod projects;
mod quantize;
mod queue;
mod remotes;
mod request;
mod rerun;
mod role_options;
mod runs;
mod said;
mod secrets;
mod settings;
mod steer;
mod templates;
mod transfers;
mod views;

pub use app::{App, DeviceView, Health, QueueState, WorkerState};
pub use artifact_edits::ArtifactEditRequest;
pub use artifact_files::{ArtifactFile, artifact_id_of};
pub use artifact_preview::{PREVIEW_POLICY, PreviewTheme};
pub use assembly::{FinalChoice, FinalRequest};
pub use backup::{ArchiveFault, BackupError, BackupReport, BackupRequest, RestoreReport, restore_backup};
pub use brickwork_artifacts::{Artifact, ArtifactOperation, SyntaxReport, SyntaxState, kind_of_name, read_output};
pub use brickwork_engine::{
    Diagnostic, DirectChecker, FinishReason, InferenceError, InferenceErrorCode, InferenceEvent, Message, Parameters,
    Phrase, PhraseParam, Pipeline, RerunAction, RerunCode, RerunReason, RerunStep, Role, RunChange, RunEvent,
    RunEventKind, RunStatus, Severity, Speaker, Timings, pipeline_schema, report_syntax,
};
pub use brickwork_export::MANIFEST_NAME;
pub use brickwork_highlight::Highlighted;
pub use brickwork_models::fit::CacheType;
pub use brickwork_models::hub::{HubFile, HubModel, HubModelFiles, HubRepository};
pub use brickwork_models::transfer::{TransferKind, TransferProblem, TransferState, TransferView};
pub use brickwork_models::{CheckedAgainst, CheckedFile, ImportMode};
pub use brickwork_store::{
    KeptDraft, PipelineSummary, Project, RunState, RunSummary, SavedPipeline, SavedVersion, SnippetPart,
    StoredArtifact, VersionSummary,
};
pub use bundle::{
    BundleBindingOutcome, BundleBindingView, BundleExportRequest, BundleImportReport, BundleImportRequest,
    BundleModelOutcome, BundleModelView, BundlePipelineOutcome, BundlePipelineView,
};
pub use catalog::{CatalogFileView, CatalogModelView, CatalogProblemView, CatalogView};
pub use coloured::{LineRange, coloured};
pub use config::{AppConfig, DEFAULT_PROJECT_ID, QueueRole};
pub use data::{PruneReport, PruneRequest, Retention, StorageView};
pub use doctor::{
    CpuView, DoctorDeviceView, DoctorFilesView, DoctorFolderView, DoctorMemoryView, DoctorModuleView, DoctorReport,
    DoctorRoleView, DoctorWorkerView, Finding, FindingLevel,
};
pub use drafts::{DraftRequest, SavedDraft};
pub use error::{AppError, ErrorCode, ModelUse};
pub use events::EventStream;
pub use export::{ExportFileView, ExportPlanView, ExportRequest, ExportResult, ExportSource, SkippedFile, WrittenFile};
pub use export_undo::{RunExport, RunExports, UndoRequest, UndoResult, export_id_of};
pub use extraction::{EarlierFile, ExtractRequest, ExtractedFiles};
pub use file_work::FileWork;
pub use fit::{
    FitAdviceView, FitMachineView, FitRequest, FitShareView, FitStepView, FitView, ModelFitView, RunFitView, Verdict,
};
pub use generate::{ChatModel, ChatRequest, GenerateRequest};
pub use history::{
    DeletedRuns, RefusalReason, RefusedRun, RestoredRuns, RunListRequest, RunsRequest, instant_of, run_states_of,
};
pub use hub::{EndpointOrigin, HubSearchView, HubSettings, HubTokenOrigin, HubTokenRequest, HubView};
pub use lend::lend;
pub use log::init_logging;
pub use manifest::pipeline_of_manifest;
pub use metrics::{Gauges, METRICS_CONTENT_TYPE, Metrics};
pub use model_detail::{GgufHeaderView, ModelFileDetail, SafetensorsView};
pub use model_files::{
    CheckedState, FoundModelView, FoundModelsView, FoundProblemView, ImportReport, ImportedModel, ModelImportRequest,
    ModelRelocateRequest, ModelRenameRequest, ModelUsageView, ModelVerifyRequest, ModelsUsageView, PartialUsageView,
    VerifyReport,
};
pub use models::{BindingView, ModelFileView, ModelsView, RoleView};
pub use pipelines::{NewPipeline, PipelineCopy, PipelineUpdate, VersionLabel, pipeline_id_of, version_of};
pub use preview::{
    PreviewMessage, PreviewModelView, PreviewPartView, PreviewProblem, PreviewRequest, PreviewStepView, PreviewView,
};
pub use projects::{ProjectRequest, project_id_of};
pub use quantize::QuantizedModel;
pub use queue::{QueueHolder, QueueView};
pub use remotes::{
    BindingRequest, RemoteBinding, RemoteCheckRequest, RemoteCheckView, RemoteKeyRequest, RemoteKeyView,
    RemoteModelView, RemoteProblem, RemoteView, ServerKind,
};
pub use request::read_request;
pub use rerun::{RerunPlan, RerunRequest};
pub use role_options::RoleOptions;
pub use runs::{StartRun, StartedRun, run_id_of};
pub use secrets::{Secret, Secrets, SecretsKind};
pub use settings::{Language, ServerSettings, Settings, Theme};
pub use templates::Template;
pub use transfers::{DownloadRequest, TransfersView, transfer_id_of};
pub use views::{RunPage, RunView, StepView};
