//! Another database takes the place of the present one.

use std::fs;

use brickwork_store::{Store, StoreError, facts_of_file, replace_database};
use rusqlite::Connection;

use crate::{Folder, tell_happy_run};

#[test]
fn the_present_database_is_kept_under_another_name() {
    let folder = Folder::new();
    tell_happy_run(&folder.open(), 1, 1, 0);
    let restored = folder.0.path().join("restored.db");
    let aside = folder.0.path().join("aside.db");
    {
        let other = Store::open(&restored).unwrap();
        tell_happy_run(&other, 2, 1, 0);
        tell_happy_run(&other, 3, 1, 0);
    }
    assert!(replace_database(&folder.database(), &restored, &aside).unwrap());
    assert_eq!(facts_of_file(&folder.database()).unwrap().runs, 2);
    assert_eq!(facts_of_file(&aside).unwrap().runs, 1);
    assert!(!restored.exists());
    drop(folder.open());
    let again = replace_database(&folder.database(), &aside, &aside);
    assert!(matches!(again, Err(StoreError::Storage { .. })), "a name that is taken is refused: {again:?}");
}

#[test]
fn the_log_of_a_crash_is_folded_in() {
    let folder = Folder::new();
    let crashed = Folder::new();
    let store = folder.open();
    tell_happy_run(&store, 1, 1, 0);
    for name in ["brickwork.db", "brickwork.db-wal"] {
        fs::copy(folder.0.path().join(name), crashed.0.path().join(name)).unwrap();
    }
    let (restored, aside) = (crashed.0.path().join("restored.db"), crashed.0.path().join("aside.db"));
    drop(Store::open(&restored).unwrap());
    assert!(replace_database(&crashed.database(), &restored, &aside).unwrap());
    assert_eq!(facts_of_file(&aside).unwrap().runs, 1, "what only the log had is kept");
    assert_eq!(facts_of_file(&crashed.database()).unwrap().runs, 0);
}

#[test]
fn a_database_in_use_is_refused_and_stays() {
    let folder = Folder::new();
    tell_happy_run(&folder.open(), 1, 1, 0);
    let restored = folder.0.path().join("restored.db");
    let aside = folder.0.path().join("aside.db");
    drop(Store::open(&restored).unwrap());
    // Another program that has opened it and does nothing at the moment.
    let other = Connection::open(folder.database()).unwrap();
    let _: i64 = other.query_row("SELECT count(*) FROM orchestration_runs", [], |row| row.get(0)).unwrap();
    let refused = replace_database(&folder.database(), &restored, &aside);
    assert!(matches!(refused, Err(StoreError::InUse { .. })), "{refused:?}");
    assert!(!aside.exists() && restored.exists());
    drop(other);
    assert!(replace_database(&folder.database(), &restored, &aside).unwrap());
}

#[test]
fn what_is_no_database_is_kept_too_and_nothing_is_no_obstacle() {
    let folder = Folder::new();
    let (restored, aside) = (folder.0.path().join("restored.db"), folder.0.path().join("aside.db"));
    drop(Store::open(&restored).unwrap());
    assert!(!replace_database(&folder.database(), &restored, &aside).unwrap());
    fs::write(folder.database(), b"Dear diary").unwrap();
    drop(Store::open(&restored).unwrap());
    assert!(replace_database(&folder.database(), &restored, &aside).unwrap());
    assert_eq!(fs::read(&aside).unwrap(), b"Dear diary");
    drop(folder.open());
}
