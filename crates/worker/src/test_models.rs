//! Where unit tests find the models that they load.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::PathBuf;

/// Path of the test model `file`, which must be there.
pub(crate) fn model_path(file: &str) -> String {
    let path = models_dir().join(file);
    assert!(path.is_file(), "the test model {} is missing; fetch it with: cargo xtask models", path.display());
    path.to_str().unwrap().to_owned()
}

fn models_dir() -> PathBuf {
    let named = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    named("BRICKWORK_MODELS_DIR")
        .or_else(|| named("BRICKWORK_DATA_DIR").map(|folder| folder.join("models")))
        .unwrap_or_else(|| {
            directories::ProjectDirs::from("dev", "brickwork", "brickwork").unwrap().data_dir().join("models")
        })
}
