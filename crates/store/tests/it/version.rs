//! Row 13: files that are not this version's are refused untouched.

use std::fs;

use brickwork_store::{Store, StoreError};

use crate::{Folder, tell_happy_run};

/// Where SQLite's file header keeps `user_version` and `application_id`, big-endian (<https://www.sqlite.org/fileformat.html>).
const USER_VERSION_AT: usize = 60;
const APPLICATION_ID_AT: usize = 68;

/// Everything in the folder but the lock file of the opening, which holds nothing.
fn content(folder: &Folder) -> Vec<u8> {
    let names: Vec<_> = folder.0.path().read_dir().unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(names.iter().all(|name| name == "brickwork.db" || name == "brickwork.db.opening"), "{names:?}");
    fs::read(folder.database()).unwrap()
}

#[test]
fn row_13_newer_version_is_refused_and_unchanged() {
    let folder = Folder::new();
    tell_happy_run(&folder.open(), 1, 2, 0);
    let mut bytes = content(&folder);
    let known = u32::from_be_bytes(bytes[USER_VERSION_AT..USER_VERSION_AT + 4].try_into().unwrap());
    bytes[USER_VERSION_AT..USER_VERSION_AT + 4].copy_from_slice(&(known + 3).to_be_bytes());
    fs::write(folder.database(), &bytes).unwrap();

    let refused = Store::open(&folder.database()).unwrap_err();
    let text = refused.to_string();
    let StoreError::NewerVersion { found, known: knows, .. } = refused else { panic!("{text}") };
    assert_eq!((found, knows), (i64::from(known) + 3, i64::from(known)));
    assert!(text.contains("newer Brickwork") && text.contains("update"), "{text}");
    assert_eq!(content(&folder), bytes, "not one byte is changed");
}

#[test]
fn row_13_newer_version_in_the_log_is_refused_and_unchanged() {
    let folder = Folder::new();
    let store = folder.open();
    tell_happy_run(&store, 1, 2, 0);
    let newer = rusqlite::Connection::open(folder.database()).unwrap();
    newer.pragma_update(None, "user_version", 99).unwrap();
    // What a crash would leave: the log has the new version, the file has not.
    let crashed = Folder::new();
    let names = ["brickwork.db", "brickwork.db-wal"];
    for name in names {
        fs::copy(folder.0.path().join(name), crashed.0.path().join(name)).unwrap();
    }
    let bytes = || names.map(|name| fs::read(crashed.0.path().join(name)).unwrap());
    let before = bytes();
    let refused = Store::open(&crashed.database());
    assert!(matches!(refused, Err(StoreError::NewerVersion { found: 99, .. })), "{refused:?}");
    assert!(bytes() == before, "not one byte is changed");
}

#[test]
fn another_programs_files_are_refused_and_unchanged() {
    let folder = Folder::new();
    drop(folder.open());
    let mut other = content(&folder);
    other[APPLICATION_ID_AT..APPLICATION_ID_AT + 4].copy_from_slice(b"LOVE");
    for bytes in [other, b"Dear diary, today I learnt that SQLite reads headers. ".repeat(40)] {
        fs::write(folder.database(), &bytes).unwrap();
        let refused = Store::open(&folder.database());
        assert!(matches!(refused, Err(StoreError::Foreign { .. })), "{refused:?}");
        assert_eq!(content(&folder), bytes, "not one byte is changed");
    }
}

#[test]
fn an_empty_file_becomes_a_database() {
    let folder = Folder::new();
    fs::write(folder.database(), b"").unwrap();
    tell_happy_run(&folder.open(), 1, 1, 0);
}

#[test]
fn a_missing_folder_is_an_error_and_is_not_made() {
    let folder = Folder::new();
    let path = folder.0.path().join("missing").join("brickwork.db");
    let refused = Store::open(&path);
    assert!(matches!(refused, Err(StoreError::Storage { .. })), "{refused:?}");
    assert!(!path.parent().unwrap().exists());
}
