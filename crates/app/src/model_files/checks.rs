//! No model whose file was changed since its checksum was recorded is used.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use brickwork_engine::ModelRef;
use brickwork_models::{check_hash, model_paths};

use crate::app::App;
use crate::error::AppError;
use crate::export::blocking;
use crate::said::Said;

impl App {
    /// Refuses models of which a file is not the one whose checksum is recorded. A file that was touched since is read
    /// as a whole, which takes a while for a large one.
    ///
    /// # Errors
    /// [`AppError::ModelProblem`] says which file it is, and what to do.
    pub(crate) async fn refuse_changed(&self, models: &[ModelRef]) -> Result<(), AppError> {
        let local = models.iter().filter(|model| model.is_local() && !model.is_simulated());
        let paths: BTreeSet<PathBuf> = local.flat_map(|model| model_paths(Path::new(&model.path))).collect();
        if paths.is_empty() {
            return Ok(());
        }
        let dir = self.config().models_dir.clone();
        blocking(move || changed_file(&dir, paths.iter())).await?.map_or(Ok(()), |why| Err(AppError::ModelProblem(why)))
    }
}

/// Why the model is not used, when one of its files is not the one whose checksum is recorded in the models folder `dir`.
pub(crate) async fn changed_model(dir: PathBuf, model: &ModelRef) -> Option<Said> {
    let paths = model_paths(Path::new(&model.path));
    blocking(move || changed_file(&dir, paths.iter())).await.unwrap_or_else(|error| Some(error.to_string().into()))
}

/// Why the first of the files that was changed is not used.
pub(crate) fn changed_file<'a>(dir: &Path, mut paths: impl Iterator<Item = &'a PathBuf>) -> Option<Said> {
    paths.find_map(|path| match check_hash(dir, path) {
        // A file that is gone is told by whoever opens it.
        Ok(()) => None,
        Err(error) if path.exists() => Some(Said::new(format!("{error}."), error.phrase())),
        Err(_) => None,
    })
}
