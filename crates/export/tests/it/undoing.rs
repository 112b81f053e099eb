//! Undoing exports: every byte as before, also after a death; and never over somebody's work.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use brickwork_export::{
    Choice, ExportError, ExportFile, ExportOrder, ExportReport, Facts, Keep, MANIFEST_NAME, MAX_KEPT_EXPORTS, Manifest,
    Reason, UndoReport, carry_out, kept_exports, prune_exports, undo, undo_with,
};
use tempfile::TempDir;

use crate::{facts, file, tree};

/// A folder to export to, and one to keep what it held in.
struct World {
    /// Holds `folder` and nothing of Brickwork's.
    outside: TempDir,
    folder: PathBuf,
    data: TempDir,
}

impl World {
    fn new() -> Self {
        let outside = tempfile::tempdir().unwrap();
        let folder = outside.path().join("target");
        fs::create_dir(&folder).unwrap();
        Self { outside, folder, data: tempfile::tempdir().unwrap() }
    }

    fn exports(&self) -> PathBuf {
        self.data.path().join("exports")
    }

    fn export_with(
        &self,
        id: &str,
        files: &[ExportFile],
        on_file: &mut dyn FnMut(&str),
    ) -> Result<ExportReport, ExportError> {
        let exports = self.exports();
        let order = ExportOrder {
            folder: &self.folder,
            files,
            choice: &Choice { include: None, overwrite_conflicts: true },
            facts: &Facts { exported_at: format!("2026-01-01T00:00:00Z {id}"), ..facts() },
            keep: Some(Keep { exports: &exports, export_id: id }),
        };
        carry_out(&order, on_file)
    }

    fn export(&self, id: &str, files: &[ExportFile]) -> ExportReport {
        self.export_with(id, files, &mut |_| {}).unwrap()
    }

    fn undo(&self, id: &str, overwrite: bool) -> Result<UndoReport, ExportError> {
        undo(&self.exports(), id, overwrite)
    }

    fn write(&self, name: &str, content: &[u8]) {
        let path = self.folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.folder.join(name)).unwrap()
    }
}

fn skipped(report: &UndoReport) -> Vec<(&str, Reason)> {
    report.skipped.iter().map(|file| (file.name.as_str(), file.reason.clone())).collect()
}

fn manifest(folder: &Path) -> Manifest {
    serde_json::from_slice(&fs::read(folder.join(MANIFEST_NAME)).unwrap()).unwrap()
}

#[test]
fn row_25_an_undo_restores_every_byte() {
    let world = World::new();
    world.write("mine.bin", &[0, 255, 13, 10, 0]);
    world.write("src/empty.js", b"");
    world.export("1", &[file("first.js", "1\n")]);
    let before = tree(world.outside.path());
    let files = [file("mine.bin", "2"), file("src/empty.js", "2"), file("first.js", "2"), file("new/deep/a.js", "2")];
    let report = world.export("2", &files);
    assert!(report.kept);
    assert_eq!(report.written.len(), 4);
    assert_ne!(tree(world.outside.path()), before);
    let report = world.undo("2", false).unwrap();
    assert_eq!(report.restored, ["mine.bin", "src/empty.js", "first.js"]);
    assert_eq!(report.removed, ["new/deep/a.js"]);
    assert_eq!(report.skipped, []);
    assert_eq!(tree(world.outside.path()), before);
    assert!(matches!(world.undo("2", false), Err(ExportError::AlreadyUndone { .. })));
    world.undo("1", false).unwrap();
    assert_eq!(fs::read_dir(&world.folder).unwrap().count(), 2, "only what was there before any export");
}

#[test]
fn row_25_an_undo_removes_the_folders_that_the_export_made_and_no_others() {
    let outside = tempfile::tempdir().unwrap();
    let world = World { folder: outside.path().join("x/y"), outside, data: tempfile::tempdir().unwrap() };
    world.export("1", &[file("a/b/c.js", "1")]);
    world.undo("1", false).unwrap();
    assert!(tree(world.outside.path()).is_empty());
    world.export("2", &[file("a/b/c.js", "1")]);
    world.write("a/theirs.txt", b"keep");
    world.undo("2", false).unwrap();
    let left: Vec<String> = tree(world.outside.path()).into_keys().collect();
    assert_eq!(
        left,
        ["x", "x/y", "x/y/a", "x/y/a/theirs.txt"].map(|name| name.replace('/', std::path::MAIN_SEPARATOR_STR))
    );
}

