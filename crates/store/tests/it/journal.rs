//! The compliance suite of the journal, and what is durable beyond it.

use std::cell::RefCell;

use brickwork_engine::compliance::journal::{at, folded, journal_suite, plan};
use brickwork_engine::{Journal, JournalError, RunChange};
use brickwork_store::Store;
use futures::executor::block_on;
use uuid::Uuid;

use crate::{Folder, tell_happy_run};

#[test]
fn store_passes_the_journal_suite() {
    let folders = RefCell::new(Vec::new());
    block_on(journal_suite(|| {
        let folder = Folder::new();
        let store = folder.open();
        folders.borrow_mut().push(folder);
        store
    }));
}

#[test]
fn runs_are_the_same_after_reopening() {
    let folder = Folder::new();
    let (one, before) = {
        let store = folder.open();
        let one = tell_happy_run(&store, 1, 3, 0);
        (one, block_on(store.load(one)).unwrap())
    };
    let store = folder.open();
    assert_eq!(block_on(store.load(one)).unwrap(), before);
    assert_eq!(folded(&block_on(store.events(one, 0)).unwrap()), before.unwrap());
    block_on(store.integrity_check()).unwrap();
}

#[test]
fn closing_leaves_one_file_without_a_log() {
    let folder = Folder::new();
    let store = folder.open();
    tell_happy_run(&store, 1, 1, 0);
    drop(store);
    let mut names: Vec<_> =
        folder.0.path().read_dir().unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    assert_eq!(names, ["brickwork.db", "brickwork.db.opening"]);
}

#[test]
fn an_unknown_project_is_refused_and_leaves_nothing() {
    let folder = Folder::new();
    let store = folder.open();
    let run = Uuid::from_u128(1);
    let mut lost = plan(1);
    lost.project_id = Uuid::from_u128(404);
    let refused = block_on(store.record(run, at(0), RunChange::Created { plan: lost }));
    assert!(matches!(refused, Err(JournalError::Storage(_))), "{refused:?}");
    assert_eq!(block_on(store.load(run)).unwrap(), None);
    assert_eq!(block_on(store.events(run, 0)).unwrap(), []);
}

#[test]
fn a_plan_that_panics_inside_does_not_stop_the_store() {
    let folder = Folder::new();
    let store = folder.open();
    let mut broken = plan(2);
    broken.models.clear();
    let refused = block_on(store.record(Uuid::from_u128(1), at(0), RunChange::Created { plan: broken }));
    assert!(matches!(refused, Err(JournalError::Storage(_))), "{refused:?}");
    tell_happy_run(&store, 2, 1, 0);
}

#[test]
fn several_stores_open_a_new_folder_at_once() {
    let folder = Folder::new();
    let path = folder.database();
    let opened: Vec<Store> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..6).map(|_| scope.spawn(|| Store::open(&path).unwrap())).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    for (number, store) in opened.iter().enumerate() {
        tell_happy_run(store, number as u128, 1, 0);
    }
    for number in 0..6 {
        assert!(block_on(opened[0].load(Uuid::from_u128(number))).unwrap().is_some());
    }
    block_on(opened[0].integrity_check()).unwrap();
}
