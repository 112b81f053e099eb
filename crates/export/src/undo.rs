//! Undoing an export: every byte as before, for the files that are still as it left them.
//!
//! It looks at what is there and at what was kept, never at how far an earlier undo came, so that one that was killed is
//! finished by running it again.

use std::path::{Path, PathBuf};
use std::rc::Rc;

use cap_std::fs::{Dir, Permissions};

use crate::apply::SkippedFile;
use crate::error::ExportError;
use crate::folder::{Found, enter, open_root};
use crate::judge::{Reason, look};
use crate::keep::{Entry, Head, Kept, Old};
use crate::manifest::{MANIFEST_NAME, MANIFEST_VERSION, Manifest, sha256_hex};
use crate::name::{RelPath, check_name};
use crate::write::{WriteFault, Writing, sweep};

/// What an undo did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UndoReport {
    /// The folder, as it was chosen.
    pub folder: PathBuf,
    /// Files that hold again what they held before the export.
    pub restored: Vec<String>,
    /// Files that the export made and that are gone.
    pub removed: Vec<String>,
    /// Files that stay as they are, and why.
    pub skipped: Vec<SkippedFile>,
    /// The branch that was made for the export. It stays: something may have been committed on it since.
    pub new_branch: Option<String>,
}

/// Undoes the export that was kept in `exports` under `export_id`. Files that were edited or removed since are skipped,
/// unless `overwrite` is set; what leads through a link, or is no file, always is. Once nothing was skipped, the export
/// counts as undone.
///
/// # Errors
/// [`ExportError`] when there is no such export, when its folder is another one now, or when something cannot be read or
/// written. What was put back until then stays so, and the undo can be run again.
pub fn undo(exports: &Path, export_id: &str, overwrite: bool) -> Result<UndoReport, ExportError> {
    undo_with(exports, export_id, overwrite, &mut |_| {})
}

/// As [`undo()`], and tells `on_file` the name of each file just before it is looked at.
///
/// # Errors
/// As [`undo()`].
pub fn undo_with(
    exports: &Path,
    export_id: &str,
    overwrite: bool,
    on_file: &mut dyn FnMut(&str),
) -> Result<UndoReport, ExportError> {
    let kept = Kept::of(exports, export_id)?;
    let Head { folder, new_branch, .. } = kept.head()?;
    if kept.is_undone() {
        return Err(ExportError::AlreadyUndone { export_id: export_id.to_owned() });
    }
    let entries = kept.entries()?;
    let (files, manifest) = changed_files(&entries);
    let root = same_root(&folder, &entries)?;
    let is_gone = root.is_none();
    let root = match root {
        // Only what was there before the export is worth making the folder again.
        None if overwrite && files.iter().any(|file| file.old.is_some()) => {
            Some(Writing::begin(&folder, None)?.root_handle())
        }
        other => other.map(Rc::new),
    };
    let mut report = UndoReport { folder, restored: Vec::new(), removed: Vec::new(), skipped: Vec::new(), new_branch };
    let mut undoing = Undoing { kept: &kept, root, is_gone, overwrite, tag: export_id };
    for file in files.iter().rev() {
        on_file(file.name);
        let done = undoing.file(file)?;
        report.take(file.name, file.old.is_some(), done);
    }
    if let Some(manifest) = manifest {
        on_file(MANIFEST_NAME);
        if let Some(reason) = undoing.manifest(&manifest, &report)? {
            report.skipped.push(SkippedFile { name: MANIFEST_NAME.to_owned(), reason });
        }
    }
    undoing.folders(&entries, &files)?;
    for names in [&mut report.restored, &mut report.removed] {
        names.reverse();
    }
    report.skipped.reverse();
    if report.skipped.is_empty() {
        kept.set_undone()?;
    }
    Ok(report)
}

/// A file that the export was about to write.
struct Changed<'a> {
    name: &'a str,
    /// SHA-256 of what it wrote.
    new: &'a str,
    old: Option<&'a Old>,
}

/// The files in the order in which they were written, and the manifest.
fn changed_files(entries: &[Entry]) -> (Vec<Changed<'_>>, Option<Changed<'_>>) {
    let changed = entries.iter().filter_map(|entry| match entry {
        Entry::File { name, new, old } => Some(Changed { name, new, old: old.as_ref() }),
        _ => None,
    });
    let (mut manifest, files): (Vec<_>, Vec<_>) = changed.partition(|file| file.name == MANIFEST_NAME);
    (files, manifest.pop())
}

