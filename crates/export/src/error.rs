//! What stops a whole export. What stops a single file is a [`crate::Reason`].

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use crate::git::BranchError;

/// Why nothing was planned or exported.
#[derive(Debug, Error)]
pub enum ExportError {
    /// The chosen folder is something else.
    #[error("`{}` is not a folder; choose another one", folder.display())]
    NotAFolder {
        /// The chosen folder.
        folder: PathBuf,
    },
    /// The folder could not be made or opened.
    #[error("the folder `{}` cannot be opened: {source}; check its permissions or choose another one", folder.display())]
    Folder {
        /// The chosen folder.
        folder: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// Something in the folder could not be read.
    #[error("`{name}` in the folder cannot be read: {source}; check its permissions or choose another folder")]
    Read {
        /// Relative name.
        name: String,
        /// The system's reason.
        source: io::Error,
    },
    /// More files than [`crate::MAX_FILES`].
    #[error("the export has {count} files, more than the {} that one export takes; choose fewer", crate::MAX_FILES)]
    TooManyFiles {
        /// How many.
        count: usize,
    },
    /// More bytes than [`crate::MAX_TOTAL_BYTES`].
    #[error(
        "the export has {size_bytes} bytes, more than the {} that one export takes; choose fewer files",
        crate::MAX_TOTAL_BYTES
    )]
    TooManyBytes {
        /// Over all files.
        size_bytes: u64,
    },
    /// A chosen name is none of the files'.
    #[error("`{name}` is chosen for export, but there is no such file; plan again")]
    UnknownName {
        /// The chosen name.
        name: String,
    },
    /// A write failed; everything that this export had written is undone.
    #[error("`{name}` cannot be written: {source}; nothing of this export was kept")]
    Write {
        /// Relative name.
        name: String,
        /// The system's reason.
        source: io::Error,
    },
    /// The folder was changed by someone else while writing; everything that this export had written is undone.
    #[error("the folder changed while `{name}` was written; nothing of this export was kept; plan again")]
    ChangedMeanwhile {
        /// Relative name.
        name: String,
    },
    /// What is there could not be kept, or what was kept not be read or marked.
    #[error("what files held before the export cannot be kept or read at {}: {source}; check the data folder's room and permissions", path.display())]
    Keep {
        /// Where.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// The files to be overwritten hold more than [`crate::MAX_TOTAL_BYTES`], so that they are not kept.
    #[error(
        "the files to be overwritten have {size_bytes} bytes or more, beyond the {} that are kept for an undo; choose fewer",
        crate::MAX_TOTAL_BYTES
    )]
    TooManyOldBytes {
        /// Up to the file that was too much.
        size_bytes: u64,
    },
    /// There is no such export, or it was too long ago.
    #[error("there is no export `{export_id}` that can be undone; only the latest ones are kept")]
    UnknownExport {
        /// What was asked for.
        export_id: String,
    },
    /// The export was undone before.
    #[error("the export `{export_id}` was undone already; export again instead")]
    AlreadyUndone {
        /// Which one.
        export_id: String,
    },
    /// What was kept is damaged, or a newer version's.
    #[error("`{part}` of the export `{export_id}` cannot be used, so it is not undone; put the files back by hand")]
    KeptUnreadable {
        /// Which export.
        export_id: String,
        /// Which part of it.
        part: String,
    },
    /// The chosen folder's path leads elsewhere now.
    #[error("`{}` is another folder now than at the export; nothing is undone", folder.display())]
    AnotherFolder {
        /// The folder, as it was chosen.
        folder: PathBuf,
    },
    /// A file could not be put back; what was put back until then stays so.
    #[error("`{name}` cannot be put back: {source}; run the undo again once it can")]
    UndoWrite {
        /// Relative name.
        name: String,
        /// The system's reason.
        source: io::Error,
    },
    /// The folder was changed by someone else in the middle of an undo.
    #[error("the folder changed while `{name}` was put back; run the undo again")]
    ChangedInUndo {
        /// Relative name.
        name: String,
    },
    /// The new branch that was asked for could not be made; no file was written.
    #[error(transparent)]
    Branch(#[from] BranchError),
    /// The export failed, and the branch that was made for it could not be taken back.
    #[error(
        "the export failed ({cause}), and its new branch `{branch}` stays checked out ({why}); switch back by hand"
    )]
    BranchStays {
        /// Why the export failed.
        cause: Box<ExportError>,
        /// The branch.
        branch: String,
        /// Why it stays.
        why: String,
    },
    /// A write failed, and so did undoing others.
    #[error("the export failed ({cause}), and these could not be put back: {}; check them by hand", left.join(", "))]
    RolledBackInPart {
        /// Why the export failed.
        cause: Box<ExportError>,
        /// Names of the files that are not as before.
        left: Vec<String>,
    },
}
