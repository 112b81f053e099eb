//! Declares the commands of the window, so that each needs a permission in `capabilities/`, and makes the built web UI an
//! input of the window, so that a changed UI is never left out of it.

use std::path::Path;

const UI: &str = "../ui/dist";

fn main() {
    println!("cargo:rerun-if-changed={UI}");
    assert!(Path::new(UI).join("index.html").exists(), "the web UI is not built yet: run `cargo xtask ui` first");
    let commands = &[
        "api_request",
        "api_abort",
        "choose_file",
        "choose_folder",
        "choose_text_file",
        "initial_route",
        "notify",
        "open_link",
        "open_path",
        "save_text",
        "save_zip",
    ];
    let manifest = tauri_build::AppManifest::new().commands(commands);
    if let Err(error) = tauri_build::try_build(tauri_build::Attributes::new().app_manifest(manifest)) {
        panic!("the window's configuration is wrong: {error:#}");
    }
}
