//! Completes npm lock files with the packages of other platforms.
//!
//! npm leaves an optional platform package out of the lock file when the registry that it was made with does not offer
//! it, and then `npm ci` refuses that lock file everywhere. An entry needs only what the depending package says of it:
//! its exact version; and the platform, which stands in its name. npm fetches it on that platform alone.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde_json::{Map, Value, json};

use crate::workspace::Workspace;

/// The folders with an npm lock file.
const FOLDERS: [&str; 2] = ["ui", "tests/window"];

/// The words of package names that mean an operating system, as npm calls it.
const SYSTEMS: [&str; 7] = ["aix", "android", "darwin", "freebsd", "linux", "openharmony", "win32"];

/// The words of package names that mean a processor, as npm calls it.
const PROCESSORS: [&str; 9] = ["arm", "arm64", "ia32", "loong64", "ppc64", "riscv64", "s390x", "wasm32", "x64"];

/// Adds what is missing to the project's lock files.
///
/// # Errors
/// When a lock file cannot be read or written, or a missing package is not a platform's.
pub(crate) fn complete(workspace: &Workspace) -> Result<()> {
    for folder in FOLDERS {
        let path = workspace.root.join(folder).join("package-lock.json");
        if path.is_file() {
            let added = complete_file(&path).with_context(|| format!("{folder}/package-lock.json"))?;
            println!(
                "{folder}/package-lock.json: {}",
                if added.is_empty() { "complete".to_owned() } else { format!("added {}", added.join(", ")) }
            );
        }
    }
    Ok(())
}

fn complete_file(path: &Path) -> Result<Vec<String>> {
    let mut lock: Value = serde_json::from_str(&fs::read_to_string(path)?)?;
    let packages = lock.get_mut("packages").and_then(Value::as_object_mut).context("there is no `packages`")?;
    let added = complete_packages(packages)?;
    if !added.is_empty() {
        fs::write(path, format!("{:#}\n", lock))?;
    }
    Ok(added)
}

/// Adds an entry for each optional dependency that has none and returns the names.
fn complete_packages(packages: &mut Map<String, Value>) -> Result<Vec<String>> {
    let mut added = Vec::new();
    for (path, name, version) in missing(packages) {
        let is_dev = packages.get(&path).and_then(|package| package.get("dev")) == Some(&Value::Bool(true));
        let entry = entry(&name, &version, is_dev)?;
        insert_sorted(packages, format!("node_modules/{name}"), entry);
        added.push(name);
    }
    Ok(added)
}

/// Path of the depending package, name and version of each optional dependency without an entry.
fn missing(packages: &Map<String, Value>) -> Vec<(String, String, String)> {
    let mut found = Vec::new();
    for (path, package) in packages {
        let optional = package.get("optionalDependencies").and_then(Value::as_object);
        for (name, version) in optional.into_iter().flatten() {
            if !is_locked(packages, path, name) {
                found.push((path.clone(), name.clone(), version.as_str().unwrap_or_default().to_owned()));
            }
        }
    }
    found
}

/// Whether Node would find `name` from the package at `path`: in its own `node_modules`, or in one further up.
fn is_locked(packages: &Map<String, Value>, path: &str, name: &str) -> bool {
    let mut at = path;
    loop {
        let separator = if at.is_empty() { "" } else { "/" };
        if packages.contains_key(&format!("{at}{separator}node_modules/{name}")) {
            return true;
        }
        if at.is_empty() {
            return false;
        }
        at = at.rfind("/node_modules/").map_or("", |end| &at[..end]);
    }
}

fn entry(name: &str, version: &str, is_dev: bool) -> Result<Value> {
    let is_exact = version.split('.').count() >= 3 && version.starts_with(|first: char| first.is_ascii_digit());
    if !is_exact {
        bail!("{name} is wanted as `{version}`, which is not one version");
    }
    let words: Vec<&str> = name.rsplit('/').next().unwrap_or(name).split('-').collect();
    let Some(system) = words.iter().find(|word| SYSTEMS.contains(word)) else {
        bail!("{name} is missing, and its name tells no operating system");
    };
    let mut entry = json!({ "version": version });
    if let Some(processor) = words.iter().find(|word| PROCESSORS.contains(word)) {
        entry["cpu"] = json!([processor]);
    }
    if is_dev {
        entry["dev"] = json!(true);
    }
    if words.contains(&"musl") {
        entry["libc"] = json!(["musl"]);
    }
    entry["optional"] = json!(true);
    entry["os"] = json!([system]);
    Ok(entry)
}

/// Puts the entry before the first later key, as npm orders them.
fn insert_sorted(packages: &mut Map<String, Value>, key: String, entry: Value) {
    let mut rest = Some((key, entry));
    for (old_key, old_entry) in std::mem::take(packages) {
        if rest.as_ref().is_some_and(|(key, _)| *key < old_key)
            && let Some((key, entry)) = rest.take()
        {
            packages.insert(key, entry);
        }
        packages.insert(old_key, old_entry);
    }
    if let Some((key, entry)) = rest {
        packages.insert(key, entry);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

    use super::*;

    fn packages(lock: Value) -> Map<String, Value> {
        lock.as_object().unwrap().clone()
    }

    #[test]
    fn missing_platform_packages_are_added_once() {
        let mut packages = packages(json!({
            "": {},
            "node_modules/tool": { "dev": true, "optionalDependencies": {
                "@tool/cli-linux-arm64-musl": "1.2.3", "@tool/cli-win32-x64": "1.2.3", "near-linux-x64": "1.0.0" } },
            "node_modules/tool/node_modules/near-linux-x64": {},
            "node_modules/zebra": {},
        }));
        let added = complete_packages(&mut packages).unwrap();
        assert_eq!(added, ["@tool/cli-linux-arm64-musl", "@tool/cli-win32-x64"]);
        let musl = json!({ "version": "1.2.3", "cpu": ["arm64"], "dev": true, "libc": ["musl"], "optional": true, "os": ["linux"] });
        assert_eq!(packages["node_modules/@tool/cli-linux-arm64-musl"], musl);
        assert_eq!(packages.keys().nth(1).unwrap(), "node_modules/@tool/cli-linux-arm64-musl");
        assert!(complete_packages(&mut packages).unwrap().is_empty());
    }

    #[test]
    fn other_missing_packages_are_an_error() {
        for (name, version) in [("fancy", "1.0.0"), ("tool-linux-x64", "^1.0.0")] {
            let mut packages = packages(json!({ "node_modules/a": { "optionalDependencies": { name: version } } }));
            assert!(complete_packages(&mut packages).is_err(), "{name}");
        }
    }
}
