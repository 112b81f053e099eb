//! The plan: what an export would do, with differences, touching nothing.

use std::path::{Path, PathBuf};
use std::time::Duration;

use similar::TextDiff;

use crate::ExportFile;
use crate::error::ExportError;
use crate::folder::open_root;
use crate::judge::{Action, Reason, Taken, Verdict, check_amount, judge};
use crate::manifest::{ManifestState, read_manifest};

/// Text longer than this, old or new, gets no difference.
const MAX_DIFF_BYTES: usize = 1024 * 1024;

/// A difference that takes longer is a coarse one.
const DIFF_TIMEOUT: Duration = Duration::from_millis(500);

/// What an export into a folder would do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportPlan {
    /// The folder, as chosen.
    pub folder: PathBuf,
    /// One entry for each file, in the order given.
    pub files: Vec<PlannedFile>,
    /// Why `brickwork.json` cannot be written, if so. The files can be written all the same, but a later export will
    /// take them for somebody else's.
    pub manifest_conflict: Option<Reason>,
}

/// What an export would do with one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedFile {
    /// The name as given.
    pub name: String,
    /// What would be done.
    pub action: Action,
    /// Why it is a conflict or refused.
    pub reason: Option<Reason>,
    /// The new content's size.
    pub size_bytes: u64,
    /// A unified diff from what is there to the new content, for `Changed` and `Conflict`; `None` where what is there
    /// is no text or too long.
    pub diff: Option<String>,
}

/// Plans an export into `folder`, which need not exist.
///
/// # Errors
/// [`ExportError`] when the folder is none or cannot be read, or when there is too much to export.
pub fn plan(folder: &Path, files: &[ExportFile]) -> Result<ExportPlan, ExportError> {
    check_amount(files)?;
    let root = open_root(folder)?;
    let manifest = read_manifest(root.as_ref())?;
    let mut taken = Taken::default();
    let mut planned = Vec::with_capacity(files.len());
    for file in files {
        let verdict = judge(root.as_ref(), &manifest, file, &taken)?;
        if verdict.action != Action::Refused {
            taken.add(&file.name);
        }
        planned.push(planned_file(file, verdict));
    }
    let manifest_conflict = match manifest {
        ManifestState::NotOurs(reason) => Some(reason),
        ManifestState::Missing | ManifestState::Ours { .. } => None,
    };
    Ok(ExportPlan { folder: folder.to_owned(), files: planned, manifest_conflict })
}

fn planned_file(file: &ExportFile, verdict: Verdict) -> PlannedFile {
    let differs = matches!(verdict.action, Action::Changed | Action::Conflict);
    let old = verdict.old.filter(|_| differs).and_then(|(bytes, _)| String::from_utf8(bytes).ok());
    PlannedFile {
        name: file.name.clone(),
        action: verdict.action,
        reason: verdict.reason,
        size_bytes: file.content.len() as u64,
        diff: old.and_then(|old| unified_diff(&file.name, &old, &file.content)),
    }
}

fn unified_diff(name: &str, old: &str, new: &str) -> Option<String> {
    if old.contains('\0') || old.len() > MAX_DIFF_BYTES || new.len() > MAX_DIFF_BYTES {
        return None;
    }
    let diff = TextDiff::configure().timeout(DIFF_TIMEOUT).diff_lines(old, new);
    Some(diff.unified_diff().context_radius(3).header(&format!("a/{name}"), &format!("b/{name}")).to_string())
}
