//! How WebKit on Linux puts the window together. With a graphics device it stays as WebKit wants it. Without one, WebKit would have
//! Mesa play the device on the processor and put the whole window together for each frame, on the cores that the model
//! needs; painted directly, only what changed is painted.

use std::fs;
use std::path::Path;

/// WebKit's own switch. It is read once: a page that was begun otherwise would get no wheel any more.
const SWITCH: &str = "WEBKIT_DISABLE_COMPOSITING_MODE";

/// Has windows painted directly where there is no graphics device, unless the user has set how. To be called before the
/// program starts a thread or a window.
pub(crate) fn fit_to_machine() {
    if has_graphics_device(Path::new("/dev")) {
        return;
    }
    if let Err(error) = glib::setenv(SWITCH, "1", false) {
        eprintln!("{SWITCH} could not be set, so the window is drawn slower: {error}");
    }
}

/// Whether a driver of a device that renders is loaded: Linux's own, or that of the host below WSL.
fn has_graphics_device(devices: &Path) -> bool {
    let renders = fs::read_dir(devices.join("dri"))
        .is_ok_and(|entries| entries.flatten().any(|entry| entry.file_name().to_string_lossy().starts_with("renderD")));
    renders || devices.join("dxg").exists()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn a_graphics_device_is_one_that_renders() {
        let check = |files: &[&str], expected| {
            let devices = tempfile::tempdir().unwrap();
            for file in files {
                let path = devices.path().join(file);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, "").unwrap();
            }
            assert_eq!(has_graphics_device(devices.path()), expected, "{files:?}");
        };
        check(&[], false);
        check(&["null"], false);
        // A screen alone: such as a virtual machine's without 3D.
        check(&["dri/card0"], false);
        check(&["dri/card0", "dri/renderD128"], true);
        check(&["dxg"], true);
    }
}
