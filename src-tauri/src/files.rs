//! Texts, and the zip of a run, from and to files that the user chooses in the system's dialogs. The UI never names a path.

use std::path::{Path, PathBuf};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use serde::Serialize;
use tauri::{AppHandle, State};
use tauri_plugin_dialog::{DialogExt, FilePath};
use tokio::sync::oneshot;
use tower::ServiceExt;

use crate::bridge::Bridge;

/// The largest text file that is read, in bytes.
pub(crate) const MAX_TEXT_BYTES: u64 = 4 * 1024 * 1024;

/// A text file that the user chose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct TextFile {
    name: String,
    path: String,
    text: String,
}

/// Asks where to save a text and saves it there; answers the path, `null` when the dialog was dismissed.
#[tauri::command]
pub(crate) async fn save_text(
    window: AppHandle,
    title: String,
    name: String,
    content: String,
) -> Result<Option<String>, String> {
    let name = plain_name(&name);
    let Some(path) = place_to_save(&window, title, &name).await? else { return Ok(None) };
    match replace_file(&path, content.as_bytes()).await {
        Ok(()) => Ok(Some(path.display().to_string())),
        Err(error) => Err(format!("{} cannot be written: {error}. Choose another place.", path.display())),
    }
}

/// What became of a zip that was to be saved. The UI puts it into words, in its own language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub(crate) enum SavedZip {
    /// It lies there.
    Saved { path: String },
    /// The dialog was dismissed.
    Dismissed,
    /// The router has no such zip; its answer says why.
    Refused { status: u16, text: String },
    /// It could not be written there.
    Unwritten { path: String, cause: String },
}

/// Asks where to save the zip of a run's files, which is the one that a browser downloads, and saves it there.
#[tauri::command]
pub(crate) async fn save_zip(
    window: AppHandle,
    bridge: State<'_, Bridge>,
    title: String,
    run_id: String,
) -> Result<SavedZip, String> {
    let zip = match zip_of(bridge.router(), &run_id).await? {
        Ok(zip) => zip,
        Err((status, text)) => return Ok(SavedZip::Refused { status: status.as_u16(), text }),
    };
    let name = plain_name(&format!("brickwork-{run_id}.zip"));
    let Some(path) = place_to_save(&window, title, &name).await? else { return Ok(SavedZip::Dismissed) };
    let written = replace_file(&path, &zip).await;
    let path = path.display().to_string();
    Ok(match written {
        Ok(()) => SavedZip::Saved { path },
        Err(error) => SavedZip::Unwritten { path, cause: error.to_string() },
    })
}

/// The zip as the router makes it, or its status and its words when there is none.
async fn zip_of(router: Router, run_id: &str) -> Result<Result<Vec<u8>, (StatusCode, String)>, String> {
    let fail = |cause: &dyn std::fmt::Display| format!("The zip could not be made: {cause}. Try again.");
    let request = Request::get(format!("/api/v1/orchestrator/runs/{run_id}/artifacts.zip"))
        .body(Body::empty())
        .map_err(|error| fail(&error))?;
    let Ok(response) = router.oneshot(request).await;
    let status = response.status();
    // The router keeps its zips to the bounds of an export.
    let bytes = to_bytes(response.into_body(), usize::MAX).await.map_err(|error| fail(&error))?;
    if status == StatusCode::OK {
        return Ok(Ok(bytes.into()));
    }
    Ok(Err((status, String::from_utf8_lossy(&bytes).into_owned())))
}

/// Writes a file beside its place first, so that what was there before stays whole until the new one is.
async fn replace_file(path: &Path, content: &[u8]) -> std::io::Result<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".brickwork-part");
    let beside = PathBuf::from(beside);
    let written = async {
        let mut file = tokio::fs::File::create(&beside).await?;
        tokio::io::AsyncWriteExt::write_all(&mut file, content).await?;
        file.sync_all().await?;
        drop(file);
        tokio::fs::rename(&beside, path).await
    };
    let written = written.await;
    if written.is_err() {
        // The first error is the one to tell; a rest that cannot be removed is named after what was to be saved.
        let _ = tokio::fs::remove_file(&beside).await;
    }
    written
}

/// Asks for a text file of an extension and reads it; `null` when the dialog was dismissed.
#[tauri::command]
pub(crate) async fn choose_text_file(
    window: AppHandle,
    title: String,
    extension: String,
) -> Result<Option<TextFile>, String> {
    let Some(path) = file_to_read(&window, title, &extension).await? else { return Ok(None) };
    tauri::async_runtime::spawn_blocking(move || {
        let text = read_text(&path)?;
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Ok(Some(TextFile { name, path: path.display().to_string(), text }))
    })
    .await
    .map_err(|error| format!("The file could not be read: {error}. Try again."))?
}

/// Asks for a file of an extension; answers its path, unread, `null` when the dialog was dismissed.
#[tauri::command]
pub(crate) async fn choose_file(window: AppHandle, title: String, extension: String) -> Result<Option<String>, String> {
    Ok(file_to_read(&window, title, &extension).await?.map(|path| path.display().to_string()))
}

async fn place_to_save(window: &AppHandle, title: String, name: &str) -> Result<Option<PathBuf>, String> {
    #[cfg(feature = "test-seams")]
    if let Some(folder) = std::env::var_os("BRICKWORK_TEST_FOLDER") {
        return Ok(Some(Path::new(&folder).join(name)));
    }
    let (sender, receiver) = oneshot::channel();
    window.dialog().file().set_title(title).set_file_name(name).save_file(move |file| {
        // The window may be gone before the dialog is: then nobody waits for the answer.
        let _ = sender.send(file);
    });
    chosen(receiver).await
}

