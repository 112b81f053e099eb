//! Bundles: written, read back, and every way in which one may not be trusted.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use brickwork_engine::{JsonMap, Role, Timestamp};
use brickwork_models::bundle::{
    Bundle, BundleContents, BundleError, BundleFault, BundleManifest, BundleModelFile, BundleSource, write_bundle,
};
use brickwork_models::transfer::Cancelled;
use brickwork_models::{ModelsFolder, check_hash};
use serde_json::json;
use tempfile::TempDir;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

use crate::builder::Gguf;

struct World {
    folder: TempDir,
}

impl World {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A bundle of one pipeline and one model.
    fn bundle(&self, name: &str, included: bool) -> (PathBuf, BundleManifest) {
        let target = self.path(name);
        let manifest = write_bundle(&target, self.contents(included), &mut |_| Ok(())).unwrap();
        (target, manifest)
    }

    fn contents(&self, included: bool) -> BundleContents {
        let source = self.path("source.gguf");
        fs::write(&source, Gguf::small().bytes()).unwrap();
        let about = BundleModelFile {
            id: "tiny".into(),
            path: "tiny.gguf".into(),
            repository: Some("owner/repo".into()),
            revision: Some("abc".into()),
            size_bytes: 0,
            sha256: String::new(),
            licence: Some("mit".into()),
            included,
        };
        let pipeline: JsonMap = serde_json::from_value(json!({ "name": "Two steps", "steps": [] })).unwrap();
        BundleContents {
            program_version: "0.1.0".into(),
            made_at: Timestamp::from_micros(1_000_000),
            pipelines: vec![pipeline],
            models: vec![BundleSource { about, source, expected: None }],
            bindings: BTreeMap::from([(Role::CodeLlama, "tiny".to_owned())]),
        }
    }

    /// The bundle at `path` with other entries: `change` sees each name and content, and gives what is written instead.
    fn changed(&self, path: &Path, change: impl Fn(&str, Vec<u8>) -> Vec<(String, Vec<u8>)>) -> PathBuf {
        self.repacked(path, CompressionMethod::Stored, change)
    }

    fn repacked(
        &self,
        path: &Path,
        method: CompressionMethod,
        change: impl Fn(&str, Vec<u8>) -> Vec<(String, Vec<u8>)>,
    ) -> PathBuf {
        let mut from = ZipArchive::new(File::open(path).unwrap()).unwrap();
        let target = self.path("changed.brickwork-bundle");
        let mut to = ZipWriter::new(File::create(&target).unwrap());
        let options = SimpleFileOptions::default().compression_method(method);
        for index in 0..from.len() {
            let mut entry = from.by_index(index).unwrap();
            let (name, mut bytes) = (entry.name().unwrap().into_owned(), Vec::new());
            entry.read_to_end(&mut bytes).unwrap();
            for (name, bytes) in change(&name, bytes) {
                to.start_file(name, options).unwrap();
                to.write_all(&bytes).unwrap();
            }
        }
        to.finish().unwrap();
        target
    }

    /// The bundle with another manifest.
    fn with_manifest(&self, path: &Path, change: impl Fn(&mut serde_json::Value)) -> PathBuf {
        self.changed(path, |name, bytes| {
            if name != "manifest.json" {
                return vec![(name.to_owned(), bytes)];
            }
            let mut manifest = serde_json::from_slice(&bytes).unwrap();
            change(&mut manifest);
            vec![(name.to_owned(), manifest.to_string().into_bytes())]
        })
    }

    /// Opens and extracts everything; nothing may be in the models folder after a refusal.
    #[track_caller]
    fn refused(&self, path: &Path) -> String {
        let models = self.path("refusing");
        let result = Bundle::open(path).and_then(|mut bundle| {
            bundle.pipelines()?;
            bundle.extract(&models, &["tiny".to_owned()], &mut |_| Ok(()))
        });
        let error = result.expect_err("this bundle is not to be trusted");
        assert!(matches!(error, BundleError::Refused { .. }), "{error}");
        let listed = ModelsFolder::scan(&models).unwrap();
        assert!(listed.is_empty(), "{listed:?}");
        assert!(!self.path("escaped.gguf").exists() && !self.path("refusing/escaped.gguf").exists());
        error.to_string()
    }
}

#[test]
fn a_bundle_comes_back_as_it_was() {
    let world = World::new();
    let (path, manifest) = world.bundle("all.brickwork-bundle", true);
    let mut bundle = Bundle::open(&path).unwrap();
    assert_eq!(bundle.manifest(), &manifest);
    assert_eq!(bundle.pipelines().unwrap(), world.contents(true).pipelines);
    let models = world.path("models");
    let mut seen = 0;
    let extracted = bundle.extract(&models, &["tiny".to_owned()], &mut |n| {
        seen += n;
        Ok(())
    });
    assert_eq!(extracted.unwrap()[0].path, models.join("tiny.gguf"));
    assert_eq!(seen, manifest.models[0].size_bytes);
    assert_eq!(fs::read(models.join("tiny.gguf")).unwrap(), Gguf::small().bytes());
    check_hash(&models, &models.join("tiny.gguf")).unwrap();
    assert!(ModelsFolder::scan(&models).unwrap()[0].is_runnable());
    let again = bundle.extract(&models, &["tiny".to_owned()], &mut |_| Ok(()));
    assert!(matches!(again, Err(BundleError::NameTaken(_))), "nothing is overwritten");
}

#[test]
fn a_bundle_without_models_names_them() {
    let world = World::new();
    let (path, manifest) = world.bundle("named.brickwork-bundle", false);
    let file = &manifest.models[0];
    assert_eq!((file.included, file.sha256.len(), file.repository.as_deref()), (false, 64, Some("owner/repo")));
    assert!(fs::metadata(&path).unwrap().len() < 4096);
    assert!(Bundle::open(&path).is_ok());
    let exists = write_bundle(&path, world.contents(false), &mut |_| Ok(()));
    assert!(matches!(exists, Err(BundleError::Exists(_))));
}

