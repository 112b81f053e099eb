//! Declares the commands of the window, so that each needs a permission in `capabilities/`.

fn main() {
    let commands = &["api_request", "api_abort", "choose_folder", "initial_route", "open_path"];
    let manifest = tauri_build::AppManifest::new().commands(commands);
    if let Err(error) = tauri_build::try_build(tauri_build::Attributes::new().app_manifest(manifest)) {
        panic!("the window's configuration is wrong: {error:#}");
    }
}
