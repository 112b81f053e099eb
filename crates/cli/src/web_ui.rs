//! The built web UI inside this program. A development build reads it from the source tree instead.

use brickwork_api::{UiFile, UiFiles};
use rust_embed::RustEmbed;

/// Missing when the UI was not built before the program.
#[derive(RustEmbed)]
#[folder = "../../ui/dist"]
#[allow_missing = true]
struct Dist;

/// The files, when there are any.
pub(crate) fn files() -> Option<UiFiles> {
    Dist::get("index.html")?;
    Some(UiFiles::new(|path| {
        let file = Dist::get(path)?;
        let etag = file.metadata.sha256_hash().iter().map(|byte| format!("{byte:02x}")).collect();
        Some(UiFile { mime: mime_of(path), bytes: file.data, etag })
    }))
}

fn mime_of(path: &str) -> &'static str {
    match path.rsplit_once('.').map(|(_, extension)| extension) {
        Some("html") => "text/html; charset=utf-8",
        Some("js" | "mjs") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("json" | "map") => "application/json",
        Some("webmanifest") => "application/manifest+json",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("webp") => "image/webp",
        Some("ico") => "image/x-icon",
        Some("woff2") => "font/woff2",
        Some("wasm") => "application/wasm",
        Some("txt") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}
