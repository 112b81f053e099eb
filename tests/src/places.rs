//! Where the built programs, the models and the shipped pipelines lie.

use std::path::PathBuf;

use serde_json::Value;

/// File name of the default model, which has a chat template.
pub const DEFAULT_MODEL: &str = "SmolLM2-135M-Instruct.Q4_1.gguf";

/// File name of a base model without a chat template.
pub const TEMPLATE_LESS_MODEL: &str = "gemma-3-270m-q4_k_m.gguf";

/// The folder of the built programs: `BRICKWORK_BIN_DIR`, else the one that this test was built into.
pub(crate) fn bin_dir() -> PathBuf {
    if let Some(dir) = set_variable("BRICKWORK_BIN_DIR") {
        return dir;
    }
    let test = std::env::current_exe().expect("a running test knows its own path");
    let deps = test.parent().expect("a program lies in a folder");
    // Cargo puts tests into `deps` below the folder of the programs.
    if deps.ends_with("deps") { deps.parent().unwrap_or(deps).to_path_buf() } else { deps.to_path_buf() }
}

/// The built program called `name`.
///
/// # Panics
/// When it was not built.
#[must_use]
pub fn program(name: &str) -> PathBuf {
    let path = bin_dir().join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    assert!(
        path.is_file(),
        "{} was not built. Run `cargo xtask test`, or `cargo build -p brickwork-cli -p brickwork-worker` first.",
        path.display()
    );
    path
}

/// The folder of the models, which all tests share: `BRICKWORK_MODELS_DIR`, else `models` in `BRICKWORK_DATA_DIR`, else in
/// this system's app-data folder.
///
/// # Panics
/// When no variable names one and the system knows no home folder.
#[must_use]
pub fn models_dir() -> PathBuf {
    set_variable("BRICKWORK_MODELS_DIR")
        .or_else(|| set_variable("BRICKWORK_DATA_DIR").map(|dir| dir.join("models")))
        .unwrap_or_else(|| {
            directories::ProjectDirs::from("dev", "brickwork", "brickwork")
                .expect("without BRICKWORK_MODELS_DIR the system must know a home folder")
                .data_dir()
                .join("models")
        })
}

/// The model file called `file`.
///
/// # Panics
/// When it is not there.
#[must_use]
pub fn model(file: &str) -> PathBuf {
    let path = models_dir().join(file);
    assert!(path.is_file(), "The model {} is missing. `cargo xtask models` fetches it.", path.display());
    path
}

/// The folder of the shipped pipelines. Asked when the test runs, since one build may serve several checkouts.
#[must_use]
pub fn pipelines_dir() -> PathBuf {
    let package = set_variable("CARGO_MANIFEST_DIR").expect("cargo and nextest tell tests where their package lies");
    package.join("../pipelines")
}

/// The shipped pipeline whose file is `ID.json`.
///
/// # Panics
/// When there is none.
#[must_use]
pub fn pipeline(id: &str) -> Value {
    let path = pipelines_dir().join(format!("{id}.json"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn set_variable(name: &str) -> Option<PathBuf> {
    let value = std::env::var_os(name).filter(|value| !value.is_empty())?;
    std::path::absolute(value).ok()
}
