//! The kept exports: which there are, and how many stay.

use std::fs;
use std::path::{Path, PathBuf};

use super::{Entry, Kept};
use crate::manifest::MANIFEST_NAME;

/// As many exports are kept; the oldest go.
pub const MAX_KEPT_EXPORTS: usize = 50;

/// What is kept for all exports together has at most so many bytes; the oldest go.
pub const MAX_KEPT_BYTES: u64 = 1024 * 1024 * 1024;

/// An export that can be undone, or was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptExport {
    /// Its id.
    pub export_id: String,
    /// Its run.
    pub run_id: String,
    /// The folder, as it was chosen.
    pub folder: PathBuf,
    /// When, as RFC 3339.
    pub exported_at: String,
    /// Files that it wrote, the manifest not counted.
    pub files: usize,
    /// Whether everything is as before.
    pub undone: bool,
}

/// The kept exports in `exports`, the newest first. What cannot be read is left out.
#[must_use]
pub fn kept_exports(exports: &Path) -> Vec<KeptExport> {
    let mut found: Vec<KeptExport> = folders(exports).iter().filter_map(describe).collect();
    // Ids begin with their time, as UUIDs of version 7 do, so they order exports of the same instant.
    found.sort_by(|a, b| (&b.exported_at, &b.export_id).cmp(&(&a.exported_at, &a.export_id)));
    found
}

/// Removes what is kept for the oldest exports, until no more than [`MAX_KEPT_EXPORTS`] and [`MAX_KEPT_BYTES`] are left. The
/// newest always stays.
pub fn prune_exports(exports: &Path) {
    let mut kept_bytes = 0;
    for (place, export) in kept_exports(exports).into_iter().enumerate() {
        let Ok(kept) = Kept::of(exports, &export.export_id) else { continue };
        kept_bytes += bytes_of(&kept.dir);
        if place >= MAX_KEPT_EXPORTS || (place > 0 && kept_bytes > MAX_KEPT_BYTES) {
            kept.remove();
        }
    }
}

fn folders(exports: &Path) -> Vec<Kept> {
    let entries = fs::read_dir(exports).into_iter().flatten().flatten();
    entries.filter_map(|entry| Kept::of(exports, entry.file_name().to_str()?).ok()).collect()
}

fn describe(kept: &Kept) -> Option<KeptExport> {
    let head = kept.head().ok()?;
    let is_file = |entry: &&Entry| matches!(entry, Entry::File { name, .. } if name != MANIFEST_NAME);
    Some(KeptExport {
        files: kept.entries().ok()?.iter().filter(is_file).count(),
        undone: kept.is_undone(),
        export_id: head.export_id,
        run_id: head.run_id,
        folder: head.folder,
        exported_at: head.exported_at,
    })
}

/// Bytes of the files in a folder and in its folders.
fn bytes_of(dir: &Path) -> u64 {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    entries
        .map(|entry| match entry.metadata() {
            Ok(found) if found.is_dir() => bytes_of(&entry.path()),
            Ok(found) => found.len(),
            Err(_) => 0,
        })
        .sum()
}
