//! What a use case can answer instead of its result. Surfaces choose by [`ErrorCode`], never by text.

use std::path::PathBuf;

use brickwork_engine::{Diagnostic, InferenceError, JournalError, Phrase};
use brickwork_export::ExportError;
use brickwork_models::download::DownloadError;
use brickwork_models::hub::HubError;
use brickwork_models::transfer::TransferError;
use brickwork_store::StoreError;
use serde::Serialize;
use uuid::Uuid;

use crate::backup::BackupError;
use crate::said::Said;

mod phrase;

/// The stable word for a kind of error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// The thing asked for does not exist.
    NotFound,
    /// The request's content is wrong; diagnostics say where.
    Invalid,
    /// The request does not fit the thing's present state.
    Conflict,
    /// The run does not wait for the user.
    RunNotHeld,
    /// The step's output cannot be replaced.
    StepNotEditable,
    /// The idempotency key stands for another request.
    IdempotencyKeyReused,
    /// The program is about to stop.
    Stopping,
    /// A role has no model that can run.
    ModelProblem,
    /// The database or a folder could not be read or written.
    Storage,
    /// Files could not be exported.
    Export,
    /// The artifact cannot be shown as a page.
    NoPreview,
    /// A newer draft of the pipeline is kept.
    DraftConflict,
    /// The hub of models cannot be reached, or gives no answer that makes sense.
    HubUnreachable,
    /// The hub gives this only to users whom it knows.
    HubTokenNeeded,
    /// A licence must be accepted on the hub first.
    HubLicenceNeeded,
    /// The hub does not give this to the owner of the token.
    HubAccessDenied,
    /// A model failed.
    Inference,
    /// Anything else.
    Internal,
}

