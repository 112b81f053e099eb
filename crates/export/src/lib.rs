//! Files into a folder: planned first, written atomically, never outside, never over somebody's edits unasked.
//!
//! [`plan()`] compares, [`apply()`] writes. Both judge each file by the same rules, and `apply` judges again at the moment
//! of writing, so a plan that has grown old does no harm. Every access goes through a handle of the folder and follows
//! no symbolic link at any part of a path; a name reaches the file system only as a [`RelPath`].
//!
//! A file may be replaced without asking only if the folder's manifest, `brickwork.json`, says that an earlier export
//! wrote exactly what is there now. If a write fails, all that the call has written is undone.
//!
//! What an export overwrites is kept where its [`Keep`] says, on disk before the file is touched, so that [`undo()`] can put
//! every byte back, also after the program was killed in the middle of either. An undo touches only what is still as the
//! export left it.
//!
//! This room does no network and takes no time of its own: the export's stamp is passed in.

mod apply;
mod error;
mod folder;
mod git;
mod judge;
mod keep;
mod manifest;
mod name;
mod plan;
mod undo;
mod write;

pub use apply::{
    Choice, ExportOrder, ExportReport, Facts, ManifestOutcome, SkippedFile, WrittenFile, apply, apply_with, carry_out,
};
pub use error::ExportError;
pub use git::{BranchError, GitFolder, MadeBranch, git_folder, new_branch};
pub use judge::{Action, Reason};
pub use keep::{Keep, KeptExport, MAX_KEPT_BYTES, MAX_KEPT_EXPORTS, kept_exports, prune_exports};
pub use manifest::{
    MANIFEST_NAME, MANIFEST_VERSION, Manifest, ManifestFile, ManifestInput, ManifestModelFile, Origin, manifest_of,
};
pub use name::{NameFault, RelPath, check_name, folded as folded_name};
pub use plan::{ExportPlan, PlannedFile, plan};
pub use undo::{UndoReport, undo, undo_with};

/// The most files that one export takes.
pub const MAX_FILES: usize = 5_000;

/// The most bytes that one export takes, over all files.
pub const MAX_TOTAL_BYTES: u64 = 256 * 1024 * 1024;

/// A file on disk with more bytes than this is neither compared nor replaced.
pub const MAX_COMPARED_BYTES: u64 = 16 * 1024 * 1024;

/// One file to export.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ExportFile {
    /// Name with `/` between folders, as the artifact has it; checked by [`check_name`].
    pub name: String,
    /// What the file shall hold, byte for byte.
    pub content: String,
    /// The step that made it, for the manifest.
    pub step: Option<String>,
    /// The id of the model that made it, for the manifest.
    pub model: Option<String>,
    /// Whether a placeholder made it, for the manifest.
    pub simulated: bool,
    /// How it was made, for the manifest.
    pub origin: Origin,
}
