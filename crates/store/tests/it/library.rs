//! Projects, and saved pipelines with their versions.

use brickwork_engine::compliance::journal::{at, happy_changes, plan};
use brickwork_engine::{Journal, JsonMap, RunChange};
use brickwork_store::{DEFAULT_PROJECT_ID, DeletedProject, PipelineDraft, Project, Store, StoreError};
use futures::executor::block_on;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::Folder;

const SHOP: Uuid = Uuid::from_u128(9);
const FORM: Uuid = Uuid::from_u128(5);

fn draft(document: Value, label: Option<&str>, base_version: Option<u32>) -> PipelineDraft {
    let Value::Object(document) = document else { panic!("a document is an object") };
    PipelineDraft { document, label: label.map(str::to_owned), base_version }
}

fn put_shop(store: &Store) {
    let shop =
        Project { id: SHOP, name: "Shop".into(), folder: None, global_context: JsonMap::new(), created_at: at(0) };
    block_on(store.put_project(shop)).unwrap();
}

/// Records a run of the shop up to its change number `n_changes`.
fn tell_shop_run(store: &Store, number: u128, n_changes: usize) -> Uuid {
    let run = Uuid::from_u128(number);
    let mut plan = plan(1);
    plan.project_id = SHOP;
    for (index, change) in happy_changes(&plan).into_iter().take(n_changes).enumerate() {
        block_on(store.record(run, at(index), change)).unwrap();
    }
    run
}

#[test]
fn pipelines_keep_every_version() {
    let folder = Folder::new();
    let store = folder.open();
    let save = |document: Value, label: Option<&str>, base: Option<u32>, second: usize| {
        block_on(store.update_pipeline(FORM, draft(document, label, base), at(second)))
    };
    let unfinished = json!({ "name": "Form", "nodes": [{ "x": 1.5 }] });
    let first = draft(unfinished.clone(), Some("start"), None);
    let one = block_on(store.create_pipeline(FORM, DEFAULT_PROJECT_ID, first, at(0))).unwrap();
    assert_eq!((one.version, &*one.name, one.label.as_deref()), (1, "Form", Some("start")));
    assert_eq!(block_on(store.pipeline(FORM)).unwrap(), Some(one.clone()));

    assert_eq!(save(unfinished.clone(), None, Some(1), 1).unwrap(), Some(one), "an equal document makes no version");
    let two = save(json!({ "name": "Shop form", "steps": [{}, {}] }), None, Some(1), 2).unwrap().unwrap();
    assert_eq!((two.version, &*two.name, two.created_at, two.updated_at), (2, "Shop form", at(0), at(2)));
    let stale = save(unfinished.clone(), None, Some(1), 3);
    assert!(matches!(stale, Err(StoreError::StaleVersion { base: 1, newest: 2 })), "{stale:?}");
    let labelled = save(Value::Object(two.document.clone()), Some("sent"), Some(2), 3).unwrap().unwrap();
    assert_eq!((labelled.version, labelled.label.as_deref(), labelled.updated_at), (2, Some("sent"), at(2)));

    let three = block_on(store.restore_pipeline(FORM, 1, at(4))).unwrap().unwrap();
    assert_eq!((three.version, Value::Object(three.document)), (3, unfinished.clone()));
    assert_eq!(
        block_on(store.restore_pipeline(FORM, 3, at(5))).unwrap().unwrap().version,
        3,
        "it is the newest already"
    );
    assert_eq!(block_on(store.restore_pipeline(FORM, 9, at(5))).unwrap(), None);
    let versions = block_on(store.pipeline_versions(FORM)).unwrap();
    let found: Vec<_> = versions.iter().map(|one| (one.version, one.label.as_deref(), one.restored_from)).collect();
    assert_eq!(found, [(3, None, Some(1)), (2, Some("sent"), None), (1, Some("start"), None)]);
    let second = block_on(store.pipeline_version(FORM, 2)).unwrap().unwrap();
    assert_eq!((second.document, second.created_at), (two.document, at(2)));

    assert!(block_on(store.delete_pipeline(FORM)).unwrap());
    assert!(!block_on(store.delete_pipeline(FORM)).unwrap());
    assert_eq!(block_on(store.pipeline_versions(FORM)).unwrap(), []);
    assert_eq!(save(unfinished, None, None, 6).unwrap(), None);
}

