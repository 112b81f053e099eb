//! Row 10: a process killed at any moment has lost nothing that it was told is kept.
//!
//! The test program starts itself: the child runs [`child_writes_runs`] with [`FOLDER`] set, writes runs without end and
//! prints each acknowledged number; the parent kills it and looks at what is there.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use std::{env, thread};

use brickwork_engine::compliance::journal::{at, folded, happy_changes, plan};
use brickwork_engine::{Journal, RunId};
use brickwork_store::Store;
use futures::executor::block_on;
use uuid::Uuid;

use crate::Folder;

const FOLDER: &str = "BRICKWORK_STORE_TEST_FOLDER";
const KILLS: u32 = 12;

/// Writes one run after another into the database in `folder`, as many as `rounds`, and prints `ACK run seq` for each change.
fn write_runs(folder: &Path, rounds: u128) {
    let store = Store::open(&folder.join("brickwork.db")).unwrap();
    let base = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos() << 20;
    for round in 0..rounds {
        let run = Uuid::from_u128(base + round);
        for (index, change) in happy_changes(&plan(2)).into_iter().enumerate() {
            let seq = block_on(store.record(run, at(index), change)).unwrap();
            let mut out = std::io::stdout().lock();
            writeln!(out, "\nACK {run} {seq}").unwrap();
            out.flush().unwrap();
        }
    }
}

#[test]
fn child_writes_runs() {
    match env::var_os(FOLDER) {
        Some(folder) => write_runs(Path::new(&folder), u128::MAX),
        // On its own this is the same loop, three times over.
        None => write_runs(Folder::new().0.path(), 3),
    }
}

#[test]
fn row_10_killed_writer_loses_nothing_acknowledged() {
    let folder = Folder::new();
    let mut acknowledged: HashMap<RunId, u64> = HashMap::new();
    for kill in 0..KILLS {
        let seen = acknowledged.len();
        read_until_killed(&folder, Duration::from_millis(u64::from(20 + kill * 37 % 200)), &mut acknowledged);
        assert!(acknowledged.len() > seen, "the child wrote something before it was killed");

        let store = folder.open();
        block_on(store.integrity_check()).unwrap();
        for (run, seq) in &acknowledged {
            let told = block_on(store.events(*run, 0)).unwrap();
            assert!(told.len() as u64 >= *seq, "run {run}: {seq} acknowledged, {} there", told.len());
            assert_eq!(block_on(store.load(*run)).unwrap(), Some(folded(&told)));
        }
        let interrupted = block_on(store.settle_abandoned(at(1000))).unwrap();
        assert!(interrupted.len() <= 1, "the child ran one run at a time: {interrupted:?}");
    }
}

/// Starts the child, kills it `delay` after its first acknowledgement, and notes the highest number of each run.
fn read_until_killed(folder: &Folder, delay: Duration, acknowledged: &mut HashMap<RunId, u64>) {
    let mut child = Command::new(env::current_exe().unwrap())
        .args(["kill::child_writes_runs", "--exact", "--nocapture"])
        .env(FOLDER, folder.0.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap());
    let mut child = Some(child);
    let mut killer = None;
    let mut line = String::new();
    // A line that the kill cut short has no line feed and counts for nothing.
    while lines.read_line(&mut line).unwrap() > 0 && line.ends_with('\n') {
        if let Some((run, seq)) = line.trim_end().strip_prefix("ACK ").and_then(|rest| rest.split_once(' ')) {
            acknowledged.insert(run.parse().unwrap(), seq.parse().unwrap());
            if let Some(mut child) = child.take() {
                killer = Some(thread::spawn(move || {
                    thread::sleep(delay);
                    child.kill().unwrap();
                    child.wait().unwrap();
                }));
            }
        }
        line.clear();
    }
    killer.expect("the child acknowledged something").join().unwrap();
}
