//! The queue's lock tells a living holder from a dead one.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, thread};

use brickwork_store::QueueLock;

use crate::Folder;

const FOLDER: &str = "BRICKWORK_LOCK_TEST_FOLDER";

#[test]
fn lock_is_held_once_and_released_on_drop() {
    let folder = Folder::new();
    let held = QueueLock::try_acquire(folder.0.path()).unwrap();
    assert!(held.is_some());
    assert!(QueueLock::try_acquire(folder.0.path()).unwrap().is_none());
    drop(held);
    assert!(QueueLock::try_acquire(folder.0.path()).unwrap().is_some());
}

/// Started by the test below with [`FOLDER`] set, this holds the lock until it is killed.
#[test]
fn child_holds_the_lock() {
    let own = Folder::new();
    let folder = env::var_os(FOLDER);
    let held = QueueLock::try_acquire(folder.as_deref().map_or(own.0.path(), Path::new)).unwrap();
    assert!(held.is_some());
    if folder.is_some() {
        println!("\nHELD");
        thread::sleep(Duration::from_secs(60));
    }
}

#[test]
fn lock_of_a_killed_process_is_free() {
    let folder = Folder::new();
    let mut child = Command::new(env::current_exe().unwrap())
        .args(["lock::child_holds_the_lock", "--exact", "--nocapture"])
        .env(FOLDER, folder.0.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap() == "HELD"), "the child takes the lock");
    assert!(QueueLock::try_acquire(folder.0.path()).unwrap().is_none(), "a living holder keeps it");
    child.kill().unwrap();
    child.wait().unwrap();
    let killed = Instant::now();
    while QueueLock::try_acquire(folder.0.path()).unwrap().is_none() {
        assert!(killed.elapsed() < Duration::from_secs(2), "the system releases it");
        thread::sleep(Duration::from_millis(10));
    }
}
