//! Row 12: a full disk is a typed error, and nothing that was saved is lost.

use brickwork_engine::compliance::journal::{at, plan};
use brickwork_engine::{Journal, JournalError, RunChange};
use brickwork_store::{Store, StoreError, StoreOptions};
use futures::executor::block_on;
use uuid::Uuid;

use crate::{Folder, tell_happy_run};

#[test]
fn row_12_full_disk_is_a_typed_error_and_old_runs_stay() {
    let folder = Folder::new();
    let options = StoreOptions { max_size_bytes: Some(600_000) };
    let store = Store::open_with(&folder.database(), options).unwrap();
    let old = tell_happy_run(&store, 1, 2, 0);
    let before = block_on(store.load(old)).unwrap();

    let run = Uuid::from_u128(2);
    for change in [RunChange::Created { plan: plan(1) }, RunChange::Started, started()] {
        block_on(store.record(run, at(1), change)).unwrap();
    }
    let chunk = "x".repeat(20_000);
    let mut written = 0;
    let refused = loop {
        let change = RunChange::StepText { position: 0, offset: written, text: chunk.clone() };
        match block_on(store.record(run, at(2), change)) {
            Ok(_) => written += chunk.len(),
            Err(err) => break err,
        }
        assert!(written < 10_000_000, "the limit holds");
    };
    assert!(matches!(&refused, JournalError::Storage(cause) if cause.contains("disk is full")), "{refused:?}");
    let refused = block_on(store.set_setting("large", &chunk.repeat(5)));
    assert!(matches!(refused, Err(StoreError::Full)), "{refused:?}");
    assert_eq!(
        block_on(store.load(run)).unwrap().unwrap().steps[0].result.len(),
        written,
        "only what was acknowledged"
    );
    assert_eq!(block_on(store.load(old)).unwrap(), before);
    drop(store);

    let store = folder.open();
    block_on(store.integrity_check()).unwrap();
    assert_eq!(block_on(store.load(old)).unwrap(), before);
    let change = RunChange::StepText { position: 0, offset: written, text: chunk };
    block_on(store.record(run, at(3), change)).unwrap();
}

fn started() -> RunChange {
    RunChange::StepStarted { position: 0, prompt: "go".into(), warnings: Vec::new(), conflicts: Vec::new() }
}
