//! Why a backup is not made, or not restored.

use std::path::PathBuf;

use crate::error::ErrorCode;

/// Why a backup is not made, or not restored.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The file to write exists already.
    #[error("{} exists already, and a backup overwrites nothing. Choose another name.", .0.display())]
    Exists(PathBuf),
    /// The file could not be written.
    #[error("{} cannot be written: {source}. Check the folder's permissions and its free space.", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The database is larger than a backup may be.
    #[error(
        "The database has {database_bytes} bytes, more than one backup takes. Remove old runs with `brickwork data prune --vacuum` first."
    )]
    TooLarge {
        /// Its size.
        database_bytes: u64,
    },
    /// A program uses the data folder.
    #[error("{} is in use. Close Brickwork's window, its server and its commands, and try again.", .0.display())]
    InUse(PathBuf),
    /// The archive is not to be restored.
    #[error("{} is not restored: {fault} Nothing was changed.", path.display())]
    Archive {
        /// The archive.
        path: PathBuf,
        /// What is wrong with it.
        fault: ArchiveFault,
    },
}

/// What is wrong with an archive.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveFault {
    /// It cannot be read.
    #[error("it cannot be read ({0}). Check its name and its permissions.")]
    Unreadable(std::io::Error),
    /// It is no zip file, or a damaged one.
    #[error("it is no whole zip file ({0}). Choose another backup.")]
    NoZip(String),
    /// It holds something else.
    #[error("it holds other files than a backup does. Choose a file that `brickwork data backup` made.")]
    OtherEntries,
    /// Its manifest is no such thing.
    #[error("its manifest cannot be read ({0}). Choose another backup.")]
    Manifest(String),
    /// It was made in a format that this program does not know.
    #[error("it has format {0}, which this Brickwork does not know. Update Brickwork.")]
    Format(u32),
    /// It was made by a newer version.
    #[error(
        "it was made by a newer Brickwork (schema {found}; this one knows schemas up to {known}). Update Brickwork."
    )]
    Newer {
        /// The schema version that it has.
        found: i64,
        /// The latest that this program knows.
        known: i64,
    },
    /// The database in it has another size than the manifest says, or an impossible one.
    #[error("its database has another size than its manifest says. Choose another backup.")]
    Size,
    /// The database in it has another hash than the manifest says.
    #[error("its database is not the one that was saved (its SHA-256 differs). Choose another backup.")]
    Hash,
    /// The database in it has another schema than the manifest says.
    #[error("its manifest says schema {said}, but its database has {found}. Choose another backup.")]
    OtherSchema {
        /// What the manifest says.
        said: i64,
        /// What the database has.
        found: i64,
    },
    /// What should be the database is none of Brickwork's.
    #[error("there is no Brickwork database in it. Choose a file that `brickwork data backup` made.")]
    NoDatabase,
    /// The database in it is damaged.
    #[error("its database is damaged ({0}). Choose another backup.")]
    Damaged(String),
}

impl BackupError {
    /// The stable word for this kind.
    #[must_use]
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::Exists(_) | Self::InUse(_) => ErrorCode::Conflict,
            Self::Write { .. } | Self::TooLarge { .. } => ErrorCode::Storage,
            Self::Archive { .. } => ErrorCode::Invalid,
        }
    }
}