async fn file_to_read(window: &AppHandle, title: String, extension: &str) -> Result<Option<PathBuf>, String> {
    #[cfg(feature = "test-seams")]
    if let Some(file) = std::env::var_os("BRICKWORK_TEST_FILE") {
        return Ok(Some(file.into()));
    }
    let mut dialog = window.dialog().file().set_title(title);
    if !extension.is_empty() && extension.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        dialog = dialog.add_filter(extension.to_uppercase(), &[extension]);
    }
    let (sender, receiver) = oneshot::channel();
    dialog.pick_file(move |file| {
        let _ = sender.send(file);
    });
    chosen(receiver).await
}

async fn chosen(receiver: oneshot::Receiver<Option<FilePath>>) -> Result<Option<PathBuf>, String> {
    let file = receiver.await.map_err(|_| "The file dialog closed unexpectedly. Try again.".to_owned())?;
    file.map(FilePath::into_path)
        .transpose()
        .map_err(|error| format!("This file cannot be used: {error}. Choose another."))
}

/// A name to propose: the last part of a path, without what a dialog or a system could take for more than a name.
fn plain_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let kept: String = last.chars().filter(|c| !c.is_control() && !"<>:\"|?*".contains(*c)).take(120).collect();
    let kept = kept.trim_matches([' ', '.']);
    if kept.is_empty() { "brickwork.txt".to_owned() } else { kept.to_owned() }
}

/// Reads a regular file that holds text in UTF-8; a mark at its start that says so is left out.
pub(crate) fn read_text(path: &Path) -> Result<String, String> {
    use std::io::Read;

    let shown = path.display();
    let fail = |error: std::io::Error| format!("{shown} cannot be read: {error}. Choose another file.");
    // Asked before it is opened: a pipe would never answer.
    if !std::fs::metadata(path).map_err(fail)?.is_file() {
        return Err(format!("{shown} is no file. Choose another."));
    }
    let file = std::fs::File::open(path).map_err(fail)?;
    let mut bytes = Vec::new();
    file.take(MAX_TEXT_BYTES + 1).read_to_end(&mut bytes).map_err(fail)?;
    if bytes.len() as u64 > MAX_TEXT_BYTES {
        return Err(format!("{shown} is larger than 4 MiB. Choose a smaller file."));
    }
    let text = String::from_utf8(bytes).map_err(|_| format!("{shown} is no text in UTF-8. Choose another file."))?;
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn a_proposed_name_has_no_folders() {
        let check = |name: &str, expected: &str| assert_eq!(plain_name(name), expected, "{name:?}");
        check("My pipeline.json", "My pipeline.json");
        check("../../etc/passwd", "passwd");
        check("C:\\Windows\\x.json", "x.json");
        check("a:b|c\u{0}\n.json", "abc.json");
        check("..", "brickwork.txt");
        check("", "brickwork.txt");
        check(".bashrc", "bashrc");
        assert_eq!(plain_name(&"x".repeat(500)).len(), 120);
    }

    #[tokio::test]
    async fn a_file_is_replaced_as_a_whole_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run.zip");
        for content in ["one", "another"] {
            replace_file(&path, content.as_bytes()).await.unwrap();
            assert_eq!(std::fs::read_to_string(&path).unwrap(), content);
        }
        let taken = folder.path().join("a folder");
        std::fs::create_dir(&taken).unwrap();
        assert!(replace_file(&taken, b"three").await.is_err());
        assert!(replace_file(&folder.path().join("none/run.zip"), b"four").await.is_err());
        let mut names: Vec<_> = folder.path().read_dir().unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, ["a folder", "run.zip"], "nothing half-written is left");
    }

    #[tokio::test]
    async fn a_zip_is_the_routers_and_its_refusal_too() {
        use axum::routing::get;

        let router = Router::new()
            .route("/api/v1/orchestrator/runs/full/artifacts.zip", get(|| async { b"PK\x03\x04\xff".to_vec() }))
            .route("/api/v1/orchestrator/runs/empty/artifacts.zip", get(|| async { (StatusCode::CONFLICT, "{}") }));
        assert_eq!(zip_of(router.clone(), "full").await.unwrap().unwrap(), b"PK\x03\x04\xff");
        assert_eq!(
            zip_of(router.clone(), "empty").await.unwrap().unwrap_err(),
            (StatusCode::CONFLICT, "{}".to_owned())
        );
        assert!(zip_of(router, "no id").await.is_err());
    }

    #[test]
    fn only_text_of_a_limited_size_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str, bytes: &[u8]| {
            let path = folder.path().join(name);
            std::fs::write(&path, bytes).unwrap();
            path
        };
        assert_eq!(read_text(&path("a.json", "\u{feff}{\"ñ\": 1}\r\n".as_bytes())).unwrap(), "{\"ñ\": 1}\r\n");
        assert!(read_text(&path("b.bin", &[0xff, 0xfe])).unwrap_err().contains("UTF-8"));
        let large = path("c.txt", b"");
        std::fs::File::options().write(true).open(&large).unwrap().set_len(MAX_TEXT_BYTES + 1).unwrap();
        assert!(read_text(&large).unwrap_err().contains("4 MiB"));
        std::fs::File::options().write(true).open(&large).unwrap().set_len(MAX_TEXT_BYTES).unwrap();
        assert_eq!(read_text(&large).unwrap().len() as u64, MAX_TEXT_BYTES);
        assert!(read_text(folder.path()).unwrap_err().contains("no file"));
        assert!(read_text(&folder.path().join("none")).is_err());
    }
}
