//! Doing what an import planned.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use brickwork_t5gemma_config::{FORM_FILE, is_instruction_tuned, keep_form};
use serde::Serialize;
use tempfile::{NamedTempFile, TempDir};

use super::plan::{ImportPlan, PlannedModel, PlannedPart};
use super::{ImportError, ImportMode};
use crate::hashes::{forget_hash, record_hash, restamp};
use crate::links::{LinkedModel, add_link, links};
use crate::provenance::{Provenance, provenance_path, read_provenance, write_provenance};
use crate::transfer::Cancelled;
use crate::verify::{Stopped, Watch, hash_file, pass_through};

/// Where copies lie until they are whole, in the models folder.
pub(super) const ROOM: &str = ".imports";
/// What lies there for so long belongs to nobody any more.
const FORGOTTEN: Duration = Duration::from_hours(24);

/// A model that is listed now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Imported {
    /// Its id.
    pub id: String,
    /// Its file, the first one of several, or its folder.
    pub path: PathBuf,
    /// SHA-256 of each of its files, in lower-case hexadecimal digits; none for a link, of which nothing was read.
    pub sha256: Vec<String>,
    /// Whether the very same was there before, so that nothing was done.
    pub already_there: bool,
}

/// Imports what `plan` says. `watch` is told of each piece how many bytes it has; an error of it ends the import, and of
/// the model at hand nothing is left behind.
///
/// # Errors
/// [`ImportError`]; models before the one at fault stay imported.
pub fn carry_out(
    plan: &ImportPlan,
    watch: &mut dyn FnMut(u64) -> Result<(), Cancelled>,
) -> Result<Vec<Imported>, ImportError> {
    plan.models
        .iter()
        .map(|model| match plan.mode {
            ImportMode::Link => link(plan, model),
            ImportMode::Copy | ImportMode::Move => take(plan, model, watch),
        })
        .collect()
}

fn link(plan: &ImportPlan, model: &PlannedModel) -> Result<Imported, ImportError> {
    let first = model.parts.first().ok_or_else(|| ImportError::NothingThere(plan.models_dir.clone()))?;
    let path = if model.is_folder { first.source.parent().unwrap_or(&first.source) } else { &first.source };
    let imported = |id: &str, already_there| Imported {
        id: id.to_owned(),
        path: path.to_owned(),
        sha256: Vec::new(),
        already_there,
    };
    if let Some(other) = links(&plan.models_dir)?.into_iter().find(|link| link.path == path) {
        return Ok(imported(&other.id, true));
    }
    // A file of the folder would be listed under that id as well.
    let is_taken =
        plan.models_dir.join(format!("{}.gguf", model.id)).exists() || plan.models_dir.join(&model.id).exists();
    let entry = LinkedModel {
        id: model.id.clone(),
        path: path.to_owned(),
        program: plan.origin.program,
        sha256: plan.origin.sha256.clone(),
    };
    if is_taken || !add_link(&plan.models_dir, entry)? {
        return Err(ImportError::NameTaken { name: model.id.clone() });
    }
    Ok(imported(&model.id, false))
}

/// A file that is ready to appear under its name.
enum Ready<'a> {
    /// It is there already, with the same content.
    There,
    /// A copy.
    Copy(NamedTempFile),
    /// The file itself, which is on the same disk.
    Original(&'a Path),
}

fn take(plan: &ImportPlan, model: &PlannedModel, watch: &mut Watch<'_>) -> Result<Imported, ImportError> {
    let imported = appear(plan, model, watch, |_| Ok(()))?;
    if plan.mode == ImportMode::Move {
        remove_sources(&plan.records_dir, model)?;
    }
    Ok(imported)
}

