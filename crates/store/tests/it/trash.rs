//! The trash: whatever is in it is nowhere else, and comes back as it was.

use brickwork_engine::compliance::journal::{at, plan};
use brickwork_engine::{Journal, JournalError, RunChange};
use brickwork_store::{
    Creation, DEFAULT_PROJECT_ID, IdempotencyKey, NewRun, Project, Removal, RetentionLimits, RunFilter, Store,
    facts_of_file,
};
use futures::executor::block_on;
use uuid::Uuid;

use crate::{Folder, tell_happy_run};

fn listed(store: &Store, text: Option<&str>) -> Vec<u128> {
    let filter = RunFilter { text: text.map(Into::into), ..RunFilter::default() };
    let runs = block_on(store.runs_page(filter.clone(), None, 100)).unwrap().runs;
    assert_eq!(block_on(store.count_runs(filter)).unwrap(), runs.len() as u64);
    runs.iter().map(|run| run.run_id.as_u128()).collect()
}

fn trash(store: &Store, run: Uuid, second: usize) -> Removal {
    block_on(store.trash_runs(vec![run], at(second))).unwrap()[0].1
}

fn keyed(number: u128) -> NewRun {
    let key = Some(IdempotencyKey { key: "k".into(), fingerprint: "f".into() });
    NewRun { run_id: Uuid::from_u128(number), at: at(0), plan: plan(1), reused: Vec::new(), key }
}

#[test]
fn a_run_in_the_trash_is_nowhere_and_comes_back_as_it_was() {
    let folder = Folder::new();
    let store = folder.open();
    let run = tell_happy_run(&store, 1, 2, 0);
    let other = tell_happy_run(&store, 2, 1, 50);
    assert!(block_on(store.set_favourite(run, true)).unwrap());
    let before = (
        block_on(store.load(run)).unwrap(),
        block_on(store.events(run, 0)).unwrap(),
        block_on(store.artifacts(run)).unwrap(),
        block_on(store.runs_page(RunFilter::default(), None, 10)).unwrap(),
    );
    assert_eq!(trash(&store, run, 100), Removal::Done);
    assert_eq!(trash(&store, run, 101), Removal::Unknown);
    for (number, text) in [(0, None), (1, Some("main")), (2, Some("00000000-0000-0000"))] {
        assert_eq!(listed(&store, text), [2], "{number}");
    }
    let favourites = RunFilter { favourite: true, ..RunFilter::default() };
    assert_eq!(block_on(store.runs_page(favourites, None, 10)).unwrap().runs, []);
    assert_eq!(block_on(store.load(run)).unwrap(), None);
    assert_eq!(block_on(store.standing(run)).unwrap(), None);
    assert_eq!(block_on(store.run_marks(run)).unwrap(), None);
    assert!(block_on(store.events(run, 0)).unwrap().is_empty() && block_on(store.artifacts(run)).unwrap().is_empty());
    assert!(!block_on(store.set_favourite(run, false)).unwrap());
    let refused = block_on(store.record(run, at(102), RunChange::Started));
    assert!(matches!(refused, Err(JournalError::UnknownRun(id)) if id == run), "{refused:?}");
    let size = block_on(store.size()).unwrap();
    assert_eq!((size.runs, size.trashed_runs, size.oldest_run_at), (1, 1, Some(at(50))));
    drop(store);
    assert_eq!(facts_of_file(&folder.database()).unwrap().runs, 1);

    let store = folder.open();
    assert_eq!(
        block_on(store.restore_runs(vec![run, other, Uuid::nil()])).unwrap(),
        [(run, true), (other, true), (Uuid::nil(), false)]
    );
    let after = (
        block_on(store.load(run)).unwrap(),
        block_on(store.events(run, 0)).unwrap(),
        block_on(store.artifacts(run)).unwrap(),
        block_on(store.runs_page(RunFilter::default(), None, 10)).unwrap(),
    );
    assert_eq!(after, before);
    assert_eq!(listed(&store, Some("main")), [2, 1]);
}

