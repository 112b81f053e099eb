//! Imports, checks, names and removal in a models folder of one's own.

use std::fs;
use std::path::{Path, PathBuf};

use brickwork_models::found::ModelProgram;
use brickwork_models::transfer::Cancelled;
use brickwork_models::{
    CheckError, CheckedAgainst, HashError, ImportError, ImportMode, ImportOrder, ImportOrigin, Imported, ModelFile,
    ModelsFolder, Provenance, RemoveError, carry_out, check_file, check_hash, files_of_model, links, plan_import,
    plan_relocation, read_provenance, relocate, remove_model, rename_model, usage, write_provenance,
};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use crate::builder::Gguf;
use crate::shards::{first, later, part};

struct World {
    folder: TempDir,
    dir: PathBuf,
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path().join("models");
        Self { folder, dir }
    }

    /// A small model outside the models folder.
    fn outside(&self, name: &str, model: &Gguf) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, model.bytes()).unwrap();
        path
    }

    fn import(&self, source: &Path, mode: ImportMode, name: Option<&str>) -> Result<Vec<Imported>, ImportError> {
        self.import_from(source, mode, name, &ImportOrigin::default())
    }

    fn import_from(
        &self,
        source: &Path,
        mode: ImportMode,
        name: Option<&str>,
        origin: &ImportOrigin,
    ) -> Result<Vec<Imported>, ImportError> {
        let plan = plan_import(ImportOrder { models_dir: &self.dir, source, name, mode, origin })?;
        carry_out(&plan, &mut |_| Ok(()))
    }

    fn listed(&self) -> Vec<ModelFile> {
        ModelsFolder::scan(&self.dir).unwrap()
    }

    fn model(&self, id: &str) -> ModelFile {
        self.listed().into_iter().find(|model| model.id == id).unwrap_or_else(|| panic!("{id} is not listed"))
    }

    fn verify(&self, id: &str, accept: bool) -> Result<CheckedAgainst, CheckError> {
        let path = self.model(id).path;
        check_file(&self.dir, id, &path, accept, &mut |_| Ok(())).map(|checked| checked.against)
    }
}