/// Lets all files of a model appear, each whole, or none of them; `settle` has the last word. What they came from stays.
pub(super) fn appear(
    plan: &ImportPlan,
    model: &PlannedModel,
    watch: &mut Watch<'_>,
    settle: impl FnOnce(&Imported) -> Result<(), ImportError>,
) -> Result<Imported, ImportError> {
    let room = room_in(&plan.models_dir)?;
    let mut ready = Vec::new();
    for part in &model.parts {
        ready.push(prepare(plan.mode, part, room.path(), watch)?);
    }
    // A folder's name may tell how the model is prompted, and it gets another one here.
    let form = if model.is_folder { form_of(model) } else { None };
    let already_there = ready.iter().all(|(ready, _)| matches!(ready, Ready::There));
    let mut new = Vec::new();
    let appeared = appear_ready(plan, model, ready, &mut new).and_then(|sha256| {
        let target = model.parts.first().map(|part| &*part.target).unwrap_or(&plan.models_dir);
        let path = if model.is_folder { folder_of(plan, target) } else { target.to_owned() };
        if let Some(is_instruction_tuned) = form
            && keep_form(&path, is_instruction_tuned).map_err(|cause| io_at(&path, cause))?
        {
            new.push(path.join(FORM_FILE));
        }
        sync_folder(&path);
        let imported = Imported { id: model.id.clone(), path, sha256, already_there };
        settle(&imported)?;
        Ok(imported)
    });
    if appeared.is_err() {
        take_back(&plan.records_dir, &new);
    }
    appeared
}

/// Whether the model in the folder that is imported was trained on instructions; `None` where that cannot be told.
fn form_of(model: &PlannedModel) -> Option<bool> {
    let folder = model.parts.first()?.source.parent()?;
    is_instruction_tuned(folder).ok()
}

/// Gives the files their names, and notes in `new` those that were not there before. Returns their checksums.
fn appear_ready(
    plan: &ImportPlan,
    model: &PlannedModel,
    ready: Vec<(Ready<'_>, String)>,
    new: &mut Vec<PathBuf>,
) -> Result<Vec<String>, ImportError> {
    let mut sha256 = Vec::new();
    for (part, (ready, hash)) in model.parts.iter().zip(ready) {
        let failed = |cause| ImportError::Io { path: part.target.clone(), cause };
        fs::create_dir_all(folder_of(plan, &part.target)).map_err(failed)?;
        let is_new = !matches!(ready, Ready::There);
        place(model, part, ready)?;
        if is_new {
            new.push(part.target.clone());
        }
        record_hash(&plan.records_dir, &part.target, &hash)?;
        if let Some(provenance) = origin_of(part)? {
            write_provenance(&part.target, &provenance).map_err(failed)?;
        }
        sha256.push(hash);
    }
    Ok(sha256)
}

fn folder_of(plan: &ImportPlan, path: &Path) -> PathBuf {
    path.parent().unwrap_or(&plan.models_dir).to_owned()
}

/// Removes what has appeared of a model that could not appear as a whole.
fn take_back(records_dir: &Path, new: &[PathBuf]) {
    for path in new {
        // The fault that led here is told; one that shows here adds nothing.
        let _ = fs::remove_file(path);
        let _ = fs::remove_file(provenance_path(path));
        let _ = forget_hash(records_dir, path);
    }
}

fn prepare<'a>(
    mode: ImportMode,
    part: &'a PlannedPart,
    room: &Path,
    watch: &mut Watch<'_>,
) -> Result<(Ready<'a>, String), ImportError> {
    let (source, target) = (&*part.source, &*part.target);
    let failed = |path: &Path, stopped| stopped_at(path, stopped);
    let origin = origin_of(part)?;
    let (ready, hash) = if target.exists() {
        let hash = hash_file(source, watch).map_err(|stopped| failed(source, stopped))?;
        let present = hash_file(target, &mut |_| watch(0)).map_err(|stopped| failed(target, stopped))?;
        if hash != present {
            let name = target.file_name().unwrap_or_default().to_string_lossy().into_owned();
            return Err(ImportError::NameTaken { name });
        }
        (Ready::There, hash)
    } else if mode == ImportMode::Move && is_linkable(source, room) {
        (Ready::Original(source), hash_file(source, watch).map_err(|stopped| failed(source, stopped))?)
    } else {
        let (copy, hash) = copy(source, room, watch)?;
        (Ready::Copy(copy), hash)
    };
    match origin {
        Some(origin) if !origin.sha256.eq_ignore_ascii_case(&hash) => {
            Err(ImportError::Mismatch { path: source.to_owned(), expected: origin.sha256, found: hash })
        }
        _ => Ok((ready, hash)),
    }
}

