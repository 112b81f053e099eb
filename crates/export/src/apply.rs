//! Doing what was planned: judge again, write, write the manifest last, and undo all if anything fails.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use cap_std::fs::Permissions;
use serde_json::Value;

use crate::ExportFile;
use crate::error::ExportError;
use crate::folder::{Found, open_root};
use crate::git::{MadeBranch, new_branch};
use crate::judge::{Action, Reason, Taken, check_amount, judge, look};
use crate::keep::Keep;
use crate::manifest::{MANIFEST_NAME, ManifestInput, ManifestState, entry_of, manifest_bytes, read_manifest};
use crate::name::RelPath;
use crate::write::{WriteFault, Writing};

/// Which of the files to write. The default writes what is new or changed and skips conflicts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Choice {
    /// Names of the files to write; all if `None`.
    pub include: Option<Vec<String>>,
    /// Whether files that were edited, or that no export wrote, are replaced too. Refused files never are, nor are
    /// those whose name clashes with another.
    pub overwrite_conflicts: bool,
}

/// What is said about the export, and the branch that it begins with.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Facts {
    /// The run.
    pub run_id: String,
    /// Its pipeline's name.
    pub pipeline: String,
    /// The export's time as RFC 3339.
    pub exported_at: String,
    /// The pipeline itself with the seeds that the run drew.
    pub pipeline_document: Option<Value>,
    /// Files of the project's folder that steps of the run read.
    pub attached_files: Vec<ManifestInput>,
    /// What the pipeline needs besides to run as it did, as sentences.
    pub warnings: Vec<String>,
    /// The branch that is made and switched to before anything is written. An export that fails takes it back, an undo
    /// leaves it.
    pub new_branch: Option<String>,
}

/// What an export did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportReport {
    /// The folder, as chosen.
    pub folder: PathBuf,
    /// Files written, in the order given.
    pub written: Vec<WrittenFile>,
    /// Files not written, in the order given, and why.
    pub skipped: Vec<SkippedFile>,
    /// What became of `brickwork.json`.
    pub manifest: ManifestOutcome,
    /// Whether it can be undone.
    pub kept: bool,
    /// The branch that was made for it, which is checked out now.
    pub new_branch: Option<String>,
}

/// A file that was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrittenFile {
    /// Relative name.
    pub name: String,
    /// Its size.
    pub size_bytes: u64,
}

/// A file that was not written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SkippedFile {
    /// The name as given.
    pub name: String,
    /// Why.
    pub reason: Reason,
}

/// What became of the manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ManifestOutcome {
    /// It lists the files of this export.
    Written,
    /// There was nothing to list: no file was written or already there.
    NotNeeded,
    /// Something else has its name and was left alone. A later export will take the files for somebody else's.
    LeftAlone(Reason),
}

/// Exports `files` into `folder`, which is made if missing.
///
/// # Errors
/// [`ExportError`]; nothing of this export is left then, unless it is [`ExportError::RolledBackInPart`].
pub fn apply(folder: &Path, files: &[ExportFile], choice: &Choice, facts: &Facts) -> Result<ExportReport, ExportError> {
    apply_with(folder, files, choice, facts, &mut |_| {})
}

/// As [`apply()`], and tells `on_file` the name of each file just before it is written, with its folder already open.
///
/// # Errors
/// As [`apply()`].
pub fn apply_with(
    folder: &Path,
    files: &[ExportFile],
    choice: &Choice,
    facts: &Facts,
    on_file: &mut dyn FnMut(&str),
) -> Result<ExportReport, ExportError> {
    carry_out(&ExportOrder { folder, files, choice, facts, keep: None }, on_file)
}

/// What one export is to do.
#[derive(Debug, Clone, Copy)]
pub struct ExportOrder<'a> {
    /// The chosen folder.
    pub folder: &'a Path,
    /// The files.
    pub files: &'a [ExportFile],
    /// Which of them.
    pub choice: &'a Choice,
    /// What the manifest says.
    pub facts: &'a Facts,
    /// Where what is overwritten is kept, so that [`crate::undo()`] can put it back; nowhere if `None`.
    pub keep: Option<Keep<'a>>,
}

/// As [`apply_with`], with all that can be said.
///
/// # Errors
/// As [`apply()`], and when what is there cannot be kept.
pub fn carry_out(order: &ExportOrder<'_>, on_file: &mut dyn FnMut(&str)) -> Result<ExportReport, ExportError> {
    let ExportOrder { folder, files, choice, facts, .. } = *order;
    check_amount(files)?;
    check_choice(files, choice)?;
    // A folder in which nothing would be written is not made.
    if open_root(folder)?.is_none() && !anything_to_write(files, choice)? {
        let mut report = ExportReport::empty(folder);
        report.manifest = ManifestOutcome::NotNeeded;
        for file in files {
            let verdict = judge(None, &ManifestState::Missing, file, &Taken::default())?;
            report.skip(file, verdict.reason.unwrap_or(Reason::NotChosen));
        }
        return Ok(report);
    }
    let made = facts.new_branch.as_ref().map(|name| new_branch(folder, name)).transpose()?;
    match write_or_roll_back(order, on_file) {
        Ok(mut report) => {
            report.new_branch = made.map(|branch| branch.name().to_owned());
            Ok(report)
        }
        Err(cause) => Err(without_branch(made, cause)),
    }
}

/// Writes all files, or none.
fn write_or_roll_back(order: &ExportOrder<'_>, on_file: &mut dyn FnMut(&str)) -> Result<ExportReport, ExportError> {
    let ExportOrder { folder, facts, keep, .. } = *order;
    let mut writing = Writing::begin(folder, keep.map(|keep| (keep, facts)))?;
    match write_all(&mut writing, order, on_file) {
        Ok(mut report) => {
            writing.sync();
            report.kept = writing.finish_keeping();
            Ok(report)
        }
        Err(cause) => {
            let left = writing.roll_back();
            Err(if left.is_empty() { cause } else { ExportError::RolledBackInPart { cause: Box::new(cause), left } })
        }
    }
}

