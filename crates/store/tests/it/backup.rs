//! Row 14: a backup taken while others write is whole.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use brickwork_engine::Journal;
use brickwork_engine::compliance::journal::folded;
use brickwork_store::{RunFilter, Store, StoreError};
use futures::executor::block_on;

use crate::{Folder, tell_happy_run};

#[test]
fn row_14_backup_while_four_writers_write() {
    let folder = Folder::new();
    let store = folder.open();
    let finished = tell_happy_run(&store, 1, 3, 0);
    let expected = block_on(store.load(finished)).unwrap();
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        for writer in 0..4_u128 {
            let (store, stop) = (store.clone(), &stop);
            scope.spawn(move || {
                let mut number = 1000 * (writer + 1);
                while !stop.load(Ordering::Relaxed) {
                    number += 1;
                    tell_happy_run(&store, number, 1, 0);
                }
            });
        }
        let mut n_copied = 0;
        for round in 0.. {
            if round >= 5 && n_copied >= 20 {
                break;
            }
            let target = folder.0.path().join(format!("copy-{round}.db"));
            block_on(store.backup_to(&target)).unwrap();
            let copy = Store::open(&target).unwrap();
            block_on(copy.integrity_check()).unwrap();
            assert_eq!(block_on(copy.load(finished)).unwrap(), expected);
            let runs = block_on(copy.runs_page(RunFilter::default(), None, 500)).unwrap().runs;
            assert!(runs.len() >= n_copied, "a later copy has more");
            n_copied = runs.len();
            for run in runs {
                let told = folded(&block_on(copy.events(run.run_id, 0)).unwrap());
                assert_eq!(block_on(copy.load(run.run_id)).unwrap(), Some(told), "tables and events agree");
            }
        }
        stop.store(true, Ordering::Relaxed);
    });
}

#[test]
fn a_backup_replaces_nothing() {
    let folder = Folder::new();
    let store = folder.open();
    let target = folder.0.path().join("letter.txt");
    std::fs::write(&target, "precious").unwrap();
    let refused = block_on(store.backup_to(&target));
    assert!(matches!(refused, Err(StoreError::Storage { .. })), "{refused:?}");
    assert_eq!(std::fs::read_to_string(&target).unwrap(), "precious");
}
