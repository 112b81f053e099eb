//! Moving a model between the models folder and a folder of the user's, which may be on another disk.
//!
//! Invariants: the model keeps its id; its files are whole in the new place, and compared with their recorded checksums,
//! before the old ones go; a folder that the user names gets the model's files and nothing else.

use std::fs;
use std::path::{Path, PathBuf};

use super::carry_out::{ROOM, appear, remove_sources};
use super::plan::{PlannedModel, entries, safetensors, same_disk, single};
use super::{ImportError, ImportMode, ImportOrigin, ImportPlan, Imported};
use crate::disk::check_room;
use crate::folder::ModelFile;
use crate::hashes::Hashes;
use crate::links::{LinkedModel, add_link, links, move_link, remove_link};
use crate::names::check_name;
use crate::transfer::Cancelled;

/// A move that can be carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Relocation {
    plan: ImportPlan,
    id: String,
    /// Whether it is listed as one that is used in place now.
    is_linked: bool,
    /// Whether it goes into the models folder.
    is_homeward: bool,
}

impl Relocation {
    /// Bytes of the model's files.
    #[must_use]
    pub const fn total_bytes(&self) -> u64 {
        self.plan.total_bytes
    }
}

/// Looks whether `model`, which the models folder `models_dir` lists, can be moved into the folder `folder`, from where it
/// is used in place then; into the models folder when there is none.
///
/// # Errors
/// [`ImportError`] says what is in the way.
pub fn plan_relocation(models_dir: &Path, model: &ModelFile, folder: Option<&Path>) -> Result<Relocation, ImportError> {
    let link = links(models_dir)?.into_iter().find(|link| link.path == model.path);
    if let Some(program) = link.as_ref().and_then(|link| link.program) {
        return Err(ImportError::BelongsTo { path: model.path.clone(), program: program.title() });
    }
    let about =
        fs::symlink_metadata(&model.path).map_err(|cause| ImportError::Io { path: model.path.clone(), cause })?;
    if about.is_symlink() {
        return Err(ImportError::IsLink(model.path.clone()));
    }
    let target = match folder {
        Some(folder) => checked_target(models_dir, folder)?,
        None if link.is_none() => return Err(ImportError::InModelsFolder(model.path.clone())),
        None => models_dir.to_owned(),
    };
    let present_folder = model.path.parent().and_then(|folder| folder.canonicalize().ok());
    if present_folder.is_some() && present_folder == target.canonicalize().ok() {
        return Err(ImportError::NoTarget { path: target, reason: "the model lies there already" });
    }
    let present = if about.is_dir() { safetensors(&model.path, entries(&model.path)?)? } else { single(&model.path)? };
    let is_homeward = folder.is_none();
    let name = (is_homeward && check_name(&model.id).is_ok()).then_some(&*model.id);
    let planned = present.place(&target, name, ImportMode::Move)?;
    let total_bytes = planned.parts.iter().map(|part| part.size_bytes).sum();
    if !same_disk(&target, &model.path) {
        check_room(&target, total_bytes)?;
    }
    let plan = ImportPlan {
        mode: ImportMode::Move,
        models: vec![planned],
        refused: Vec::new(),
        total_bytes,
        origin: ImportOrigin::default(),
        models_dir: target,
        records_dir: models_dir.to_owned(),
    };
    Ok(Relocation { plan, id: model.id.clone(), is_linked: link.is_some(), is_homeward })
}

/// Moves the model. `watch` is told of each piece how many bytes it has; an error of it ends the move, and the model is
/// where it was.
///
/// # Errors
/// [`ImportError`].
pub fn relocate(
    relocation: &Relocation,
    watch: &mut dyn FnMut(u64) -> Result<(), Cancelled>,
) -> Result<Imported, ImportError> {
    let Relocation { plan, id, is_linked, is_homeward } = relocation;
    let dir = &plan.records_dir;
    let Some(model) = plan.models.first() else { return Err(ImportError::NothingThere(plan.models_dir.clone())) };
    let mut imported = appear(plan, model, watch, |imported| {
        refuse_changed(dir, model, imported)?;
        let path = imported.path.clone();
        let is_listed = match (is_homeward, is_linked) {
            // The file is listed by itself, and the entry goes when the old file has gone.
            (true, _) => true,
            (false, true) => move_link(dir, id, &path)?,
            (false, false) => add_link(dir, LinkedModel { id: id.clone(), path, program: None, sha256: None })?,
        };
        if is_listed { Ok(()) } else { Err(ImportError::NameTaken { name: id.clone() }) }
    })?;
    remove_sources(dir, model)?;
    if *is_homeward {
        remove_link(dir, id)?;
    } else {
        imported.id.clone_from(id);
        // Another import may be at work there.
        let _ = fs::remove_dir(plan.models_dir.join(ROOM));
    }
    if let Some(folder) = model.parts.first().and_then(|part| part.source.parent()).filter(|_| model.is_folder) {
        // Files that are none of the model's keep their folder.
        let _ = fs::remove_dir(folder);
    }
    Ok(imported)
}

/// Refuses files that are not the ones whose checksums were recorded.
fn refuse_changed(dir: &Path, model: &PlannedModel, imported: &Imported) -> Result<(), ImportError> {
    let hashes = Hashes::read(dir)?;
    for (part, found) in model.parts.iter().zip(&imported.sha256) {
        if let Some(record) = hashes.get(&part.source).filter(|record| record.sha256 != *found) {
            let (path, expected) = (part.source.clone(), record.sha256.clone());
            return Err(ImportError::Changed { path, expected, found: found.clone() });
        }
    }
    Ok(())
}

fn checked_target(models_dir: &Path, folder: &Path) -> Result<PathBuf, ImportError> {
    let refused = |reason| Err(ImportError::NoTarget { path: folder.to_owned(), reason });
    if !folder.is_absolute() {
        return Err(ImportError::NotAbsolute(folder.to_owned()));
    }
    if !folder.is_dir() {
        return refused("there is no such folder");
    }
    let is_inside = |dir: PathBuf| folder.canonicalize().is_ok_and(|folder| folder.starts_with(dir));
    if models_dir.canonicalize().is_ok_and(is_inside) {
        return refused("it is the models folder, or in it; name no folder to move a model there");
    }
    Ok(folder.to_owned())
}
