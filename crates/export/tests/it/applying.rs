//! Exports: what is written, what never is, the manifest, and undoing.

use std::fs;
use std::path::Path;

use brickwork_export::{Choice, ExportError, MANIFEST_NAME, Manifest, ManifestOutcome, Reason, apply, apply_with};

use crate::{export, facts, file, skipped, tree, written};

fn manifest(folder: &Path) -> Manifest {
    serde_json::from_slice(&fs::read(folder.join(MANIFEST_NAME)).unwrap()).unwrap()
}

fn overwriting() -> Choice {
    Choice { include: None, overwrite_conflicts: true }
}

#[test]
fn files_and_manifest_are_written() {
    let outside = tempfile::tempdir().unwrap();
    let folder = outside.path().join("new/folder");
    let report = export(&folder, &[file("Form.jsx", "<A/>\n"), file("src/a.css", "a{}\r\n")]).unwrap();
    assert_eq!(written(&report), ["Form.jsx", "src/a.css"]);
    assert_eq!(report.manifest, ManifestOutcome::Written);
    let names: Vec<String> = tree(&folder).into_keys().collect();
    assert_eq!(names, ["Form.jsx", MANIFEST_NAME, "src", &Path::new("src").join("a.css").display().to_string()]);
    assert_eq!(fs::read(folder.join("src/a.css")).unwrap(), b"a{}\r\n");
    let manifest = manifest(&folder);
    assert_eq!((manifest.version, manifest.run_id.as_str(), manifest.pipeline.as_str()), (1, "run-1", "A pipeline"));
    assert_eq!(manifest.exported_at, "2026-01-02T03:04:05Z");
    let entry = &manifest.files[0];
    assert_eq!((entry.name.as_str(), entry.size_bytes, entry.step.as_deref()), ("Form.jsx", 5, Some("generate")));
    // printf '<A/>\n' | sha256sum
    assert_eq!(entry.sha256, "fc762b62ad15bfc0bba504d3cde2d0a5744c1d1a7f530043ea78bbb1c45d6e2d");
}

#[test]
fn a_second_export_never_overwrites_edited_files() {
    let folder = tempfile::tempdir().unwrap();
    export(folder.path(), &[file("a.js", "1"), file("b.js", "1")]).unwrap();
    fs::write(folder.path().join("a.js"), "edited").unwrap();
    for round in ["2", "3"] {
        let report = export(folder.path(), &[file("a.js", round), file("b.js", round)]).unwrap();
        assert_eq!(written(&report), ["b.js"]);
        assert_eq!(skipped(&report), [("a.js", "was edited since the last export".to_owned())]);
        assert_eq!(fs::read_to_string(folder.path().join("a.js")).unwrap(), "edited");
        assert_eq!(fs::read_to_string(folder.path().join("b.js")).unwrap(), round);
    }
    let report = apply(folder.path(), &[file("a.js", "4")], &overwriting(), &facts()).unwrap();
    assert_eq!(written(&report), ["a.js"]);
    assert_eq!(fs::read_to_string(folder.path().join("a.js")).unwrap(), "4");
    // From here on the file is the export's again.
    assert_eq!(written(&export(folder.path(), &[file("a.js", "5")]).unwrap()), ["a.js"]);
}

#[test]
fn the_same_export_twice_changes_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let files = [file("a.js", "1"), file("src/b.js", "2")];
    export(folder.path(), &files).unwrap();
    let before = tree(folder.path());
    let report = export(folder.path(), &files).unwrap();
    assert!(report.written.is_empty());
    assert_eq!(report.skipped[0].reason, Reason::Same);
    assert_eq!(tree(folder.path()), before);
}

#[test]
fn files_never_written_by_an_export_stay() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.js"), "theirs").unwrap();
    let report = export(folder.path(), &[file("a.js", "1")]).unwrap();
    assert_eq!(report.skipped[0].reason, Reason::NotOurs);
    assert_eq!(report.manifest, ManifestOutcome::NotNeeded);
    assert_eq!(tree(folder.path()).len(), 1);
}

#[test]
fn only_what_is_chosen_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let files = [file("a.js", "1"), file("b.js", "1")];
    let choice = Choice { include: Some(vec!["b.js".to_owned()]), overwrite_conflicts: false };
    let report = apply(folder.path(), &files, &choice, &facts()).unwrap();
    assert_eq!((written(&report), report.skipped[0].reason.clone()), (vec!["b.js"], Reason::NotChosen));
    let choice = Choice { include: Some(vec!["c.js".to_owned()]), overwrite_conflicts: false };
    assert!(matches!(apply(folder.path(), &files, &choice, &facts()), Err(ExportError::UnknownName { .. })));
}

