//! What is kept is found again, whole, and within its limits.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::Path;

use super::*;

fn ids(range: std::ops::Range<i32>) -> Vec<LlamaToken> {
    range.map(LlamaToken).collect()
}

fn shelf(root: &Path, limit_bytes: u64) -> Shelf {
    let mut shelf = Shelf::default();
    shelf.set_disk(Some(Disk::open(root, &"model", limit_bytes)));
    shelf
}

fn files(root: &Path) -> Vec<PathBuf> {
    let folders = fs::read_dir(root).into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> =
        folders.flat_map(|folder| fs::read_dir(folder.path()).unwrap().flatten()).map(|entry| entry.path()).collect();
    files.sort();
    files
}

fn save_all(shelf: &mut Shelf) {
    while shelf.save_one() {}
}

#[test]
fn the_longest_start_in_common_is_found() {
    let mut shelf = Shelf::default();
    shelf.keep(ids(0..40), vec![1]);
    let mut branch = ids(0..20);
    branch.extend(ids(100..150));
    shelf.keep(branch.clone(), vec![2]);
    let found = |shelf: &Shelf, wanted: &[LlamaToken], n_shared: usize| {
        let found = shelf.best(wanted).unwrap();
        assert_eq!(found.n_shared, n_shared);
        found.key
    };
    let first = found(&shelf, &ids(0..100), 40);
    branch.push(LlamaToken(7));
    let second = found(&shelf, &branch, 70);
    let bytes = |shelf: &mut Shelf, key| shelf.with_state(key, |saved| saved.bytes.clone());
    assert_eq!(bytes(&mut shelf, first), Some(vec![1]));
    assert_eq!(bytes(&mut shelf, second), Some(vec![2]));
    assert_eq!(bytes(&mut shelf, 99), None);
}

#[test]
fn a_longer_sequence_takes_the_place_of_its_start() {
    let mut shelf = Shelf::default();
    shelf.keep(ids(0..40), vec![1; 10]);
    shelf.keep(ids(0..60), vec![2; 20]);
    assert_eq!(shelf.n_bytes(), 20);
    assert!(shelf.holds(&ids(0..50)) && !shelf.holds(&ids(0..61)));
}

#[test]
fn what_is_saved_is_there_after_a_restart_and_for_its_own_model_alone() {
    let folder = tempfile::tempdir().unwrap();
    let mut first = shelf(folder.path(), 1 << 20);
    first.keep(ids(0..300), vec![7; 1000]);
    first.keep(ids(500..600), vec![8; 1000]);
    save_all(&mut first);
    assert_eq!(files(folder.path()).len(), 1, "a short one is computed sooner than it is read");

    let mut again = shelf(folder.path(), 1 << 20);
    let found = again.best(&ids(0..280)).unwrap();
    assert_eq!(found.n_shared, 280);
    let lengths = again.with_state(found.key, |saved| (saved.ids.len(), saved.bytes.len()));
    assert_eq!(lengths, Some((300, 1000)));

    let mut other = Shelf::default();
    other.set_disk(Some(Disk::open(folder.path(), &"another model", 1 << 20)));
    assert_eq!(other.best(&ids(0..280)), None);
}

#[test]
fn what_a_file_holds_is_in_memory_only_while_it_is_taken() {
    let folder = tempfile::tempdir().unwrap();
    let mut first = shelf(folder.path(), 1 << 20);
    first.keep(ids(0..300), vec![7; 1000]);
    save_all(&mut first);

    let mut again = shelf(folder.path(), 1 << 20);
    let found = again.best(&ids(0..300)).unwrap();
    assert_eq!(again.with_state(found.key, |saved| saved.bytes.len()), Some(1000));
    // All that a shelf has: what stayed in another place would not be counted.
    let Shelf { entries, n_entries_ever, disk } = &again;
    assert!(entries.is_empty() && *n_entries_ever == 0 && disk.is_some());
    assert_eq!(again.n_bytes(), 0);
    fs::remove_file(files(folder.path()).remove(0)).unwrap();
    assert!(again.with_state(found.key, |_| ()).is_none(), "nothing of it is left");
}

#[test]
fn a_longer_sequence_takes_the_place_of_its_start_in_files_too() {
    let folder = tempfile::tempdir().unwrap();
    for n in [300, 400] {
        let mut shelf = shelf(folder.path(), 1 << 20);
        shelf.keep(ids(0..n), vec![7; 100]);
        save_all(&mut shelf);
    }
    assert_eq!(files(folder.path()).len(), 1);
    let reopened = shelf(folder.path(), 1 << 20);
    assert_eq!(reopened.best(&ids(0..500)).unwrap().n_shared, 400);
}

#[test]
fn the_folder_stays_within_its_limit() {
    let folder = tempfile::tempdir().unwrap();
    let limit = 10_000;
    let mut shelf = shelf(folder.path(), limit);
    for start in 0..8 {
        shelf.keep(ids(start * 1000..start * 1000 + 256), vec![7; 2000]);
        save_all(&mut shelf);
        let taken: u64 = files(folder.path()).iter().map(|file| fs::metadata(file).unwrap().len()).sum();
        assert!(taken <= limit, "{taken}");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    assert_eq!(shelf.best(&ids(7000..7256)).unwrap().n_shared, 256, "the newest is kept");
    shelf.keep(ids(9000..9300), vec![7; 20_000]);
    save_all(&mut shelf);
    assert_eq!(files(folder.path()).len(), 3, "what is larger than the limit is not written at all");
}

/// Each byte of a file, changed, and each length, cut: never given out, and removed once it was seen.
#[test]
fn a_damaged_file_is_never_given_to_llama_cpp() {
    let folder = tempfile::tempdir().unwrap();
    let mut first = shelf(folder.path(), 1 << 20);
    first.keep(ids(0..256), (0..200).collect());
    save_all(&mut first);
    let file = files(folder.path()).remove(0);
    let whole = fs::read(&file).unwrap();
    let check = |bytes: &[u8], what: &str| {
        fs::write(&file, bytes).unwrap();
        let mut shelf = shelf(folder.path(), 1 << 20);
        if let Some(found) = shelf.best(&ids(0..256)) {
            assert!(shelf.with_state(found.key, |_| ()).is_none(), "{what}");
        }
        assert!(!file.exists(), "{what}");
    };
    for place in 0..whole.len() {
        let mut damaged = whole.clone();
        damaged[place] ^= 0x10;
        check(&damaged, &format!("byte {place}"));
    }
    for length in (0..whole.len()).step_by(7) {
        check(&whole[..length], &format!("length {length}"));
    }
    fs::write(&file, &whole).unwrap();
    let mut good = shelf(folder.path(), 1 << 20);
    let found = good.best(&ids(0..256)).unwrap();
    assert!(good.with_state(found.key, |_| ()).is_some(), "the whole file is given out");
}

#[cfg(unix)]
#[test]
fn only_the_user_can_read_what_was_computed() {
    use std::os::unix::fs::PermissionsExt;

    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("prompts");
    let mut shelf = shelf(&root, 1 << 20);
    shelf.keep(ids(0..256), vec![7; 100]);
    save_all(&mut shelf);
    assert_eq!(fs::metadata(&root).unwrap().permissions().mode() & 0o777, 0o700);
}
