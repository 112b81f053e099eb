//! The use cases on real data folders, with the scripted placeholder in place of models.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod backup;
#[allow(dead_code, reason = "the tests of other crates use more of it")]
#[path = "../../../models/tests/it/builder.rs"]
mod builder;
mod bundles;
mod catalog;
mod files;
mod gates;
mod history;
mod library;
#[cfg(unix)]
mod memory;
mod model_files;
mod preview;
mod queue;
mod remotes;
mod rerun;
mod t5gemma;

use brickwork_app::{App, AppConfig};
use tempfile::TempDir;

/// A data folder of its own, in which the placeholder plays all roles.
async fn world() -> (TempDir, App) {
    let folder = tempfile::tempdir().unwrap();
    let app = App::open(AppConfig::new(folder.path())).await.unwrap();
    for role in ["CodeLlama", "CodeGemma", "T5Gemma", "Assembler"] {
        app.bind(role, "scripted").await.unwrap();
    }
    (folder, app)
}