#[test]
fn names_that_clash_are_never_both_written() {
    let folder = tempfile::tempdir().unwrap();
    let report =
        apply(folder.path(), &[file("a.js", "1"), file("A.js", "2"), file("a.js/b", "3")], &overwriting(), &facts())
            .unwrap();
    assert_eq!(written(&report), ["a.js"]);
    assert_eq!(report.skipped.len(), 2);
    assert_eq!(tree(folder.path()).len(), 2);
}

#[test]
fn the_manifest_keeps_files_of_earlier_exports() {
    let folder = tempfile::tempdir().unwrap();
    export(folder.path(), &[file("a.js", "1"), file("b.js", "1")]).unwrap();
    let before = manifest(folder.path());
    let later = brickwork_export::Facts { run_id: "run-2".to_owned(), ..facts() };
    apply(folder.path(), &[file("c.js", "1"), file("b.js", "2")], &Choice::default(), &later).unwrap();
    let after = manifest(folder.path());
    let names: Vec<&str> = after.files.iter().map(|file| file.name.as_str()).collect();
    assert_eq!((after.run_id.as_str(), names), ("run-2", vec!["a.js", "b.js", "c.js"]));
    assert_eq!(after.files[0], before.files[0]);
    assert_ne!(after.files[1], before.files[1]);
}

#[test]
fn a_manifest_of_somebody_else_is_left_alone() {
    for theirs in [
        "{\"bricks\": 3}",
        "not json",
        "{\"version\": 2, \"run_id\": \"\", \"pipeline\": \"\", \"exported_at\": \"\", \"files\": []}",
    ] {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(MANIFEST_NAME), theirs).unwrap();
        let planned = brickwork_export::plan(folder.path(), &[file("a.js", "1")]).unwrap();
        assert_eq!(planned.manifest_conflict, Some(Reason::NotOurManifest));
        let report = apply(folder.path(), &[file("a.js", "1")], &overwriting(), &facts()).unwrap();
        assert_eq!(
            (written(&report), report.manifest.clone()),
            (vec!["a.js"], ManifestOutcome::LeftAlone(Reason::NotOurManifest))
        );
        assert_eq!(fs::read_to_string(folder.path().join(MANIFEST_NAME)).unwrap(), theirs);
    }
}

#[test]
fn row_25_a_failed_write_undoes_the_others() {
    let outside = tempfile::tempdir().unwrap();
    let folder = outside.path().join("target");
    export(&folder, &[file("a.js", "1"), file("keep/b.js", "1")]).unwrap();
    fs::write(folder.join("mine.js"), "mine").unwrap();
    let before = tree(outside.path());
    let files = [
        file("a.js", "2"),
        file("keep/b.js", "2"),
        file("mine.js", "2"),
        file("new/deep/c.js", "2"),
        file("gone/d.js", "2"),
    ];
    // The last file's folder vanishes between being opened and being written to, so that the write fails.
    let failed = apply_with(&folder, &files, &overwriting(), &facts(), &mut |name| {
        if name == "gone/d.js" {
            fs::remove_dir(folder.join("gone")).unwrap();
        }
    });
    assert!(matches!(&failed, Err(ExportError::Write { name, .. }) if name == "gone/d.js"), "{failed:?}");
    assert_eq!(tree(outside.path()), before);
}

#[test]
fn a_failed_first_export_leaves_no_folder() {
    let outside = tempfile::tempdir().unwrap();
    let folder = outside.path().join("x/y");
    let failed =
        apply_with(&folder, &[file("a.js", "1"), file("d/b.js", "1")], &Choice::default(), &facts(), &mut |name| {
            if name == "d/b.js" {
                fs::remove_dir(folder.join("d")).unwrap();
            }
        });
    assert!(failed.is_err());
    assert!(tree(outside.path()).is_empty());
}

#[test]
fn a_file_that_appears_or_changes_while_writing_is_not_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    export(folder.path(), &[file("old.js", "1")]).unwrap();
    for name in ["new.js", "old.js"] {
        let failed = apply_with(
            folder.path(),
            &[file("first.js", "1"), file(name, "2")],
            &Choice::default(),
            &facts(),
            &mut |now| {
                if now == name {
                    fs::write(folder.path().join(name), "somebody's").unwrap();
                }
            },
        );
        assert!(matches!(failed, Err(ExportError::ChangedMeanwhile { .. })), "{failed:?}");
        assert_eq!(fs::read_to_string(folder.path().join(name)).unwrap(), "somebody's");
        assert!(!folder.path().join("first.js").exists());
    }
    assert!(tree(folder.path()).keys().all(|name| !name.ends_with(".tmp")));
}