/// What a use case can answer instead of its result.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// The system knows no home folder.
    #[error("This system names no home folder. Set BRICKWORK_DATA_DIR to the folder that Brickwork is to use.")]
    NoHome,
    /// The data folder cannot be used.
    #[error("The data folder {} cannot be used: {source}. Check its permissions, or set BRICKWORK_DATA_DIR to another folder.", path.display())]
    DataDir {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// No such run.
    #[error("There is no run {0}. List the runs to find its id.")]
    UnknownRun(String),
    /// No such project.
    #[error("There is no project {0}. List the projects to find its id.")]
    UnknownProject(String),
    /// No such saved pipeline.
    #[error("There is no saved pipeline {0}. List the pipelines to find its id.")]
    UnknownPipeline(String),
    /// No such template, model or role.
    #[error("There is no {what} `{id}`. {remedy}")]
    Unknown {
        /// The kind of thing.
        what: &'static str,
        /// What was asked for.
        id: String,
        /// Where to look.
        remedy: String,
    },
    /// The pipeline cannot run.
    #[error("The pipeline cannot run: {}", first_message(.0))]
    InvalidPipeline(Vec<Diagnostic>),
    /// The request's content is wrong.
    #[error("The request cannot be carried out: {}", first_message(.0))]
    InvalidRequest(Vec<Diagnostic>),
    /// A backup is not made, or not restored.
    #[error(transparent)]
    Backup(#[from] BackupError),
    /// The run has ended already.
    #[error("The run {run_id} has ended already ({status}). Start a new run instead.")]
    RunEnded {
        /// The run.
        run_id: Uuid,
        /// Its status word.
        status: &'static str,
    },
    /// The run neither waits for the user nor was interrupted.
    #[error("The run {0} is neither paused nor interrupted, so there is nothing to resume. Look at the queue.")]
    NotHeld(Uuid),
    /// An output can be edited only while its run waits for the user.
    #[error(
        "The run {0} is neither paused nor interrupted, so its outputs stay as they are. Pause it after a step first."
    )]
    RunNotHeld(Uuid),
    /// The step has no output that can be replaced, or another step has read it.
    #[error(
        "The output of step `{step_name}` of run {run_id} cannot be replaced: it has not ended well, or a step that reads it has begun. Run it again from that step instead."
    )]
    StepNotEditable {
        /// The run.
        run_id: Uuid,
        /// The step.
        step_name: String,
    },
    /// The run has not ended.
    #[error("The run {0} has not ended. Cancel it, or wait for its end.")]
    RunUnfinished(Uuid),
    /// The run does not wait in the queue.
    #[error(
        "The run {0} does not wait in the queue, so it has no place there. Look at the queue for the runs that do."
    )]
    NotWaiting(Uuid),
    /// A newer draft is kept.
    #[error(
        "A newer draft of this pipeline is kept, number {seq}: another window edits it too. Load the pipeline again, or count on from there to replace it."
    )]
    DraftConflict {
        /// The number of the draft that is kept.
        seq: u64,
    },
    /// The key was used for another request.
    #[error(
        "The idempotency key `{key}` was used for another request, which made the run {run_id}. Use a fresh key for a new request."
    )]
    IdempotencyKeyReused {
        /// The key.
        key: String,
        /// The run that the key stands for.
        run_id: Uuid,
    },
    /// The program stops before the run has ended.
    #[error(
        "This program stops before the run {0} has ended. The run keeps its place in the queue and goes on when a program carries runs out again: ask for it then."
    )]
    Stopping(Uuid),
    /// A role has no model that can run.
    #[error("{0}")]
    ModelProblem(Said),
    /// A model failed outside a run.
    #[error(transparent)]
    Inference(#[from] InferenceError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The journal failed.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The export failed.
    #[error(transparent)]
    Export(#[from] ExportError),
    /// The list of artifacts can still change by itself, or was never made.
    #[error(
        "These artifacts of the run {0} cannot be edited: they are not finished, or were never made. Wait until their step has ended well."
    )]
    ArtifactsNotReady(Uuid),
    /// The list of artifacts is as it was extracted.
    #[error("There is no edit of these artifacts of the run {0} to take back: they are as they were extracted.")]
    NoEditToUndo(Uuid),
    /// The artifact has no page.
    #[error(
        "There is no preview of this artifact: {0} Markdown, HTML, CSS and SVG of up to 1 MiB have one; look at the text instead."
    )]
    NoPreview(Said),
    /// The run has nothing to export.
    #[error("The run {0} made no artifacts, so there is nothing to export. Look at its output, or run it again.")]
    NothingToExport(Uuid),
    /// The export folder is no absolute path.
    #[error("`{0}` is no absolute path. Give the full path of the folder to export to.")]
    RelativeFolder(String),
    /// The hub gave nothing.
    #[error("{0} {remedy}", remedy = .0.remedy())]
    Hub(#[from] HubError),
    /// A download cannot be begun or steered so.
    #[error("{0} {remedy}", remedy = .0.remedy())]
    Download(DownloadError),
    /// The system's keyring did not do what it was asked.
    #[error("The keyring of this system did not do it: {0}. Unlock it, and try again.")]
    Keyring(String),
    /// A role or a run needs the model.
    #[error("The model `{id}` stays as it is: {by}. Bind another model or end the run first, or insist on it.")]
    ModelInUse {
        /// The model.
        id: String,
        /// What needs it.
        by: ModelUse,
    },
    /// The models folder as it is does not allow this.
    #[error("{0}")]
    ModelFileConflict(Said),
    /// A model's file, or the program's notes beside it, cannot be read or written.
    #[error("{0}")]
    ModelFiles(Said),
    /// A fault of the program itself.
    #[error("Something went wrong inside Brickwork: {0}. The log in the data folder says more.")]
    Internal(String),
}

/// What needs a model.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ModelUse {
    /// Roles that it serves, with commas between their names.
    #[error("it serves {0}")]
    Roles(String),
    /// A run.
    #[error("the run {run_id} (`{name}`) has not ended")]
    Run {
        /// The run.
        run_id: Uuid,
        /// Its pipeline's name.
        name: String,
    },
}