#[test]
fn pipelines_are_listed_per_project_and_the_last_saved_comes_first() {
    let folder = Folder::new();
    let store = folder.open();
    put_shop(&store);
    for (number, project) in [(1, DEFAULT_PROJECT_ID), (2, SHOP), (3, SHOP)] {
        let document = json!({ "name": format!("P{number}"), "steps": vec![json!({}); number] });
        let id = Uuid::from_u128(number as u128);
        block_on(store.create_pipeline(id, project, draft(document, None, None), at(number))).unwrap();
    }
    let list = |project| -> Vec<(String, usize)> {
        let found = block_on(store.pipelines(project)).unwrap();
        found.into_iter().map(|one| (one.name, one.total_steps)).collect()
    };
    assert_eq!(list(None), [("P3".to_owned(), 3), ("P2".to_owned(), 2), ("P1".to_owned(), 1)]);
    assert_eq!(list(Some(SHOP)), [("P3".to_owned(), 3), ("P2".to_owned(), 2)]);
    assert_eq!(list(Some(Uuid::nil())), []);
    let lost = block_on(store.create_pipeline(FORM, Uuid::nil(), draft(json!({ "name": "" }), None, None), at(9)));
    assert!(matches!(lost, Err(StoreError::Refused { .. })), "{lost:?}");
    let taken = draft(json!({ "name": "again" }), None, None);
    let taken = block_on(store.create_pipeline(Uuid::from_u128(1), SHOP, taken, at(9)));
    assert!(matches!(taken, Err(StoreError::Refused { .. })), "{taken:?}");
    assert_eq!(
        block_on(store.pipeline(Uuid::from_u128(1))).unwrap().unwrap().name,
        "P1",
        "the refusal changed nothing"
    );
}

#[test]
fn only_one_of_two_saves_on_the_same_version_wins() {
    let folder = Folder::new();
    let store = folder.open();
    block_on(store.create_pipeline(FORM, DEFAULT_PROJECT_ID, draft(json!({ "name": "x" }), None, None), at(0)))
        .unwrap();
    let results: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..6)
            .map(|n| {
                let store = store.clone();
                scope.spawn(move || {
                    block_on(store.update_pipeline(FORM, draft(json!({ "name": "x", "n": n }), None, Some(1)), at(1)))
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1, "{results:?}");
    assert_eq!(block_on(store.pipeline_versions(FORM)).unwrap().len(), 2);
}

#[test]
fn projects_go_with_their_content_or_not_at_all() {
    let folder = Folder::new();
    let store = folder.open();
    put_shop(&store);
    let delete = |id, with_content| block_on(store.delete_project(id, with_content));
    assert!(matches!(delete(DEFAULT_PROJECT_ID, true), Err(StoreError::DefaultProject)));
    assert_eq!(delete(Uuid::nil(), true).unwrap(), None);

    let ended = tell_shop_run(&store, 1, usize::MAX);
    block_on(store.create_pipeline(FORM, SHOP, draft(json!({ "name": "Form" }), None, None), at(0))).unwrap();
    assert!(matches!(delete(SHOP, false), Err(StoreError::ProjectNotEmpty { runs: 1, pipelines: 1 })));
    for (number, n_changes) in [(2, 1), (3, 3)] {
        let run = tell_shop_run(&store, number, n_changes);
        let refused = delete(SHOP, true);
        assert!(matches!(refused, Err(StoreError::ProjectBusy { run_id }) if run_id == run), "{refused:?}");
        assert!(block_on(store.load(ended)).unwrap().is_some(), "nothing was removed");
        let cancelled = RunChange::Finished {
            status: brickwork_engine::RunStatus::Cancelled,
            error: None,
            final_artifacts: Vec::new(),
            final_artifacts_from: None,
            assembly: None,
        };
        if n_changes == 3 {
            let outcome = brickwork_engine::StepOutcome::Cancelled;
            let (result, artifacts) = (String::new(), Vec::new());
            let ended = RunChange::StepFinished {
                position: 0,
                outcome,
                result,
                artifacts,
                execution_time: 0.0,
                timings: None,
                report: brickwork_engine::StepReport::default(),
            };
            block_on(store.record(run, at(8), ended)).unwrap();
        }
        block_on(store.record(run, at(9), cancelled)).unwrap();
    }
    assert_eq!(delete(SHOP, true).unwrap(), Some(DeletedProject { runs: 3, pipelines: 1 }));
    assert_eq!(block_on(store.project(SHOP)).unwrap(), None);
    assert_eq!(block_on(store.load(ended)).unwrap(), None);
    assert_eq!(block_on(store.pipeline(FORM)).unwrap(), None);
    assert!(
        block_on(store.artifacts(ended)).unwrap().is_empty() && block_on(store.events(ended, 0)).unwrap().is_empty()
    );
    block_on(store.integrity_check()).unwrap();
}
