//! Why a download has not succeeded.

use std::io;
use std::path::PathBuf;

use crate::disk::DiskFull;
use crate::hub::HubError;
use crate::small_file::SmallFileError;
use crate::transfer::{TransferError, TransferProblem};

/// Why a download has not succeeded.
#[derive(Debug, thiserror::Error)]
pub enum DownloadError {
    /// The hub gave nothing.
    #[error(transparent)]
    Hub(#[from] HubError),
    /// It cannot be steered so.
    #[error(transparent)]
    Transfer(#[from] TransferError),
    /// Another program works on it.
    #[error("Another program of yours works on the download of {title}.")]
    Elsewhere {
        /// What it is called.
        title: String,
    },
    /// What arrived is not what the hub promised.
    #[error("{name} arrived with the SHA-256 {found} instead of {expected} and was removed.")]
    Checksum {
        /// The file's path in its repository.
        name: String,
        /// The checksum that it should have.
        expected: String,
        /// The one that it has.
        found: String,
    },
    /// The hub's file is another than the catalog's.
    #[error("The hub's {name} has the SHA-256 {found}, but the catalog names {expected}.")]
    NotTheCatalogs {
        /// The file's path in its repository.
        name: String,
        /// The catalog's checksum.
        expected: String,
        /// The hub's.
        found: String,
    },
    /// The hub names no checksum.
    #[error("The hub names no checksum for {name}, so nobody could tell whether it arrived whole.")]
    NoChecksum {
        /// The file's path in its repository.
        name: String,
    },
    /// More or fewer bytes than the hub promised.
    #[error("The hub promised {expected_bytes} bytes of {name} and sends {found_bytes}.")]
    Size {
        /// The file's path in its repository.
        name: String,
        /// What it promised.
        expected_bytes: u64,
        /// What it sends, or a number above which it was stopped.
        found_bytes: u64,
    },
    /// The file was changed on the hub in the middle.
    #[error("{name} was changed on the hub while it was downloaded.")]
    ChangedOnHub {
        /// The file's path in its repository.
        name: String,
    },
    /// The hub's answers to requests for a part make no sense.
    #[error("The hub answers requests for the rest of {name} wrongly.")]
    BadRanges {
        /// The file's path in its repository.
        name: String,
    },
    /// Not enough room.
    #[error("{0}.")]
    DiskFull(#[from] DiskFull),
    /// Another file is in the way.
    #[error("{} is there already and is another file.", path.display())]
    Exists {
        /// The file that is there.
        path: PathBuf,
    },
    /// A file could not be read or written.
    #[error("{} cannot be read or written: {cause}.", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        cause: io::Error,
    },
    /// The program's own note of the download cannot be used.
    #[error("{0}.")]
    Journal(#[from] SmallFileError),
}

impl DownloadError {
    /// The stable word for this kind.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Hub(error) => error.code(),
            Self::Transfer(TransferError::Unknown(_)) => "not_found",
            Self::Transfer(TransferError::State { .. }) => "conflict",
            Self::Elsewhere { .. } => "download_elsewhere",
            Self::Checksum { .. } => "checksum_mismatch",
            Self::NotTheCatalogs { .. } => "not_the_catalogs_file",
            Self::NoChecksum { .. } => "no_checksum",
            Self::Size { .. } => "size_mismatch",
            Self::ChangedOnHub { .. } => "changed_on_hub",
            Self::BadRanges { .. } => "bad_ranges",
            Self::DiskFull(_) => "disk_full",
            Self::Exists { .. } => "file_exists",
            Self::Io { .. } if self.is_disk_full() => "disk_full",
            Self::Io { .. } | Self::Journal(_) => "storage",
        }
    }

    /// What to do next.
    #[must_use]
    pub fn remedy(&self) -> String {
        match self {
            Self::Hub(error) => error.remedy(),
            Self::Transfer(_) => "Look at the list of transfers.".into(),
            Self::Elsewhere { .. } => "Follow it there, or end that program and try again.".into(),
            Self::Checksum { .. } | Self::Size { .. } => {
                "Try again; if it happens again, the hub or something before it changes files: name another hub.".into()
            }
            Self::NotTheCatalogs { .. } => {
                "Choose the file on the hub yourself if you trust the change, or another model of the catalog.".into()
            }
            Self::NoChecksum { .. } => "Name a hub that tells checksums.".into(),
            Self::ChangedOnHub { .. } => "Start it again.".into(),
            Self::BadRanges { .. } => "Start it again, or name another hub.".into(),
            Self::DiskFull(_) => "Make room, or use a models folder on another disk; then resume.".into(),
            Self::Exists { .. } => "Rename or remove that file, then resume.".into(),
            Self::Io { .. } if self.is_disk_full() => "Make room on the disk, then resume.".into(),
            Self::Io { .. } => "Check the permissions of the models folder, then resume.".into(),
            Self::Journal(_) => "Cancel the download and start it again.".into(),
        }
    }

    /// The same for the board.
    #[must_use]
    pub fn problem(&self) -> TransferProblem {
        TransferProblem::new(self.code(), self.to_string(), self.remedy()).saying(self.phrase())
    }

    fn is_disk_full(&self) -> bool {
        matches!(self, Self::Io { cause, .. }
            if matches!(cause.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded))
    }
}
