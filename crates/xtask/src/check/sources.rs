//! Rules that the text of the source files must keep.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::Faults;
use crate::rust_source::{code_only, lines_with_word, without_tests};
use crate::workspace::Workspace;

/// The longest source file, in lines.
const LINES_MAX: usize = 1_000;

/// Folders without hand-written source.
const PASSED_OVER: [&str; 8] =
    ["target", "node_modules", "dist", "bindings", "paraglide", "gen", ".git", "brickwork-demo"];

/// The crates that do no I/O and take time and randomness from outside (invariant 1).
const PURE_CRATES: [&str; 3] = ["engine", "artifacts", "syntax"];

/// What a pure crate's source must not name, and why.
const IMPURE: [(&str, &str); 13] = [
    ("std::fs", "touches files"),
    ("std::process", "starts processes"),
    ("std::net", "opens sockets"),
    ("std::env", "reads the environment"),
    ("std::thread::spawn", "starts threads"),
    ("println", "prints"),
    ("eprintln", "prints"),
    ("SystemTime::now", "reads the clock"),
    ("Instant::now", "reads the clock"),
    ("Timestamp::now", "reads the clock"),
    ("Zoned::now", "reads the clock"),
    ("Uuid::now_v7", "draws randomness"),
    ("Uuid::new_v4", "draws randomness"),
];

/// Every source file of the project, with its path from the root.
fn files(workspace: &Workspace, extensions: &[&str]) -> Result<Vec<(String, PathBuf)>> {
    let mut found = Vec::new();
    for folder in ["crates", "src-tauri", "tests", "ui"] {
        collect(&workspace.root.join(folder), extensions, &mut found)?;
    }
    found.sort();
    Ok(found.into_iter().map(|path| (relative(workspace, &path), path)).collect())
}

fn collect(folder: &Path, extensions: &[&str], found: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder).with_context(|| format!("{} could not be read", folder.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            if !PASSED_OVER.iter().any(|name| path.ends_with(name)) {
                collect(&path, extensions, found)?;
            }
        } else if path.extension().is_some_and(|extension| extensions.iter().any(|wanted| extension == *wanted)) {
            found.push(path);
        }
    }
    Ok(())
}

/// Every Rust file of the project with its text, by its path from the root; this package's own left out.
pub(super) fn rust_texts(workspace: &Workspace) -> Result<Vec<(String, String)>> {
    let outside = files(workspace, &["rs"])?.into_iter().filter(|(name, _)| !name.starts_with("crates/xtask/"));
    outside.map(|(name, path)| Ok((name, read(&path)?))).collect()
}

/// The path from the project's root with `/` on every system.
fn relative(workspace: &Workspace, path: &Path) -> String {
    path.strip_prefix(&workspace.root).unwrap_or(path).to_string_lossy().replace('\\', "/")
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("{} could not be read", path.display()))
}

/// No source file is longer than [`LINES_MAX`].
pub(super) fn sizes(workspace: &Workspace) -> Result<Faults> {
    let mut faults = Faults::new();
    for (name, path) in files(workspace, &["rs", "ts", "tsx", "mjs"])? {
        let lines = read(&path)?.lines().count();
        if lines > LINES_MAX {
            faults.push(format!("{name} has {lines} lines; {LINES_MAX} are the most: split it"));
        }
    }
    Ok(faults)
}

/// Every Rust file of a library or program opens with `//!`.
pub(super) fn module_docs(workspace: &Workspace) -> Result<Faults> {
    let mut faults = Faults::new();
    for (name, path) in files(workspace, &["rs"])? {
        if name.contains("/src/") && !opens_with_docs(&read(&path)?) {
            faults.push(format!("{name} does not open with `//!`: say what the module is for"));
        }
    }
    Ok(faults)
}

/// `unsafe` stands only in the worker (style rule 5).
pub(super) fn unsafe_code(workspace: &Workspace) -> Result<Faults> {
    let mut faults = Faults::new();
    for (name, path) in files(workspace, &["rs"])? {
        if !name.starts_with("crates/worker/") {
            let lines = lines_with_word(&code_only(&read(&path)?), "unsafe");
            faults.extend(lines.iter().map(|line| format!("{name}:{line} is unsafe; only crates/worker may be")));
        }
    }
    Ok(faults)
}

/// The pure crates name no file, process, socket, clock or random source outside their tests.
pub(super) fn purity(workspace: &Workspace) -> Result<Faults> {
    let mut faults = Faults::new();
    for (name, path) in files(workspace, &["rs"])? {
        if PURE_CRATES.iter().any(|room| name.starts_with(&format!("crates/{room}/src/"))) {
            faults.extend(impurities(&read(&path)?).into_iter().map(|fault| format!("{name}:{fault}")));
        }
    }
    Ok(faults)
}

fn opens_with_docs(source: &str) -> bool {
    source.lines().find(|line| !line.trim().is_empty()).is_some_and(|line| line.starts_with("//!"))
}

/// The lines of a source that a pure crate must not have, with the reason.
fn impurities(source: &str) -> Vec<String> {
    let code = code_only(source);
    let code = without_tests(&code);
    let mut found = Vec::new();
    for (word, reason) in IMPURE {
        found.extend(lines_with_word(code, word).iter().map(|line| format!("{line} names `{word}`, which {reason}")));
    }
    found.extend(grouped_imports(code));
    found
}

/// `use std::{fs, ...}`, which names the modules without `std::` before them.
fn grouped_imports(code: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (at, opening) in code.match_indices("use std::{") {
        let rest = &code[at + opening.len()..];
        let group = &rest[..rest.find(';').unwrap_or(rest.len())];
        for module in ["fs", "process", "net", "env"] {
            if !lines_with_word(group, module).is_empty() {
                let line = code[..at].matches('\n').count() + 1;
                found.push(format!("{line} imports `std::{module}`"));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn impure_code_is_found_and_pure_code_is_not() {
        let check = |source: &str, expected: usize| assert_eq!(impurities(source).len(), expected, "{source}");
        check("use std::fs;", 1);
        check("use std::{collections::BTreeMap, fs};", 1);
        check("fn f() { let t = std::time::Instant::now(); }", 1);
        check("let id = Uuid::now_v7();\nprintln!(\"x\");", 2);
        check("//! Does not use std::fs.\nuse std::fmt;", 0);
        check("use std::{collections::BTreeMap, fmt};", 0);
        check("fn a() {}\n#[cfg(test)]\nmod tests { use std::fs; }", 0);
    }

    #[test]
    fn documentation_opens_a_file() {
        assert!(opens_with_docs("\n//! What it is for.\n"));
        assert!(!opens_with_docs("use std::fmt;\n//! Too late.\n"));
        assert!(!opens_with_docs(""));
    }
}
