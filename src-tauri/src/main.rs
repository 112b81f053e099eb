//! Brickwork's window: a Tauri shell around the web UI.
//!
//! It holds no logic. The UI's requests go to the one router in-process, without a socket; what is left are the things
//! that only a desktop program can do: native dialogs, opening a folder, and the window itself. Where the settings say so,
//! other programs are answered over a listener of this machine, which serves no UI.

#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

mod bridge;
#[cfg(target_os = "linux")]
mod drawing;
mod dropped;
mod files;
mod links;
mod notify;
mod preview;
mod shell;

use std::process::ExitCode;
use std::time::Duration;

use brickwork_api::ServerSwitch;
use brickwork_app::{App, AppConfig, init_logging};
use tauri::{Emitter, Manager, RunEvent, Url, WebviewUrl, WebviewWindowBuilder};
use tauri_plugin_dialog::{DialogExt, MessageDialogKind};

use crate::bridge::Bridge;
use crate::notify::LastNotification;
use crate::shell::InitialRoute;

/// How long requests of other programs may go on when the window was closed.
const GRACE: Duration = Duration::from_secs(2);

fn main() -> ExitCode {
    #[cfg(target_os = "linux")]
    drawing::fit_to_machine();
    match start() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn start() -> anyhow::Result<()> {
    let config = AppConfig::from_environment()?;
    let _log = init_logging(&config);
    let window = tauri::Builder::default()
        .plugin(tauri_plugin_single_instance::init(|window, arguments, _folder| {
            let _ = window.get_webview_window("main").map(|window| window.set_focus());
            if let Some(route) = shell::route_of(arguments) {
                // A window that is closing needs no route any more.
                let _ = window.emit("navigate", route);
            }
        }))
        .register_asynchronous_uri_scheme_protocol(preview::SCHEME, |context, request, responder| {
            let window = context.app_handle().clone();
            tauri::async_runtime::spawn(async move { responder.respond(preview::answer(window, request).await) });
        })
        .plugin(tauri_plugin_dialog::init())
        .plugin(tauri_plugin_notification::init())
        .plugin(tauri_plugin_opener::init())
        .plugin(tauri_plugin_window_state::Builder::default().build())
        .manage(InitialRoute(shell::route_of(std::env::args())))
        .manage(LastNotification::default())
        .invoke_handler(tauri::generate_handler![
            bridge::api_request,
            bridge::api_abort,
            files::choose_file,
            files::choose_text_file,
            files::save_text,
            files::save_zip,
            links::open_link,
            notify::notify,
            shell::choose_folder,
            shell::initial_route,
            shell::open_path,
        ])
        .setup(move |window| {
            let app = match tauri::async_runtime::block_on(App::open(config)) {
                Ok(app) => app,
                Err(error) => {
                    tracing::error!(%error, "the program cannot start");
                    window
                        .dialog()
                        .message(error.to_string())
                        .title("Brickwork")
                        .kind(MessageDialogKind::Error)
                        .blocking_show();
                    return Err(error.into());
                }
            };
            let server = ServerSwitch::new(app.clone());
            window.manage(Bridge::new(server.router()));
            window.manage(app);
            window.manage(server.clone());
            notify::follow_clicks(window.handle());
            open_window(window)?;
            #[cfg(unix)]
            tauri::async_runtime::spawn(exit_on_signal(window.handle().clone()));
            // Whatever keeps the listener from starting must not keep the window from opening: it is shown there.
            if let Err(error) = tauri::async_runtime::block_on(server.start_from_settings()) {
                tracing::error!(%error, "the server's settings could not be read");
            }
            Ok(())
        })
        .build(tauri::generate_context!())?;
    window.run(|window, event| {
        if !matches!(event, RunEvent::Exit) {
            return;
        }
        if let (Some(server), Some(app)) = (window.try_state::<ServerSwitch>(), window.try_state::<App>()) {
            // Runs go back to their places in the queue; then whoever waits for one over HTTP is told so.
            tauri::async_runtime::block_on(async { tokio::join!(server.stop(GRACE), app.shutdown()) });
        }
    });
    Ok(())
}

/// Ends the program in good order when the session or a user ends it with SIGTERM or SIGINT, as closing the window does.
#[cfg(unix)]
async fn exit_on_signal(window: tauri::AppHandle) {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut terminate), Ok(mut interrupt)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        tracing::warn!("signals cannot be listened to: they end the program at once");
        return;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    window.exit(0);
}

/// Opens the one window. It shows the bundled UI and never leaves it.
fn open_window(window: &tauri::App) -> tauri::Result<()> {
    let main = WebviewWindowBuilder::new(window, "main", WebviewUrl::default())
        .title("Brickwork")
        .inner_size(1280.0, 820.0)
        // What a window of the usual size has left when everything is shown at 200 %.
        .min_inner_size(640.0, 400.0)
        .on_navigation(may_show)
        .on_new_window(|_url, _features| tauri::webview::NewWindowResponse::Deny)
        .build()?;
    let handle = window.handle().clone();
    main.on_window_event(move |event| dropped::on_window_event(&handle, event));
    Ok(())
}

/// Whether the window, or a frame in it, may go to a page. WebKit asks for frames too and does not say for which it asks, so
/// previews of artifacts are let in, whose own policy makes them harmless wherever they are shown. WebView2 asks for the window
/// alone, which never shows one.
fn may_show(url: &Url) -> bool {
    is_own(url) || (!cfg!(windows) && preview::is_preview(url))
}

/// Whether a page belongs to the bundled UI.
fn is_own(url: &Url) -> bool {
    url.scheme() == "tauri" || (matches!(url.scheme(), "http" | "https") && url.host_str() == Some("tauri.localhost"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    #[test]
    fn only_the_bundled_ui_is_navigated_to() {
        let check = |url: &str, expected| assert_eq!(super::is_own(&url.parse().unwrap()), expected, "{url}");
        check("tauri://localhost/index.html#/runs", true);
        check("http://tauri.localhost/", true);
        check("https://example.com/", false);
        check("http://tauri.localhost.example.com/", false);
        check("file:///etc/passwd", false);
        check("data:text/html,hello", false);
    }

    #[test]
    fn row_33_a_frame_shows_previews_and_nothing_else() {
        let check = |url: &str, expected| assert_eq!(super::may_show(&url.parse().unwrap()), expected, "{url}");
        let id = "550e8400-e29b-41d4-a716-446655440000";
        check(&format!("brickwork-preview://localhost/runs/{id}/artifacts/1?theme=dark"), !cfg!(windows));
        check("brickwork-preview://localhost/", false);
        check(&format!("brickwork-preview://localhost/runs/{id}"), false);
        check(&format!("brickwork-preview://evil.example/runs/{id}/artifacts/1"), false);
        check("https://example.com/", false);
        check("about:blank", false);
        check("about:srcdoc", false);
        check("javascript:alert(1)", false);
        check("blob:tauri://localhost/550e8400", false);
        check("ipc://localhost/api_request", false);
    }
}
