//! Desktop notifications, from Rust only: the page can ask for one a second and decide nothing but its words.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde::Serialize;
use tauri::{AppHandle, Emitter, Manager, State};
use tauri_plugin_notification::NotificationExt;

/// The least time between two notifications.
const PAUSE: Duration = Duration::from_secs(1);

/// Texts are cut after so many characters.
const MAX_CHARS: usize = 200;

/// Where a notification's route is kept in it.
const ROUTE: &str = "route";

/// When the last notification was shown.
#[derive(Default)]
pub(crate) struct LastNotification(Mutex<Option<Instant>>);

/// A notification as it is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Shown {
    title: String,
    body: String,
    route: Option<String>,
}

/// Shows a notification; a click on it opens `route` in the window. More than one a second are left out.
#[tauri::command]
pub(crate) fn notify(
    window: AppHandle,
    last: State<'_, LastNotification>,
    title: String,
    body: String,
    route: String,
) -> Result<(), String> {
    if !last.may_show(Instant::now()) {
        return Ok(());
    }
    let shown = Shown { title: cut(&title), body: cut(&body), route: is_route(&route).then_some(route) };
    #[cfg(feature = "test-seams")]
    if let Some(file) = std::env::var_os("BRICKWORK_TEST_NOTIFICATIONS") {
        return append_line(std::path::Path::new(&file), &shown);
    }
    let mut notification = window.notification().builder().title(shown.title).body(shown.body);
    if let Some(route) = shown.route {
        notification = notification.extra(ROUTE, route);
    }
    notification.show().map_err(|error| format!("The notification could not be shown: {error}."))
}

/// Lets clicks on notifications open their routes.
pub(crate) fn follow_clicks(window: &AppHandle) {
    let handle = window.clone();
    let followed = window.notification().on_action(move |action| {
        let route = action.notification().and_then(|shown| shown.extra().get(ROUTE)?.as_str().map(str::to_owned));
        if let Some(main) = handle.get_webview_window("main") {
            // A window that is closing needs neither.
            let _ = main.unminimize();
            let _ = main.set_focus();
        }
        if let Some(route) = route.filter(|route| is_route(route)) {
            let _ = handle.emit("navigate", route);
        }
    });
    if let Err(error) = followed {
        tracing::warn!(%error, "clicks on notifications open nothing");
    }
}

impl LastNotification {
    fn may_show(&self, now: Instant) -> bool {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let may = last.is_none_or(|last| now.duration_since(last) >= PAUSE);
        if may {
            *last = Some(now);
        }
        may
    }
}

/// A text as notifications take it. Some servers read markup in the body, so what would be markup is made text.
fn cut(text: &str) -> String {
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let cut = match text.char_indices().nth(MAX_CHARS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    };
    cut.replace('<', "‹").replace('>', "›")
}

/// Whether it is a screen of the UI.
fn is_route(route: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/-_?=&.".contains(c);
    route.len() <= MAX_CHARS && route.starts_with('/') && !route.starts_with("//") && route.chars().all(is_plain)
}

#[cfg(feature = "test-seams")]
fn append_line(file: &std::path::Path, shown: &Shown) -> Result<(), String> {
    use std::io::Write;

    let mut line = serde_json::to_vec(shown).map_err(|error| error.to_string())?;
    line.push(b'\n');
    let file = std::fs::File::options().append(true).create(true).open(file);
    file.and_then(|mut file| file.write_all(&line)).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_a_second_is_shown() {
        let (last, begin) = (LastNotification::default(), Instant::now());
        let shown: Vec<u64> =
            (0..30).filter(|tenth| last.may_show(begin + Duration::from_millis(tenth * 100))).collect();
        assert_eq!(shown, [0, 10, 20]);
    }

    #[test]
    fn texts_are_cut_and_hold_no_markup() {
        assert_eq!(cut("Run \u{1b}[31mended\n<b>"), "Run  [31mended ‹b›");
        assert_eq!(cut(&"ñ".repeat(201)), format!("{}…", "ñ".repeat(200)));
        assert_eq!(cut(&"ñ".repeat(200)), "ñ".repeat(200));
    }

    #[test]
    fn only_screens_of_the_ui_are_opened() {
        let check = |route: &str, expected| assert_eq!(is_route(route), expected, "{route}");
        check("/runs/550e8400-e29b-41d4-a716-446655440000", true);
        check("/compare?a=1&b=2", true);
        check("", false);
        check("//evil.example", false);
        check("https://evil.example/", false);
        check("/runs/<img>", false);
        check("/runs/javascript:x", false);
    }
}