#[test]
fn row_25_files_edited_or_removed_since_are_skipped_unless_asked_for() {
    let world = World::new();
    for name in ["edited.js", "gone.js", "same.js"] {
        world.write(name, b"before");
    }
    let before = tree(world.outside.path());
    let names = ["edited.js", "gone.js", "same.js", "new.js", "new-edited.js"];
    world.export("1", &names.map(|name| file(name, "exported")));
    world.write("edited.js", b"precious");
    world.write("new-edited.js", b"precious too");
    fs::remove_file(world.folder.join("gone.js")).unwrap();
    let report = world.undo("1", false).unwrap();
    assert_eq!(
        (report.restored.as_slice(), report.removed.as_slice()),
        (&["same.js".into()][..], &["new.js".into()][..])
    );
    let expected = [("edited.js", Reason::Edited), ("gone.js", Reason::Removed), ("new-edited.js", Reason::Edited)];
    assert_eq!(skipped(&report), expected);
    assert_eq!(world.read("edited.js"), "precious");
    assert_eq!(world.read("new-edited.js"), "precious too");
    assert!(!kept_exports(&world.exports())[0].undone);
    let report = world.undo("1", true).unwrap();
    assert_eq!(report.skipped, []);
    assert_eq!(tree(world.outside.path()), before);
    assert!(kept_exports(&world.exports())[0].undone);
}

/// Calls `work`, which dies at the `at`-th file; false when it came to its end before.
fn dies(at: usize, work: impl FnOnce(&mut dyn FnMut(&str))) -> bool {
    let mut count = 0;
    let mut on_file = |_: &str| {
        count += 1;
        assert!(count != at, "killed here");
    };
    catch_unwind(AssertUnwindSafe(|| work(&mut on_file))).is_err()
}

#[test]
fn row_25_an_undo_that_was_killed_is_finished_by_the_next_one() {
    for at in 1.. {
        let world = World::new();
        world.write("a.js", b"before");
        world.write("sub/b.js", b"before");
        let before = tree(world.outside.path());
        let names = ["a.js", "sub/b.js", "new/c.js", "d.js"];
        world.export("1", &names.map(|name| file(name, "exported")));
        let died = dies(at, |on_file| drop(undo_with(&world.exports(), "1", false, on_file).unwrap()));
        if !died {
            assert_eq!(at, 6, "every file and the manifest were a moment to die at");
            break;
        }
        let report = world.undo("1", false).unwrap();
        assert_eq!(report.restored, ["a.js", "sub/b.js"]);
        assert_eq!(report.removed, ["new/c.js", "d.js"]);
        assert_eq!(report.skipped, []);
        assert_eq!(tree(world.outside.path()), before, "killed at {at}");
    }
}

#[test]
fn row_25_an_export_that_was_killed_can_be_undone() {
    for at in 1..=3 {
        let world = World::new();
        world.write("b.js", b"before");
        let before = tree(world.outside.path());
        let files = [file("new/a.js", "exported"), file("b.js", "exported"), file("c.js", "exported")];
        assert!(dies(at, |on_file| drop(world.export_with("1", &files, on_file).unwrap())));
        // What a death between writing and naming a file leaves behind.
        world.write(".brickwork-1-7.tmp", b"half a file");
        world.write(".brickwork-2-7.tmp", b"another one's");
        world.undo("1", false).unwrap();
        fs::remove_file(world.folder.join(".brickwork-2-7.tmp")).unwrap();
        assert_eq!(tree(world.outside.path()), before, "killed at {at}");
    }
}

#[test]
fn a_last_line_that_a_death_cut_off_is_left_out() {
    let world = World::new();
    let before = tree(world.outside.path());
    world.export("1", &[file("a.js", "1")]);
    let journal = world.exports().join("1/journal.jsonl");
    let mut text = fs::read_to_string(&journal).unwrap();
    text.push_str("{\"did\":\"file\",\"name\":\"b");
    fs::write(&journal, text).unwrap();
    world.undo("1", false).unwrap();
    assert_eq!(tree(world.outside.path()), before);
}

