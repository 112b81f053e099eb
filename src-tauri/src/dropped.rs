//! Files dropped on the window: told apart here, so that the page learns the content only of what it can open.

use std::io::Read;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::Value;
use tauri::{AppHandle, DragDropEvent, Emitter, WindowEvent};

use crate::files::{MAX_TEXT_BYTES, read_text};

/// As many of the things dropped at once are told.
const MAX_DROPPED: usize = 20;

/// What a dropped thing is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    /// A pipeline in JSON.
    Pipeline,
    /// A manifest that an export wrote.
    Manifest,
    Folder,
    /// A model file in GGUF.
    Model,
    Other,
}

/// One dropped thing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Dropped {
    kind: Kind,
    path: String,
    name: String,
    /// The text of a pipeline or a manifest.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
}

/// Tells the page of files that are dropped on the window.
pub(crate) fn on_window_event(window: &AppHandle, event: &WindowEvent) {
    let WindowEvent::DragDrop(DragDropEvent::Drop { paths, .. }) = event else { return };
    let (window, paths) = (window.clone(), paths.clone());
    tauri::async_runtime::spawn_blocking(move || {
        let dropped: Vec<Dropped> = paths.into_iter().take(MAX_DROPPED).map(look_at).collect();
        if !dropped.is_empty() {
            // A window that is closing needs nothing dropped on it any more.
            let _ = window.emit("dropped", dropped);
        }
    });
}

fn look_at(path: PathBuf) -> Dropped {
    let (kind, text) = kind_of(&path);
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    Dropped { kind, path: path.display().to_string(), name, text }
}

fn kind_of(path: &Path) -> (Kind, Option<String>) {
    let Ok(found) = std::fs::metadata(path) else { return (Kind::Other, None) };
    if found.is_dir() {
        return (Kind::Folder, None);
    }
    if !found.is_file() {
        return (Kind::Other, None);
    }
    if is_gguf(path) {
        return (Kind::Model, None);
    }
    let is_json = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json"));
    if !is_json || found.len() > MAX_TEXT_BYTES {
        return (Kind::Other, None);
    }
    let Ok(text) = read_text(path) else { return (Kind::Other, None) };
    match kind_of_json(&text) {
        Kind::Other => (Kind::Other, None),
        kind => (kind, Some(text)),
    }
}

/// GGUF files begin with these four bytes (the format's specification in ggml, `docs/gguf.md`).
fn is_gguf(path: &Path) -> bool {
    let mut magic = [0; 4];
    let read = std::fs::File::open(path).and_then(|mut file| file.read_exact(&mut magic));
    read.is_ok() && magic == *b"GGUF"
}

/// By the fields that a pipeline and a manifest always have.
fn kind_of_json(text: &str) -> Kind {
    let Ok(Value::Object(fields)) = serde_json::from_str(text) else { return Kind::Other };
    if fields.get("steps").is_some_and(Value::is_array) {
        Kind::Pipeline
    } else if fields.get("files").is_some_and(Value::is_array) && fields.contains_key("run_id") {
        Kind::Manifest
    } else {
        Kind::Other
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn dropped_things_are_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let check = |name: &str, bytes: &[u8], expected: Kind, has_text: bool| {
            let path = folder.path().join(name);
            std::fs::write(&path, bytes).unwrap();
            let dropped = look_at(path);
            assert_eq!((dropped.kind, dropped.text.is_some(), dropped.name.as_str()), (expected, has_text, name));
        };
        check("p.json", b"{\"name\": \"x\", \"steps\": []}", Kind::Pipeline, true);
        check("P.JSON", b"{\"steps\": []}", Kind::Pipeline, true);
        check("brickwork.json", b"{\"version\": 1, \"run_id\": \"\", \"files\": []}", Kind::Manifest, true);
        check("package.json", b"{\"name\": \"x\"}", Kind::Other, false);
        check("list.json", b"[]", Kind::Other, false);
        check("broken.json", b"{\"steps\": [", Kind::Other, false);
        check("binary.json", &[0xff, 0xfe, 0], Kind::Other, false);
        check("model.gguf", b"GGUF\x03\x00", Kind::Model, false);
        check("renamed.bin", b"GGUF\x03\x00", Kind::Model, false);
        check("false.gguf", b"no model", Kind::Other, false);
        check("secret.txt", b"steps", Kind::Other, false);
        check("empty", b"", Kind::Other, false);
        assert_eq!(look_at(folder.path().to_owned()).kind, Kind::Folder);
        assert_eq!(look_at(folder.path().join("gone")).kind, Kind::Other);
    }

    #[test]
    fn a_large_file_is_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("large.json");
        std::fs::write(&path, b"{\"steps\": []}").unwrap();
        std::fs::File::options().write(true).open(&path).unwrap().set_len(MAX_TEXT_BYTES + 1).unwrap();
        assert_eq!(kind_of(&path), (Kind::Other, None));
    }
}
