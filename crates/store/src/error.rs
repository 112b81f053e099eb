//! What can go wrong in the store, for callers ([`StoreError`]) and inside ([`Fault`]).

use std::path::PathBuf;

use brickwork_engine::{JournalError, RunId};
use rusqlite::ErrorCode;

/// A fault of the store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database was written by a later version of Brickwork. Nothing in it was changed.
    #[error(
        "{} was made by a newer Brickwork (schema {found}; this one knows schemas up to {known}): update Brickwork, or \
         choose another data folder",
        path.display()
    )]
    NewerVersion {
        /// The database file.
        path: PathBuf,
        /// The schema version that it has.
        found: i64,
        /// The latest schema version that this program knows.
        known: i64,
    },
    /// The file is no database, or another program's. Nothing in it was changed.
    #[error("{} is not a Brickwork database: move it away, or choose another data folder", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// There is no room for the change, which was not made.
    #[error("the disk is full: free some space and try again; nothing that was saved before is lost")]
    Full,
    /// Another process kept the database locked. The change was not made.
    #[error("another process kept the database locked for too long: try again, or close the other Brickwork")]
    Busy,
    /// The file's content is damaged.
    #[error("the database is damaged ({detail}): restore a backup, or move the file away to start anew")]
    Corrupt {
        /// What SQLite found.
        detail: String,
    },
    /// The change contradicts what is stored, for example an unknown project.
    #[error("the database refused the change: {detail}")]
    Refused {
        /// The rule that it breaks.
        detail: String,
    },
    /// The default project always stays.
    #[error("the default project cannot be deleted: delete its runs and pipelines one by one instead")]
    DefaultProject,
    /// The project has runs or pipelines, which would go with it.
    #[error(
        "the project is not empty (runs: {runs}, saved pipelines: {pipelines}): delete it with its content, or keep it"
    )]
    ProjectNotEmpty {
        /// Its runs.
        runs: u64,
        /// Its saved pipelines.
        pipelines: u64,
    },
    /// A run of the project has not ended.
    #[error("the project's run {run_id} has not ended: cancel it or let it end first")]
    ProjectBusy {
        /// The oldest such run.
        run_id: RunId,
    },
    /// Someone saved another version of the pipeline meanwhile.
    #[error(
        "version {base} is not the newest any more, which is {newest}: look at that one and save again on top of it"
    )]
    StaleVersion {
        /// The version that the change was based on.
        base: u32,
        /// The newest version.
        newest: u32,
    },
    /// Another process has the database open.
    #[error("{} is in use by another process: close every Brickwork that uses this data folder and try again", path.display())]
    InUse {
        /// The database file.
        path: PathBuf,
    },
    /// A stored value is not of the shape that was asked for.
    #[error("setting `{key}` cannot be read ({detail}): set it again")]
    Setting {
        /// The setting's key.
        key: String,
        /// What is wrong with the value.
        detail: String,
    },
    /// Reading or writing failed for another reason.
    #[error("the database could not be used: {detail}")]
    Storage {
        /// The cause.
        detail: String,
    },
}

/// Everything that can fail inside; never leaves the crate.
#[derive(Debug)]
pub(crate) enum Fault {
    Sql(rusqlite::Error),
    Journal(JournalError),
    Store(StoreError),
}

impl Fault {
    /// A fault without a type of its own.
    pub(crate) fn storage(detail: impl ToString) -> Self {
        Self::Store(StoreError::Storage { detail: detail.to_string() })
    }

    /// As the answer to a caller of the journal.
    pub(crate) fn into_journal(self) -> JournalError {
        match self {
            Self::Journal(err) => err,
            other => JournalError::Storage(StoreError::from(other).to_string()),
        }
    }
}

impl From<rusqlite::Error> for Fault {
    fn from(err: rusqlite::Error) -> Self {
        Self::Sql(err)
    }
}

impl From<rusqlite_migration::Error> for Fault {
    fn from(err: rusqlite_migration::Error) -> Self {
        match err {
            rusqlite_migration::Error::RusqliteError { err, .. } => Self::Sql(err),
            other => Self::storage(other),
        }
    }
}

impl From<JournalError> for Fault {
    fn from(err: JournalError) -> Self {
        Self::Journal(err)
    }
}

impl From<StoreError> for Fault {
    fn from(err: StoreError) -> Self {
        Self::Store(err)
    }
}

impl From<std::io::Error> for Fault {
    fn from(err: std::io::Error) -> Self {
        match err.kind() {
            std::io::ErrorKind::StorageFull => Self::Store(StoreError::Full),
            _ => Self::storage(err),
        }
    }
}

impl From<Fault> for StoreError {
    fn from(fault: Fault) -> Self {
        let err = match fault {
            Fault::Store(err) => return err,
            Fault::Journal(err) => return Self::Storage { detail: err.to_string() },
            Fault::Sql(err) => err,
        };
        let detail = err.to_string();
        match err.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::Full,
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy,
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Corrupt { detail },
            Some(ErrorCode::ConstraintViolation) => Self::Refused { detail },
            _ => Self::Storage { detail },
        }
    }
}
