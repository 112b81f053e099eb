//! ARCHITECTURE.md names only paths and packages that exist.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use super::Faults;
use crate::workspace::Workspace;

/// How a name in backticks begins when it means a path of the project.
const PATH_BEGINNINGS: [&str; 8] = ["crates/", "ui/", "tests/", "src-tauri", "pipelines/", "icons/", ".ci/", ".cargo/"];

/// Every backticked path and `brickwork-` package exists.
pub(super) fn paths(workspace: &Workspace) -> Result<Faults> {
    let text =
        fs::read_to_string(workspace.root.join("ARCHITECTURE.md")).context("ARCHITECTURE.md could not be read")?;
    let lock = fs::read_to_string(workspace.root.join("Cargo.lock")).context("Cargo.lock could not be read")?;
    Ok(missing(&text, &workspace.root, &lock))
}

fn missing(text: &str, root: &Path, lock: &str) -> Faults {
    let mut faults = Faults::new();
    for (number, line) in text.lines().enumerate() {
        for name in in_backticks(line) {
            let is_path = PATH_BEGINNINGS.iter().any(|beginning| name.starts_with(beginning));
            if is_path && !exists(root, name) {
                faults.push(format!("ARCHITECTURE.md:{} names `{name}`, which does not exist", number + 1));
            }
            if is_package(name) && !lock.contains(&format!("name = \"{name}\"")) && !is_binary(root, name) {
                faults.push(format!("ARCHITECTURE.md:{} names the package `{name}`, which does not exist", number + 1));
            }
        }
    }
    faults
}

fn in_backticks(line: &str) -> impl Iterator<Item = &str> {
    line.split('`').skip(1).step_by(2)
}

/// A path may end in a position (`file.rs:12`), in `::item`, or hold a `*`, of which the folder before it must exist.
fn exists(root: &Path, name: &str) -> bool {
    let path = name.split(['*', '<', '{', '#']).next().unwrap_or(name);
    let path = path.split("::").next().unwrap_or(path);
    let path = path.rsplit_once(':').filter(|(_, end)| end.parse::<u32>().is_ok()).map_or(path, |(path, _)| path);
    root.join(path).exists() || (name.contains('*') && root.join(path).parent().is_some_and(Path::exists))
}

fn is_package(name: &str) -> bool {
    let rest = name.strip_prefix("brickwork-").unwrap_or_default();
    !rest.is_empty() && rest.chars().all(|letter| letter.is_ascii_lowercase() || letter == '-')
}

/// Programs are not packages: their names stand in the manifests of the packages that build them.
fn is_binary(root: &Path, name: &str) -> bool {
    let entry = format!("name = \"{name}\"");
    let manifests = ["crates/cli/Cargo.toml", "crates/worker/Cargo.toml", "src-tauri/Cargo.toml"];
    manifests.iter().any(|file| fs::read_to_string(root.join(file)).is_ok_and(|text| text.contains(&entry)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

    use super::*;

    #[test]
    fn what_does_not_exist_is_named() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("crates/engine/src")).unwrap();
        fs::write(folder.path().join("crates/engine/src/run.rs"), "").unwrap();
        let check = |text: &str, expected: usize| {
            let faults = missing(text, folder.path(), "name = \"brickwork-engine\"");
            assert_eq!(faults.len(), expected, "{text}: {faults:?}");
        };
        check("see `crates/engine/src/run.rs` and `crates/engine`, `brickwork-engine`", 0);
        check("`crates/engine/src/run.rs:3` `crates/engine/src/run.rs::Runner` `crates/engine/src/*.rs`", 0);
        check("`crates/ghost/src/lib.rs` and `brickwork-ghost`", 2);
        check("crates/ghost without backticks, `cargo test`, `brickwork`", 0);
    }
}