#[test]
fn row_25_a_failed_export_keeps_nothing() {
    let world = World::new();
    world.write("a.js", b"before");
    let before = tree(world.outside.path());
    let failed = world.export_with("1", &[file("a.js", "2"), file("gone/b.js", "2")], &mut |name| {
        if name == "gone/b.js" {
            fs::remove_dir(world.folder.join("gone")).unwrap();
        }
    });
    assert!(matches!(failed, Err(ExportError::Write { .. })), "{failed:?}");
    assert_eq!(tree(world.outside.path()), before);
    assert!(tree(&world.exports()).is_empty());
    assert!(matches!(world.undo("1", false), Err(ExportError::UnknownExport { .. })));
    // Nor does one that changed nothing.
    assert!(!world.export("2", &[file(".git/config", "x")]).kept);
    assert!(tree(&world.exports()).is_empty());
}

#[test]
fn row_25_a_folder_that_is_gone_is_told_and_made_again_only_on_request() {
    let world = World::new();
    world.write("a.js", b"before");
    world.export("1", &[file("a.js", "2"), file("b.js", "2")]);
    fs::remove_dir_all(&world.folder).unwrap();
    let report = world.undo("1", false).unwrap();
    assert_eq!(skipped(&report), [("a.js", Reason::FolderGone)]);
    assert_eq!(report.removed, ["b.js"]);
    assert!(!world.folder.exists());
    let report = world.undo("1", true).unwrap();
    assert_eq!((report.restored, report.skipped), (vec!["a.js".to_owned()], Vec::new()));
    assert_eq!(tree(&world.folder).len(), 1);
    assert_eq!(world.read("a.js"), "before");
}

#[test]
fn a_later_export_keeps_its_files_and_its_manifest() {
    let world = World::new();
    world.export("0", &[file("old.js", "0")]);
    world.export("1", &[file("old.js", "1"), file("both.js", "1"), file("one.js", "1")]);
    world.export("2", &[file("both.js", "2"), file("two.js", "2")]);
    let report = world.undo("1", false).unwrap();
    assert_eq!(skipped(&report), [("both.js", Reason::Edited)]);
    let listed: Vec<(String, String)> =
        manifest(&world.folder).files.into_iter().map(|file| (file.name, file.sha256[..2].to_owned())).collect();
    // sha256 of "0", "2" and "2".
    assert_eq!(listed, [("old.js", "5f"), ("both.js", "d4"), ("two.js", "d4")].map(|(a, b)| (a.into(), b.into())));
    assert_eq!((world.read("old.js").as_str(), world.read("both.js").as_str()), ("0", "2"));
    // What is left is still known as an export's own, so the next one replaces it unasked.
    assert!(world.export("3", &[file("both.js", "3"), file("old.js", "3")]).skipped.is_empty());
}

#[cfg(unix)]
#[test]
fn row_22_an_undo_follows_no_link() {
    use std::os::unix::fs::symlink;

    let world = World::new();
    let secret = world.outside.path().join("secret");
    fs::create_dir(&secret).unwrap();
    fs::write(secret.join("a.js"), "exported").unwrap();
    fs::write(secret.join("b.js"), "exported").unwrap();
    world.write("sub/a.js", b"before");
    world.write("b.js", b"before");
    world.export("1", &["sub/a.js", "b.js", "new.js"].map(|name| file(name, "exported")));
    fs::rename(world.folder.join("sub"), world.outside.path().join("moved")).unwrap();
    symlink(&secret, world.folder.join("sub")).unwrap();
    fs::remove_file(world.folder.join("b.js")).unwrap();
    symlink("../secret/b.js", world.folder.join("b.js")).unwrap();
    fs::remove_file(world.folder.join("new.js")).unwrap();
    symlink("../secret/b.js", world.folder.join("new.js")).unwrap();
    let before = tree(&secret);
    for overwrite in [false, true] {
        let report = world.undo("1", overwrite).unwrap();
        assert_eq!(report.skipped.len(), 3, "{report:?}");
        assert!(report.skipped.iter().all(|file| matches!(file.reason, Reason::Symlink { .. })), "{report:?}");
        assert_eq!(tree(&secret), before);
    }
}