/// The chosen folder; `None` when it is gone.
fn same_root(folder: &Path, entries: &[Entry]) -> Result<Option<Dir>, ExportError> {
    let root = open_root(folder)?;
    let then = entries.iter().find_map(|entry| match entry {
        Entry::Root { canonical } => Some(canonical.as_str()),
        _ => None,
    });
    // Without that entry, the export died before it touched a file.
    if let (Some(_), Some(then)) = (&root, then) {
        let now = folder.canonicalize().map_err(|source| ExportError::Folder { folder: folder.to_owned(), source })?;
        if now.to_string_lossy() != then {
            return Err(ExportError::AnotherFolder { folder: folder.to_owned() });
        }
    }
    Ok(root)
}

/// What came of one file.
enum Done {
    AsBefore,
    Skipped(Reason),
}

impl UndoReport {
    fn take(&mut self, name: &str, was_there: bool, done: Done) {
        match done {
            Done::AsBefore if was_there => self.restored.push(name.to_owned()),
            Done::AsBefore => self.removed.push(name.to_owned()),
            Done::Skipped(reason) => self.skipped.push(SkippedFile { name: name.to_owned(), reason }),
        }
    }
}

struct Undoing<'a> {
    kept: &'a Kept,
    /// `None` when the folder is gone.
    root: Option<Rc<Dir>>,
    /// Whether the folder was gone when the undo began.
    is_gone: bool,
    overwrite: bool,
    tag: &'a str,
}

