//! Which crate may depend on what: the table of rooms in ARCHITECTURE.md, proved from cargo's own metadata.

use std::collections::BTreeSet;

use anyhow::Result;
use serde::Deserialize;

use super::Faults;
use crate::process;
use crate::workspace::Workspace;

/// For each of our packages, the packages of ours that it may use.
const ROOMS: [(&str, &[&str]); 19] = [
    ("artifacts", &[]),
    ("highlight", &[]),
    ("syntax", &["artifacts"]),
    ("worker-protocol", &[]),
    ("engine", &["artifacts", "syntax"]),
    ("t5gemma-config", &[]),
    ("t5gemma", &["t5gemma-config"]),
    ("worker", &["syntax", "t5gemma", "worker-protocol"]),
    ("worker-client", &["engine", "syntax", "worker-protocol"]),
    ("models", &["engine", "t5gemma-config"]),
    ("remote", &["engine"]),
    ("store", &["artifacts", "engine"]),
    ("export", &["artifacts", "engine"]),
    (
        "app",
        &[
            "artifacts",
            "engine",
            "export",
            "highlight",
            "models",
            "remote",
            "store",
            "syntax",
            "worker-client",
            "worker-protocol",
        ],
    ),
    ("api", &["app"]),
    ("cli", &["api", "app"]),
    ("window", &["api", "app"]),
    ("tests", &[]),
    ("xtask", &[]),
];

/// Outside packages (a name, or a beginning with `*`) that only these packages of ours may use.
const RESERVED: [(&str, &[&str]); 13] = [
    ("rusqlite*", &["store"]),
    ("libsqlite3-sys", &["store"]),
    ("llama-cpp*", &["worker"]),
    ("candle*", &["t5gemma"]),
    ("tokenizers", &["t5gemma"]),
    ("tauri*", &["window"]),
    ("axum*", &["api", "window"]),
    ("clap*", &["cli", "worker"]),
    ("reqwest", &["models", "remote", "tests"]),
    ("ammonia", &["app"]),
    ("keyring*", &["app"]),
    ("pulldown-cmark*", &["app"]),
    ("tree-sitter*", &["syntax"]),
];

/// What must not be reachable from the pure crates (invariant 1).
const IMPURE: [&str; 15] = [
    "async-std",
    "axum",
    "candle-core",
    "cap-std",
    "hyper",
    "llama-cpp-2",
    "mio",
    "reqwest",
    "rusqlite",
    "socket2",
    "tauri",
    "tempfile",
    "tokenizers",
    "tokio",
    "walkdir",
];

#[derive(Debug, Deserialize)]
struct Package {
    name: String,
    dependencies: Vec<Dependency>,
}

#[derive(Debug, Deserialize)]
struct Dependency {
    name: String,
    /// `None` for a normal dependency, else `dev` or `build`.
    kind: Option<String>,
}

/// No package of ours uses another, or a reserved library, that its room does not allow. Tests may use more.
pub(super) fn dependencies(workspace: &Workspace) -> Result<Faults> {
    let packages: Vec<Package> = workspace.packages(&["--no-deps"])?;
    Ok(packages.iter().flat_map(misplaced).collect())
}

fn misplaced(package: &Package) -> Faults {
    let room = room_of(&package.name);
    let Some((_, may_use)) = ROOMS.iter().find(|(name, _)| *name == room) else {
        return vec![format!("{} is in no room: add it to the table in crates/xtask/src/check/rooms.rs", package.name)];
    };
    let normal = package.dependencies.iter().filter(|dependency| dependency.kind.as_deref() != Some("dev"));
    let mut faults = Faults::new();
    for dependency in normal {
        let name = dependency.name.as_str();
        let is_ours = name.starts_with("brickwork-");
        let owner = RESERVED.iter().find(|(pattern, _)| matches(pattern, name));
        if is_ours && !may_use.contains(&room_of(name)) {
            faults.push(format!("{} must not use {name}", package.name));
        } else if let Some((_, owners)) = owner
            && !owners.contains(&room)
        {
            faults.push(format!("{} must not use {name}, which belongs to {}", package.name, owners.join(", ")));
        }
    }
    faults
}

fn room_of(package: &str) -> &str {
    package.strip_prefix("brickwork-").unwrap_or(package)
}

fn matches(pattern: &str, name: &str) -> bool {
    pattern.strip_suffix('*').map_or(pattern == name, |beginning| name.starts_with(beginning))
}

/// Nothing that does I/O is reachable from the pure crates over normal dependencies.
pub(super) fn purity(workspace: &Workspace) -> Result<Faults> {
    let mut faults = Faults::new();
    for package in ["brickwork-engine", "brickwork-artifacts", "brickwork-syntax"] {
        let mut cargo = workspace.cargo();
        cargo.args(["tree", "-p", package, "-e", "normal", "--prefix", "none", "--format", "{lib} {p}"]);
        let tree = process::capture(&mut cargo)?;
        faults.extend(impure(&tree).iter().map(|name| format!("{package} reaches {name}")));
    }
    Ok(faults)
}

/// The forbidden packages in what `cargo tree --prefix none --format "{lib} {p}"` prints.
fn impure(tree: &str) -> BTreeSet<&str> {
    let names = tree.lines().filter_map(|line| line.split_whitespace().nth(1));
    names.filter(|name| IMPURE.contains(name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(name: &str, dependencies: &[(&str, Option<&str>)]) -> Package {
        let dependency = |(name, kind): &(&str, Option<&str>)| Dependency {
            name: (*name).to_owned(),
            kind: kind.map(str::to_owned),
        };
        Package { name: name.to_owned(), dependencies: dependencies.iter().map(dependency).collect() }
    }

    #[test]
    fn misplaced_dependencies_are_found() {
        let check = |name: &str, dependencies: &[(&str, Option<&str>)], expected: usize| {
            let faults = misplaced(&package(name, dependencies));
            assert_eq!(faults.len(), expected, "{faults:?}");
        };
        check("brickwork-engine", &[("brickwork-artifacts", None), ("serde", None)], 0);
        check("brickwork-engine", &[("brickwork-store", None)], 1);
        check("brickwork-app", &[("rusqlite", None), ("tauri-plugin-dialog", None), ("axum", None)], 3);
        check("brickwork-app", &[("rusqlite", Some("dev"))], 0);
        check("brickwork-store", &[("rusqlite", None), ("rusqlite_migration", None)], 0);
        check("brickwork-window", &[("tauri", None), ("tauri-build", Some("build"))], 0);
        check("brickwork-unheard-of", &[], 1);
    }

    #[test]
    fn impure_packages_are_found_in_a_tree() {
        let tree = "brickwork_engine brickwork-engine v0.1.0 (/x)\nserde serde v1.0.0\ntokio tokio v1.40.0 (*)\n";
        assert_eq!(impure(tree).into_iter().collect::<Vec<_>>(), ["tokio"]);
    }
}