#[cfg(unix)]
#[test]
fn row_22_an_undo_leaves_a_folder_that_is_another_now() {
    use std::os::unix::fs::symlink;

    let world = World::new();
    world.write("a.js", b"before");
    world.export("1", &[file("a.js", "exported")]);
    let other = world.outside.path().join("other");
    fs::create_dir(&other).unwrap();
    fs::write(other.join("a.js"), "exported").unwrap();
    fs::rename(&world.folder, world.outside.path().join("moved")).unwrap();
    symlink(&other, &world.folder).unwrap();
    for overwrite in [false, true] {
        assert!(matches!(world.undo("1", overwrite), Err(ExportError::AnotherFolder { .. })));
    }
    assert_eq!(fs::read_to_string(other.join("a.js")).unwrap(), "exported");
}

#[cfg(unix)]
#[test]
fn permissions_come_back_and_what_is_kept_is_private() {
    use std::os::unix::fs::PermissionsExt;

    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let world = World::new();
    world.write("run.sh", b"before");
    let path = world.folder.join("run.sh");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o751)).unwrap();
    world.export("1", &[file("run.sh", "2")]);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    let kept = world.exports().join("1");
    assert_eq!(mode(&kept), 0o700);
    for (name, _) in tree(&kept).into_iter().filter(|(_, content)| content != b"folder") {
        assert_eq!(mode(&kept.join(&name)), 0o600, "{name}");
    }
    world.undo("1", false).unwrap();
    assert_eq!(mode(&path), 0o751);
}

#[test]
fn row_25_only_so_many_exports_and_bytes_are_kept() {
    let world = World::new();
    for number in 0..MAX_KEPT_EXPORTS + 3 {
        world.export(&format!("e{number:03}"), &[file("a.js", &number.to_string())]);
    }
    prune_exports(&world.exports());
    let kept = kept_exports(&world.exports());
    assert_eq!(kept.len(), MAX_KEPT_EXPORTS);
    assert_eq!((kept[0].export_id.as_str(), kept[0].files, kept[0].undone), ("e052", 1, false));
    assert_eq!(kept.last().unwrap().export_id, "e003");
    assert!(matches!(world.undo("e002", false), Err(ExportError::UnknownExport { .. })));
}

#[test]
fn row_25_files_too_large_to_be_kept_are_not_touched() {
    let world = World::new();
    // Sparse, so that the test needs no room: one that is too large to be replaced, and together too many bytes.
    fs::File::create(world.folder.join("huge.js")).unwrap().set_len(16 * 1024 * 1024 + 1).unwrap();
    let report = world.export("1", &[file("huge.js", "x")]);
    assert_eq!((report.kept, &report.skipped[0].reason), (false, &Reason::TooLarge));
    let names: Vec<String> = (0..17).map(|number| format!("large{number}.js")).collect();
    for name in &names {
        fs::File::create(world.folder.join(name)).unwrap().set_len(16 * 1024 * 1024).unwrap();
    }
    let files: Vec<ExportFile> = names.iter().map(|name| file(name, "x")).collect();
    let failed = world.export_with("2", &files, &mut |_| {});
    assert!(matches!(failed, Err(ExportError::TooManyOldBytes { .. })), "{failed:?}");
    assert!(names.iter().all(|name| fs::metadata(world.folder.join(name)).unwrap().len() == 16 * 1024 * 1024));
    assert!(tree(&world.exports()).is_empty());
}

#[test]
fn damaged_or_strange_records_undo_nothing() {
    let world = World::new();
    world.write("a.js", b"before");
    world.export("1", &[file("a.js", "exported")]);
    for id in ["", "..", "../1", "1/", "a b", "none", &"x".repeat(65)] {
        assert!(matches!(world.undo(id, true), Err(ExportError::UnknownExport { .. })), "{id:?}");
    }
    let blobs = world.exports().join("1/blobs");
    let blob = fs::read_dir(&blobs).unwrap().next().unwrap().unwrap().path();
    fs::write(&blob, "damaged").unwrap();
    assert!(matches!(world.undo("1", false), Err(ExportError::KeptUnreadable { .. })));
    assert_eq!(world.read("a.js"), "exported");
    // A record that was tampered with leads nowhere else.
    let journal = world.exports().join("1/journal.jsonl");
    let text = fs::read_to_string(&journal).unwrap().replace("\"a.js\"", "\"../a.js\"");
    fs::write(&journal, text).unwrap();
    fs::write(world.outside.path().join("a.js"), "exported").unwrap();
    let report = world.undo("1", true).unwrap();
    assert!(matches!(report.skipped[0].reason, Reason::Name(_)), "{report:?}");
    assert_eq!(fs::read_to_string(world.outside.path().join("a.js")).unwrap(), "exported");
}
