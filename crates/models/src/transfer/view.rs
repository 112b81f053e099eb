//! What anybody sees of a transfer.

use brickwork_engine::{Phrase, Timestamp};
use serde::Serialize;
use uuid::Uuid;

/// The kinds of long work on files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TransferKind {
    /// Files come from a hub.
    Download,
    /// Files of this machine are taken into the models folder.
    Import,
    /// A file is compared with its checksum.
    Verify,
    /// A bundle is written.
    BundleExport,
    /// A bundle is read.
    BundleImport,
}

/// Where a transfer stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TransferState {
    /// It waits for others of its kind.
    Waiting,
    /// It is under way.
    Running,
    /// It waits to be resumed.
    Paused,
    /// It has ended well.
    Done,
    /// It has ended with a problem. A failed download keeps what it has and can be resumed.
    Failed,
    /// The user ended it.
    Cancelled,
}

impl TransferState {
    /// The word for it, as in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether nothing more comes by itself.
    #[must_use]
    pub const fn has_ended(self) -> bool {
        matches!(self, Self::Done | Self::Failed | Self::Cancelled)
    }
}

/// Why a transfer failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct TransferProblem {
    /// The stable word for the kind of problem, such as `checksum_mismatch`.
    pub code: String,
    /// What happened, to which thing.
    pub message: String,
    /// What to do next.
    pub remedy: String,
    /// Both sentences in a form that can be put into another language.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phrase: Option<Phrase>,
}

impl TransferProblem {
    /// A problem of that code.
    #[must_use]
    pub fn new(code: impl Into<String>, message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { code: code.into(), message: message.into(), remedy: remedy.into(), phrase: None }
    }

    /// The same problem, which can be put into another language.
    #[must_use]
    pub fn saying(mut self, phrase: impl Into<Option<Phrase>>) -> Self {
        self.phrase = phrase.into();
        self
    }
}

/// A file that was left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct LeftOutFile {
    /// Its path.
    pub path: String,
    /// Why, and what to do.
    pub reason: String,
    /// The same in a form that can be put into another language, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phrase: Option<Phrase>,
}

/// A transfer as it stands at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct TransferView {
    /// Its id.
    pub id: Uuid,
    /// What kind of work it is.
    pub kind: TransferKind,
    /// What is moved, in words: a file's or a model's name.
    pub title: String,
    /// Where it stands.
    pub state: TransferState,
    /// Bytes that are done, over all its files.
    pub done_bytes: u64,
    /// Bytes of all its files; absent as long as nobody has told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total_bytes: Option<u64>,
    /// Bytes per second over the last seconds; absent unless it is running and has moved something.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes_per_second: Option<u64>,
    /// Seconds that it needs still at that speed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remaining_s: Option<u64>,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<TransferProblem>,
    /// The model that resulted, by the id under which the models folder lists it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model_id: Option<String>,
    /// The file that resulted; its first shard where there are several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Files of an imported folder that were left out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub skipped: Vec<LeftOutFile>,
    /// When it was put up.
    pub started_at: Timestamp,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
}
