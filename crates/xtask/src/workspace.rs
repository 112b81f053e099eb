//! Where the project lies, where its builds go, and the cargo that builds them.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::process;

/// The features with which tests and checks build, so that nothing is compiled in two variants.
pub(crate) const TEST_FEATURES: &str = "brickwork-window/custom-protocol,brickwork-window/test-seams";

/// Variables that name folders: relative ones are resolved once, since children run in several folders.
const FOLDER_VARIABLES: [&str; 3] = ["BRICKWORK_DATA_DIR", "BRICKWORK_MODELS_DIR", "BRICKWORK_BACKENDS_DIR"];

/// The checkout and its build folder.
#[derive(Debug)]
pub(crate) struct Workspace {
    /// The folder of the root `Cargo.toml`.
    pub(crate) root: PathBuf,
    /// The one build folder, shared by demo, tests and checks.
    pub(crate) target: PathBuf,
    /// The folder variables that are set, with absolute values.
    folders: Vec<(&'static str, PathBuf)>,
}

impl Workspace {
    /// Finds the project from the folder that this program was built in.
    ///
    /// # Errors
    /// When no home folder is known for the build folder, or the current folder is gone.
    pub(crate) fn find() -> Result<Self> {
        let manifest = std::env::var_os("CARGO_MANIFEST_DIR")
            .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
        let root = manifest.ancestors().nth(2).context("the project's folder was not found")?.to_path_buf();
        let target = match variable("BRICKWORK_TARGET") {
            Some(folder) => std::path::absolute(folder)?,
            None => home()?.join(".cache").join("brickwork").join("target"),
        };
        let mut folders = Vec::new();
        for name in FOLDER_VARIABLES {
            if let Some(folder) = variable(name) {
                folders.push((name, std::path::absolute(folder)?));
            }
        }
        Ok(Self { root, target, folders })
    }

    /// The value of a folder variable, absolute.
    pub(crate) fn folder(&self, name: &str) -> Option<&Path> {
        self.folders.iter().find(|(known, _)| *known == name).map(|(_, folder)| folder.as_path())
    }

    /// A command that runs in the project's folder with the project's environment.
    pub(crate) fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.root).env("CARGO_TARGET_DIR", &self.target);
        command.envs(self.folders.iter().map(|(name, folder)| (name, folder)));
        // Cargo describes this package to the programs that it runs; a build below must not take that for its own.
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy();
            if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") || text.starts_with("CARGO_BIN_") {
                command.env_remove(name);
            }
        }
        command
    }

    /// The cargo that runs this program.
    pub(crate) fn cargo(&self) -> Command {
        self.command(std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo")))
    }

    /// What cargo says of the packages; `options` go to `cargo metadata`, and `P` names what is wanted of each.
    ///
    /// # Errors
    /// When cargo fails, or says something else.
    pub(crate) fn packages<P: DeserializeOwned>(&self, options: &[&str]) -> Result<Vec<P>> {
        #[derive(Deserialize)]
        struct Metadata<P> {
            packages: Vec<P>,
        }

        let mut cargo = self.cargo();
        let text = process::capture(cargo.args(["metadata", "--format-version", "1"]).args(options))?;
        let metadata: Metadata<P> = serde_json::from_str(&text).context("cargo's metadata could not be read")?;
        Ok(metadata.packages)
    }

    /// Removes links that lead nowhere from the folders in which builds leave libraries. llama.cpp's build makes some, and could not
    /// run again beside them, as it must when a flag of the compiler changes.
    pub(crate) fn remove_dead_links(&self) {
        let profiles = ["debug", "release", "dist"].map(|profile| self.target.join(profile));
        for folder in profiles.iter().flat_map(|profile| ["", "deps", "examples"].map(|part| profile.join(part))) {
            for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
                let is_link = entry.file_type().is_ok_and(|kind| kind.is_symlink());
                if is_link && !entry.path().exists() {
                    // Where it stays, the build names the file.
                    let _ = std::fs::remove_file(entry.path());
                }
            }
        }
    }

    /// A binary of ours as a profile's build leaves it; `profile_folder` is `debug` or `release`.
    pub(crate) fn binary(&self, profile_folder: &str, name: &str) -> PathBuf {
        self.target.join(profile_folder).join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
    }
}

/// A variable's value, unless it is unset or empty.
pub(crate) fn variable(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

/// The user's home folder.
///
/// # Errors
/// When the environment names none.
pub(crate) fn home() -> Result<PathBuf> {
    let name = if cfg!(windows) { "USERPROFILE" } else { "HOME" };
    variable(name).map(PathBuf::from).with_context(|| format!("{name} is not set: no home folder is known"))
}

#[cfg(all(test, unix))]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

    use super::*;

    #[test]
    fn only_links_that_lead_nowhere_are_removed() {
        let target = tempfile::tempdir().unwrap();
        let deps = target.path().join("debug/deps");
        std::fs::create_dir_all(&deps).unwrap();
        std::fs::write(deps.join("libggml.so.0"), "").unwrap();
        std::os::unix::fs::symlink("libggml.so.0", deps.join("libggml.so")).unwrap();
        std::os::unix::fs::symlink("libllama.so.0", deps.join("libllama.so")).unwrap();
        let (root, target) = (PathBuf::new(), target.path().to_path_buf());
        Workspace { root, target, folders: Vec::new() }.remove_dead_links();
        let mut left: Vec<_> = std::fs::read_dir(deps).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        left.sort();
        assert_eq!(left, ["libggml.so", "libggml.so.0"]);
    }
}
