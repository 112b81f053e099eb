//! Plans: the action of each file, its reason and its difference; nothing is touched.

use std::fs;

use brickwork_export::{Action, ExportError, ExportFile, MAX_FILES, MAX_TOTAL_BYTES, NameFault, Reason, plan};

use crate::{export, file, tree};

fn actions(folder: &std::path::Path, files: &[brickwork_export::ExportFile]) -> Vec<(String, &'static str)> {
    let planned = plan(folder, files).unwrap();
    planned.files.into_iter().map(|file| (file.name, file.action.as_str())).collect()
}

#[test]
fn each_file_gets_its_action() {
    let folder = tempfile::tempdir().unwrap();
    export(
        folder.path(),
        &[file("same.js", "1\n"), file("changed.js", "1\n"), file("edited.js", "1\n"), file("gone.js", "1\n")],
    )
    .unwrap();
    fs::write(folder.path().join("edited.js"), "mine\n").unwrap();
    fs::write(folder.path().join("theirs.js"), "theirs\n").unwrap();
    fs::remove_file(folder.path().join("gone.js")).unwrap();
    fs::create_dir(folder.path().join("dir.js")).unwrap();
    let before = tree(folder.path());
    let files =
        ["same.js", "changed.js", "edited.js", "theirs.js", "gone.js", "new/a.js", "dir.js", "same.js/b.js", "../x"]
            .map(|name| file(name, if name == "same.js" { "1\n" } else { "2\n" }));
    let planned = plan(folder.path(), &files).unwrap();
    let found: Vec<_> =
        planned.files.iter().map(|file| (file.name.as_str(), file.action, file.reason.clone())).collect();
    assert_eq!(
        found,
        [
            ("same.js", Action::Same, None),
            ("changed.js", Action::Changed, None),
            ("edited.js", Action::Conflict, Some(Reason::Edited)),
            ("theirs.js", Action::Conflict, Some(Reason::NotOurs)),
            ("gone.js", Action::New, None),
            ("new/a.js", Action::New, None),
            ("dir.js", Action::Refused, Some(Reason::NotAFile)),
            ("same.js/b.js", Action::Conflict, Some(Reason::Collides { other: "same.js".to_owned() })),
            ("../x", Action::Refused, Some(Reason::Name(NameFault::Path(brickwork_artifacts::PathFault::Parent)))),
        ]
    );
    let diffs: Vec<Option<&str>> = planned.files.iter().map(|file| file.diff.as_deref()).collect();
    assert_eq!(diffs[1], Some("--- a/changed.js\n+++ b/changed.js\n@@ -1 +1 @@\n-1\n+2\n"));
    assert_eq!(diffs[2], Some("--- a/edited.js\n+++ b/edited.js\n@@ -1 +1 @@\n-mine\n+2\n"));
    assert!(diffs[0].is_none() && diffs[4].is_none() && diffs[8].is_none());
    assert_eq!(tree(folder.path()), before);
}

#[test]
fn a_missing_folder_is_planned_and_not_made() {
    let outside = tempfile::tempdir().unwrap();
    assert_eq!(actions(&outside.path().join("a/b"), &[file("x.js", "1")]), [("x.js".to_owned(), "new")]);
    assert!(tree(outside.path()).is_empty());
}

#[test]
fn a_file_is_no_folder() {
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("f"), "").unwrap();
    assert!(matches!(plan(&outside.path().join("f"), &[]), Err(ExportError::NotAFolder { .. })));
}

#[test]
fn row_24_names_equal_but_for_case_or_normalisation_conflict() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("Src")).unwrap();
    fs::write(folder.path().join("form.jsx"), "mine").unwrap();
    let files = [
        file("Form.jsx", "1"),
        file("src/a.js", "1"),
        file("Src/a.js", "1"),
        file("b.js", "1"),
        file("B.js", "1"),
        file("b.js", "2"),
        file("\u{e9}.js", "1"),
        file("e\u{301}.js", "1"),
        file("d/x.js", "1"),
        file("D", "1"),
    ];
    let planned = plan(folder.path(), &files).unwrap();
    let found: Vec<_> = planned.files.iter().map(|file| (file.action, file.reason.clone())).collect();
    let exists = |other: &str| (Action::Conflict, Some(Reason::ExistsAs { other: other.to_owned() }));
    let collides = |other: &str| (Action::Conflict, Some(Reason::Collides { other: other.to_owned() }));
    let new = (Action::New, None);
    assert_eq!(
        found,
        [
            exists("form.jsx"),
            exists("Src"),
            collides("src/a.js"),
            new.clone(),
            collides("b.js"),
            collides("b.js"),
            new.clone(),
            collides("\u{e9}.js"),
            new,
            collides("d/x.js"),
        ]
    );
}

#[test]
fn binary_and_long_files_have_no_difference() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.bin"), [0, 159, 146, 150]).unwrap();
    fs::write(folder.path().join("long.txt"), "line\n".repeat(300_000)).unwrap();
    let planned = plan(folder.path(), &[file("a.bin", "x"), file("long.txt", "x")]).unwrap();
    assert!(planned.files.iter().all(|file| file.action == Action::Conflict && file.diff.is_none()));
}

#[test]
fn row_25_too_many_files_are_refused_before_anything_is_touched() {
    let folder = tempfile::tempdir().unwrap();
    let files: Vec<_> = (0..=MAX_FILES).map(|n| file(&format!("{n}.js"), "x")).collect();
    assert!(matches!(plan(folder.path(), &files), Err(ExportError::TooManyFiles { .. })));
    assert!(matches!(export(folder.path(), &files), Err(ExportError::TooManyFiles { .. })));
    // Zeros that nobody wrote take no memory, so that the bound itself can be tried.
    let zeros = |name: &str, count: u64| {
        let content = String::from_utf8(vec![0; usize::try_from(count).unwrap()]).unwrap();
        ExportFile { content, ..file(name, "") }
    };
    let half = MAX_TOTAL_BYTES / 2;
    let halves = |more: u64| [zeros("a.txt", half), zeros("b.txt", half + more)];
    let files = halves(1);
    let refused = |size_bytes: u64| size_bytes == MAX_TOTAL_BYTES + 1;
    let planned = plan(folder.path(), &files);
    assert!(matches!(planned, Err(ExportError::TooManyBytes { size_bytes }) if refused(size_bytes)), "{planned:?}");
    let new = folder.path().join("new");
    assert!(matches!(export(&new, &files), Err(ExportError::TooManyBytes { size_bytes }) if refused(size_bytes)));
    assert!(!new.exists());
    assert_eq!(plan(&new, &halves(0)).unwrap().files.len(), 2, "the bound itself is taken");
    assert!(tree(folder.path()).is_empty());
}
