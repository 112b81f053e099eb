//! Runs of a process that is gone.

use brickwork_engine::compliance::journal::{at, folded, happy_changes, plan};
use brickwork_engine::{Journal, RunChange, RunStatus};
use futures::executor::block_on;
use uuid::Uuid;

use crate::{Folder, tell_happy_run};

#[test]
fn only_running_runs_become_interrupted() {
    let folder = Folder::new();
    let store = folder.open();
    let ended = tell_happy_run(&store, 1, 1, 0);
    let (waiting, young, old) = (Uuid::from_u128(2), Uuid::from_u128(3), Uuid::from_u128(4));
    block_on(store.record(waiting, at(0), RunChange::Created { plan: plan(1) })).unwrap();
    for (run, first) in [(young, 50), (old, 10)] {
        for (index, change) in happy_changes(&plan(2)).into_iter().take(7).enumerate() {
            block_on(store.record(run, at(first + index), change)).unwrap();
        }
    }
    drop(store);

    let store = folder.open();
    assert_eq!(block_on(store.settle_abandoned(at(99))).unwrap(), [old, young]);
    assert!(block_on(store.settle_abandoned(at(100))).unwrap().is_empty());
    let cut = block_on(store.load(old)).unwrap().unwrap();
    assert!(cut.interrupted && cut.status == RunStatus::Pending);
    assert_eq!(cut.steps[0].status, RunStatus::Success);
    assert_eq!(folded(&block_on(store.events(old, 0)).unwrap()), cut);
    assert_eq!(block_on(store.load(ended)).unwrap().unwrap().status, RunStatus::Success);
    assert!(!block_on(store.load(waiting)).unwrap().unwrap().interrupted);
}

#[test]
fn wishes_of_an_abandoned_run_are_granted() {
    let folder = Folder::new();
    let store = folder.open();
    let (cancelled, paused, cut) = (Uuid::from_u128(1), Uuid::from_u128(2), Uuid::from_u128(3));
    // After six changes the first step has ended; after four it is in the middle.
    for (run, changes, wish) in [
        (cancelled, 4, RunChange::CancelRequested),
        (paused, 6, RunChange::PauseRequested),
        (cut, 4, RunChange::PauseRequested),
    ] {
        for (index, change) in happy_changes(&plan(2)).into_iter().take(changes).chain([wish]).enumerate() {
            block_on(store.record(run, at(index), change)).unwrap();
        }
    }
    assert_eq!(block_on(store.wishes()).unwrap().len(), 3);
    assert_eq!(block_on(store.settle_abandoned(at(99))).unwrap(), [cut]);
    let load = |run| block_on(store.load(run)).unwrap().unwrap();
    assert_eq!((load(cancelled).status, load(cancelled).steps[0].status), (RunStatus::Cancelled, RunStatus::Cancelled));
    assert!(load(paused).paused && !load(paused).interrupted);
    assert!(load(cut).interrupted && load(cut).pause_requested);
    for run in [cancelled, paused, cut] {
        assert_eq!(folded(&block_on(store.events(run, 0)).unwrap()), load(run));
    }
}
