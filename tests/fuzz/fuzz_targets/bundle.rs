//! Bundles from elsewhere. The first byte chooses whether the input is a whole archive or the manifest of a sound one.
//! Whatever is in it, nothing appears outside the models folder, and what is accepted is read to its end.
#![no_main]

#[path = "../../../crates/models/tests/it/builder.rs"]
#[allow(dead_code, reason = "a part of it is enough here")]
mod builder;

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

use brickwork_models::bundle::Bundle;
use libfuzzer_sys::fuzz_target;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

fuzz_target!(|data: &[u8]| {
    let Some((mode, data)) = data.split_first() else { return };
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let path = folder.path().join("in.brickwork-bundle");
    match mode % 2 {
        0 => fs::write(&path, data).expect("it can be written"),
        _ => archive(&path, data),
    }
    let models = folder.path().join("models");
    if let Ok(mut bundle) = Bundle::open(&path) {
        let ids: Vec<String> = bundle.manifest().models_by_id().iter().map(|(id, _)| (*id).to_owned()).collect();
        let is_fine = bundle.pipelines().is_ok();
        if is_fine {
            let _ = bundle.extract(&models, &ids, &mut |_| Ok(()));
        }
    }
    let outside = fs::read_dir(folder.path()).expect("it can be read").flatten().map(|entry| entry.file_name());
    for name in outside {
        assert!(name == "in.brickwork-bundle" || name == "models", "{name:?} lies outside");
    }
});

/// An archive with this manifest, a pipeline and a model.
fn archive(path: &Path, manifest: &[u8]) {
    let file = File::create(path).expect("it can be made");
    let mut zip = ZipWriter::new(file);
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    let model = builder::Gguf::small().bytes();
    let entries: [(&str, &[u8]); 3] = [
        ("pipelines/1.json", b"{}"),
        ("models/tiny.gguf", &model),
        ("manifest.json", manifest),
    ];
    for (name, content) in entries {
        zip.start_file(name, options).expect("it can be begun");
        zip.write_all(content).expect("it can be written");
    }
    zip.finish().expect("it can be ended");
}