#[test]
fn a_changed_model_and_a_cancelled_export_leave_no_file() {
    let world = World::new();
    let mut contents = world.contents(true);
    contents.models[0].expected = Some("0".repeat(64));
    let target = world.path("none.brickwork-bundle");
    assert!(matches!(write_bundle(&target, contents, &mut |_| Ok(())), Err(BundleError::Changed { .. })));
    let cancelled = write_bundle(&target, world.contents(true), &mut |_| Err(Cancelled));
    assert!(matches!(cancelled, Err(BundleError::Cancelled(_))));
    assert_eq!(fs::read_dir(world.folder.path()).unwrap().count(), 1, "only the source is there");
}

#[test]
fn row_20_names_that_lead_elsewhere_are_refused() {
    let world = World::new();
    let (path, _) = world.bundle("good.brickwork-bundle", true);
    for name in [
        "../escaped.gguf",
        "/escaped.gguf",
        "a/../../escaped.gguf",
        "..\\escaped.gguf",
        "C:escaped.gguf",
        "nul.gguf",
        ".x.gguf",
    ] {
        let bad = world.changed(&path, |entry, bytes| match entry {
            "manifest.json" => {
                let mut manifest: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
                manifest["models"][0]["path"] = json!(name);
                vec![(entry.to_owned(), manifest.to_string().into_bytes())]
            }
            "models/tiny.gguf" => vec![(format!("models/{name}"), bytes)],
            _ => vec![(entry.to_owned(), bytes)],
        });
        assert!(world.refused(&bad).contains("no name that a file may have"), "{name}");
    }
    // Files that mean something to the program itself are no models.
    for name in ["links.json", "hashes.json", "tiny.gguf/x.gguf", "a/b/c.json", "run.sh", "a/run.sh"] {
        let bad = world.with_manifest(&path, |manifest| manifest["models"][0]["path"] = json!(name));
        assert!(world.refused(&bad).contains("no name that a file may have"), "{name}");
    }
    for digits in [63, 65] {
        let bad = world.with_manifest(&path, |manifest| manifest["models"][0]["sha256"] = json!("a".repeat(digits)));
        assert!(world.refused(&bad).contains("no SHA-256"));
    }
}

#[test]
fn damaged_and_dishonest_bundles_are_refused() {
    let world = World::new();
    let (path, manifest) = world.bundle("good.brickwork-bundle", true);
    let model = "models/tiny.gguf";
    let flipped = |wanted: &'static str| {
        move |name: &str, mut bytes: Vec<u8>| {
            if name == wanted {
                let last = bytes.len() - 2;
                bytes[last] ^= 1;
            }
            vec![(name.to_owned(), bytes)]
        }
    };
    let same = |name: &str, bytes: Vec<u8>| vec![(name.to_owned(), bytes)];
    assert!(world.refused(&world.changed(&path, flipped("models/tiny.gguf"))).contains("SHA-256 differs"));
    assert!(world.refused(&world.changed(&path, flipped("pipelines/1.json"))).contains("SHA-256 differs"));
    let extra = world.changed(&path, |name, bytes| {
        let mut entries = same(name, bytes);
        if name == model {
            entries.push(("models/escaped.gguf".to_owned(), vec![0]));
        }
        entries
    });
    assert!(world.refused(&extra).contains("escaped.gguf"));
    let missing = world.changed(&path, |name, bytes| if name == model { Vec::new() } else { same(name, bytes) });
    assert!(world.refused(&missing).contains("tiny.gguf"));
    let longer = world
        .changed(&path, |name, bytes| same(name, if name == model { [&bytes[..], &[0; 100]].concat() } else { bytes }));
    assert!(world.refused(&longer).contains("another size"));
    let compressed = world.repacked(&path, CompressionMethod::Deflated, same);
    assert!(world.refused(&compressed).contains("other files"), "a bomb needs compression");
    let newer = world.with_manifest(&path, |manifest| manifest["format"] = json!(2));
    assert!(world.refused(&newer).contains("update Brickwork"));
    let no_format = world.with_manifest(&path, |manifest| manifest["format"] = json!("x"));
    assert!(world.refused(&no_format).contains("manifest"));
    let twice = world.with_manifest(&path, |manifest| {
        let mut again = manifest["models"][0].clone();
        again["path"] = json!("TINY.gguf");
        manifest["models"].as_array_mut().unwrap().push(again);
    });
    // `TINY.gguf` ends as a model's file does and differs by its case alone.
    assert!(world.refused(&twice).contains("one name"));
    let bytes = fs::read(&path).unwrap();
    let cut = world.path("cut.brickwork-bundle");
    for length in [0, 10, bytes.len() / 2, bytes.len() - 1] {
        fs::write(&cut, &bytes[..length]).unwrap();
        world.refused(&cut);
    }
    assert!(matches!(
        Bundle::open(&world.path("none")),
        Err(BundleError::Refused { fault: BundleFault::Unreadable(_), .. })
    ));
    assert_eq!(manifest.models.len(), 1);
}

#[test]
fn a_bundle_with_something_else_in_place_of_a_model_is_refused() {
    let world = World::new();
    let mut contents = world.contents(true);
    fs::write(&contents.models[0].source, "no model at all").unwrap();
    contents.models[0].expected = None;
    let target = world.path("text.brickwork-bundle");
    write_bundle(&target, contents, &mut |_| Ok(())).unwrap();
    assert!(world.refused(&target).contains("cannot be used"));
}