impl Undoing<'_> {
    fn file(&mut self, file: &Changed<'_>) -> Result<Done, ExportError> {
        match check_name(file.name) {
            Ok(path) => self.put_back(file, &path),
            Err(fault) => Ok(Done::Skipped(fault.into())),
        }
    }

    /// Makes one file what it was.
    fn put_back(&mut self, file: &Changed<'_>, path: &RelPath) -> Result<Done, ExportError> {
        let Some(root) = self.root.clone() else {
            return Ok(if file.old.is_some() { Done::Skipped(Reason::FolderGone) } else { Done::AsBefore });
        };
        let read = |source| ExportError::Read { name: file.name.to_owned(), source };
        let found = match look(Some(&root), path).map_err(read)? {
            Ok(found) => found,
            Err(reason) => return Ok(Done::Skipped(reason)),
        };
        let write = |fault| match fault {
            WriteFault::Io(source) => ExportError::UndoWrite { name: file.name.to_owned(), source },
            WriteFault::Changed => ExportError::ChangedInUndo { name: file.name.to_owned() },
            WriteFault::NotKept(error) => error,
        };
        match (found, file.old) {
            (Found::Nothing, None) => {}
            (Found::Nothing, Some(_)) if !self.overwrite => {
                let reason = if self.is_gone { Reason::FolderGone } else { Reason::Removed };
                return Ok(Done::Skipped(reason));
            }
            (Found::File { bytes, .. }, Some(old)) if sha256_hex(&bytes) == old.sha256 => {}
            (Found::File { bytes, .. }, _) if sha256_hex(&bytes) != file.new && !self.overwrite => {
                return Ok(Done::Skipped(Reason::Edited));
            }
            (Found::File { .. }, None) => self.remove(&root, path).map_err(write)?,
            (found, Some(old)) => {
                let bytes = self.kept.blob(&old.sha256)?;
                self.write(&root, path, &bytes, old, found).map_err(write)?;
            }
        }
        Ok(Done::AsBefore)
    }

    fn write(&self, root: &Rc<Dir>, path: &RelPath, bytes: &[u8], old: &Old, found: Found) -> Result<(), WriteFault> {
        let root = root.try_clone()?;
        let mut writing = Writing::within(root, self.tag.to_owned());
        let within = writing.folder_of(path)?;
        let there = match found {
            Found::File { bytes, permissions } => Some((bytes, permissions)),
            Found::Nothing => None,
        };
        let fresh = there.as_ref().map_or_else(
            || within.dir_metadata().map(|metadata| metadata.permissions()),
            |(_, permissions)| Ok(permissions.clone()),
        )?;
        let permissions: Permissions = old.permissions(fresh);
        writing.put(&within, path.as_str(), bytes, Some(permissions), there)?;
        writing.sync();
        Ok(())
    }

    fn remove(&self, root: &Rc<Dir>, path: &RelPath) -> Result<(), WriteFault> {
        let mut writing = Writing::within(root.try_clone()?, self.tag.to_owned());
        let within = writing.folder_of(path)?;
        within.remove_file(path.split().1)?;
        writing.sync();
        Ok(())
    }

    /// Puts the manifest back. Where a later export has written it since, only the files that were undone become in it
    /// what they were. Gives why it stays as it is, if it does.
    fn manifest(&mut self, file: &Changed<'_>, report: &UndoReport) -> Result<Option<Reason>, ExportError> {
        let path = RelPath::manifest();
        let Some(root) = self.root.clone() else {
            return Ok(file.old.map(|_| Reason::FolderGone));
        };
        let read = |source| ExportError::Read { name: MANIFEST_NAME.to_owned(), source };
        let found = look(Some(&root), &path).map_err(read)?;
        if let Ok(Found::File { bytes, .. }) = &found {
            let now = sha256_hex(bytes);
            let is_known = now == file.new || file.old.is_some_and(|old| old.sha256 == now);
            if let Some(later) = parse(bytes).filter(|_| !is_known) {
                let old = file.old.map(|old| self.kept.blob(&old.sha256)).transpose()?;
                let merged = without(later, old.and_then(|old| parse(&old)).as_ref(), report);
                return self.write_manifest(&root, &merged, found.unwrap_or(Found::Nothing)).map(|()| None);
            }
        }
        match self.put_back(file, &path)? {
            Done::AsBefore => Ok(None),
            Done::Skipped(reason) => Ok(Some(reason)),
        }
    }

    fn write_manifest(&self, root: &Rc<Dir>, manifest: &Manifest, found: Found) -> Result<(), ExportError> {
        let fail = |source| ExportError::UndoWrite { name: MANIFEST_NAME.to_owned(), source };
        let mut bytes = serde_json::to_vec_pretty(manifest).map_err(|error| fail(error.into()))?;
        bytes.push(b'\n');
        let Found::File { bytes: there, permissions } = found else { return Ok(()) };
        if there == bytes {
            return Ok(());
        }
        let mut writing = Writing::within(root.try_clone().map_err(fail)?, self.tag.to_owned());
        let within = writing.root_handle();
        let put = writing.put(&within, MANIFEST_NAME, &bytes, Some(permissions.clone()), Some((there, permissions)));
        put.map_err(|fault| match fault {
            WriteFault::Io(source) => fail(source),
            WriteFault::Changed => ExportError::ChangedInUndo { name: MANIFEST_NAME.to_owned() },
            WriteFault::NotKept(error) => error,
        })
    }

    /// Removes temporary files that a death left behind, and the folders that the export made where they are empty.
    fn folders(&self, entries: &[Entry], files: &[Changed<'_>]) -> Result<(), ExportError> {
        if let Some(root) = &self.root {
            let fail = |source| ExportError::UndoWrite { name: ".".to_owned(), source };
            sweep(root, self.tag).map_err(fail)?;
            for path in files.iter().filter_map(|file| check_name(file.name).ok()) {
                let (folders, _) = path.split();
                if let Some(within) = descend(root, &folders) {
                    sweep(&within, self.tag).map_err(fail)?;
                }
            }
            for path in entries.iter().rev().filter_map(made_folder) {
                let (above, own) = path.split();
                let within = if above.is_empty() { root.try_clone().ok() } else { descend(root, &above) };
                // One that holds somebody's files stays.
                within.map(|within| within.remove_dir(own).unwrap_or_default()).unwrap_or_default();
            }
        }
        for entry in entries {
            if let Entry::Above { folders } = entry {
                folders.iter().for_each(|folder| std::fs::remove_dir(folder).unwrap_or_default());
            }
        }
        Ok(())
    }
}

fn made_folder(entry: &Entry) -> Option<RelPath> {
    let Entry::Folder { path } = entry else { return None };
    check_name(path).ok()
}

/// Goes down into a folder, through folders only; `None` when there is no such one.
fn descend(root: &Dir, folders: &[&str]) -> Option<Dir> {
    let mut at = root.try_clone().ok()?;
    for part in folders {
        at = enter(&at, part).ok()?.ok()??;
    }
    Some(at)
}

fn parse(bytes: &[u8]) -> Option<Manifest> {
    serde_json::from_slice::<Manifest>(bytes).ok().filter(|manifest| manifest.version == MANIFEST_VERSION)
}

/// The later manifest, with the entries of the undone files as they were before the export.
fn without(mut later: Manifest, old: Option<&Manifest>, report: &UndoReport) -> Manifest {
    let before = |name: &str| old.and_then(|old| old.files.iter().find(|file| file.name == name)).cloned();
    let is_undone = |name: &str| report.restored.iter().chain(&report.removed).any(|undone| undone == name);
    later.files = later
        .files
        .into_iter()
        .filter_map(|file| if is_undone(&file.name) { before(&file.name) } else { Some(file) })
        .collect();
    later
}
