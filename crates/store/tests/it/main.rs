//! The store at its public surface, on real files in temporary folders.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod backup;
mod drafts;
mod filters;
mod full_disk;
mod interrupted;
mod journal;
mod kill;
mod library;
mod lock;
mod migration;
mod pages;
mod queue;
mod records;
mod replace;
mod resume;
mod retention;
mod search;
mod trash;
mod version;

use std::path::PathBuf;

use brickwork_engine::compliance::journal::{at, happy_changes, plan};
use brickwork_engine::{Journal, RunId};
use brickwork_store::Store;
use futures::executor::block_on;
use tempfile::TempDir;
use uuid::Uuid;

/// A temporary data folder; removed when dropped.
struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn database(&self) -> PathBuf {
        self.0.path().join("brickwork.db")
    }

    fn open(&self) -> Store {
        Store::open(&self.database()).unwrap()
    }
}

/// Records a whole run of `steps` steps that goes well, created at second `second`.
fn tell_happy_run(store: &Store, number: u128, steps: usize, second: usize) -> RunId {
    let run = Uuid::from_u128(number);
    for (index, change) in happy_changes(&plan(steps)).into_iter().enumerate() {
        block_on(store.record(run, at(second + index), change)).unwrap();
    }
    run
}
