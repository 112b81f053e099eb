//! Models that are used where they lie: `links.json` in the models folder names them, and nothing is copied.

use std::path::{Path, PathBuf};

use brickwork_engine::Phrase;
use serde::{Deserialize, Serialize};

use crate::folder::ModelFile;
use crate::found::ModelProgram;
use crate::small_file::{self, SmallFileError};

const FILE: &str = "links.json";

/// A model outside the models folder that is listed in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkedModel {
    /// The id under which it is listed.
    pub id: String,
    /// Absolute path of its file, of the first one of several, or of its folder.
    pub path: PathBuf,
    /// The program that keeps it, where one is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub program: Option<ModelProgram>,
    /// SHA-256 that the program gives for the file, in lower-case hexadecimal digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
}

/// The links of the models folder `dir`.
///
/// # Errors
/// [`SmallFileError`] when they are there and cannot be used.
pub fn links(dir: &Path) -> Result<Vec<LinkedModel>, SmallFileError> {
    small_file::read(&dir.join(FILE))
}

/// The models that the folder `dir` lists without holding them. Of a list that cannot be used none; [`links`] says why.
pub(crate) fn linked_models(dir: &Path) -> Vec<ModelFile> {
    let describe = |link: LinkedModel| {
        let origin = link.program.map_or("elsewhere", ModelProgram::title).to_owned();
        let mut model = ModelFile::describe(link.id, link.path, Some(origin));
        if !model.path.exists() {
            let shown = model.path.display();
            model.problem = Some(format!(
                "{shown} is gone, which is used where it lies: get it back, or remove the model from the list"
            ));
            model.problem_phrase = Some(Phrase::new("linked_file_gone").with("path", model.path.as_path()));
        }
        model
    };
    links(dir).unwrap_or_default().into_iter().map(describe).collect()
}

/// Lists a model in the folder `dir`. `false` when the id is taken by another link.
///
/// # Errors
/// [`SmallFileError`].
pub(crate) fn add_link(dir: &Path, link: LinkedModel) -> Result<bool, SmallFileError> {
    let mut is_free = true;
    small_file::update(&dir.join(FILE), |links: &mut Vec<LinkedModel>| {
        is_free = links.iter().all(|other| other.id != link.id);
        if is_free {
            links.push(link);
        }
        is_free
    })?;
    Ok(is_free)
}

/// Takes a model off the list; its file stays. `false` when no link has that id.
///
/// # Errors
/// [`SmallFileError`].
pub(crate) fn remove_link(dir: &Path, id: &str) -> Result<bool, SmallFileError> {
    let mut was_there = false;
    small_file::update(&dir.join(FILE), |links: &mut Vec<LinkedModel>| {
        let before = links.len();
        links.retain(|link| link.id != id);
        was_there = links.len() != before;
        was_there
    })?;
    Ok(was_there)
}

/// Lists a model at another place. `false` when no link has that id.
///
/// # Errors
/// [`SmallFileError`].
pub(crate) fn move_link(dir: &Path, id: &str, path: &Path) -> Result<bool, SmallFileError> {
    let mut moved = false;
    small_file::update(&dir.join(FILE), |links: &mut Vec<LinkedModel>| {
        if let Some(link) = links.iter_mut().find(|link| link.id == id) {
            path.clone_into(&mut link.path);
            moved = true;
        }
        moved
    })?;
    Ok(moved)
}

/// Lists a model under another id. `false` when no link has the old one, or one has the new one.
///
/// # Errors
/// [`SmallFileError`].
pub(crate) fn rename_link(dir: &Path, id: &str, new_id: &str) -> Result<bool, SmallFileError> {
    let mut renamed = false;
    small_file::update(&dir.join(FILE), |links: &mut Vec<LinkedModel>| {
        if links.iter().all(|link| link.id != new_id)
            && let Some(link) = links.iter_mut().find(|link| link.id == id)
        {
            new_id.clone_into(&mut link.id);
            renamed = true;
        }
        renamed
    })?;
    Ok(renamed)
}
