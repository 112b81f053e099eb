//! What only a desktop program can do: a native folder dialog, opening a folder, and the route given on the command line.

use std::path::Path;

use tauri::{AppHandle, State};
use tauri_plugin_dialog::DialogExt;
use tauri_plugin_opener::OpenerExt;
use tokio::sync::oneshot;

/// Where the UI is to begin.
pub(crate) struct InitialRoute(pub(crate) Option<String>);

/// The route that `--open-run ID` asks for.
pub(crate) fn route_of(arguments: impl IntoIterator<Item = String>) -> Option<String> {
    let mut arguments = arguments.into_iter().skip_while(|argument| argument != "--open-run");
    arguments.next()?;
    let run_id = arguments.next()?;
    let is_id = run_id.len() == 36 && run_id.chars().all(|c| c.is_ascii_hexdigit() || c == '-');
    is_id.then(|| format!("/runs/{run_id}"))
}

/// Where the UI is to begin; `null` for its own choice.
#[tauri::command]
pub(crate) fn initial_route(route: State<'_, InitialRoute>) -> Option<String> {
    route.0.clone()
}

/// Asks the user for a folder; `null` when the dialog was dismissed.
#[tauri::command]
pub(crate) async fn choose_folder(window: AppHandle, title: String) -> Result<Option<String>, String> {
    #[cfg(feature = "test-seams")]
    if let Ok(folder) = std::env::var("BRICKWORK_TEST_FOLDER") {
        return Ok(Some(folder));
    }
    let (sender, receiver) = oneshot::channel();
    window.dialog().file().set_title(title).pick_folder(move |folder| {
        // The window may be gone before the dialog is: then nobody waits for the answer.
        let _ = sender.send(folder);
    });
    let folder = receiver.await.map_err(|_| "The folder dialog closed unexpectedly. Try again.".to_owned())?;
    folder
        .map(|folder| folder.into_path().map(|path| path.display().to_string()))
        .transpose()
        .map_err(|error| format!("This folder cannot be used: {error}. Choose another."))
}

/// Opens a folder in the system's file manager.
#[tauri::command]
pub(crate) fn open_path(window: AppHandle, path: String) -> Result<(), String> {
    if !Path::new(&path).is_dir() {
        return Err(format!("The folder {path} does not exist any more."));
    }
    window.opener().open_path(path, None::<&str>).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::route_of;

    #[test]
    fn only_a_run_id_becomes_a_route() {
        let check = |arguments: &[&str], expected: Option<&str>| {
            let arguments = arguments.iter().map(ToString::to_string);
            assert_eq!(route_of(arguments).as_deref(), expected);
        };
        let id = "550e8400-e29b-41d4-a716-446655440000";
        check(&["app"], None);
        check(&["app", "--open-run"], None);
        check(&["app", "--open-run", id], Some(&format!("/runs/{id}")));
        check(&["app", "--open-run", "../../etc/passwd-000000000000000000000"], None);
    }
}
