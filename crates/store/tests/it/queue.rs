//! The queue: order, keys of clients, what is taken over from an earlier run.

use brickwork_engine::compliance::journal::{at, plan};
use brickwork_engine::{Journal, RunChange, RunId, RunStatus};
use brickwork_store::{Creation, IdempotencyKey, Move, NewRun, Removal, Store};
use futures::executor::block_on;
use uuid::Uuid;

use crate::{Folder, tell_happy_run};

fn id(number: u128) -> RunId {
    Uuid::from_u128(number)
}

fn new_run(number: u128, key: Option<(&str, &str)>) -> NewRun {
    let key = key.map(|(key, fingerprint)| IdempotencyKey { key: key.into(), fingerprint: fingerprint.into() });
    NewRun { run_id: id(number), at: at(0), plan: plan(1), reused: Vec::new(), key }
}

fn waiting(store: &Store) -> Vec<RunId> {
    block_on(store.waiting()).unwrap().into_iter().map(|run| run.run_id).collect()
}

#[test]
fn runs_wait_in_the_order_in_which_they_came() {
    let folder = Folder::new();
    let store = folder.open();
    // Ids and stamps say another order: only the place in the queue counts.
    for number in [3, 1, 2] {
        assert_eq!(block_on(store.create_run(new_run(number, None))).unwrap(), Creation::Created);
    }
    assert_eq!(waiting(&store), [id(3), id(1), id(2)]);
    block_on(store.record(id(3), at(1), RunChange::Started)).unwrap();
    block_on(store.create_run(new_run(4, None))).unwrap();
    assert_eq!(waiting(&store), [id(1), id(2), id(4)]);
    block_on(store.record(id(3), at(2), RunChange::Requeued)).unwrap();
    assert_eq!(waiting(&store), [id(3), id(1), id(2), id(4)], "a parked run keeps its place");
    block_on(store.record(id(1), at(3), RunChange::Paused)).unwrap();
    assert_eq!(waiting(&store), [id(3), id(2), id(4)], "a paused run waits for its user");
    assert_eq!(block_on(store.unfinished()).unwrap().len(), 4);
}

#[test]
fn the_order_can_be_changed() {
    let folder = Folder::new();
    let store = folder.open();
    for number in 1..=4 {
        block_on(store.create_run(new_run(number, None))).unwrap();
    }
    let move_run = |run, before| block_on(store.move_run(id(run), before)).unwrap();
    assert_eq!(move_run(3, Some(id(1))), Move::Done);
    assert_eq!(waiting(&store), [3, 1, 2, 4].map(id));
    assert_eq!(move_run(3, None), Move::Done);
    assert_eq!(waiting(&store), [1, 2, 4, 3].map(id));
    assert_eq!(move_run(2, Some(id(2))), Move::Done);
    assert_eq!(move_run(9, None), Move::NotWaiting(id(9)));
    block_on(store.record(id(1), at(1), RunChange::Started)).unwrap();
    assert_eq!(move_run(2, Some(id(1))), Move::NotWaiting(id(1)));
    assert_eq!(waiting(&store), [2, 4, 3].map(id));
}

#[test]
fn a_key_makes_one_run() {
    let folder = Folder::new();
    let store = folder.open();
    let create = |run| block_on(store.create_run(run)).unwrap();
    assert_eq!(create(new_run(1, Some(("k", "same")))), Creation::Created);
    assert_eq!(create(new_run(2, Some(("k", "same")))), Creation::Replayed(id(1)));
    assert_eq!(create(new_run(3, Some(("k", "other")))), Creation::KeyReused(id(1)));
    assert_eq!(create(new_run(4, Some(("l", "other")))), Creation::Created);
    assert_eq!(waiting(&store), [id(1), id(4)]);
    drop(store);
    let store = folder.open();
    assert_eq!(block_on(store.create_run(new_run(5, Some(("k", "same"))))).unwrap(), Creation::Replayed(id(1)));
}

#[test]
fn a_run_whose_taken_over_step_does_not_follow_is_not_made() {
    let folder = Folder::new();
    let store = folder.open();
    let mut run = new_run(1, Some(("k", "f")));
    run.reused = vec![RunChange::Started, RunChange::Started];
    block_on(store.create_run(run)).unwrap_err();
    assert_eq!(block_on(store.load(id(1))).unwrap(), None);
    assert_eq!(block_on(store.create_run(new_run(2, Some(("k", "f"))))).unwrap(), Creation::Created);
}

#[test]
fn only_ended_runs_are_removed() {
    let folder = Folder::new();
    let store = folder.open();
    let ended = tell_happy_run(&store, 1, 1, 0);
    block_on(store.create_run(new_run(2, None))).unwrap();
    let remove = |run| block_on(store.remove_run(run)).unwrap();
    assert_eq!(remove(id(2)), Removal::Unfinished);
    assert_eq!(remove(id(9)), Removal::Unknown);
    assert_eq!(remove(ended), Removal::Done);
    assert_eq!(block_on(store.standing(ended)).unwrap(), None);
    assert!(block_on(store.artifacts(ended)).unwrap().is_empty());
    assert_eq!(block_on(store.standing(id(2))).unwrap().unwrap().status, RunStatus::Pending);
    block_on(store.integrity_check()).unwrap();
}

#[test]
fn another_connections_writes_are_noticed() {
    let folder = Folder::new();
    let (one, other) = (folder.open(), folder.open());
    let before = block_on(one.data_version()).unwrap();
    assert_eq!(block_on(one.data_version()).unwrap(), before);
    block_on(other.create_run(new_run(1, None))).unwrap();
    let after = block_on(one.data_version()).unwrap();
    assert_ne!(after, before);
    block_on(one.create_run(new_run(2, None))).unwrap();
    assert_ne!(block_on(one.data_version()).unwrap(), after, "its own writes too");
}