impl AppError {
    /// The stable word for this kind.
    #[must_use]
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::UnknownRun(_) | Self::UnknownProject(_) | Self::UnknownPipeline(_) | Self::Unknown { .. } => {
                ErrorCode::NotFound
            }
            Self::InvalidPipeline(_) | Self::InvalidRequest(_) | Self::RelativeFolder(_) => ErrorCode::Invalid,
            Self::RunEnded { .. }
            | Self::NotHeld(_)
            | Self::RunUnfinished(_)
            | Self::NotWaiting(_)
            | Self::ArtifactsNotReady(_)
            | Self::NoEditToUndo(_)
            | Self::Export(ExportError::AlreadyUndone { .. } | ExportError::AnotherFolder { .. })
            | Self::ModelInUse { .. }
            | Self::ModelFileConflict(_)
            | Self::NothingToExport(_) => ErrorCode::Conflict,
            Self::RunNotHeld(_) => ErrorCode::RunNotHeld,
            Self::StepNotEditable { .. } => ErrorCode::StepNotEditable,
            Self::DraftConflict { .. } => ErrorCode::DraftConflict,
            Self::IdempotencyKeyReused { .. } => ErrorCode::IdempotencyKeyReused,
            Self::Stopping(_) => ErrorCode::Stopping,
            Self::ModelProblem(_) => ErrorCode::ModelProblem,
            Self::Backup(error) => error.code(),
            Self::Store(
                StoreError::DefaultProject
                | StoreError::ProjectNotEmpty { .. }
                | StoreError::ProjectBusy { .. }
                | StoreError::StaleVersion { .. }
                | StoreError::InUse { .. },
            ) => ErrorCode::Conflict,
            Self::NoHome | Self::DataDir { .. } | Self::ModelFiles(_) | Self::Store(_) | Self::Keyring(_) => {
                ErrorCode::Storage
            }
            Self::Journal(JournalError::UnknownRun(_)) => ErrorCode::NotFound,
            Self::Journal(JournalError::Illegal(_)) => ErrorCode::Conflict,
            Self::Journal(_) => ErrorCode::Storage,
            Self::Export(ExportError::UnknownExport { .. }) => ErrorCode::NotFound,
            Self::Export(_) => ErrorCode::Export,
            Self::NoPreview(_) => ErrorCode::NoPreview,
            Self::Hub(error) => code_of_hub(error),
            Self::Download(error) => code_of_download(error),
            Self::Inference(_) => ErrorCode::Inference,
            Self::Internal(_) => ErrorCode::Internal,
        }
    }

    /// The same refusal, whose one finding can be put into another language.
    #[must_use]
    pub(crate) fn saying(self, phrase: Phrase) -> Self {
        match self {
            Self::InvalidRequest(found) => {
                let mut found = found.into_iter();
                let first = found.next().map(|finding| finding.saying(phrase));
                Self::InvalidRequest(first.into_iter().chain(found).collect())
            }
            other => other,
        }
    }

    /// The findings, when the pipeline was at fault.
    #[must_use]
    pub fn diagnostics(&self) -> &[Diagnostic] {
        match self {
            Self::InvalidPipeline(found) | Self::InvalidRequest(found) => found,
            _ => &[],
        }
    }
}

const fn code_of_hub(error: &HubError) -> ErrorCode {
    match error {
        HubError::BadEndpoint { .. } | HubError::BadName { .. } => ErrorCode::Invalid,
        HubError::NotFound { .. } => ErrorCode::NotFound,
        HubError::TokenNeeded { .. } => ErrorCode::HubTokenNeeded,
        HubError::LicenceNeeded { .. } => ErrorCode::HubLicenceNeeded,
        HubError::TokenRefused { .. } | HubError::AccessDenied { .. } => ErrorCode::HubAccessDenied,
        HubError::Unreachable { .. }
        | HubError::Untrusted { .. }
        | HubError::Stalled { .. }
        | HubError::Cut { .. }
        | HubError::Busy { .. }
        | HubError::Failed { .. }
        | HubError::Unreadable { .. }
        | HubError::BadRedirect { .. } => ErrorCode::HubUnreachable,
    }
}

const fn code_of_download(error: &DownloadError) -> ErrorCode {
    match error {
        DownloadError::Hub(error) => code_of_hub(error),
        DownloadError::Transfer(TransferError::Unknown(_)) => ErrorCode::NotFound,
        DownloadError::Io { .. } | DownloadError::Journal(_) | DownloadError::DiskFull(_) => ErrorCode::Storage,
        _ => ErrorCode::Conflict,
    }
}

impl From<DownloadError> for AppError {
    fn from(error: DownloadError) -> Self {
        match error {
            DownloadError::Hub(error) => Self::Hub(error),
            other => Self::Download(other),
        }
    }
}

fn first_message(found: &[Diagnostic]) -> String {
    match found {
        [] => "no reason was given".into(),
        [only] => format!("{} ({}). {}", only.message, only.path, only.remedy),
        [first, rest @ ..] => format!("{} ({}), and {} more.", first.message, first.path, rest.len()),
    }
}