fn copy(source: &Path, room: &Path, watch: &mut Watch<'_>) -> Result<(NamedTempFile, String), ImportError> {
    let failed = |cause| ImportError::Io { path: source.to_owned(), cause };
    let mut from = File::open(source).map_err(failed)?;
    let mut copy = NamedTempFile::with_prefix_in("part-", room).map_err(|cause| io_at(room, cause))?;
    let (hash, _) =
        pass_through(&mut from, copy.as_file_mut(), watch).map_err(|stopped| stopped_at(source, stopped))?;
    copy.as_file_mut().flush().and_then(|()| copy.as_file().sync_all()).map_err(|cause| io_at(room, cause))?;
    Ok((copy, hash))
}

/// Lets a file appear under its name, unless another one has it by now.
fn place(model: &PlannedModel, part: &PlannedPart, ready: Ready<'_>) -> Result<(), ImportError> {
    let refused = |cause: io::Error| match cause.kind() {
        io::ErrorKind::AlreadyExists => ImportError::NameTaken { name: model.id.clone() },
        _ => io_at(&part.target, cause),
    };
    match ready {
        Ready::There => Ok(()),
        Ready::Copy(copy) => {
            set_readable(&copy);
            copy.persist_noclobber(&part.target).map(drop).map_err(|error| refused(error.error))
        }
        Ready::Original(source) => fs::hard_link(source, &part.target).map_err(refused),
    }
}

/// Removes what was moved, with the notes of its origin, which were moved as well.
pub(super) fn remove_sources(records_dir: &Path, model: &PlannedModel) -> Result<(), ImportError> {
    for PlannedPart { source, target, .. } in &model.parts {
        fs::remove_file(source).map_err(|cause| io_at(source, cause))?;
        // Without the file the note is of no use; one that stays does no harm.
        let _ = fs::remove_file(provenance_path(source));
        forget_hash(records_dir, source)?;
        // Where both were one file, it has lost a name just now.
        restamp(records_dir, target)?;
    }
    Ok(())
}

/// Whether a file in the folder `room` can be a second name of `source`.
fn is_linkable(source: &Path, room: &Path) -> bool {
    let trial = room.join("linkable");
    let linked = fs::hard_link(source, &trial).is_ok();
    if linked {
        // The room is removed as a whole when the import is done.
        let _ = fs::remove_file(&trial);
    }
    linked
}

/// The origin of a file, where one is written down beside it.
fn origin_of(part: &PlannedPart) -> Result<Option<Provenance>, ImportError> {
    Ok(read_provenance(&part.source)?)
}

pub(crate) fn room_in(models_dir: &Path) -> Result<TempDir, ImportError> {
    let rooms = models_dir.join(ROOM);
    fs::create_dir_all(&rooms).map_err(|cause| io_at(&rooms, cause))?;
    remove_forgotten(&rooms);
    TempDir::with_prefix_in("import-", &rooms).map_err(|cause| io_at(&rooms, cause))
}

/// Removes what programs that were killed have left; no import takes so long.
fn remove_forgotten(rooms: &Path) {
    let is_old = |path: &Path| {
        let changed = fs::symlink_metadata(path).and_then(|about| about.modified());
        changed.is_ok_and(|changed| changed.elapsed().is_ok_and(|age| age > FORGOTTEN))
    };
    for entry in fs::read_dir(rooms).into_iter().flatten().flatten().filter(|entry| is_old(&entry.path())) {
        // The next import tries again.
        let _ = fs::remove_dir_all(entry.path());
    }
}

/// Temporary files are for their user alone; models are like any other file.
pub(crate) fn set_readable(file: &NamedTempFile) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        // Where it cannot be done the model is still readable to the one who imported it.
        let _ = file.as_file().set_permissions(fs::Permissions::from_mode(0o644));
    }
    #[cfg(not(unix))]
    let _ = file;
}

/// Makes sure that the names in the folder of `path` are on the disk. Windows has no such call and needs none.
pub(crate) fn sync_folder(path: &Path) {
    if let Some(folder) = path.parent().and_then(|folder| File::open(folder).ok()) {
        // The content is on the disk already; a system that cannot do this keeps names by its own means.
        let _ = folder.sync_all();
    }
}

fn io_at(path: &Path, cause: io::Error) -> ImportError {
    ImportError::Io { path: path.to_owned(), cause }
}

fn stopped_at(path: &Path, stopped: Stopped) -> ImportError {
    match stopped {
        Stopped::Io(cause) => io_at(path, cause),
        Stopped::Cancelled(cancelled) => cancelled.into(),
    }
}
