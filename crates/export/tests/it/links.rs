//! Row 22 of the threat table: symbolic links are refused at every part of a path, also when swapped in while writing.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use brickwork_export::{Action, Choice, ExportError, MANIFEST_NAME, ManifestOutcome, Reason, apply, apply_with, plan};

use crate::{export, facts, file, tree, written};

#[test]
fn row_22_links_are_refused_and_nothing_outside_changes() {
    let outside = tempfile::tempdir().unwrap();
    let folder = outside.path().join("target");
    fs::create_dir_all(folder.join("real")).unwrap();
    fs::create_dir(outside.path().join("secret")).unwrap();
    fs::write(outside.path().join("secret/a.js"), "secret").unwrap();
    symlink(outside.path().join("secret"), folder.join("linked")).unwrap();
    symlink("../../secret", folder.join("real/linked")).unwrap();
    symlink("../secret/a.js", folder.join("a.js")).unwrap();
    symlink("nowhere", folder.join("dangling.js")).unwrap();
    symlink("real", folder.join("inner")).unwrap();
    symlink("../secret/a.js", folder.join(MANIFEST_NAME)).unwrap();
    let before = tree(outside.path());
    let names = ["linked/a.js", "linked/new.js", "real/linked/a.js", "a.js", "dangling.js", "inner/a.js"];
    let files = names.map(|name| file(name, "evil"));
    for planned in plan(&folder, &files).unwrap().files {
        assert_eq!(planned.action, Action::Refused, "{}", planned.name);
        assert!(matches!(planned.reason, Some(Reason::Symlink { .. })), "{}", planned.name);
    }
    let choice = Choice { include: None, overwrite_conflicts: true };
    assert!(apply(&folder, &files, &choice, &facts()).unwrap().written.is_empty());
    assert_eq!(tree(outside.path()), before);

    let report = apply(&folder, &[file("real/ok.js", "1")], &choice, &facts()).unwrap();
    assert_eq!(written(&report), ["real/ok.js"]);
    assert!(matches!(report.manifest, ManifestOutcome::LeftAlone(Reason::Symlink { .. })));
    assert_eq!(fs::read_to_string(outside.path().join("secret/a.js")).unwrap(), "secret");
}

#[test]
fn row_22_a_link_swapped_in_while_writing_is_not_followed() {
    let outside = tempfile::tempdir().unwrap();
    let folder = outside.path().join("target");
    let secret = outside.path().join("secret");
    fs::create_dir_all(folder.join("sub")).unwrap();
    fs::create_dir(&secret).unwrap();
    let failed = apply_with(
        &folder,
        &[file("first.js", "1"), file("sub/a.js", "1")],
        &Choice::default(),
        &facts(),
        &mut |name| {
            if name == "sub/a.js" {
                fs::rename(folder.join("sub"), folder.join("moved")).unwrap();
                symlink(&secret, folder.join("sub")).unwrap();
            }
        },
    );
    assert!(matches!(failed, Err(ExportError::ChangedMeanwhile { .. })), "{failed:?}");
    assert!(tree(&secret).is_empty());
    let names: Vec<String> = tree(&folder).into_keys().collect();
    assert_eq!(names, ["moved", "sub"]);
}

#[test]
fn row_22_a_file_swapped_for_a_link_is_not_followed() {
    let outside = tempfile::tempdir().unwrap();
    let folder = outside.path().join("target");
    export(&folder, &[file("a.js", "1")]).unwrap();
    fs::write(outside.path().join("secret.js"), "1").unwrap();
    let failed = apply_with(&folder, &[file("a.js", "2")], &Choice::default(), &facts(), &mut |_| {
        fs::remove_file(folder.join("a.js")).unwrap();
        symlink("../secret.js", folder.join("a.js")).unwrap();
    });
    assert!(matches!(failed, Err(ExportError::ChangedMeanwhile { .. })), "{failed:?}");
    assert_eq!(fs::read_to_string(outside.path().join("secret.js")).unwrap(), "1");
}

#[test]
fn a_replaced_file_keeps_its_permissions() {
    let folder = tempfile::tempdir().unwrap();
    export(folder.path(), &[file("run.sh", "1")]).unwrap();
    let path = folder.path().join("run.sh");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    export(folder.path(), &[file("run.sh", "2")]).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o755);
}