#[test]
fn only_ended_runs_go_to_the_trash() {
    let folder = Folder::new();
    let store = folder.open();
    let ended = tell_happy_run(&store, 1, 1, 0);
    for number in [2, 3, 4] {
        let id = Uuid::from_u128(number);
        block_on(store.record(id, at(0), RunChange::Created { plan: plan(1) })).unwrap();
    }
    block_on(store.record(Uuid::from_u128(3), at(1), RunChange::Started)).unwrap();
    block_on(store.record(Uuid::from_u128(4), at(1), RunChange::Paused)).unwrap();
    let all: Vec<Uuid> = (1..=5).map(Uuid::from_u128).collect();
    let done: Vec<Removal> =
        block_on(store.trash_runs(all, at(9))).unwrap().into_iter().map(|(_, done)| done).collect();
    use Removal::{Done, Unfinished, Unknown};
    assert_eq!(done, [Done, Unfinished, Unfinished, Unfinished, Unknown]);
    assert_eq!(listed(&store, None), [4, 3, 2]);
    assert_eq!(block_on(store.remove_run(ended)).unwrap(), Done, "what is in the trash can be removed for good");
    assert_eq!(block_on(store.restore_runs(vec![ended])).unwrap(), [(ended, false)]);
}

#[test]
fn a_key_of_a_run_in_the_trash_is_free() {
    let folder = Folder::new();
    let store = folder.open();
    let run = Uuid::from_u128(1);
    assert_eq!(block_on(store.create_run(keyed(1))).unwrap(), Creation::Created);
    block_on(store.record(run, at(1), RunChange::cancelled())).unwrap();
    assert_eq!(block_on(store.create_run(keyed(2))).unwrap(), Creation::Replayed(run));
    trash(&store, run, 2);
    assert_eq!(block_on(store.create_run(keyed(3))).unwrap(), Creation::Created);
    assert_eq!(block_on(store.create_run(keyed(4))).unwrap(), Creation::Replayed(Uuid::from_u128(3)));
    assert_eq!(block_on(store.restore_runs(vec![run])).unwrap(), [(run, true)]);
    assert_eq!(block_on(store.create_run(keyed(5))).unwrap(), Creation::Replayed(Uuid::from_u128(3)));
}

#[test]
fn the_trash_is_emptied_first_and_by_age() {
    let folder = Folder::new();
    let store = folder.open();
    for number in 1..=50 {
        let run = tell_happy_run(&store, number, 1, 0);
        if number <= 45 {
            trash(&store, run, usize::try_from(number).unwrap() * 10);
        }
    }
    let limits =
        |second: Option<usize>| RetentionLimits { trashed_before: second.map(at), ..RetentionLimits::default() };
    let none = block_on(store.prune(limits(None), false)).unwrap();
    assert_eq!((none.runs, none.trashed_runs), (0, 0));
    let told = block_on(store.prune(limits(Some(305)), true)).unwrap();
    assert_eq!((told.runs, told.trashed_runs), (30, 30));
    assert_eq!(block_on(store.size()).unwrap().trashed_runs, 45, "a dry run removes nothing");
    let done = block_on(store.prune(limits(Some(305)), false)).unwrap();
    assert_eq!((done.runs, done.trashed_runs), (30, 30), "in batches too");
    let both = RetentionLimits { ended_before: Some(at(1_000)), ..limits(Some(10_000)) };
    let done = block_on(store.prune(both, false)).unwrap();
    assert_eq!((done.runs, done.trashed_runs), (20, 15));
    assert_eq!(block_on(store.size()).unwrap().runs, 0);
    block_on(store.integrity_check()).unwrap();
}

#[test]
fn a_project_with_nothing_but_trash_is_empty() {
    let folder = Folder::new();
    let store = folder.open();
    let id = Uuid::from_u128(77);
    let project =
        Project { id, name: "Shop".into(), folder: None, global_context: Default::default(), created_at: at(0) };
    block_on(store.put_project(project)).unwrap();
    let mut plan = plan(1);
    plan.project_id = id;
    let run = Uuid::from_u128(1);
    block_on(store.record(run, at(0), RunChange::Created { plan })).unwrap();
    block_on(store.record(run, at(1), RunChange::cancelled())).unwrap();
    trash(&store, run, 2);
    assert_eq!(block_on(store.delete_project(id, false)).unwrap().unwrap().runs, 0);
    assert_eq!(block_on(store.restore_runs(vec![run])).unwrap(), [(run, false)]);
    assert!(block_on(store.project(DEFAULT_PROJECT_ID)).unwrap().is_some());
    block_on(store.integrity_check()).unwrap();
}
