//! The web UI: its npm packages and its build, each only when something it depends on has changed.
//!
//! The window embeds the built files; building them again without need would compile the window again.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::workspace::Workspace;
use crate::{hash, process};

/// The oldest Node that the UI's tools accept, major and minor version.
const NODE_MIN: (u32, u32) = (20, 19);

/// Folders that are made, not written.
const GENERATED_FOLDERS: [&str; 6] = ["node_modules", "dist", "paraglide", "cache", "coverage", "test-results"];

/// Installs the packages and builds `ui/dist`.
///
/// # Errors
/// When Node is missing or too old, or npm fails.
pub(crate) fn build(workspace: &Workspace) -> Result<()> {
    let folder = workspace.root.join("ui");
    install(workspace, &folder)?;
    let sources = [folder.clone(), workspace.root.join("icons"), workspace.root.join("pipelines")];
    let state = tree_hash(&sources)?;
    let stamp = folder.join("node_modules").join(".brickwork-build");
    if folder.join("dist").join("index.html").is_file() && reads(&stamp, &state) {
        println!("Web UI: ui/dist is up to date.");
        return Ok(());
    }
    process::run(npm(workspace, &folder).args(["run", "build"]))?;
    if !folder.join("dist").join("index.html").is_file() {
        bail!("`npm run build` did not make ui/dist/index.html");
    }
    fs::write(&stamp, state).with_context(|| format!("{} could not be written", stamp.display()))
}

/// Runs `npm ci` in a folder unless its packages are those of its lock file already.
///
/// # Errors
/// When Node is missing or too old, the folder has no lock file, or npm fails.
pub(crate) fn install(workspace: &Workspace, folder: &Path) -> Result<()> {
    require_node()?;
    if let Some(state) = install_state(folder)
        && reads(&install_stamp(folder), &state)
    {
        println!("npm: the packages of {} are up to date.", name(workspace, folder));
        return Ok(());
    }
    if !folder.join("package-lock.json").is_file() {
        bail!("{} has no package-lock.json; run `npm install` there once and keep the file", name(workspace, folder));
    }
    process::run(npm(workspace, folder).args(["ci", "--no-audit", "--no-fund"]))
        .context("if npm calls packages missing from the lock file: `cargo xtask lock`")?;
    let state = install_state(folder).context("`npm ci` left no node_modules/.package-lock.json")?;
    fs::write(install_stamp(folder), state).with_context(|| format!("{} cannot be written to", folder.display()))
}

/// npm, to be run in `folder`.
pub(crate) fn npm(workspace: &Workspace, folder: &Path) -> Command {
    let mut command = workspace.command(if cfg!(windows) { "npm.cmd" } else { "npm" });
    command.current_dir(folder);
    command
}

/// What the installed packages follow from: the lock file, and npm's own record of what it installed, which any later
/// `npm install` rewrites. `None` when either is missing.
fn install_state(folder: &Path) -> Option<String> {
    let wanted = hash::of_file(&folder.join("package-lock.json")).ok()?;
    let installed = hash::of_file(&folder.join("node_modules").join(".package-lock.json")).ok()?;
    Some(format!("{wanted} {installed}\n"))
}

fn install_stamp(folder: &Path) -> PathBuf {
    folder.join("node_modules").join(".brickwork-install")
}

fn reads(path: &Path, content: &str) -> bool {
    fs::read_to_string(path).is_ok_and(|text| text == content)
}

fn name(workspace: &Workspace, folder: &Path) -> String {
    folder.strip_prefix(&workspace.root).unwrap_or(folder).display().to_string()
}

/// One hash over the names and contents of all source files below the folders.
fn tree_hash(folders: &[PathBuf]) -> Result<String> {
    let mut list = String::new();
    for folder in folders {
        let mut files = Vec::new();
        collect(folder, &mut files)?;
        files.sort();
        for file in files {
            list.push_str(&format!("{} {}\n", hash::of_file(&file)?, file.display()));
        }
    }
    Ok(hash::of_bytes(list.as_bytes()))
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder).with_context(|| format!("{} could not be read", folder.display()))? {
        let path = entry?.path();
        if !path.is_dir() {
            // The build's tools leave notes for readers and for git beside the sources; neither reaches the result.
            if path.extension().is_some_and(|extension| extension != "md") {
                files.push(path);
            }
        } else if !GENERATED_FOLDERS.iter().any(|generated| path.ends_with(generated)) {
            collect(&path, files)?;
        }
    }
    Ok(())
}

/// Refuses a missing or old Node before npm fails in a less clear way.
fn require_node() -> Result<()> {
    let advice = format!("install Node {}.{} or newer (it brings npm)", NODE_MIN.0, NODE_MIN.1);
    let version = process::capture(Command::new("node").arg("--version")).with_context(|| advice.clone())?;
    match node_version(&version) {
        Some(found) if found >= NODE_MIN => Ok(()),
        _ => bail!("Node {} is too old: {advice}", version.trim()),
    }
}

/// Major and minor version in what `node --version` prints.
fn node_version(printed: &str) -> Option<(u32, u32)> {
    let mut numbers = printed.trim().strip_prefix('v')?.split('.').map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

    use super::*;

    #[test]
    fn the_install_state_follows_the_lock_file_and_the_installed_packages() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        assert_eq!(install_state(path), None);
        fs::write(path.join("package-lock.json"), "1").unwrap();
        assert_eq!(install_state(path), None, "nothing is installed yet");
        fs::create_dir(path.join("node_modules")).unwrap();
        fs::write(path.join("node_modules/.package-lock.json"), "1").unwrap();
        let first = install_state(path).unwrap();
        fs::write(path.join("package-lock.json"), "2").unwrap();
        let second = install_state(path).unwrap();
        fs::write(path.join("node_modules/.package-lock.json"), "2").unwrap();
        let third = install_state(path).unwrap();
        assert!(first != second && second != third && first != third);
    }

    #[test]
    fn generated_folders_do_not_change_the_tree_hash() {
        let folder = tempfile::tempdir().unwrap();
        let sources = [folder.path().to_path_buf()];
        fs::create_dir_all(folder.path().join("src")).unwrap();
        fs::write(folder.path().join("src/main.ts"), "1").unwrap();
        let before = tree_hash(&sources).unwrap();
        fs::create_dir_all(folder.path().join("dist")).unwrap();
        fs::write(folder.path().join("dist/index.html"), "made").unwrap();
        assert_eq!(tree_hash(&sources).unwrap(), before);
        fs::write(folder.path().join("src/main.ts"), "2").unwrap();
        assert_ne!(tree_hash(&sources).unwrap(), before);
    }

    #[test]
    fn node_versions_are_read() {
        assert_eq!(node_version("v20.19.2\n"), Some((20, 19)));
        assert_eq!(node_version("20"), None);
    }
}