fn other_model() -> Gguf {
    Gguf::small().text("general.description", "another one")
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Changes one byte of the file and keeps its size and its time of change.
fn flip_in_place(path: &Path) {
    let mut bytes = fs::read(path).unwrap();
    let modified = fs::metadata(path).unwrap().modified().unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    let file = fs::File::options().write(true).open(path).unwrap();
    std::io::Write::write_all(&mut &file, &bytes).unwrap();
    file.set_modified(modified).unwrap();
}

#[test]
fn a_copy_is_listed_and_its_checksum_recorded() {
    let world = World::new();
    let source = world.outside("a/Tiny Model.gguf", &Gguf::small());
    let imported = world.import(&source, ImportMode::Copy, None).unwrap();
    assert_eq!((&*imported[0].id, imported[0].already_there), ("Tiny Model", false));
    assert_eq!(imported[0].sha256, [sha256(&fs::read(&source).unwrap())]);
    assert_eq!(fs::read(&imported[0].path).unwrap(), fs::read(&source).unwrap());
    assert!(world.model("Tiny Model").is_runnable());
    assert_eq!(fs::read_dir(world.dir.join(".imports")).unwrap().count(), 0, "nothing is left behind");
    // The same again does nothing; another content under the same name is refused, and overwrites nothing.
    assert!(world.import(&source, ImportMode::Copy, None).unwrap()[0].already_there);
    let other = world.outside("b/Tiny Model.gguf", &other_model());
    let refused = world.import(&other, ImportMode::Copy, None).unwrap_err();
    assert!(matches!(refused, ImportError::NameTaken { .. }), "{refused}");
    let mut same_size = fs::read(&source).unwrap();
    *same_size.last_mut().unwrap() ^= 1;
    fs::write(&other, &same_size).unwrap();
    assert!(matches!(world.import(&other, ImportMode::Copy, None), Err(ImportError::NameTaken { .. })));
    assert_eq!(fs::read(&imported[0].path).unwrap(), fs::read(&source).unwrap());
    assert_eq!(world.import(&other, ImportMode::Copy, Some("Second")).unwrap()[0].id, "Second");
}

#[test]
fn a_move_leaves_nothing_and_copies_nothing_on_one_disk() {
    let world = World::new();
    let source = world.outside("x/m.gguf", &Gguf::small());
    let bytes = fs::read(&source).unwrap();
    let imported = world.import(&source, ImportMode::Move, None).unwrap();
    assert!(!source.exists());
    assert_eq!(fs::read(&imported[0].path).unwrap(), bytes);
    assert!(world.model("m").is_runnable());
}

#[test]
fn a_link_copies_nothing_and_its_removal_removes_nothing() {
    let world = World::new();
    let blob = world.outside("blobs/sha256-abc", &Gguf::small());
    let digest = sha256(&fs::read(&blob).unwrap());
    let origin = ImportOrigin {
        program: Some(ModelProgram::Ollama),
        name: Some("codellama:7b".into()),
        sha256: Some(digest.clone()),
    };
    let imported = world.import_from(&blob, ImportMode::Link, None, &origin).unwrap();
    assert_eq!((&*imported[0].id, &imported[0].path), ("codellama-7b", &blob));
    assert_eq!(world.import_from(&blob, ImportMode::Link, Some("again"), &origin).unwrap()[0].id, "codellama-7b");
    let model = world.model("codellama-7b");
    assert!(model.is_runnable() && model.origin.as_deref() == Some("Ollama"), "{model:?}");
    assert_eq!(world.verify("codellama-7b", false).unwrap(), CheckedAgainst::Program);
    assert!(matches!(rename_model(&world.dir, &model, "../x"), Err(RemoveError::BadName(_))));
    assert_eq!(rename_model(&world.dir, &model, "mine").unwrap(), blob);
    let counted = usage(&world.dir, &world.listed()).unwrap();
    assert!(!counted.models[0].is_inside && counted.total_bytes < 4096, "{counted:?}");

    fs::rename(&blob, blob.with_file_name("away")).unwrap();
    let gone = world.model("mine").problem.unwrap();
    assert!(gone.contains("is gone") && gone.contains("remove the model from the list"), "{gone}");
    fs::rename(blob.with_file_name("away"), &blob).unwrap();
    let removed = remove_model(&world.dir, &world.model("mine")).unwrap();
    assert!(removed.was_link && removed.files.is_empty());
    assert!(blob.exists() && links(&world.dir).unwrap().is_empty() && world.listed().is_empty());
}

#[test]
fn what_is_no_model_is_refused_before_anything_is_written() {
    let world = World::new();
    let text = world.folder.path().join("notes.gguf");
    fs::write(&text, "no model").unwrap();
    let missing = world.folder.path().join("none.gguf");
    for mode in [ImportMode::Link, ImportMode::Copy, ImportMode::Move] {
        let refused = world.import(&text, mode, None).unwrap_err();
        assert!(matches!(refused, ImportError::NoModel { .. }), "{refused}");
        let said = refused.to_string();
        assert_eq!(said.matches("notes.gguf").count(), 1, "{said}");
        assert!(
            said.contains(" is not imported: it starts with ") && said.ends_with(". Choose a file in GGUF format"),
            "{said}"
        );
        assert!(matches!(world.import(&missing, mode, None), Err(ImportError::Io { .. })));
        assert!(matches!(world.import(Path::new("m.gguf"), mode, None), Err(ImportError::NotAbsolute(_))));
        let source = world.outside("m.gguf", &Gguf::small());
        for name in ["../m", "a/b", "nul", ""] {
            assert!(matches!(world.import(&source, mode, Some(name)), Err(ImportError::BadName(_))), "{name}");
        }
    }
    assert!(!world.dir.exists() && text.exists());
}

#[test]
fn a_folder_is_imported_with_all_its_models() {
    let world = World::new();
    world.outside("in/a.gguf", &Gguf::small());
    world.outside("in/sub/b.gguf", &other_model());
    fs::write(world.folder.path().join("in/broken.gguf"), "x").unwrap();
    let folder = world.folder.path().join("in");
    let named = plan_import(ImportOrder {
        models_dir: &world.dir,
        source: &folder,
        name: Some("one"),
        mode: ImportMode::Copy,
        origin: &ImportOrigin::default(),
    });
    assert!(matches!(named, Err(ImportError::OneName(2))));
    let imported = world.import(&folder, ImportMode::Copy, None).unwrap();
    let ids: Vec<&str> = imported.iter().map(|model| &*model.id).collect();
    assert_eq!(ids, ["a", "b"]);
    let empty = world.folder.path().join("empty");
    fs::create_dir(&empty).unwrap();
    assert!(matches!(world.import(&empty, ImportMode::Copy, None), Err(ImportError::NothingThere(_))));
    assert!(matches!(world.import(&world.dir, ImportMode::Copy, None), Err(ImportError::InModelsFolder(_))));
}

#[test]
fn a_cancelled_import_leaves_nothing_behind() {
    let world = World::new();
    let source = world.outside("m.gguf", &Gguf::small());
    let origin = ImportOrigin::default();
    let order =
        ImportOrder { models_dir: &world.dir, source: &source, name: None, mode: ImportMode::Copy, origin: &origin };
    let plan = plan_import(order).unwrap();
    let stopped = carry_out(&plan, &mut |_| Err(Cancelled)).unwrap_err();
    assert!(matches!(stopped, ImportError::Cancelled(_)));
    assert!(world.listed().is_empty());
    assert_eq!(fs::read_dir(world.dir.join(".imports")).unwrap().count(), 0);
}

#[test]
fn the_origin_travels_and_a_file_that_differs_from_it_is_refused() {
    let world = World::new();
    let source = world.outside("m.gguf", &Gguf::small());
    let provenance = Provenance {
        repository: "owner/repo".into(),
        revision: "abc".into(),
        path: "m.gguf".into(),
        sha256: sha256(&fs::read(&source).unwrap()),
        size_bytes: fs::metadata(&source).unwrap().len(),
        licence: Some("mit".into()),
        downloaded_at: brickwork_engine::Timestamp::from_micros(0),
    };
    write_provenance(&source, &provenance).unwrap();
    let path = world.import(&source, ImportMode::Copy, None).unwrap()[0].path.clone();
    assert_eq!(read_provenance(&path).unwrap(), Some(provenance.clone()));
    assert_eq!(world.verify("m", false).unwrap(), CheckedAgainst::Hub);
    write_provenance(&source, &Provenance { sha256: "0".repeat(64), ..provenance }).unwrap();
    let refused = world.import(&source, ImportMode::Copy, Some("n")).unwrap_err();
    assert!(matches!(refused, ImportError::Mismatch { .. }), "{refused}");
}

#[test]
fn every_change_of_a_file_whose_checksum_is_recorded_is_refused() {
    let world = World::new();
    let source = world.outside("m.gguf", &Gguf::small());
    let path = world.import(&source, ImportMode::Copy, None).unwrap()[0].path.clone();
    let good = fs::read(&path).unwrap();
    check_hash(&world.dir, &path).unwrap();

    // Touched, but the same: read again, and used.
    fs::write(&path, &good).unwrap();
    check_hash(&world.dir, &path).unwrap();

    // One byte after another, the size kept.
    for at in [0, good.len() / 2, good.len() - 1] {
        let mut bad = good.clone();
        bad[at] ^= 1;
        fs::write(&path, &bad).unwrap();
        let refused = check_hash(&world.dir, &path).unwrap_err();
        assert!(matches!(refused, HashError::Changed { .. }), "{refused}");
        assert!(refused.to_string().contains("accept the change"), "{refused}");
        // The second look reads nothing and refuses as well, also in the list.
        assert!(check_hash(&world.dir, &path).is_err());
        assert!(!world.model("m").is_runnable());
    }
    // Longer and shorter.
    for bad in [[&good[..], &[0]].concat(), good[..good.len() - 1].to_vec()] {
        fs::write(&path, &bad).unwrap();
        assert!(check_hash(&world.dir, &path).is_err());
        assert!(!world.model("m").is_runnable());
    }
    // The right content again is used again.
    fs::write(&path, &good).unwrap();
    check_hash(&world.dir, &path).unwrap();
    assert!(world.model("m").is_runnable());
}

#[test]
fn a_change_that_hides_its_time_is_found_by_a_check_and_refused_from_then_on() {
    let world = World::new();
    let source = world.outside("m.gguf", &Gguf::small());
    let path = world.import(&source, ImportMode::Copy, None).unwrap()[0].path.clone();
    // Records of earlier versions do not hold when anything was changed.
    let records = world.dir.join("hashes.json");
    let full = fs::read_to_string(&records).unwrap();
    let mut older: serde_json::Value = serde_json::from_str(&full).unwrap();
    older[0].as_object_mut().unwrap().remove("changed_ns");
    // Some systems count that time in steps.
    std::thread::sleep(std::time::Duration::from_millis(20));
    flip_in_place(&path);
    if cfg!(unix) {
        assert!(matches!(check_hash(&world.dir, &path), Err(HashError::Changed { .. })), "seen at the next use");
    }
    fs::write(&records, older.to_string()).unwrap();
    check_hash(&world.dir, &path).unwrap();
    assert!(matches!(world.verify("m", false), Err(CheckError::Mismatch { against: CheckedAgainst::Record, .. })));
    assert!(check_hash(&world.dir, &path).is_err());
    assert!(world.model("m").problem.unwrap().contains("was changed since its checksum was recorded"));
    // The user may take it as it is.
    assert_eq!(world.verify("m", true).unwrap(), CheckedAgainst::Nothing);
    check_hash(&world.dir, &path).unwrap();
    assert_eq!(world.verify("m", false).unwrap(), CheckedAgainst::Record);
    assert!(world.model("m").is_runnable());
}

#[test]
fn without_anything_to_compare_with_a_check_records() {
    let world = World::new();
    fs::create_dir_all(&world.dir).unwrap();
    let path = world.outside("models/m.gguf", &Gguf::small());
    check_hash(&world.dir, &path).unwrap();
    assert_eq!(world.verify("m", false).unwrap(), CheckedAgainst::Nothing);
    flip_in_place(&path);
    assert!(world.verify("m", false).is_err());
}

#[test]
fn damaged_notes_are_told_and_never_written_over() {
    let world = World::new();
    let source = world.outside("m.gguf", &Gguf::small());
    fs::create_dir_all(&world.dir).unwrap();
    fs::write(world.dir.join("links.json"), "[{").unwrap();
    let refused = world.import(&source, ImportMode::Link, None).unwrap_err().to_string();
    assert!(refused.contains("links.json") && refused.contains("damaged"), "{refused}");
    assert_eq!(fs::read_to_string(world.dir.join("links.json")).unwrap(), "[{");
    assert!(world.listed().is_empty());
}

#[test]
fn models_are_renamed_and_removed_with_what_is_known_of_them() {
    let world = World::new();
    let source = world.outside("m.gguf", &Gguf::small());
    world.import(&source, ImportMode::Copy, None).unwrap();
    world.import(&source, ImportMode::Copy, Some("taken")).unwrap();
    let model = world.model("m");
    assert!(matches!(rename_model(&world.dir, &model, "taken"), Err(RemoveError::NameTaken(_))));
    let path = rename_model(&world.dir, &model, "new").unwrap();
    assert_eq!(path, world.dir.join("new.gguf"));
    assert_eq!(world.verify("new", false).unwrap(), CheckedAgainst::Record, "the record follows");
    let before = usage(&world.dir, &world.listed()).unwrap();
    assert_eq!((before.models.len(), before.partial.len()), (2, 0));
    let removed = remove_model(&world.dir, &world.model("new")).unwrap();
    assert_eq!((removed.files, removed.was_link), (vec![path], false));
    assert_eq!(world.listed().len(), 1);
    let after = usage(&world.dir, &world.listed()).unwrap();
    assert!(after.total_bytes < before.total_bytes && after.free_bytes.is_some());
    assert_eq!(files_of_model(&world.model("taken")).len(), 1);
}

/// A sound model in two files in `folder`, which is made.
fn in_parts(folder: &Path) -> [PathBuf; 2] {
    fs::create_dir_all(folder).unwrap();
    let paths = [part(folder, 1, 2), part(folder, 2, 2)];
    fs::write(&paths[0], first(2).bytes()).unwrap();
    fs::write(&paths[1], later(1, 2).bytes()).unwrap();
    paths
}

fn names_in(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = entries.filter(|name| name.ends_with(".gguf")).collect();
    names.sort();
    names
}

#[test]
fn a_model_in_parts_is_imported_as_one() {
    let two = ["acme-Q4-00001-of-00002.gguf", "acme-Q4-00002-of-00002.gguf"];
    for (mode, stays) in [(ImportMode::Copy, true), (ImportMode::Move, false)] {
        // Whichever part is named, and the folder, mean the whole model.
        for which in 0..3 {
            let world = World::new();
            let outside = world.folder.path().join("in");
            let sources = in_parts(&outside);
            let bytes = sources.each_ref().map(|path| fs::read(path).unwrap());
            let imported = world.import([&sources[0], &sources[1], &outside][which], mode, None).unwrap();
            assert_eq!((imported.len(), &*imported[0].id), (1, "acme-Q4"), "{mode:?} {which}");
            assert_eq!(imported[0].sha256, bytes.each_ref().map(|bytes| sha256(bytes)));
            assert_eq!(names_in(&world.dir), two);
            assert_eq!(sources.each_ref().map(|path| path.exists()), [stays; 2]);
            let model = world.model("acme-Q4");
            assert!(model.is_runnable() && model.size_bytes == (bytes[0].len() + bytes[1].len()) as u64, "{model:?}");
            assert_eq!(files_of_model(&model).len(), 2);
            // A change of the second part alone is found as well.
            flip_in_place(&part(&world.dir, 2, 2));
            check_file(&world.dir, "acme-Q4", &part(&world.dir, 2, 2), false, &mut |_| Ok(())).unwrap_err();
            assert!(!world.model("acme-Q4").is_runnable());
            let removed = remove_model(&world.dir, &model).unwrap();
            assert_eq!((removed.files.len(), world.listed().len()), (2, 0));
        }
    }
    let world = World::new();
    let sources = in_parts(&world.folder.path().join("in"));
    world.import(&sources[1], ImportMode::Link, None).unwrap();
    assert!(world.model("acme-Q4").is_runnable());
    let renamed = world.import(&sources[0], ImportMode::Copy, Some("mine")).unwrap();
    assert_eq!(renamed[0].path.file_name().unwrap(), "mine-00001-of-00002.gguf");
    assert_eq!(
        rename_model(&world.dir, &world.model("mine"), "yours").unwrap(),
        world.dir.join("yours-00001-of-00002.gguf")
    );
    assert_eq!(names_in(&world.dir), ["yours-00001-of-00002.gguf", "yours-00002-of-00002.gguf"]);
}

#[test]
fn a_model_in_parts_that_is_not_whole_is_refused_and_leaves_nothing() {
    let world = World::new();
    let sources = in_parts(&world.folder.path().join("in"));
    // The name is taken by a model in one file, and by another second part.
    let taken = world.import(&world.outside("x.gguf", &Gguf::small()), ImportMode::Copy, Some("acme-Q4")).unwrap();
    let refused = world.import(&sources[0], ImportMode::Copy, None).unwrap_err();
    assert!(matches!(refused, ImportError::NameTaken { .. }), "{refused}");
    fs::remove_file(&taken[0].path).unwrap();
    let other = later(1, 2).text("general.description", "another");
    fs::write(part(&world.dir, 2, 2), other.bytes()).unwrap();
    for mode in [ImportMode::Copy, ImportMode::Move] {
        let refused = world.import(&sources[0], mode, None).unwrap_err();
        assert!(matches!(refused, ImportError::NameTaken { .. }), "{refused}");
        assert_eq!(names_in(&world.dir), ["acme-Q4-00002-of-00002.gguf"], "no part of it has appeared");
        assert!(sources.iter().all(|path| path.exists()));
    }
    fs::remove_file(part(&world.dir, 2, 2)).unwrap();
    // The second part is gone, is another model's, is cut off.
    for content in [None, Some(later(1, 3).bytes()), Some(later(1, 2).bytes()[..90].to_vec())] {
        match &content {
            None => fs::remove_file(&sources[1]).unwrap(),
            Some(bytes) => fs::write(&sources[1], bytes).unwrap(),
        }
        for mode in [ImportMode::Link, ImportMode::Copy, ImportMode::Move] {
            let refused = world.import(&sources[0], mode, None).unwrap_err();
            let is_told = matches!(refused, ImportError::MissingShard(_) | ImportError::NoModel { .. });
            assert!(is_told && refused.to_string().contains("00002-of-00002"), "{mode:?}: {refused}");
            assert!(sources[0].exists() && names_in(&world.dir).is_empty());
        }
    }
}

#[test]
fn a_model_is_moved_to_another_folder_and_back_and_keeps_its_id() {
    let world = World::new();
    let sources = in_parts(&world.folder.path().join("in"));
    world.import(&sources[0], ImportMode::Copy, Some("big")).unwrap();
    let away = world.folder.path().join("away");
    fs::create_dir(&away).unwrap();
    let move_to = |folder: Option<&Path>| {
        let planned = plan_relocation(&world.dir, &world.model("big"), folder)?;
        relocate(&planned, &mut |_| Ok(()))
    };
    let refused = |folder: &Path| match move_to(Some(folder)) {
        Ok(moved) => panic!("{moved:?}"),
        Err(error) => error.to_string(),
    };
    assert!(refused(Path::new("away")).contains("no absolute path"));
    assert!(refused(&away.join("none")).contains("there is no such folder"));
    assert!(
        refused(&world.dir).contains("the model lies there already") || refused(&world.dir).contains("models folder")
    );
    assert!(matches!(move_to(None), Err(ImportError::InModelsFolder(_))));
    assert_eq!(names_in(&world.dir).len(), 2, "nothing was moved");

    let moved = move_to(Some(&away)).unwrap();
    assert_eq!((&*moved.id, moved.path.parent()), ("big", Some(&*away)));
    assert_eq!((names_in(&world.dir).len(), fs::read_dir(&away).unwrap().count()), (0, 2), "and nothing else is there");
    assert!(world.model("big").is_runnable() && world.listed().len() == 1);
    assert_eq!(world.verify("big", false).unwrap(), CheckedAgainst::Record, "the record follows");
    // Another content than the recorded one does not travel.
    let second = away.join("big-00002-of-00002.gguf");
    let good = fs::read(&second).unwrap();
    flip_in_place(&second);
    let changed = move_to(None).unwrap_err();
    assert!(matches!(changed, ImportError::Changed { .. }), "{changed}");
    assert_eq!((names_in(&world.dir).len(), names_in(&away).len()), (0, 2));
    fs::write(&second, good).unwrap();

    let cancelled = plan_relocation(&world.dir, &world.model("big"), None).unwrap();
    assert!(matches!(relocate(&cancelled, &mut |_| Err(Cancelled)), Err(ImportError::Cancelled(_))));
    assert_eq!((names_in(&world.dir).len(), names_in(&away).len()), (0, 2));
    let third = world.folder.path().join("third");
    fs::create_dir(&third).unwrap();
    assert_eq!(move_to(Some(&third)).unwrap().path.parent(), Some(&*third));
    move_to(None).unwrap();
    assert_eq!((names_in(&world.dir).len(), names_in(&third).len()), (2, 0));
    assert!(links(&world.dir).unwrap().is_empty() && world.model("big").is_runnable());
    assert_eq!(world.verify("big", false).unwrap(), CheckedAgainst::Record);

    let blob = world.outside("blobs/sha256-abc", &Gguf::small());
    let origin = ImportOrigin { program: Some(ModelProgram::Ollama), name: Some("theirs".into()), sha256: None };
    world.import_from(&blob, ImportMode::Link, None, &origin).unwrap();
    let belongs = plan_relocation(&world.dir, &world.model("theirs"), None).unwrap_err().to_string();
    assert!(belongs.contains("belongs to Ollama"), "{belongs}");
}
