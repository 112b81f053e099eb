//! The list of runs: every run once, in order, whatever the page size and the filter.

use std::time::Instant;

use brickwork_engine::compliance::journal::{at, happy_changes, plan};
use brickwork_engine::{Journal, ModelRef, RunChange, RunStatus};
use brickwork_store::{Cursor, DEFAULT_PROJECT_ID, InvalidCursor, Project, RunFilter, RunState, RunSummary, Store};
use futures::executor::block_on;
use futures::future::join_all;
use uuid::Uuid;

use crate::{Folder, tell_happy_run};

const N_RUNS: usize = 5_000;

fn all_pages(store: &Store, filter: &RunFilter, limit: usize) -> Vec<RunSummary> {
    let (mut runs, mut before) = (Vec::new(), None);
    loop {
        let page = block_on(store.runs_page(filter.clone(), before, limit)).unwrap();
        assert!(page.runs.len() == limit || page.next.is_none(), "only the last page is short");
        runs.extend(page.runs);
        // The cursor survives its text form, which is what clients send back.
        before = page.next.map(|next| next.to_string().parse::<Cursor>().unwrap());
        if before.is_none() {
            return runs;
        }
    }
}

#[test]
fn five_thousand_runs_page_completely_and_in_order() {
    let folder = Folder::new();
    let store = folder.open();
    let other = Uuid::from_u128(77);
    let project = Project {
        id: other,
        name: "Other".into(),
        folder: None,
        global_context: Default::default(),
        created_at: at(0),
    };
    block_on(store.put_project(project)).unwrap();
    let created = (0..N_RUNS).map(|number| {
        let mut plan = plan(1);
        plan.project_id = if number % 3 == 0 { other } else { DEFAULT_PROJECT_ID };
        plan.pipeline.name = format!("Árbol {number}");
        // Seven runs share each stamp, so that the order hangs on the ids too.
        store.record(Uuid::from_u128(number as u128), at(number / 7), RunChange::Created { plan })
    });
    for result in block_on(join_all(created)) {
        result.unwrap();
    }
    for number in (0..N_RUNS).step_by(10) {
        block_on(store.record(Uuid::from_u128(number as u128), at(N_RUNS), RunChange::Started)).unwrap();
    }

    let everything = all_pages(&store, &RunFilter::default(), 500);
    let expected: Vec<_> = (0..N_RUNS).rev().map(|number| Uuid::from_u128(number as u128)).collect();
    assert_eq!(everything.iter().map(|run| run.run_id).collect::<Vec<_>>(), expected);
    assert_eq!(all_pages(&store, &RunFilter::default(), 499), everything);

    let keep = |wanted: &dyn Fn(&RunSummary) -> bool| -> Vec<RunSummary> {
        everything.iter().filter(|run| wanted(run)).cloned().collect()
    };
    let of_other = RunFilter { project_id: Some(other), ..RunFilter::default() };
    assert_eq!(all_pages(&store, &of_other, 100), keep(&|run| run.project_id == other));
    let states = vec![RunState::Status(RunStatus::Running)];
    let running = RunFilter { states: states.clone(), ..RunFilter::default() };
    assert_eq!(all_pages(&store, &running, 7), keep(&|run| run.status == RunStatus::Running));
    let both = RunFilter { states, ..of_other };
    assert_eq!(all_pages(&store, &both, 7).len(), N_RUNS.div_ceil(30));
    let named = RunFilter { text: Some(" áRBOL 49".into()), ..RunFilter::default() };
    let found: Vec<_> = all_pages(&store, &named, 50).iter().map(|run| run.run_id).collect();
    let wanted = keep(&|run| run.name.starts_with("Árbol 49"));
    assert_eq!(found, wanted.iter().map(|run| run.run_id).collect::<Vec<_>>());
    assert_eq!(block_on(store.count_runs(named)).unwrap(), wanted.len() as u64);
    let literal = RunFilter { text: Some("%".into()), ..RunFilter::default() };
    assert_eq!(all_pages(&store, &literal, 50), [], "nothing in a filter is a pattern");

    let deep = everything[N_RUNS - 60].clone();
    let before = Cursor { created_at: deep.created_at, run_id: deep.run_id };
    let start = Instant::now();
    assert_eq!(block_on(store.runs_page(RunFilter::default(), Some(before), 50)).unwrap().runs.len(), 50);
    assert!(start.elapsed().as_millis() < 250, "a page deep in the list took {:?}", start.elapsed());
}

#[test]
fn a_summary_counts_without_the_assembler() {
    let folder = Folder::new();
    let store = folder.open();
    let done = tell_happy_run(&store, 1, 3, 0);
    let half = Uuid::from_u128(2);
    let mut scripted = plan(3);
    scripted.models[1] = ModelRef::scripted();
    scripted.models[3] = ModelRef::remote("https://llm.example.org:8443/v1", "served");
    scripted.pipeline.steps[2].enabled = false;
    for (index, change) in happy_changes(&scripted).into_iter().take(6).enumerate() {
        block_on(store.record(half, at(100 + index), change)).unwrap();
    }
    let runs = block_on(store.runs_page(RunFilter::default(), None, 10)).unwrap().runs;
    assert_eq!(runs.iter().map(|run| run.run_id).collect::<Vec<_>>(), [half, done]);
    let counts = |run: &RunSummary| (run.total_steps, run.finished_steps, run.artifacts, run.simulated);
    assert_eq!(counts(&runs[0]), (2, 1, 1, true));
    assert_eq!(counts(&runs[1]), (3, 3, 1, false), "a finished run counts its final artifacts");
    assert_eq!((runs[0].remote, &*runs[0].remote_hosts), (true, &["llm.example.org:8443".to_owned()][..]));
    assert_eq!((runs[1].remote, &*runs[1].remote_hosts), (false, &[][..]));
    assert!((runs[1].total_execution_time - 3.0 * 1.092_875).abs() < 1e-9);
    assert_eq!((runs[1].started_at, runs[1].finished_at), (Some(at(1)), Some(at(18))));
}

#[test]
fn what_is_no_cursor_is_refused() {
    for text in ["", "5", "x_0", "5_", "5_zz", "_", "1_2_3"] {
        assert_eq!(text.parse::<Cursor>(), Err(InvalidCursor(text.into())));
    }
}