/// Takes the branch of a failed export back, and gives its fault; one that tells of the branch where that stays.
fn without_branch(made: Option<MadeBranch>, cause: ExportError) -> ExportError {
    let Some(made) = made else { return cause };
    let branch = made.name().to_owned();
    match made.take_back() {
        Ok(()) => cause,
        Err(why) => ExportError::BranchStays { cause: Box::new(cause), branch, why: why.to_string() },
    }
}

impl Choice {
    fn includes(&self, name: &str) -> bool {
        self.include.as_ref().is_none_or(|names| names.iter().any(|chosen| chosen == name))
    }
}

impl ExportReport {
    fn empty(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
            written: Vec::new(),
            skipped: Vec::new(),
            manifest: ManifestOutcome::NotNeeded,
            kept: false,
            new_branch: None,
        }
    }

    fn skip(&mut self, file: &ExportFile, reason: Reason) {
        self.skipped.push(SkippedFile { name: file.name.clone(), reason });
    }
}

fn check_choice(files: &[ExportFile], choice: &Choice) -> Result<(), ExportError> {
    let known: HashSet<&str> = files.iter().map(|file| file.name.as_str()).collect();
    let unknown = choice.include.iter().flatten().find(|name| !known.contains(name.as_str()));
    unknown.map_or(Ok(()), |name| Err(ExportError::UnknownName { name: name.clone() }))
}

fn anything_to_write(files: &[ExportFile], choice: &Choice) -> Result<bool, ExportError> {
    for file in files.iter().filter(|file| choice.includes(&file.name)) {
        if judge(None, &ManifestState::Missing, file, &Taken::default())?.action == Action::New {
            return Ok(true);
        }
    }
    Ok(false)
}

fn write_all(
    writing: &mut Writing,
    order: &ExportOrder<'_>,
    on_file: &mut dyn FnMut(&str),
) -> Result<ExportReport, ExportError> {
    let ExportOrder { folder, files, choice, facts, .. } = *order;
    let manifest = read_manifest(Some(writing.root()))?;
    let mut report = ExportReport::empty(folder);
    let mut taken = Taken::default();
    let mut listed = Vec::new();
    for file in files {
        if !choice.includes(&file.name) {
            report.skip(file, Reason::NotChosen);
            continue;
        }
        let verdict = judge(Some(writing.root()), &manifest, file, &taken)?;
        let overwrites = choice.overwrite_conflicts && verdict.reason.as_ref().is_some_and(Reason::may_be_overwritten);
        let writes = matches!(verdict.action, Action::New | Action::Changed) || overwrites;
        match verdict.path {
            Some(path) if writes => {
                write_one(writing, file, &path, verdict.old, on_file)?;
                report.written.push(WrittenFile { name: file.name.clone(), size_bytes: file.content.len() as u64 });
            }
            _ => report.skip(file, verdict.reason.unwrap_or(Reason::Same)),
        }
        if writes || verdict.action == Action::Same {
            taken.add(&file.name);
            listed.push(file);
        }
    }
    report.manifest =
        if listed.is_empty() { ManifestOutcome::NotNeeded } else { write_manifest(writing, manifest, &listed, facts)? };
    Ok(report)
}

fn write_one(
    writing: &mut Writing,
    file: &ExportFile,
    path: &RelPath,
    old: Option<(Vec<u8>, Permissions)>,
    on_file: &mut dyn FnMut(&str),
) -> Result<(), ExportError> {
    let fail = |fault| match fault {
        WriteFault::Io(source) => ExportError::Write { name: file.name.clone(), source },
        WriteFault::Changed => ExportError::ChangedMeanwhile { name: file.name.clone() },
        WriteFault::NotKept(error) => error,
    };
    let within = writing.folder_of(path).map_err(fail)?;
    on_file(&file.name);
    writing.write(&within, path.as_str(), file.content.as_bytes(), old).map_err(fail)?;
    // Read back from the top: a folder that was swapped for a link while writing shows here.
    match look(Some(writing.root()), path) {
        Ok(Ok(Found::File { bytes, .. })) if bytes == file.content.as_bytes() => Ok(()),
        Ok(_) => Err(fail(WriteFault::Changed)),
        Err(source) => Err(fail(WriteFault::Io(source))),
    }
}

fn write_manifest(
    writing: &mut Writing,
    state: ManifestState,
    listed: &[&ExportFile],
    facts: &Facts,
) -> Result<ManifestOutcome, ExportError> {
    let (mut files, old) = match state {
        ManifestState::NotOurs(reason) => return Ok(ManifestOutcome::LeftAlone(reason)),
        ManifestState::Missing => (Vec::new(), None),
        ManifestState::Ours { manifest, bytes, permissions } => (manifest.files, Some((bytes, permissions))),
    };
    for file in listed {
        let entry = entry_of(file);
        match files.iter_mut().find(|known| known.name == entry.name) {
            Some(known) => *known = entry,
            None => files.push(entry),
        }
    }
    let bytes = manifest_bytes(files, facts)?;
    let root = writing.root_handle();
    writing.write(&root, MANIFEST_NAME, &bytes, old).map_err(|fault| match fault {
        WriteFault::Io(source) => ExportError::Write { name: MANIFEST_NAME.to_owned(), source },
        WriteFault::Changed => ExportError::ChangedMeanwhile { name: MANIFEST_NAME.to_owned() },
        WriteFault::NotKept(error) => error,
    })?;
    Ok(ManifestOutcome::Written)
}
