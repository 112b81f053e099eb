//! What an export promises: never outside the folder, never over edits, all or nothing.
#![allow(clippy::unwrap_used, reason = "a failed assumption is a failed test")]

mod applying;
mod git;
mod hostile;
#[cfg(unix)]
mod links;
mod names;
mod planning;
mod undoing;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use brickwork_export::{Choice, ExportError, ExportFile, ExportReport, Facts, Origin, apply};

fn file(name: &str, content: &str) -> ExportFile {
    ExportFile {
        name: name.to_owned(),
        content: content.to_owned(),
        step: Some("generate".to_owned()),
        model: Some("a-model".to_owned()),
        simulated: false,
        origin: Origin { prompt: Some("Write it.".to_owned()), seed: Some(7), ..Origin::default() },
    }
}

fn facts() -> Facts {
    Facts {
        run_id: "run-1".to_owned(),
        pipeline: "A pipeline".to_owned(),
        exported_at: "2026-01-02T03:04:05Z".to_owned(),
        pipeline_document: Some(serde_json::json!({"name": "A pipeline"})),
        ..Facts::default()
    }
}

fn export(folder: &Path, files: &[ExportFile]) -> Result<ExportReport, ExportError> {
    apply(folder, files, &Choice::default(), &facts())
}

fn written(report: &ExportReport) -> Vec<&str> {
    report.written.iter().map(|file| file.name.as_str()).collect()
}

fn skipped(report: &ExportReport) -> Vec<(&str, String)> {
    report.skipped.iter().map(|file| (file.name.as_str(), file.reason.to_string())).collect()
}

/// Every file's bytes, every link's target and every folder below a folder: path to content, link target or `folder`. Two equal trees are byte-equal.
fn tree(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    fn walk(root: &Path, at: &Path, tree: &mut BTreeMap<String, Vec<u8>>) {
        for entry in fs::read_dir(at).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(root).unwrap().display().to_string();
            let kind = fs::symlink_metadata(&path).unwrap();
            if kind.is_symlink() {
                tree.insert(name, fs::read_link(&path).unwrap().display().to_string().into_bytes());
            } else if kind.is_dir() {
                tree.insert(name, b"folder".to_vec());
                walk(root, &path, tree);
            } else {
                tree.insert(name, fs::read(&path).unwrap());
            }
        }
    }
    let mut found = BTreeMap::new();
    walk(folder, folder, &mut found);
    found
}
